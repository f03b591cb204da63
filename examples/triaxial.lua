-- triaxial.lua -- a cube of grains between six smooth plates: the lid is pushed down, the side plates hold their pressure.
--
-- What to look at: the stress on the lid climbs to a peak while the dense packing swells, and comes down to the steady value of large
-- strains. triaxial.csv has the curves: sin(angle) = (s1 - s3) / (s1 + s3) and the change of volume (plot them). Dense packings of
-- spheres of friction 0.5 have their peak at 25 to 35 degrees and end near 20, in the critical state, whatever the density was
-- (tests/validation, C13). The plates are servos: their pressure is divided by the area that they have now.
local barchan = require "barchan"
local mm = barchan.units.mm

local short = barchan.set.short
local count, strain, pressure = short and 400 or 3000, short and 0.1 or 0.4, 1e4
local d, density = 2*mm, 2500
local L = d*(count*math.pi/6/0.3)^(1/3) -- a filling of 30 %
local sim = barchan.simulation { domain = { lo = {-L, -L, -L}, hi = {2*L, 2*L, 2*L} }, gravity = {0, 0, 0}, seed = 3 }
local glass = sim:material { name = "glass", young = 2e7, poisson = 0.25, density = density }
local plate = sim:material { name = "plate", young = 2e8, poisson = 0.25, density = density }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.3, friction = 0 }) -- while it is pressed together: a dense packing
sim:pair(glass, plate, { restitution = 0.3, friction = 0 })
sim:insert { region = sim.box { lo = {0, 0, 0}, hi = {L, L, L} }, material = glass, radius = {0.4*d, 0.6*d}, count = count }
local walls, size = {}, {}
for axis = 1, 3 do
  local normal = { 0, 0, 0 }
  normal[axis] = 1
  local low = sim:plane { point = {0, 0, 0}, normal = normal, material = plate }
  normal[axis] = -1
  local high = sim:plane { point = {L, L, L}, normal = normal, material = plate }
  walls[axis] = { low = low, high = high, axis = normal }
end
local function measure()
  for axis = 1, 3 do size[axis] = walls[axis].high.position[axis] - walls[axis].low.position[axis] end
  return size[1]*size[2]*size[3]
end
local function stress(axis)
  return (walls[axis].high.force[axis] - walls[axis].low.force[axis])/2*size[axis]/measure()
end
local function hold(axis) -- the pressure, from both sides
  local function push() return pressure*measure()/size[axis] end
  walls[axis].high:servo { axis = walls[axis].axis, force = function() return -push() end, gain = 10 }
  walls[axis].low:servo { axis = walls[axis].axis, force = push, gain = 10 }
end
for axis = 1, 3 do hold(axis) end
sim:run { time = 1, every = 0.005, until_ = function(s)
  local worst = s.time < 0.03 and 1 or 0
  for axis = 1, 3 do worst = math.max(worst, math.abs(stress(axis)/pressure - 1)) end
  return worst < 0.01 and s.kinetic_energy < 1e-6*pressure*measure()
end }
print(("pressed to %.2f, %.2f, %.2f kPa in %.3f s: solid fraction %.3f"):format(stress(1)/1e3, stress(2)/1e3, stress(3)/1e3, sim.time,
  sim.total_mass/density/measure()))

sim:pair(glass, glass, { restitution = 0.3, friction = 0.5 })
local inertial = short and 5e-3 or 1.5e-3 -- slow: rate d sqrt(density / pressure)
local rate, volume, height, start = inertial/d*math.sqrt(pressure/density), measure(), size[3], sim.time
local lid, dense = walls[3].high, sim.total_mass/density/volume
walls[3].low:halt()
lid:halt()
lid:move { velocity = {0, 0, -rate*height} }
sim:output { file = "triaxial.vtkhdf", every = 0.02*strain/rate, contacts = true }
local log = barchan.csv("triaxial.csv", { "strain", "sin_angle", "swelling" })
local peak, last, looks, side, sum, n = 0, 0, 0, 0, 0, 0
sim:run { time = strain/rate, every = 5e-4/rate, call = function(s)
  local s1, s3 = stress(3), (stress(1) + stress(2))/2
  local sine = (s1 - s3)/(s1 + s3)
  log:row(1 - size[3]/height, sine, measure()/volume - 1)
  sum, n = sum + sine, n + 1
  if n == 10 then peak, sum, n = math.max(peak, sum/n), 0, 0 end -- of means over strains of 0.005
  if s.time - start > 2/3*strain/rate then last, side, looks = last + sine, side + s3/pressure, looks + 1 end
end }
log:close()
peak, last, side = math.deg(math.asin(peak)), math.deg(math.asin(last/looks)), side/looks
print(("peak angle %.1f degrees, over the last third %.1f; the sides hold %.3f of their pressure; solid fraction %.3f"):format(peak, last, side,
  sim.total_mass/density/measure()))
assert(math.abs(side - 1) < 0.03, "the sides do not hold their pressure")
assert(peak > 22 and peak < 35 and dense > sim.total_mass/density/measure(), "a dense packing must have a peak and swell")
if not short then assert(last > 17 and last < 23, "this is not the angle of the critical state") end
