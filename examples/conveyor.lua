-- conveyor.lua -- a stream of grains falls on a belt and is carried off over its end.
--
-- What to look at: the belt does not move, its surface does (surface_velocity): grains slip, stick, and leave with the belt's
-- speed. What falls off the end is counted; in the steady state as much leaves as arrives.
local barchan = require "barchan"
local mm = barchan.units.mm

local speed = 0.5 -- m/s
local time = tonumber(barchan.set.time or 1.5)
local sim = barchan.simulation {
  domain  = { lo = {-60*mm, 0, -60*mm}, hi = {260*mm, 30*mm, 120*mm}, periodic = "y" },
  gravity = {0, 0, -9.81},
  seed    = 11,
}
local ore  = sim:material { name = "ore", young = 1e7, poisson = 0.3, density = 3000 }
local belt = sim:material { name = "rubber", young = 5e6, poisson = 0.45, density = 1200 }
sim:law("hertz_mindlin", { rolling = "epsd" })
sim:pair(ore, ore, { restitution = 0.4, friction = 0.6, rolling_friction = 0.05 })
sim:pair(ore, belt, { restitution = 0.3, friction = 0.8, rolling_friction = 0.05 })

local y0, y1 = -10*mm, 40*mm -- past the periodic faces, so that the belt has no edge there
local carrier = sim:mesh {
  vertices = { {-50*mm, y0, 0}, {200*mm, y0, 0}, {200*mm, y1, 0}, {-50*mm, y1, 0} },
  triangles = { {1, 2, 3}, {1, 3, 4} }, material = belt,
}
sim:plane { point = {-45*mm, 0, 0}, normal = {1, 0, 0}, material = belt } -- nothing rolls off the back
carrier:surface_velocity { velocity = {speed, 0, 0} }
local stream = sim:insert {
  region = sim.box { lo = {-30*mm, 0, 30*mm}, hi = {10*mm, 30*mm, 60*mm} }, material = ore,
  radius = {1.5*mm, 2.5*mm}, mass_rate = 0.15, velocity = {0, 0, -0.5},
}
local off = sim:outlet { plane = { point = {0, 0, -40*mm}, normal = {0, 0, 1} } }
sim:output { file = "conveyor.vtkhdf", every = 0.02 }
sim:run { time = time }

local vx, x, z = sim.v.x, sim.x.x, sim.x.z
local fast, n = sim:sum(function(i)
  if x[i] > 150*mm and x[i] < 190*mm and z[i] > 0 then return vx[i], 1 end
end)
print(("%d grains fed, %d on the belt, %d (%.3f kg) carried off; mean speed before the end %.3f m/s"):format(
  stream.count, sim.count, off.count, off.mass, n > 0 and fast/n or 0))
print(("the belt pulls with %.3f N and has done %.3f J"):format(-carrier.force[1], carrier.work))
if n > 0 then assert(math.abs(fast/n / speed - 1) < 0.1, "grains at the end should move with the belt") end
assert(sim.inserted == sim.count + sim.removed + sim.lost, "a grain has disappeared")
