-- a27_bonds.lua -- a beam of bonded spheres is stretched, bends under a force and under its weight, turns freely.
--
-- Case: A27. R = 1 mm, spheres 2 mm apart, E = 1e9 Pa, beam radius 1 mm (I = pi r^4 / 4), 2500 kg/m^3; n bonds of length l. Tension:
-- stress / strain = E. Cantilever under a tip force P: P (n / (ks A) + l^3 (4 n^3 - n) / (12 E I)), ks A = G A / l; under its own weight
-- q L^4 / (8 E I) with L half a bond beyond the last centre (MDDEM: theory -9.56e-7 m for 10 spheres, got -1.01e-6). A rigidly
-- turning pair feels nothing; a free chain keeps momentum and angular momentum.
local barchan = require "barchan"
local lab = require "lab"
local test = require "case" { id = "A27", title = "bonds: beams of spheres", source = "[F] beam theory" }

local R, E, poisson, density = 1e-3, 1e9, 0.25, 2500
local l, area, inertia, shear = 2 * R, math.pi * R ^ 2, math.pi * R ^ 4 / 4, E / (2 * (1 + poisson))
local m = lab.ball(R, density)

-- n + 1 spheres in a row along x from the origin, bonded. damping: relative to critical; motion(x) -> velocity, spin: the same for all.
local function chain(n, damping, gravity, motion, spin)
  local sim = barchan.simulation { domain = { lo = { -0.1, -0.1, -0.1 }, hi = { 0.1, 0.1, 0.1 } }, gravity = gravity or { 0, 0, 0 },
    precision = test.precision, threads = 1 }
  local a = sim:material { name = "a", density = density, young = 1e7, poisson = poisson }
  sim:law "hertz_mindlin"
  sim:pair(a, a, { restitution = 0.5, friction = 0.5 })
  local x, id, list, v = {}, {}, {}, {}
  for i = 1, n + 1 do
    x[i], id[i] = { (i - 1) * l, 0, 0 }, i
    v[i] = motion and motion((i - 1) * l) or { 0, 0, 0 }
  end
  sim:insert { material = a, radius = R, x = x, id = id, velocity = v, angular_velocity = spin or { 0, 0, 0 } }
  for i = 1, n do list[i] = { i, i + 1 } end
  sim:bond { pairs = list, young = E, poisson = poisson, radius = R, damping = damping }
  return sim
end
-- In each step: what acts on the first sphere is taken away, and its weight; `force` [N] along an axis pulls at the last; a drag of
-- twice the lowest frequency of 10 bonds ends the swing.
local function clamp(n, force, axis, weight)
  return function(s)
    local id, v, f = s.id, s.v, s.force
    for i = 1, s.count do
      local vx, vy, vz = v:get(i)
      f.x[i], f.y[i], f.z[i] = f.x[i] - 6800 * m * vx, f.y[i] - 6800 * m * vy, f.z[i] - 6800 * m * vz
      if id[i] == 1 then
        s.force:set(i, 0, 0, weight or 0)
        s.torque:set(i, 0, 0, 0)
      elseif id[i] == n + 1 and force then s.force[axis][i] = s.force[axis][i] + force end
    end
  end
end
-- Sag of the tip under forces P[k] at spheres k + 1: bond i bends by its moment about the contact point half-way, and shears.
local function sag_of(n, P)
  local sum = 0
  for k, force in pairs(P) do
    for i = 1, k do
      sum = sum + force * (l / (shear * area) + l ^ 3 / (E * inertia) * (k - i + 0.5) * (n - i + 0.5))
    end
  end
  return sum
end

local pull = E * area * 1e-4
local sim = chain(10, 0.3)
sim:run { time = 0.008, each_step = clamp(10, pull, "x") }
local strain = (sim:particle(11).x.x - sim:particle(1).x.x) / (10 * l) - 1
test:relative("tension: stress / strain", pull / area / strain, E, 1e-3, "Pa")
sim:close()

for _, n in ipairs { 5, 10 } do
  local P = 1e-3
  sim = chain(n, 0.3)
  sim:run { time = 0.008, each_step = clamp(n, -P, "z") }
  local expected = P * (n * l / (shear * area) + l ^ 3 * (4 * n ^ 3 - n) / (12 * E * inertia))
  test:relative(("cantilever of %d bonds, force at its tip: sag"):format(n), -sim:particle(n + 1).x.z, expected, 1e-3, "m")
  if n == 10 then
    test:relative("the same over the beam's P L^3 / (3 E I) + shear", -sim:particle(n + 1).x.z,
      P * ((n * l) ^ 3 / (3 * E * inertia) + n * l / (shear * area)), 4e-3, "m", "[F] Euler and Bernoulli, 0.9975")
  end
  sim:close()
end

local n, weights, g = 9, {}, 9.81
for k = 1, n do weights[k] = m * g end
sim = chain(n, 0.3, { 0, 0, -g })
sim:run { steps = 1, each_step = clamp(n, nil, nil, m * g) }
sim:particle(1).v = { 0, 0, 0 } -- the first half kick was that of gravity alone
local start = sim:particle(1).x.z
sim:run { time = 0.008, each_step = clamp(n, nil, nil, m * g) }
local sag = start - sim:particle(n + 1).x.z
test:relative("10 spheres under their weight: sag", sag, sag_of(n, weights), 1e-3, "m", "[F] sum over the bonds")
-- the weight of half a sphere hangs beyond the last centre: a beam of 9.5 bonds, seen at 9 of them
local L, q = (n + 0.5) * l, m * g / l
local x = n * l
local beam = q * x ^ 2 / (24 * E * inertia) * (6 * L ^ 2 - 4 * L * x + x ^ 2) + q * (L * x - x ^ 2 / 2) / (shear * area)
test:relative("the same over the beam under a uniform load", sag, beam, 0.05, "m", "[F] Euler and Bernoulli, with shear")
test:relative("the same as MDDEM measured", sag, 1.01e-6, 0.1, "m", "[P] MDDEM")
sim:close()

-- A pair that turns as one body, and a chain thrown anyhow.
local w = 500
sim = chain(1, 0.5, nil, function(place) return { 0, w * (place - l / 2), 0 } end, { 0, 0, w })
local across, moment = 0, 0
sim:run { time = 0.002 } -- the bond takes its tension
sim:run { steps = math.ceil(2 * math.pi / w / sim.dt), each_step = function(s)
  local d = (s:particle(2).x - s:particle(1).x)
  local f, t = s.force[1], s.torque[1]
  across = math.max(across, math.abs(d.x * f.y - d.y * f.x) / d:norm())
  moment = math.max(moment, t:norm())
end }
local scale = m * w * w * l / 2
test:absolute("a turning pair: force across the bond / centripetal force", across / scale, 0, test.mixed and 1e-3 or 1e-6, nil,
  "[F] objective")
test:absolute("a turning pair: moment / (centripetal force R)", moment / (scale * R), 0, test.mixed and 1e-3 or 1e-6, nil, "[F] objective")
sim:close()

local draw = lab.between(5)
sim = chain(10, 0, nil, function() return { 1 + draw(-0.1, 0.1), draw(-0.1, 0.1), draw(-0.1, 0.1) } end, { 3, 5, 7 })
local function moments()
  local p, L_ = barchan.vector(0, 0, 0), barchan.vector(0, 0, 0)
  for i = 1, 11 do
    local s = sim:particle(i)
    local r, v = s.x, s.v
    p = p + m * v
    L_ = L_ + m * barchan.vector(r.y * v.z - r.z * v.y, r.z * v.x - r.x * v.z, r.x * v.y - r.y * v.x) + 0.4 * m * R * R * s.angular_velocity
  end
  return p, L_
end
local p0, L0 = moments()
sim:run { time = 0.005 }
local p1, L1 = moments()
test:absolute("a free chain: change of momentum / momentum", (p1 - p0):norm() / p0:norm(), 0, test.mixed and 1e-6 or 1e-12, nil,
  "[F] conserved")
test:absolute("a free chain: change of angular momentum / angular momentum", (L1 - L0):norm() / L0:norm(), 0,
  test.mixed and 1e-4 or 1e-9, nil, "[F] conserved")
return test:done()
