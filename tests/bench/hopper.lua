-- hopper.lua -- benchmark scene: a conical hopper as a triangle mesh, opened and flowing. The same particles, mesh, material, law
-- and time step as the decks in peers/hopper. scripts/bench runs it with --set state=FILE (csv), stl=FILE, steps, warm.
local barchan = require "barchan"
local all = require "all"
local set = barchan.set
local warm, steps = tonumber(set.warm or 100), tonumber(set.steps or 2000)

local sim = barchan.simulation {
  domain = { lo = {-0.085, -0.085, -0.1}, hi = {0.085, 0.085, 0.31} },
  gravity = {0, 0, -9.81}, dt = 2e-5, on_exit = "remove",
}
local grain = sim:material { name = "grain", young = 5e6, poisson = 0.3, density = 2500 }
sim:law("hertz_mindlin")
sim:pair(grain, grain, { restitution = 0.5, friction = 0.5, tension = "allowed" })
sim:mesh { file = set.stl, material = grain }
sim:insert { file = set.state, material = grain, allowed_overlap = 0.5 }

local function inside()
  local n, z = 0, sim.x.z
  for i = 1, #sim.x do if z[i] >= 0 then n = n + 1 end end
  return (all.sum(n))
end
sim:run { steps = warm }
local first, before = inside(), sim:profile()
sim:run { steps = steps }
local after, sum, z = sim:profile(), 0, sim.x.z
for i = 1, #sim.x do sum = sum + z[i] end
print(("OBS in_before=%d in_after=%d zmean=%.7f ke=%.6g %s"):format(first, inside(), all.sum(sum) / sim.count, sim.kinetic_energy,
  all.speed(before, after)))
