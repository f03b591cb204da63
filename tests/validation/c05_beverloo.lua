-- c05_beverloo.lua -- grains flow out of a flat-bottomed silo: Beverloo's law.
--
-- Case: C5. A cylinder of 25 d, round holes of 5, 6, 8 and 10 d in a thin floor; 19 300 grains (d = 1 +- 10 %, m = 1, g = 1; linear
-- springs of 1e5 m g / d, e = 0.7, friction 0.5) settle to a height of 1.5 cylinder diameters. W = C rho_b sqrt(g) (D - k d)^(5/2), C =
-- 0.55 to 0.65, k = 1.2 to 1.6: W^(2/5) is a straight line in D; rho_b is the density of the bed at rest. The flow does not depend on
-- how full it is (above 1.2 diameters), and goes with sqrt(g). --set grains=0.1 for a look.
local barchan = require "barchan"
local lab = require "lab"
local test = require "case" { id = "C5", title = "flow out of a flat-bottomed silo", source = "[R] Beverloo 1961, Nedderman 1992",
  long = "40 minutes", precision = "mixed" }

local part = tonumber(barchan.set.grains or 1) -- of the grains
local N, wide, stiffness = math.floor(19300 * part), 25, 1e5
local tall = 3 + N * math.pi / 6 / (0.33 * math.pi / 4 * wide ^ 2) -- random places end near a solid fraction of 0.38

-- The silo with a hole of diameter D in its floor (0: none), and grains at given places.
local function silo(D, g, x, radius)
  local r = wide / 2
  local sim = barchan.simulation { domain = { lo = { -r - 1, -r - 1, -12 }, hi = { r + 1, r + 1, tall + 10 } }, seed = 1,
    gravity = { 0, 0, -g }, precision = test.precision, threads = test.threads, overlap_warn = 2,
    dt = 0.05 * math.pi * math.sqrt(0.5 * 0.9 ^ 3 / stiffness) }
  local grain = sim:material { name = "grain", density = 6 / math.pi }
  sim:law "linear"
  sim:pair(grain, grain, { stiffness = stiffness, restitution = 0.7, friction = 0.5 })
  sim:cylinder { from = { 0, 0, -1 }, to = { 0, 0, tall + 10 }, radius = r, open = true, side = "inside", material = grain }
  if D == 0 then
    sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = grain }
    sim:insert { region = sim.cylinder { from = { 0, 0, 0 }, to = { 0, 0, tall }, radius = r }, material = grain, count = N,
      radius = { 0.45, 0.55 } }
  else
    -- a ring of triangles: a circle of 64 corners at the wall, a polygon of the hole's area inside
    local vertices, triangles, n = {}, {}, 64
    local inner = D / 2 / math.sqrt(n / (2 * math.pi) * math.sin(2 * math.pi / n))
    for i = 0, n - 1 do
      local a = 2 * math.pi * i / n
      vertices[2 * i + 1] = { inner * math.cos(a), inner * math.sin(a), 0 }
      vertices[2 * i + 2] = { (r + 0.5) * math.cos(a), (r + 0.5) * math.sin(a), 0 }
      local p, q, s, t = 2 * i + 1, 2 * i + 2, (2 * i + 2) % (2 * n) + 1, (2 * i + 3) % (2 * n) + 1
      triangles[2 * i + 1], triangles[2 * i + 2] = { p, q, t }, { p, t, s }
    end
    sim:mesh { vertices = vertices, triangles = triangles, material = grain }
    sim:insert { x = x, radius = radius, material = grain, allowed_overlap = 0.1 }
  end
  return sim
end

local sim = silo(0, 1)
sim:run { time = 40, every = 0.5, until_ = function(s) return s.time > 3 and s.kinetic_energy < 1e-5 * N end }
local top, slice, total, x, radius = 0, 0, sim.total_mass, {}, {}
for i = 1, sim.count do
  local p = sim.x[i]
  x[i], radius[i] = { p.x, p.y, p.z }, sim.radius[i]
  top = math.max(top, p.z)
end
local low, high = 0.3 * top, 0.7 * top
for i = 1, #x do
  if x[i][3] > low and x[i][3] < high then slice = slice + (2 * radius[i]) ^ 3 end
end
local bulk = slice / (math.pi / 4 * wide ^ 2 * (high - low)) -- [m / d^3]
local mean_mass = total / #x
test:remark("settled in %.0f, %d grains to a height of %.1f d, bulk density %.3f m / d^3", sim.time, #x, top, bulk)
sim:close()

-- Flow [m per unit of time] through a hole, from a fifth of `grains` out of the silo to all of them, with those below `height` in it.
local function flow(D, grains, g, height)
  local px, pr = {}, {}
  for i = 1, #x do
    if x[i][3] <= (height or math.huge) then px[#px + 1], pr[#pr + 1] = x[i], radius[i] end
  end
  local from = silo(D, g or 1, px, pr)
  local outlet = from:outlet { plane = { point = { 0, 0, -6 }, normal = { 0, 0, 1 } } }
  local t, m = {}, {}
  from:run { time = 400, every = 0.25, until_ = function(s)
    local mass = outlet.mass
    if mass > 0.2 * grains then t[#t + 1], m[#m + 1] = s.time, mass end
    return mass > grains
  end }
  local through = outlet.mass
  from:close()
  if through <= grains then return 0 end -- an arch
  return (m[#m] - m[1]) / (t[#t] - t[1])
end

local D, root, W = { 5, 6, 8, 10 }, {}, {}
local out = { [5] = 600, [6] = 900, [8] = 1200, [10] = 1600 } -- grains that are let out
local mankoc = test:worst("grains per unit of time over the law of Mankoc 2007", 0.1, nil, "[R] Mankoc et al. 2007, b = 0.051, C' = 0.65")
for i, d in ipairs(D) do
  W[i] = flow(d, part * out[d])
  root[i] = W[i] ^ 0.4
  test:remark("D = %g d: %.3f m / time; C = %.3f if k is 1.4", d, W[i], W[i] / bulk / (d - 1.4) ^ 2.5)
  mankoc:absolute("D = " .. d, W[i] / mean_mass / (0.65 * (1 - 0.5 * math.exp(-0.051 * (d - 1))) * (d - 1) ^ 2.5), 1)
end
local slope, start, r2 = lab.line(D, root)
test:between("C", slope ^ 2.5 / bulk, 0.55, 0.65)
test:between("k", -start / slope, 1.2, 1.6)
test:between("R^2 of the line W^(2/5) over D", r2, 0.998, 1)
mankoc:done()
test:relative("D = 8: flow at 4 g / at g", flow(8, part * out[8], 4) / W[3], 2, 0.015, nil, "[F] dimensions")
test:relative("D = 8: flow from 1.2 diameters of height / from 1.5", flow(8, part * out[8], 1, 1.2 * wide) / W[3], 1, 0.03)
return test:done()
