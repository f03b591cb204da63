-- device_parts.lua -- a run with all sub-models that a device has: a law of the script's own, a field, a kernel, walls, a mesh and a servo that
-- move, bonds, a stream, an outlet, a meter, hooks. tests/spec/device_spec.lua ends it in its middle (--set stop=S) and resumes it elsewhere;
-- device.scenes_* run it whole, or --set part=P of the time; --set book=1: with the energy book.
local barchan = require "barchan"
local mm, set = barchan.units.mm, barchan.set
local part = set.part or 1
local sim = barchan.simulation { domain = { lo = { -40*mm, -40*mm, -60*mm }, hi = { 40*mm, 40*mm, 120*mm } }, gravity = { 0, 0, -981 },
  seed = 3, backend = set.backend, energy_book = set.book ~= nil }
local glass = sim:material { name = "glass", young = 5e6, poisson = 0.25, density = 2500 }
local steel = sim:material { name = "steel", young = 5e7, poisson = 0.3, density = 7800 }
sim:law(barchan.contact_law {
  name = "own_spring",
  material = { young = "Pa" },
  pair = { friction = { "1", 0 }, restitution = { "1", 0, 1 } },
  derive = function(a, b, pair)
    return { k = 2e-3 * a.young * b.young / (a.young + b.young), mu = pair.friction, c = 0.2 * (1 - pair.restitution) }
  end,
  coefficients = { k = "N/m", mu = "1", c = "1" },
  history = { slip = barchan.vec3 "m" },
  force = function(c, k, h)
    local vn = dot(c.v, c.n)
    local fn = max(k.k * c.overlap - k.c * sqrt(k.k * c.m) * vn, 0)
    local slip = rotate_into_plane(h.slip, c.n) + (c.v - vn * c.n) * c.dt
    local ft = -0.5 * k.k * slip
    local limit, size = k.mu * fn, norm(ft)
    if size > limit then
      ft = ft * (limit / size)
      slip = ft / (-0.5 * k.k)
    end
    h.slip = slip
    return fn * c.n + ft
  end,
})
sim:pair(glass, glass, { restitution = 0.6, friction = 0.4 })
sim:pair(glass, steel, { restitution = 0.5, friction = 0.3 })
sim:field { name = "age", unit = "s", default = 1 }
sim:kernel { name = "drag", reads = { "v", "radius" }, params = { eta = { 2e-3, "Pa s" } },
  body = function(p, k) return -6 * math.pi * k.eta * p.radius * p.v end }
if set.every then sim:checkpoint { file = "parts.chk", every = set.every } end
sim:cylinder { from = { 0, -30*mm, 0 }, to = { 0, 30*mm, 0 }, radius = 30*mm, side = "inside", material = steel }
local paddle = sim:mesh { material = steel, triangles = { { 1, 2, 3 }, { 1, 3, 4 } }, vertices = { { -20*mm, -20*mm, -2*mm },
  { 20*mm, -20*mm, -2*mm }, { 20*mm, 20*mm, 2*mm }, { -20*mm, 20*mm, 2*mm } } }
paddle:rotate { axis = { 0, 1, 0 }, origin = { 0, 0, 0 }, rate = 20 }
local lid = sim:disc { center = { 0, 0, -15*mm }, normal = { 0, 0, -1 }, radius = 8*mm, material = steel }
lid:servo { axis = { 0, 0, 1 }, force = -0.001, mass = 1e-3, damping = 0.05, lower = -10*mm, upper = 2*mm }
sim:insert { x = { { 0, 0, -20*mm }, { 2.9*mm, 0, -20*mm }, { 5.8*mm, 0, -20*mm }, { 0, 5*mm, -20*mm }, { 2.9*mm, 5*mm, -20*mm } },
  radius = 1.5*mm, material = glass, allowed_overlap = 0.1 }
local glue = sim:bond { within = 0.2*mm, young = 1e6, poisson = 0.2, tensile_strength = 2e2, shear_strength = 2e2, radius_factor = 0.8,
  damping = 0.1 }
sim:insert { region = sim.box { lo = { -12*mm, -25*mm, -18*mm }, hi = { 12*mm, 25*mm, -4*mm } }, count = 180,
  radius = { 1*mm, 1.5*mm }, material = glass }
local stream = sim:insert { region = sim.box { lo = { -10*mm, -25*mm, 5*mm }, hi = { 10*mm, 25*mm, 12*mm } }, rate = 6000, radius = 1*mm,
  material = glass, velocity = { 0, 0, -0.3 } }
local outlet = sim:outlet { box = { lo = { 0, -30*mm, -30*mm }, hi = { 30*mm, -20*mm, 10*mm } } }
local meter = sim:meter { point = { 0, 0, -10*mm }, normal = { 0, 0, 1 } }
sim.state = { calls = 0, sum = 0 }
local function hook(s)
  local f, v = s.force.x, s.v.x
  for i = 1, s.count do f[i] = f[i] - 1e-4 * v[i] end
  if set.stop and s.time > set.stop then os.exit(0) end
end
local function call(s)
  local state = s.state
  state.calls = state.calls + 1
  state.sum = state.sum + s.x.z[1] + paddle.force.z + stream.count
  s.age[2] = state.calls
end
sim:run { time = 0.005 * part, every = 0.0005, call = call }
sim:run { time = 0.003 * part, every = 0.0005, call = call, each_step = hook }
print("end", sim:hash(), sim.state.calls, ("%.17g"):format(sim.state.sum), sim.count, sim.contacts,
  outlet.count, stream.count, meter.count, sim.step, glue.broken)
if set.book then print(require("barchan.json").encode(sim:energies())) end
