-- wide.lua -- benchmark scene: a settled bed of two sizes, diameters 1:10, half the mass in the small ones; a floor, periodic in x and
-- y. The same particles, material, law and time step as the decks in peers/wide. scripts/bench runs it with --set state=FILE (csv),
-- lx, ly, steps, warm.
local barchan = require "barchan"
local all = require "all"
local set = barchan.set
local warm, steps = tonumber(set.warm or 100), tonumber(set.steps or 1000)

local lx, ly = tonumber(set.lx or 0.06), tonumber(set.ly or 0.06)
local sim = barchan.simulation {
  domain = { lo = {0, 0, -0.001}, hi = {lx, ly, 0.1}, periodic = "xy" },
  gravity = {0, 0, -9.81}, dt = 1e-5,
}
local grain = sim:material { name = "grain", young = 5e6, poisson = 0.3, density = 2500 }
sim:law("hertz_mindlin")
sim:pair(grain, grain, { restitution = 0.5, friction = 0.5, tension = "allowed" })
sim:plane { point = {0, 0, 0}, normal = {0, 0, 1}, material = grain }
sim:insert { file = set.state, material = grain, allowed_overlap = 0.5 }
sim:run { steps = warm }

local before = sim:profile()
sim:run { steps = steps }
local after, z, x, radius = sim:profile(), 0, sim.x.z, sim.radius
local large, count = 0, 0
for i = 1, #sim.x do
  z = z + x[i]
  if radius[i] > 0.005 then large, count = large + x[i], count + 1 end
end
z, large, count = all.sum(z, large, count)
print(("OBS zmean=%.7f ke=%.4g coord=%.4f zlarge=%.8f %s"):format(z / sim.count, sim.kinetic_energy, sim.coordination, large / count,
  all.speed(before, after)))
