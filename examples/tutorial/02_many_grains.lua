-- 02_many_grains.lua -- step 2: a box is filled at random; the run ends when the grains are at rest.
local barchan = require "barchan"
local mm = barchan.units.mm

local sim = barchan.simulation {
  domain  = { lo = {-1*mm, -1*mm, -1*mm}, hi = {31*mm, 31*mm, 101*mm} },
  gravity = {0, 0, -9.81},
  seed    = 7, -- of the random numbers: the same seed, the same grains
}
local glass = sim:material { name = "glass", young = 5e6, poisson = 0.25, density = 2500 }
sim:law("hertz_mindlin", { rolling = "epsd" }) -- with resistance to rolling
sim:pair(glass, glass, { restitution = 0.4, friction = 0.5, rolling_friction = 0.05 })

local box = sim:box { lo = {0, 0, 0}, hi = {30*mm, 30*mm, 100*mm}, side = "inside", material = glass } -- six walls
sim:insert {
  region = sim.box { lo = {0, 0, 0}, hi = {30*mm, 30*mm, 100*mm} }, -- with a dot: a region, not a wall
  material = glass, radius = {1.2*mm, 2*mm}, count = 700,
}
print(("%d grains, %.2f g"):format(sim.count, sim.total_mass*1e3))

-- until_ is asked every 10 ms of simulated time; true ends the run.
sim:run { time = 1, every = 0.01, until_ = function(s) return s.time > 0.1 and s.kinetic_energy < 2e-7 end }
local packing = sim:packing { region = sim.box { lo = {5*mm, 5*mm, 4*mm}, hi = {25*mm, 25*mm, 15*mm} } }
print(("at rest after %.2f s: solid fraction %.3f, %.1f contacts for each grain"):format(sim.time, packing.fraction, packing.coordination))
local weight = sim.total_mass*9.81
print(("the box carries %.4f N, the grains weigh %.4f N"):format(-box.force.z, weight))
assert(packing.fraction > 0.5 and packing.fraction < 0.66)
assert(math.abs(-box.force.z - weight) < 0.02*weight)
