-- device_apart.lua -- two particles that come from far apart, each on a rank of its own, while a wall has the rows of candidates made anew
-- in each step. tests/spec/device_spec.lua compares ranks with devices with one processor.
local barchan = require "barchan"
local mm, set = barchan.units.mm, barchan.set
local sim = barchan.simulation { domain = { lo = { -40*mm, -10*mm, -10*mm }, hi = { 40*mm, 10*mm, 10*mm } }, gravity = { 0, 0, 0 },
  backend = set.backend, decomposition = "slabs", rebalance = "never" }
local glass = sim:material { name = "glass", young = 5e6, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.6, friction = 0.4 })
for _, side in ipairs { -1, 1 } do
  sim:insert { x = { { 1.105*mm * side, 0, 0 } }, radius = 1*mm, material = glass, velocity = { -2 * side, 0, 0 } }
  sim:insert { x = { { 30*mm * side, 0, 0 } }, radius = 1*mm, material = glass }
end
sim:disc { center = { 6*mm, 0, -9*mm }, normal = { 0, 0, 1 }, radius = 3*mm, material = glass }:rotate { axis = { 0, 0, 1 }, rate = 1000 }
sim:run { steps = 8 } -- copies of other ranks' are made anew with each part of a run: the contact lies in the first
print(sim.step, sim:hash(), sim.contacts)
