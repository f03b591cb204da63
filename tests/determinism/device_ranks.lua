-- device_ranks.lua -- a run of several ranks with what their devices know: walls, a mesh and a servo that move, one that follows a function,
-- a kernel, a stream, an outlet, faces that particles leave through, heat that flows through contacts, bonds, hooks, and writes between them.
-- tests/spec/device_spec.lua compares it with the processor's. --set limit: overlap that stops it. --set book=1: with the energy book.
local barchan = require "barchan"
local mm, set = barchan.units.mm, barchan.set
local sim = barchan.simulation { domain = { lo = { -20*mm, -20*mm, -20*mm }, hi = { 20*mm, 20*mm, 60*mm }, periodic = "y" },
  gravity = { 100, 50, -981 }, on_exit = "remove", backend = set.backend, precision = set.precision, decomposition = set.cut,
  overlap_limit = set.limit, energy_book = set.book ~= nil }
if set.every then sim:checkpoint { file = "ranks.chk", every = set.every } end
local glass = sim:material { name = "glass", young = 5e6, poisson = 0.25, density = 2500, conductivity = 50,
  capacity = { warmth = 2, temperature = 2 } }
local steel = sim:material { name = "steel", young = 5e7, poisson = 0.3, density = 7800, conductivity = 80,
  capacity = { temperature = math.huge } }
sim:law("hertz_mindlin", { rolling = "epsd", heat = "conduction" })
sim:pair(glass, glass, { restitution = 0.6, friction = 0.4, rolling_friction = 0.05 })
sim:pair(glass, steel, { restitution = 0.5, friction = 0.3, rolling_friction = 0.05 })
sim:field { name = "warmth", unit = "K", default = 1, flux_unit = "W", flux_scale = 1 }
sim:field { name = "temperature", unit = "K", default = 300, flux_scale = 100 }
local floor = sim:plane { point = { 0, 0, -12*mm }, normal = { 0, 0, 1 }, material = steel, temperature = 400 }
local paddle = sim:mesh { material = steel, triangles = { { 1, 2, 3 }, { 1, 3, 4 } }, vertices = { { -12*mm, -20*mm, -6*mm },
  { 12*mm, -20*mm, -6*mm }, { 12*mm, 20*mm, -2*mm }, { -12*mm, 20*mm, -2*mm } } }
paddle:rotate { axis = { 0, 1, 0 }, origin = { 0, 0, -3*mm }, rate = 40 }
local lid = sim:disc { center = { 0, 0, -9*mm }, normal = { 0, 0, -1 }, radius = 6*mm, material = steel }
lid:servo { axis = { 0, 0, 1 }, force = -0.001, mass = 1e-3, damping = 0.05, lower = -2*mm, upper = 2*mm }
local shelf = sim:disc { center = { 4*mm, 4*mm, -5*mm }, normal = { 0, 0, 1 }, radius = 5*mm, material = steel }
sim:kernel { name = "drag", reads = { "v", "radius" }, params = { eta = { 2e-3, "Pa s" } },
  body = function(p, k) return -6 * math.pi * k.eta * p.radius * p.v end }
sim:insert { region = sim.box { lo = { -16*mm, -19*mm, -8*mm }, hi = { 16*mm, 19*mm, 12*mm } }, count = 300,
  radius = { 1*mm, 1.5*mm }, material = glass, temperature = 350 }
local glue = sim:bond { within = 0.4*mm, young = 1e5, poisson = 0.2, tensile_strength = 1e4, shear_strength = 1e4, radius_factor = 0.8,
  damping = 0.1, contact = true }
local stream = sim:insert { region = sim.box { lo = { -10*mm, -15*mm, 15*mm }, hi = { 10*mm, 15*mm, 22*mm } }, rate = 6000, radius = 1*mm,
  material = glass, velocity = { 0, 0, -0.3 } }
local outlet = sim:outlet { box = { lo = { 4*mm, -20*mm, -12*mm }, hi = { 16*mm, 20*mm, -9*mm } } }
local meter = sim:meter { point = { 0, 0, 3*mm }, normal = { 0.2, 0, -1 } }
sim.state = { sum = 0, hooks = 0 }
local function hook(s) -- now and then one rank asks for what brings the state home
  local f, v, flux = s.force.x, s.v.x, s.warmth_flux
  s.state.hooks = s.state.hooks + 1
  for i = 1, #f do f[i], flux[i] = f[i] - 1e-4 * v[i], flux[i] + 1e-3 end
  if s.state.hooks % 6 == 2 and barchan.rank == barchan.ranks - 1 then assert(paddle.warmth) end
end
local function drive(t) -- writes between two steps, to particles that may all be on one rank
  local hooks = sim.state.hooks
  if hooks % 4 == 3 then
    local x, v, w, torque, warmth, heat, id = sim.x.y, sim.v.z, sim.angular_velocity.x, sim.torque.x, sim.warmth, sim.temperature, sim.id
    for i = 1, #id do
      if (id[i] + hooks) % 37 == 0 then
        v[i], w[i], warmth[i], heat[i], torque[i] = 1.1 * v[i], w[i] + 1, warmth[i] + 0.1, heat[i] + 1, 0.9 * torque[i]
        if hooks % 8 == 3 then x[i] = x[i] + 1e-3*mm end
      end
    end
  end
  return { 0, 0, 1*mm * math.sin(2000 * t) }
end
for run = 1, 3 do
  if run == 3 then shelf:follow { call = drive } end
  sim:run { time = 0.0025, every = 0.0005, each_step = run == 3 and hook or nil, call = function(s)
    s.state.sum = s.state.sum + paddle.force.z + s.kinetic_energy + stream.count
    if set.stop and s.time > set.stop then os.exit(0) end
  end }
  print(sim.step, sim:hash(), sim.contacts, sim.removed,
    ("%.17g %.17g %.17g %.17g %.17g"):format(sim.state.sum, floor.force.z, floor.temperature_flux, paddle.work, lid.position.z),
    sim.max_overlap, outlet.count, stream.count, meter.count, meter.mass, glue.broken)
  if set.book then print(require("barchan.json").encode(sim:energies())) end
end
