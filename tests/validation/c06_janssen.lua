-- c06_janssen.lua -- grains in a tall cylinder hang on its wall: the weight on the floor saturates.
--
-- Case: C6. A cylinder of 10 d; 2500 grains (d = 1 +- 10 %, m = 1, g = 1, linear springs of 1e5, e = 0.5, friction 0.5) rain in to 2.8
-- cylinder diameters. Floor and wall carry the weight exactly. Then the floor sinks by 4 d, slowly, which mobilises the friction of
-- the wall (without that DEM does not follow Janssen: Landry et al. 2003), and the mean stress at depth z is rho g lambda (1 -
-- exp(-z / lambda)) with lambda = Dc / (4 mu_w K): K is fitted in the first third and must then foretell the rest. With a smooth wall
-- the floor carries all. The law of Vanel and Clement has one parameter more, a top that does not hang on the wall. --set grains=0.25
-- for a look.
local barchan = require "barchan"
local test = require "case" { id = "C6", title = "Janssen's silo", source = "[F] statics", long = "3 minutes", precision = "mixed" }

test:instead { asked = "K, fitted in the first third, foretells the rest with R^2 > 0.99",
  tested = "that, and besides R^2 > 0.99 over all of the depth, for Janssen's law and for that of Vanel and Clement; the floor sinks by 4 d",
  why = "the first does not pass; with the floor sunk by 1 d, as first tried, the wall's friction was not mobilised at the top and R^2 "
    .. "over all was 0.74" }

local N, wide, stiffness = math.floor(2500 * tonumber(barchan.set.grains or 1)), 10, 1e5
local area = math.pi / 4 * wide ^ 2
local tall = 3 + N * math.pi / 6 / (0.33 * area)

local function fill(friction)
  local r = wide / 2
  local sim = barchan.simulation { domain = { lo = { -r - 1, -r - 1, -5 }, hi = { r + 1, r + 1, tall + 5 } }, gravity = { 0, 0, -1 },
    seed = 8, precision = test.precision, threads = test.threads, dt = 0.05 * math.pi * math.sqrt(0.5 * 0.9 ^ 3 / stiffness) }
  local grain, wall = sim:material { name = "grain", density = 6 / math.pi }, sim:material { name = "wall", density = 1 }
  sim:law "linear"
  sim:pair(grain, grain, { stiffness = stiffness, restitution = 0.5, friction = 0.5 })
  sim:pair(grain, wall, { stiffness = stiffness, restitution = 0.5, friction = friction })
  local floor = sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = grain }
  local side = sim:cylinder { from = { 0, 0, -4 }, to = { 0, 0, tall + 5 }, radius = r, open = true, side = "inside", material = wall }
  sim:insert { region = sim.cylinder { from = { 0, 0, 0 }, to = { 0, 0, tall }, radius = r }, material = grain, count = N,
    radius = { 0.45, 0.55 } }
  sim:run { time = 60, every = 0.5, until_ = function(s) return s.time > 3 and s.kinetic_energy < 1e-8 * N end }
  return sim, floor, side
end

local sim, floor = fill(0)
test:relative("smooth wall: force on the floor / weight", -floor.force.z / sim.total_mass, 1, 5e-3, nil, "[F] hydrostatic")
sim:close()

local side
sim, floor, side = fill(0.5)
local weight = sim.total_mass
test:relative("force on floor and wall / weight", -(floor.force.z + side.force.z) / weight, 1, 1e-3)
test:remark("at rest the floor carries %.3f of the weight", -floor.force.z / weight)

-- The floor sinks: means of the mass and of what the wall carries, by the height above the floor, over the last three quarters of the way.
local speed, way, slice = 0.05, 4, 1
floor:move { velocity = { 0, 0, -speed } }
local mass, carried, samples, begin = {}, {}, 0, sim.time
local function at(z) return math.floor((z + speed * (sim.time - begin)) / slice) + 1 end
local top = 0
for k = 1, math.ceil(tall) do mass[k], carried[k] = 0, 0 end
sim:run { time = way / speed, every = 0.25, call = function(s)
  if s.time - begin < 0.25 * way / speed then return end
  samples = samples + 1
  for i = 1, s.count do
    local k = math.max(1, at(s.x.z[i]))
    mass[k], top = mass[k] + s.mass[i], math.max(top, k)
  end
  local net = s:contact_network()
  for i = net.pairs + 1, net.count do
    if net:wall_of(i) == side then
      local k = math.max(1, at(net.point[i].z))
      carried[k] = carried[k] + net.force[i].z
    end
  end
end }

-- Stress below each slice, from the top downwards, where the bed is whole.
local z, sigma, above, depth = {}, {}, 0, 0
local full = 0
for k = 5, 15 do full = full + mass[k] / 11 end
for k = top, 1, -1 do
  above = above + (mass[k] - carried[k]) / samples
  depth = depth + math.min(1, mass[k] / full) * slice
  if mass[k] > 0.9 * full then z[#z + 1], sigma[#sigma + 1] = depth, above / area end
end
local rho = full / samples / (area * slice)
local function law(lambda, depth_) return rho * lambda * (1 - math.exp(-depth_ / lambda)) end
local function misfit(lambda, first, last)
  local sum = 0
  for i = first, last do sum = sum + (sigma[i] - law(lambda, z[i])) ^ 2 end
  return sum
end
local third, best, both = math.floor(#z / 3), nil, nil
for lambda = 2, 40, 0.01 do
  local off = misfit(lambda, 1, third)
  if not best or off < best.off then best = { lambda = lambda, off = off } end
end
-- Two parameters: the weight of the uppermost `top_part` is carried as by a smooth wall, Janssen's law begins below.
local function vanel(lambda, top_part, depth_)
  if depth_ <= top_part then return rho * depth_ end
  return rho * (lambda + (top_part - lambda) * math.exp(-(depth_ - top_part) / lambda))
end
for lambda = 2, 20, 0.1 do
  for top_part = 0, 10, 0.1 do
    local sum = 0
    for i = 1, #z do sum = sum + (sigma[i] - vanel(lambda, top_part, z[i])) ^ 2 end
    if not both or sum < both.off then both = { lambda = lambda, top_part = top_part, off = sum } end
  end
end
local function spread(first, last)
  local mean, sum = 0, 0
  for i = first, last do mean = mean + sigma[i] / (last - first + 1) end
  for i = first, last do sum = sum + (sigma[i] - mean) ^ 2 end
  return sum
end
test:remark("solid fraction %.3f, lambda %.2f d; stress at the floor %.2f, the law %.2f m g / d^2", rho * math.pi / 6, best.lambda,
  sigma[#sigma], law(best.lambda, z[#z]))
test:between("K = Dc / (4 mu_w lambda) of the first third", wide / (4 * 0.5 * best.lambda), 0.4, 0.8, nil, "[R] Janssen 1895")
test:between("R^2 of Janssen's law below the first third", 1 - misfit(best.lambda, third + 1, #z) / spread(third + 1, #z), 0.99, 1, nil,
  "[R] Janssen 1895")
test:between("R^2 of Janssen's law over all of the height", 1 - misfit(best.lambda, 1, #z) / spread(1, #z), 0.99, 1, nil, "[R] Janssen 1895")
test:between("R^2 of the law of Vanel and Clement over all of the height", 1 - both.off / spread(1, #z), 0.99, 1, nil, "[R] Landry et al. 2003")
test:remark("Vanel and Clement: lambda %.1f d below %.1f d", both.lambda, both.top_part)
for i = 4, #z, 4 do
  test:remark("depth %.1f d: stress %.2f, Janssen %.2f, Vanel and Clement %.2f m g / d^2", z[i], sigma[i], law(best.lambda, z[i]),
    vanel(both.lambda, both.top_part, z[i]))
end
return test:done()
