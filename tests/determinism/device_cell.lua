-- device_cell.lua -- a periodic cell that is sheared and driven to a stress, with bonds, a meter and hooks; ended, resumed and
-- cut short as device_parts.lua, and run on several ranks.
local barchan = require "barchan"
local mm, set = barchan.units.mm, barchan.set
local part = set.part or 1
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 7*mm, 7*mm, 7*mm }, periodic = "xyz", tilt = { 1*mm, 0, 0 } },
  gravity = { 0, 0, 0 },
  seed = 3, backend = set.backend, precision = set.precision }
local glass = sim:material { name = "glass", young = 5e6, poisson = 0.25, density = 2500 }
sim:law("hertz_mindlin")
sim:pair(glass, glass, { restitution = 0.6, friction = 0.4 })
if set.every then sim:checkpoint { file = "parts.chk", every = set.every } end
sim:insert { region = sim.box { lo = { 0, 0, 0 }, hi = { 7*mm, 7*mm, 7*mm } }, count = 130, radius = { 0.5*mm, 0.7*mm }, material = glass }
local glue = sim:bond { within = 0.1*mm, young = 2e5, poisson = 0.2, tensile_strength = 2e1, shear_strength = 2e1, radius_factor = 0.8,
  damping = 0.1 }
sim:deform { rate = { exy = 150 }, stress = { sxx = 200, syy = 200, szz = 300 }, max_rate = 40 }
local meter = sim:meter { point = { 3*mm, 3*mm, 3*mm }, normal = { 1, 0, 0 } }
sim.state = { calls = 0, sum = 0, hooks = 0, broken = 0 }
local function call(s)
  local state = s.state
  state.calls = state.calls + 1
  state.sum = state.sum + s.kinetic_energy
  if set.stop and s.time > set.stop then os.exit(0) end
end
local function hook(s)
  local f, v, state = s.force.x, s.v.x, s.state
  for i = 1, #f do f[i] = f[i] - 1e-5 * v[i] end
  state.hooks = state.hooks + 1
  if state.hooks % 10 == 0 then state.broken = state.broken + state.hooks * glue.broken end
end
sim:run { time = 0.001 * part, every = 0.0005, call = call, each_step = hook }
sim:run { time = 0.002 * part, every = 0.0005, call = call }
sim:run { time = 0.002 * part, every = 0.0005, call = call, each_step = hook }
local ends = 0 -- in the order of their going
for k, bond in ipairs(glue:ends()) do ends = ends + k * (bond[1] + 3 * bond[2] + 7 * bond.step) end
print("end", sim:hash(), sim.state.calls, ("%.17g"):format(sim.state.sum), sim.count, sim.contacts,
  sim.step, glue.broken, sim.state.broken, ends, meter.count, meter.mass)
