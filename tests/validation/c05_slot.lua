-- c05_slot.lua -- grains flow out of a silo through a slot: the flow goes with the 3/2 power of its width.
--
-- Case: C5, the slot. A silo of 25 d by 4 d, periodic along the slot; slots of 5, 6, 8 and 10 d in a thin floor; 2600 grains of
-- c05_beverloo.lua (d = 1 +- 10 %, m = 1, g = 1; linear springs of 1e5 m g / d, e = 0.7, friction 0.5), a bed as high as wide. By dimensions
-- W = C rho_b sqrt(g) L (D - k d)^(3/2): W^(2/3) is a straight line in D, and with k = 1.4 the exponent is 3/2. --set grains=0.2 for a look.
local barchan = require "barchan"
local lab = require "lab"
local test = require "case" { id = "C5", title = "flow out of a slot", source = "[F] dimensions", long = "5 minutes", precision = "mixed" }

local part = tonumber(barchan.set.grains or 1) -- of the grains
local N, wide, deep, stiffness = math.floor(2600 * part), 25, 4, 1e5
local tall = 3 + N * math.pi / 6 / (0.33 * wide * deep)

-- The silo with a slot of width D (0: none), and grains at given places.
local function silo(D, x, radius)
  local half = wide / 2
  local sim = barchan.simulation { domain = { lo = { -half - 1, 0, -8 }, hi = { half + 1, deep, tall + 5 }, periodic = "y" }, seed = 2,
    gravity = { 0, 0, -1 }, precision = test.precision, threads = test.threads, overlap_warn = 2,
    dt = 0.05 * math.pi * math.sqrt(0.5 * 0.9 ^ 3 / stiffness) }
  local grain = sim:material { name = "grain", density = 6 / math.pi }
  sim:law "linear"
  sim:pair(grain, grain, { stiffness = stiffness, restitution = 0.7, friction = 0.5 })
  for _, side in ipairs { -1, 1 } do
    sim:plane { point = { side * half, 0, 0 }, normal = { -side, 0, 0 }, material = grain }
    local a, b = side * D / 2, side * (half + 0.5) -- walls have no periodic images: they reach past both ends
    sim:mesh { vertices = { { a, -2, 0 }, { b, -2, 0 }, { b, deep + 2, 0 }, { a, deep + 2, 0 } },
      triangles = { { 1, 2, 3 }, { 1, 3, 4 } }, material = grain }
  end
  if x then sim:insert { x = x, radius = radius, material = grain, allowed_overlap = 0.1 }
  else
    sim:insert { region = sim.box { lo = { -half, 0, 0 }, hi = { half, deep, tall } }, material = grain, count = N, radius = { 0.45, 0.55 } }
  end
  return sim
end

local sim = silo(0)
sim:run { time = 40, every = 0.5, until_ = function(s) return s.time > 3 and s.kinetic_energy < 1e-5 * N end }
local x, radius = {}, {}
for i = 1, sim.count do
  local p = sim.x[i]
  x[i], radius[i] = { p.x, p.y, p.z }, sim.radius[i]
end
local settled = sim.time
sim:close()

-- Flow [m per unit of time] from a fifth of `grains` out of the silo to all of them.
local function flow(D, grains)
  local from = silo(D, x, radius)
  local outlet, t, m = from:outlet { plane = { point = { 0, 0, -5 }, normal = { 0, 0, 1 } } }, {}, {}
  from:run { time = 100, every = 0.25, until_ = function(s)
    if outlet.mass > 0.2 * grains then t[#t + 1], m[#m + 1] = s.time, outlet.mass end
    return outlet.mass > grains
  end }
  from:close()
  return (m[#m] - m[1]) / (t[#t] - t[1])
end

local D, out, root, log_d, log_w = { 5, 6, 8, 10 }, { 400, 500, 700, 900 }, {}, {}, {}
for i, d in ipairs(D) do
  local W = flow(d, part * out[i])
  test:remark("D = %g d: %.3f m / time", d, W)
  root[i], log_d[i], log_w[i] = W ^ (2 / 3), math.log(d - 1.4), math.log(W)
end
local slope, start, r2 = lab.line(D, root)
test:remark("settled in %.0f; k = %.2f of the line W^(2/3)", settled, -start / slope)
test:between("R^2 of the line W^(2/3) over D", r2, 0.998, 1)
test:absolute("exponent of the flow over D - 1.4 d", (lab.line(log_d, log_w)), 1.5, 0.1)
return test:done()
