-- drum.lua -- a drum, a third full, turns about its axis; the surface of the grains takes its dynamic angle.
--
-- What to look at: the grains ride up with the wall and avalanche; after some 0.6 turns the slope is steady. drum.vtkhdf and
-- drum-walls.vtkhdf show it in ParaView. The angle is that of the line from the axis to the centre of mass, measured from the
-- vertical; it lies between 20 and 45 degrees for rough grains.
local barchan = require "barchan"
local mm, rpm = barchan.units.mm, barchan.units.rpm

local R, length, turns = 50*mm, 20*mm, tonumber(barchan.set.turns or 0.75)
local speed = 20*rpm
local sim = barchan.simulation {
  domain  = { lo = {-55*mm, 0, -55*mm}, hi = {55*mm, length, 55*mm}, periodic = "y" },
  gravity = {0, 0, -9.81},
  seed    = 3,
}
local grain = sim:material { name = "grain", young = 5e6, poisson = 0.3, density = 2500 }
local steel = sim:material { name = "steel", young = 5e7, poisson = 0.3, density = 7800 }
sim:law("hertz_mindlin", { rolling = "epsd" })
sim:pair(grain, grain, { restitution = 0.5, friction = 0.5, rolling_friction = 0.05 })
sim:pair(grain, steel, { restitution = 0.5, friction = 0.6, rolling_friction = 0.05 })

local drum = sim:cylinder { from = {0, -10*mm, 0}, to = {0, length + 10*mm, 0}, radius = R, open = true, side = "inside", material = steel }
sim:insert {
  region = sim.cylinder { from = {0, 0, 0}, to = {0, length, 0}, radius = R - 1*mm },
  material = grain, radius = {1.3*mm, 1.7*mm}, count = 3000,
}
sim:output { file = "drum.vtkhdf", every = 0.05 }
sim:run { time = 0.3 }
drum:rotate { axis = {0, 1, 0}, origin = {0, 0, 0}, rate = speed }

local period, angles = 2*math.pi / speed, {}
sim:run { time = turns*period, every = 0.05, call = function(s)
  local x, z, mass = s.x.x, s.x.z, s.mass
  local cx, cz = s:sum(function(i) return mass[i]*x[i], mass[i]*z[i] end) -- over all grains, of all ranks
  angles[#angles + 1] = math.deg(math.atan2(-cx, -cz))
end }
local mean, n = 0, 0
for k = math.floor(#angles/2) + 1, #angles do mean, n = mean + angles[k], n + 1 end
mean = mean / n
print(("dynamic angle of repose %.1f degrees; torque on the drum %.4f N m, work done by it %.3f J"):format(
  mean, drum.torque[2], drum.work))
if turns >= 0.5 then assert(math.abs(mean) > 20 and math.abs(mean) < 45, "the slope is not that of a drum") end
