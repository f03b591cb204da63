-- c10_chute.lua -- grains flow down a rough slope at a steady speed: Bagnold's profile and the law of Pouliquen and Weinhart.
--
-- Case: C10, Silbert et al. 2001, Weinhart et al. 2012. d = m = g = 1, linear springs kn = 2e5, kt = 2/7 kn, gamma_n = gamma_t = 50 (in
-- LAMMPS' terms: restitution 0.88 between grains), friction 0.5, dt = 1e-4; 1500 grains on 10 x 10, periodic along x and y, over 190
-- fixed grains scattered in a layer; slope 24 degrees. Steady from t = 70 on, averages over t = 80 to 118. The fixed grains are sphere
-- walls; walls have no periodic images, so those near a border are there twice. LAMMPS on the same scene, with other random places:
-- mean speed 1.49, packing fraction 0.570. Bagnold's profile is u = u_s (1 - (1 - z / h)^p) with p = 3/2. --set until=2 for a look.
local barchan = require "barchan"
local lab = require "lab"
local test = require "case" { id = "C10", title = "chute flow at 24 degrees", source = "[X] LAMMPS", long = "20 minutes",
  precision = "mixed" }

local N, side, theta, kn, gamma = 1500, 10, math.rad(24), 2e5, 50
local longest = tonumber(barchan.set["until"] or 118)
local sim = barchan.simulation { domain = { lo = { 0, 0, -3 }, hi = { side, side, 60 }, periodic = "xy" }, dt = 1e-4,
  gravity = { math.sin(theta), 0, -math.cos(theta) }, precision = test.precision, threads = test.threads, seed = 5 }
local grain = sim:material { name = "grain", density = 6 / math.pi }
local base = sim:material { name = "base", density = 6 / math.pi }
sim:law "linear"
-- F = -gamma m* v for both directions: 2 zeta w0 = gamma, and a tangential ratio of dampings of sqrt(kn / kt)
local function restitution(m)
  local zeta = gamma / 2 / math.sqrt(kn / m)
  return math.exp(-math.pi * zeta / math.sqrt(1 - zeta * zeta))
end
for other, m in pairs { [grain] = 0.5, [base] = 1 } do
  sim:pair(grain, other, { stiffness = kn, tangential_ratio = 2 / 7, restitution = restitution(m), friction = 0.5, tension = "allowed",
    damping = "tsuji", tangential_damping = math.sqrt(7 / 2) })
end

local draw = lab.random(3)
for _ = 1, 190 do
  local x, y, z = side * draw(), side * draw(), -draw()
  for i = -1, 1 do
    for j = -1, 1 do -- images that reach into the domain
      local ix, iy = x + i * side, y + j * side
      if ix > -1.1 and ix < side + 1.1 and iy > -1.1 and iy < side + 1.1 then
        sim:sphere { center = { ix, iy, z }, radius = 0.5, side = "outside", material = base }
      end
    end
  end
end
sim:plane { point = { 0, 0, -1.5 }, normal = { 0, 0, 1 }, material = base } -- below, for a grain that finds a hole
sim:insert { region = sim.box { lo = { 0, 0, 1 }, hi = { side, side, 32 } }, material = grain, radius = 0.5, count = N }

local bins, layers, samples, speed, centre = 60, {}, 0, 0, 0 -- of half a diameter, from z = 0 upwards
for b = 1, bins do layers[b] = { n = 0, u = 0 } end
sim:run { time = longest, every = 0.25, call = function(s)
  if s.time < 0.68 * longest then return end
  local z, u = s.x.z, s.v.x
  samples = samples + 1
  for i = 1, s.count do
    local b = layers[math.min(bins, math.max(1, math.floor(2 * z[i]) + 1))]
    b.n, b.u = b.n + 1, b.u + u[i]
    speed, centre = speed + u[i], centre + z[i]
  end
end }
speed, centre = speed / (samples * N), centre / (samples * N)

-- thickness: a uniform layer reaches from the base's top to twice the height of its centre
local h = 2 * centre + 0.5
local hstop = 3.84 * (math.tan(math.rad(32.26)) - math.tan(theta)) / (math.tan(theta) - math.tan(math.rad(17.56)))
local function volume_fraction(low, high)
  local n = 0
  for b = 2 * low + 1, 2 * high do n = n + layers[b].n end
  return n * math.pi / 6 / (samples * side * side * (high - low))
end
local function u(z) -- mean of the two half layers around z
  local b = math.floor(2 * z)
  return (layers[b].u + layers[b + 1].u) / (layers[b].n + layers[b + 1].n)
end
test:remark("thickness %.2f, h_stop %.2f", h, hstop)
test:relative("mean speed", speed, 1.49, 0.1)
test:relative("mean speed of the law for its own thickness", speed, (0.191 * h / hstop - 0.045) * math.sqrt(math.cos(theta) * h), 0.1, nil,
  "[R] Weinhart 2012, lambda = 1")
test:absolute("packing fraction, z = 3 to 10", volume_fraction(3, 10), 0.570, 0.02)
test:absolute("packing fraction near the base less that above", volume_fraction(3, 6) - volume_fraction(7, 10), 0, 0.02, nil,
  "[R] Silbert 2001: constant in the bulk")
-- Exponent p that fits pairs of height and speed best, by steps of 0.01, with the speed of the surface that goes with it.
local function exponent(points, thickness)
  local best
  for p = 0.8, 2.5, 0.01 do
    local su, ss, off = 0, 0, 0
    local function shape(z) return 1 - (1 - z / thickness) ^ p end
    for _, at in ipairs(points) do su, ss = su + at[2] * shape(at[1]), ss + shape(at[1]) ^ 2 end
    for _, at in ipairs(points) do off = off + (at[2] - su / ss * shape(at[1])) ^ 2 end
    if not best or off < best.off then best = { p = p, off = off } end
  end
  return best.p
end
local profile = {}
for z = 0.5, math.floor(h) - 1, 0.5 do profile[#profile + 1] = { z, u(z) } end
local lammps = { { 1.5, .24 }, { 3.5, .73 }, { 5.5, 1.22 }, { 7.5, 1.65 }, { 9.5, 2.09 }, { 11.5, 2.49 } }
test:remark("exponent of LAMMPS' profile up to 11.5, in a thickness of 13.4: %.2f", exponent(lammps, 13.4))
test:absolute("exponent of the profile", exponent(profile, h), 1.5, 0.15, nil, "[R] Silbert 2001: Bagnold")
local expected = { [3.5] = .73, [5.5] = 1.22, [7.5] = 1.65, [9.5] = 2.09, [11.5] = 2.49 }
for z = 3.5, 11.5, 2 do
  test:absolute(("u at z = %g"):format(z), u(z), expected[z], 0.25)
end
return test:done()
