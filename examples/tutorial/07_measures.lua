-- 07_measures.lua -- step 7: asking a packing: stress, fabric, single contacts, fields on a grid. A bed under its own weight.
local barchan = require "barchan"
local mm = barchan.units.mm

local sim = barchan.simulation { domain = { lo = {0, 0, -1*mm}, hi = {20*mm, 20*mm, 120*mm}, periodic = "xy" }, gravity = {0, 0, -9.81},
  energy_book = true }
local glass = sim:material { name = "glass", young = 5e6, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.1, friction = 0.5 })
sim:plane { point = {0, 0, 0}, normal = {0, 0, 1}, material = glass }
sim:insert { region = sim.box { lo = {0, 0, 0}, hi = {20*mm, 20*mm, 100*mm} }, material = glass,
  radius = {1.2*mm, 1.6*mm}, count = 800 }
sim:run { time = 0.7, every = 0.02, until_ = function(s) return s.time > 0.2 and s.kinetic_energy < 1e-7 end }

-- The vertical stress at a height is the weight above it.
local z, height, mass = 10*mm, sim.x.z, sim.mass
local above = sim:sum(function(i) return height[i] > z and mass[i] or 0 end)
local stress = sim:stress { region = sim.box { lo = {0, 0, z - 4*mm}, hi = {20*mm, 20*mm, z + 4*mm} } }
local expected = above*9.81/(20*mm)^2
print(("at z = 10 mm: vertical stress %.1f Pa, the weight above %.1f Pa"):format(stress.total[3][3], expected))
assert(math.abs(stress.total[3][3] - expected) < 0.1*expected)

-- Single contacts: the strongest one.
local network = sim:contact_network()
local force, first, second = network:max(network.normal_force)
print(("%d contacts; the strongest, between grains %d and %d (0: a wall), carries %.3g N"):format(network.count, first, second, force))

-- Fields on a grid: a profile of the solid fraction.
local grid = sim:coarse_grain { lo = {0, 0, 0}, hi = {20*mm, 20*mm, 30*mm}, cells = {4, 4, 6}, width = 2.5*mm }
grid:sample()
for iz = 1, 6 do
  local sum = 0
  for ix = 1, 4 do
    for iy = 1, 4 do sum = sum + grid.fraction[grid:index(ix, iy, iz)] end
  end
  print(("  z %4.1f mm: %.3f"):format(grid:place(grid:index(1, 1, iz)).z/mm, sum/16))
end

-- Where the energy went.
local e = sim:energies()
print(("gravity did %.3g J of work, contacts dissipated %.3g J, the book is off by %.1g J"):format(e.gravity_work, e.dissipated, e.residual))
assert(math.abs(e.residual) < 1e-3*e.gravity_work)
