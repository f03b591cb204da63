-- everything.lua -- a run with all that a checkpoint has to keep: tests/tools/kill_resume.py kills and resumes it. It prints the hash
-- of its end. --set every=S: time between checkpoints; 0: none. --set isa=avx2: vector instructions. --set fill=N: N particles more, for
-- checkpoints whose writing takes a while.
local barchan = require "barchan"
local mm = barchan.units.mm
local every = barchan.set.every or 0.004

local sim = barchan.simulation { domain = { lo = { -40 * mm, -40 * mm, -60 * mm }, hi = { 40 * mm, 40 * mm, 120 * mm } },
  gravity = { 0, 0, -98.1 }, seed = 3, isa = barchan.set.isa or "auto" }
local glass = sim:material { name = "glass", young = 5e6, poisson = 0.25, density = 2500 }
local steel = sim:material { name = "steel", young = 5e7, poisson = 0.3, density = 7800 }

-- A law of the script's own, with history.
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
if every > 0 then sim:checkpoint { file = "all.chk", every = every } end

local drum = sim:cylinder { from = { 0, -30 * mm, 0 }, to = { 0, 30 * mm, 0 }, radius = 30 * mm, side = "inside", material = steel }
local paddle = sim:mesh { material = steel, triangles = { { 1, 2, 3 }, { 1, 3, 4 } }, vertices = { { -20 * mm, -20 * mm, -2 * mm },
  { 20 * mm, -20 * mm, -2 * mm }, { 20 * mm, 20 * mm, 2 * mm }, { -20 * mm, 20 * mm, 2 * mm } } }
paddle:rotate { axis = { 0, 1, 0 }, origin = { 0, 0, 0 }, rate = 20 }
local lid = sim:disc { center = { 0, 0, -15 * mm }, normal = { 0, 0, -1 }, radius = 8 * mm, material = steel }
lid:servo { axis = { 0, 0, 1 }, force = -0.001, mass = 1e-3, damping = 0.05, lower = -10 * mm, upper = 2 * mm }

sim:insert { x = { { 0, 0, -20 * mm }, { 2.9 * mm, 0, -20 * mm }, { 5.8 * mm, 0, -20 * mm }, { 0, 5 * mm, -20 * mm },
  { 2.9 * mm, 5 * mm, -20 * mm } }, radius = 1.5 * mm, material = glass, allowed_overlap = 0.1 }
sim:bond { within = 0.2 * mm, young = 1e6, poisson = 0.2, tensile_strength = 1e5, shear_strength = 1e5, radius_factor = 0.8, damping = 0.1 }
sim:insert { region = sim.box { lo = { -12 * mm, -25 * mm, -18 * mm }, hi = { 12 * mm, 25 * mm, -4 * mm } }, count = 250,
  radius = { 1 * mm, 1.5 * mm }, material = glass }
if barchan.set.fill then
  sim:insert { region = sim.box { lo = { -39 * mm, -39 * mm, 40 * mm }, hi = { 39 * mm, 39 * mm, 119 * mm } }, count = barchan.set.fill,
    radius = 0.4 * mm, material = glass }
end
local stream = sim:insert { region = sim.box { lo = { -10 * mm, -25 * mm, 5 * mm }, hi = { 10 * mm, 25 * mm, 12 * mm } }, rate = 20000,
  radius = 1 * mm, material = glass, velocity = { 0, 0, -0.3 } }
local outlet = sim:outlet { box = { lo = { 0, -30 * mm, -30 * mm }, hi = { 30 * mm, -20 * mm, 10 * mm } } }
local meter = sim:meter { point = { 0, 0, 0 }, normal = { 0, 0, 1 } }

sim:output { file = "all.vtkhdf", every = 0.001, contacts = true, compress = barchan.set.compress or 4 }
sim:log { file = "log.csv", every = 0.0007, columns = { "time", "count", "contacts", "kinetic_energy", "max_overlap" } }

-- A callback with state, which changes the simulation.
sim.state = { calls = 0, seen = {} }
local function call(s)
  local state = s.state
  state.calls = state.calls + 1
  state.seen[#state.seen + 1] = { s.kinetic_energy, outlet.count, stream.count }
  if state.calls == 12 then s.gravity = { 10, 0, -98.1 } end
end

sim:run { time = barchan.set.before or 0.012, every = 0.0005, call = call }
-- Between two runs: what is read here is answered by the journal when the second one is resumed.
print("between", sim.count, ("%.17g"):format(sim.kinetic_energy), paddle.force, outlet.count, #sim.state.seen)
if sim.count > 10 then sim:plane { point = { 0, 0, -59 * mm }, normal = { 0, 0, 1 }, material = steel } end
sim:insert { region = sim.box { lo = { -10 * mm, -25 * mm, 14 * mm }, hi = { 10 * mm, 25 * mm, 20 * mm } }, count = 20, radius = 1 * mm,
  material = glass }
drum:rotate { axis = { 0, 1, 0 }, rate = 3 }
sim:run { time = barchan.set.time or 0.03, every = 0.0005, call = call }
print("end", sim:hash(), sim.state.calls, #sim.state.seen, outlet.count, stream.count, meter.count, sim.step)
