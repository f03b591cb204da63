-- soak.lua -- a run of half an hour in a steady state: a stream, a turning paddle, an outlet, files, checkpoints, callbacks. Its memory must
-- stay flat and its books must add up. --set minutes=M: wall time (30); --set fill=N: steps of files at the start (3000); --set report=FILE:
-- a row of the measures every two seconds.
local barchan = require "barchan"
local mm = barchan.units.mm
local minutes, fill = barchan.set.minutes or 30, barchan.set.fill or 3000

local sim = barchan.simulation { domain = { lo = { -30 * mm, -30 * mm, -20 * mm }, hi = { 30 * mm, 30 * mm, 60 * mm } }, seed = 5,
  energy_book = true }
local glass = sim:material { name = "glass", young = 5e6, poisson = 0.25, density = 2500 }
sim:law("hertz_mindlin", { rolling = "epsd" })
sim:pair(glass, glass, { restitution = 0.5, friction = 0.4, rolling_friction = 0.02 })
sim:checkpoint { file = "soak.chk", minutes = 0.5 }
sim:cylinder { from = { 0, 0, -25 * mm }, to = { 0, 0, 65 * mm }, radius = 25 * mm, open = true, side = "inside", material = glass }
local disc = sim:disc { center = { 0, 0, 0 }, normal = { 0, 0, 1 }, radius = 20 * mm, material = glass } -- grains fall over its edge
local paddle = sim:mesh { material = glass, triangles = { { 1, 2, 3 }, { 1, 3, 4 } }, vertices = { { -18 * mm, 0, 1 * mm },
  { 18 * mm, 0, 1 * mm }, { 18 * mm, 0, 8 * mm }, { -18 * mm, 0, 8 * mm } } }
paddle:rotate { axis = { 0, 0, 1 }, origin = { 0, 0, 0 }, rate = 6 }
local stream = sim:insert { region = sim.box { lo = { -8 * mm, -8 * mm, 40 * mm }, hi = { 8 * mm, 8 * mm, 50 * mm } }, rate = 3000,
  radius = { 0.9 * mm, 1.1 * mm }, material = glass, velocity = { 0, 0, -0.3 } }
local outlet = sim:outlet { box = { lo = { -30 * mm, -30 * mm, -20 * mm }, hi = { 30 * mm, 30 * mm, -12 * mm } } }
local out = sim:output { file = "soak.vtkhdf", every = 0.5, contacts = true, compress = 4 }
sim:log { file = "soak.csv", every = 0.1, columns = { "time", "count", "contacts", "kinetic_energy", "max_overlap" } }

local function resident() -- [MB]
  for line in io.lines "/proc/self/status" do
    local kilobytes = line:match "^VmRSS:%s+(%d+)"
    if kilobytes then return kilobytes / 1024 end
  end
end

local report = barchan.set.report and barchan.csv(barchan.set.report, { "minutes", "time", "inserted", "count", "removed", "lost", "rss_mb",
  "lua_mb", "mass_error", "energy_residual", "energy_error" })
local begun, looked, rows, worst, drift = barchan.clock(), 0, {}, 0, 0
sim.state = { calls = 0 }

local function look(s)
  local state = s.state
  state.calls = state.calls + 1
  local now = (barchan.clock() - begun) / 60
  if now - looked < 1 / 30 then return end
  looked = now
  local balance = s.inserted - s.count - s.removed - s.lost
  if balance ~= 0 or outlet.count ~= s.removed or stream.count ~= s.inserted then
    error(("the ledger is out: inserted %d, present %d, removed %d, lost %d; outlet %d, stream %d"):format(s.inserted, s.count, s.removed,
      s.lost, outlet.count, stream.count))
  end
  local present = 0
  for i = 1, s.count do present = present + s.mass[i] end
  local mass = math.abs(stream.mass - present - outlet.mass) / stream.mass
  worst = math.max(worst, mass)
  local e = s:energies()
  local energy = math.abs(e.residual) / (e.inserted + math.abs(e.gravity_work) + math.abs(e.wall_work)) -- of all that came in
  drift = math.max(drift, energy)
  rows[#rows + 1] = { now, resident() }
  if report then
    report:row(now, s.time, s.inserted, s.count, s.removed, s.lost, rows[#rows][2], collectgarbage "count" / 1024, mass, e.residual, energy)
  end
end

-- HDF5 keeps some parts of each table in memory: 26 MB in all after 2800 steps of such files, and no more after 4000. They are filled
-- first, so that what still grows is something else. (A step is written once, however often a file is asked to.)
sim:run { time = 0.4, every = 0.4 / fill, call = function() out:write() end }

sim:run { time = 1e6, every = 2e-3, call = look, until_ = function() return barchan.clock() - begun > 60 * minutes end }

-- The second fifth of the time against the last fifth: what is filled once (lists, the pile) is full by then.
local function mean(from, to)
  local sum, n = 0, 0
  for _, r in ipairs(rows) do
    if r[1] >= from * minutes and r[1] <= to * minutes then sum, n = sum + r[2], n + 1 end
  end
  return sum / n
end
local early, late = mean(0.2, 0.4), mean(0.8, 1)
print(("%d steps, time %.3f s, %d inserted, %d present, %d removed; largest error of mass %.1e, of energy %.1e; memory %.1f MB, then %.1f MB; "
  .. "disc %s"):format(sim.step, sim.time, sim.inserted, sim.count, sim.removed, worst, drift, early, late, tostring(disc.force)))
assert(sim.removed > 100, "nothing flows")
assert(worst < 1e-9, "the mass does not add up")
assert(drift < 1e-5, "the energies do not add up")
assert(late - early < 2 + 0.03 * early, "the memory grows")
