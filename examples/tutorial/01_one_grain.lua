-- 01_one_grain.lua -- step 1: one grain falls on a floor. What every script has: a simulation, a material, a law, a wall, a run.
local barchan = require "barchan"
local mm = barchan.units.mm -- everything is in SI units; mm is 0.001

local sim = barchan.simulation {
  domain  = { lo = {-50*mm, -50*mm, -10*mm}, hi = {50*mm, 50*mm, 200*mm} }, -- where grains may be
  gravity = {0, 0, -9.81},
}
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"                                        -- how grains push each other
sim:pair(glass, glass, { restitution = 0.5, friction = 0.3 })  -- and what that law asks for

sim:plane { point = {0, 0, 0}, normal = {0, 0, 1}, material = glass } -- a floor; the grains are where the normal points
local grain = sim:insert { x = {0, 0, 100*mm}, radius = 5*mm, material = glass }:particle(1)

sim:run { time = 0.1 }
print(("after %.3f s the grain is at z = %.2f mm, with %.3f m/s"):format(sim.time, grain.x.z/mm, grain.v.z))
local fallen = 100*mm - 0.5*9.81*sim.time^2 -- still in free fall
assert(math.abs(grain.x.z - fallen) < 1e-6)

sim:run { time = 1.5 } -- goes on from there
print(("after %.1f s it is at z = %.3f mm"):format(sim.time, grain.x.z/mm))
assert(math.abs(grain.x.z - 5*mm) < 0.01*mm, "it still jumps")
