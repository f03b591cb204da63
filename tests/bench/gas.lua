-- gas.lua -- benchmark scene: a granular gas that cools, in a periodic cube without gravity. The same particles, material, law and
-- time step as the decks in peers/gas. scripts/bench runs it with --set state=FILE (csv), length, steps, warm.
local barchan = require "barchan"
local all = require "all"
local set = barchan.set
local warm, steps, L = tonumber(set.warm or 200), tonumber(set.steps or 4000), tonumber(set.length)

local sim = barchan.simulation {
  domain = { lo = {0, 0, 0}, hi = {L, L, L}, periodic = "xyz" },
  gravity = {0, 0, 0}, dt = 5e-6,
}
local grain = sim:material { name = "grain", young = 5e7, poisson = 0.3, density = 2500 }
sim:law("hertz_mindlin")
sim:pair(grain, grain, { restitution = 0.9, friction = 0, tension = "allowed" })
sim:insert { file = set.state, material = grain, allowed_overlap = 0.5 }

sim:run { steps = warm }
local before, energy = sim:profile(), sim.kinetic_energy
sim:run { steps = steps }
print(("OBS ke_before=%.8g ke_after=%.8g %s"):format(energy, sim.kinetic_energy, all.speed(before, sim:profile())))
