-- fields.lua -- what "same bits" is tested on where scripts have added numbers to particles: heat that flows through contacts, a mark
-- that only the script changes, a charge that each_step feeds. Gravity turns, so that grains change their rank.
-- tests/tools/rank_ways.py runs it in the ways that must not matter, and stops it on some ranks and resumes it on others.
--   --set cut=rcb|slabs  --set rebalance=measured|always|never  --set stop=N: ends as a signal would at the N-th callback
local ffi = require "ffi"
local barchan = require "barchan"
local set, mm = barchan.set, barchan.units.mm
local stop = set.stop
ffi.cdef "int getpid(void); int kill(int, int);"

local length = 24 * mm
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { length, length, length }, periodic = "y" }, gravity = { 0, 0, -50 },
  seed = 11, decomposition = set.cut or "rcb", rebalance = set.rebalance or "measured" }
local sand = sim:material { name = "sand", young = 1e6, poisson = 0.25, density = 2500, conductivity = 50, capacity = { temperature = 2 } }
local oven = sim:material { name = "oven", young = 1e6, poisson = 0.25, density = 7800, conductivity = 80,
  capacity = { temperature = math.huge } }
sim:law("hertz_mindlin", { heat = "conduction" })
sim:pair(sand, sand, { restitution = 0.6, friction = 0.5 })
sim:pair(sand, oven, { restitution = 0.6, friction = 0.3 })
local temperature = sim:field { name = "temperature", unit = "K", default = 300, flux_scale = 100 }
local mark = sim:field { name = "mark", default = 1 }
sim:field { name = "charge", unit = "C", flux_unit = "A", flux_scale = 1e3 }

local sides = {}
for axis, name in ipairs { "x", "y", "z" } do
  for _, side in ipairs { 0, 1 } do
    local point, normal = { 0, 0, 0 }, { 0, 0, 0 }
    point[axis], normal[axis] = side * length, 1 - 2 * side
    if name ~= "y" then sides[#sides + 1] = sim:plane { point = point, normal = normal, material = oven, temperature = 300 + 100 * #sides } end
  end
end
sim:insert { region = sim.box { lo = { 1 * mm, 0, 1 * mm }, hi = { 23 * mm, length, 18 * mm } }, count = 400,
  radius = { 0.8 * mm, 1.4 * mm }, material = sand, temperature = 350 }
sim:insert { region = sim.box { lo = { 4 * mm, 4 * mm, 19 * mm }, hi = { 20 * mm, 20 * mm, 23 * mm } }, rate = 3000, radius = 0.9 * mm,
  material = sand, mark = 5, temperature = 500 }
sim:checkpoint { file = "fields.chk", every = 1 }

-- What a script keeps: numbers, texts, tables in tables; the same on all ranks.
sim.state = { calls = 0, heat = {}, names = { first = "a", [2] = { deep = { true, "b" } } } }

local function call(s)
  local state = s.state
  state.calls = state.calls + 1
  local k = state.calls
  state.heat[k] = sides[1].temperature_flux + sides[3].temperature_flux
  state.names[2].deep[k + 2] = ("call %d"):format(k)
  for i = 1, #mark do mark[i] = mark[i] * 0.9 + s.id[i] % 7 * k end
  for i = 1, #mark do if s.id[i] % 50 == k then temperature[i] = temperature[i] + 10 end end
  s.gravity = { 50 * math.sin(k), 20 * math.sin(2 * k), -50 * math.cos(k) }
  print(("STEP %d %s"):format(s.step, s:hash()))
  if k == stop then ffi.C.kill(ffi.C.getpid(), 15) end
end

local function each_step(s)
  for i = 1, #mark do if s.id[i] % 3 == 0 then s.charge_flux[i] = s.charge_flux[i] + (mark[i] - 2) * 1e-3 end end
end

sim:run { steps = 400, every = 1e-3, call = call }
sim:run { steps = 100, each_step = each_step }
sim:run { steps = 300, every = 1e-3, call = call }

local state = sim.state
print(("END %s calls %d heat %.17g %s %s"):format(sim:hash(), state.calls, state.heat[#state.heat], state.names.first,
  table.concat(state.names[2].deep, " ", 2)))
