-- drum.lua -- benchmark scene: a closed drum as a triangle mesh, turning at 1.5 rad/s. The same particles, mesh, material, law and
-- time step as the decks in peers/drum. scripts/bench runs it with --set state=FILE (csv), stl=FILE, steps, warm.
local barchan = require "barchan"
local all = require "all"
local set = barchan.set
local warm, steps = tonumber(set.warm or 100), tonumber(set.steps or 2000)

local sim = barchan.simulation {
  domain = { lo = {-0.105, -0.005, -0.105}, hi = {0.105, 0.105, 0.105} },
  gravity = {0, 0, -9.81}, dt = 2e-5,
}
local grain = sim:material { name = "grain", young = 5e6, poisson = 0.3, density = 2500 }
sim:law("hertz_mindlin")
sim:pair(grain, grain, { restitution = 0.5, friction = 0.5, tension = "allowed" })
local drum = sim:mesh { file = set.stl, material = grain }
drum:rotate { axis = {0, 1, 0}, origin = {0, 0, 0}, rate = 1.5 }
sim:insert { file = set.state, material = grain, allowed_overlap = 0.5 }

sim:run { steps = warm }
local before = sim:profile()
sim:run { steps = steps }
local after = sim:profile()
local sx, sz, x, z = 0, 0, sim.x.x, sim.x.z
for i = 1, #sim.x do sx, sz = sx + x[i], sz + z[i] end
sx, sz = all.sum(sx, sz)
print(("OBS xmean=%.7f zmean=%.7f ke=%.6g %s"):format(sx / sim.count, sz / sim.count, sim.kinetic_energy, all.speed(before, after)))
