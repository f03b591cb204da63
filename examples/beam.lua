-- beam.lua -- a beam of bonded grains on two supports; a ball falls on it. Bonds carry tension, shear, bending and torsion, and break
-- where the stress passes their strength: look at where, and at what the same ball does to a beam of twice the strength.
local barchan = require "barchan"
local mm = barchan.units.mm

local function drop(strength, file)
  local sim = barchan.simulation { domain = { lo = { -80*mm, -20*mm, -40*mm }, hi = { 80*mm, 20*mm, 60*mm } }, on_exit = "remove" }
  local stone = sim:material { name = "stone", young = 1e8, poisson = 0.25, density = 2500 }
  local steel = sim:material { name = "steel", young = 2e8, poisson = 0.3, density = 7800 }
  sim:law "hertz_mindlin"
  for _, pair in ipairs { { stone, stone }, { stone, steel }, { steel, steel } } do
    sim:pair(pair[1], pair[2], { restitution = 0.3, friction = 0.5 })
  end

  local radius, count, x = 2*mm, 31, {}
  for i = 1, count do x[i] = { (i - (count + 1) / 2) * 2 * radius, 0, 2 * radius } end
  sim:insert { x = x, radius = radius, material = stone }
  local beam = sim:bond { within = 0.01*mm, young = 1e8, tensile_strength = strength, shear_strength = strength, damping = 0.02 }
  for side = -1, 1, 2 do sim:sphere { center = { side * 50*mm, 0, -3*mm }, radius = 5*mm, material = steel, side = "outside" } end
  sim:plane { point = { 0, 0, -30*mm }, normal = { 0, 0, 1 }, material = steel }
  sim:insert { x = { 3*mm, 0, 20*mm }, radius = 5*mm, velocity = { 0, 0, -1 }, material = steel }

  if file then sim:output { file = file, every = 5e-4 } end
  sim:run { time = 0.04 }
  print(("strength %.3g MPa: %d of %d bonds broken, largest speed %.2f m/s"):format(strength * 1e-6, beam.broken, beam.made, sim.max_speed))
  for _, gone in ipairs(beam:ends()) do
    print(("  between grains %d and %d at %.3f ms"):format(gone[1], gone[2], gone.step * sim.dt * 1e3))
  end
  local broken = beam.broken
  sim:close()
  return broken
end

local strength = barchan.set.strength or 1e6
local broken, less = drop(strength, "beam.vtkhdf"), drop(2 * strength)
assert(broken > less, "the stronger beam broke more often")
