-- settle.lua -- benchmark scene: a settled bed on a floor, periodic in x and y. The same particles, material, law and time step
-- as the decks in peers/settle. scripts/bench runs it with --set state=FILE (csv), lx, ly, steps, warm.
local barchan = require "barchan"
local all = require "all"
local set = barchan.set
local warm, steps = tonumber(set.warm or 100), tonumber(set.steps or 2000)

local lx, ly = tonumber(set.lx or 0.04), tonumber(set.ly or 0.04)
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
local after, z, x = sim:profile(), 0, sim.x.z
local inside, mass = 0, sim.mass -- [kg] of grains with their centres between two heights: gives the packing fraction, as in the peers' decks
for i = 1, #sim.x do
  z = z + x[i]
  if x[i] >= 0.005 and x[i] <= 0.035 then inside = inside + mass[i] end
end
z, inside = all.sum(z, inside)
print(("OBS zmean=%.7f ke=%.6g coord=%.4f phi=%.7f %s"):format(z / sim.count, sim.kinetic_energy, sim.coordination,
  inside / grain.density / (lx * ly * 0.03), all.speed(before, after)))
