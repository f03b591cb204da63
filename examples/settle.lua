-- settle.lua -- grains of three sizes rain on a floor that repeats in x and y, and come to rest.
--
-- What to look at: the kinetic energy falls by many orders of magnitude; the packing fraction of the bed is that of a random
-- packing of frictional spheres (0.55 to 0.62), and a grain touches 4 to 6 others.
local barchan = require "barchan"
local mm = barchan.units.mm

local count = tonumber(barchan.set.count or 3000)
local L = 24*mm
local sim = barchan.simulation {
  domain  = { lo = {0, 0, -1*mm}, hi = {L, L, 200*mm}, periodic = "xy" },
  gravity = {0, 0, -9.81},
  seed    = 7,
}
local sand = sim:material { name = "sand", young = 1e7, poisson = 0.3, density = 2600 }
sim:law("hertz_mindlin", { rolling = "epsd" })
sim:pair(sand, sand, { restitution = 0.5, friction = 0.5, rolling_friction = 0.02 })
sim:plane { point = {0, 0, 0}, normal = {0, 0, 1}, material = sand }
sim:insert {
  region = sim.box { lo = {0, 0, 1*mm}, hi = {L, L, 1*mm + count*0.03*mm} }, material = sand, count = count,
  radius = { distribution = "discrete", radii = {0.6*mm, 0.8*mm, 1.0*mm}, weights = {1, 1, 1}, by = "mass" },
}
sim:output { file = "settle.vtkhdf", every = 0.02 }
local fell = sim.kinetic_energy
sim:run { time = 1.0, every = 0.01, call = function(s) fell = math.max(fell, s.kinetic_energy) end,
  until_ = function(s) return s.time > 0.1 and s.kinetic_energy < 1e-6*fell end }

-- packing fraction between a tenth and half of the bed's height
local z, mass = sim.x.z, sim.mass
local top = sim:max(z)
local low, high = 0.1*top, 0.5*top
local inside = sim:sum(function(i) if z[i] > low and z[i] < high then return mass[i] end end)
local fraction = inside / 2600 / (L*L*(high - low))
print(("at rest after %.3f s: kinetic energy %.1e of its maximum, packing fraction %.3f, coordination %.2f"):format(
  sim.time, sim.kinetic_energy / fell, fraction, sim.coordination))
assert(fraction > 0.5 and fraction < 0.68, "this is no random packing")
