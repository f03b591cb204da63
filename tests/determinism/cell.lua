-- cell.lua -- what "same bits" is tested on beside packing.lua: a cell without walls, 1 500 grains of radii 1 : 3 with friction and
-- rolling friction, squeezed to a pressure and then sheared at given stresses, so that the edges of the cell, its servos and the
-- sums that they read are part of what must not depend on anything. Options and output are those of packing.lua.
local barchan = require "barchan"
local bit = require "bit"
local mm = barchan.units.mm
local set = barchan.set

local steps, every = set.steps or 8000, set.every or 1000
local order, way = set.order or "given", set.way or "run"
local L = 36*mm
local function simulation(options)
  options.domain = { lo = { 0, 0, 0 }, hi = { L, L, L }, periodic = "xyz" }
  options.gravity = { 0, 0, 0 }
  local sim = barchan.simulation(options)
  return sim, sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
end

-- Places come from a random filling in a simulation of its own, so that they can be given in any order.
local x, radius, id = {}, {}, {}
do
  local sim, glass = simulation { seed = 3 }
  sim:insert { region = sim.box { lo = { 0, 0, 0 }, hi = { L, L, L } }, material = glass, radius = { 0.6*mm, 1.8*mm }, count = 1500 }
  for i = 1, sim.count do x[i], radius[i], id[i] = { sim.x[i].x, sim.x[i].y, sim.x[i].z }, sim.radius[i], i end
  sim:close()
end
if order == "shuffled" then
  for i = #x, 2, -1 do
    local k = (i * 7919) % i + 1
    for _, list in ipairs { x, radius, id } do list[i], list[k] = list[k], list[i] end
  end
end

local sim, glass = simulation { seed = 42, isa = set.isa or "auto", skin = set.skin or 0 }
sim:law("hertz_mindlin", { rolling = "epsd" })
sim:pair(glass, glass, { restitution = 0.6, friction = 0.5, rolling_friction = 0.05 })
sim:insert { x = x, radius = radius, id = id, material = glass }

local function order_of_slots()
  local h = 5381
  for i = 1, sim.count do h = bit.bxor(bit.rol(h, 5), sim.id[i]) end
  return bit.tohex(h)
end
local function nothing() end
local function advance(n)
  if way == "run" or way == "single" then return sim:run { steps = n } end
  local k = 0
  while n > 0 do
    k = k + 1
    local part = math.min(n, (k * 37) % 101 + 1)
    sim:run { steps = part, each_step = way == "hooks" and k % 3 == 0 and nothing or nil }
    n = n - part
  end
end

sim:deform { pressure = 500, max_rate = 12 }
local squeeze = math.min(steps, 4000)
while sim.step < steps do
  local goal = sim.step < squeeze and squeeze or steps
  advance(way == "single" and goal - sim.step or math.min(every, goal - sim.step))
  if way ~= "single" or sim.step == steps then print(("STEP %d hash %s order %s"):format(sim.step, sim:hash(), order_of_slots())) end
  if sim.step == squeeze then
    sim:deform { rate = { exy = 30, exz = -10, ezz = 1 }, stress = { sxx = 600, syy = 500, syz = 20 }, max_rate = 10 }
  end
end
local c, p = sim.cell, sim:profile()
print(("END count %d contacts %d (%.2f) overlap %.3f stress %.4g %.4g %.4g Pa strain %.3f %.3f %.3f | %s %s threads %d skin %.3g rebuilds %d"
  .. " %.2f s"):format(sim.count, sim.contacts, sim.coordination, sim.max_overlap, c.stress.sxx, c.stress.syy, c.stress.szz, c.strain.exx,
  c.strain.exy, c.strain.exz, p.precision, p.isa, p.threads, p.skin, p.rebuilds, p.seconds))
