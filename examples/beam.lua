-- beam.lua -- a beam of bonded grains on two supports: pressed in the middle until it breaks, and hit by a ball.
--
-- Bonds carry tension, shear, bending and torsion, and break where the stress passes their strength: look at where, and at what the same
-- ball does to a beam of twice the strength. Pressed slowly, the beam breaks at the moment M = strength * pi r^3 / 4 of a round rod, less
-- what its own weight has taken, in a bond next to the force: F (L/2 - r)/2 = M for a span L.
-- luacheck: globals vec3 where
local barchan = require "barchan"
local mm = barchan.units.mm

local radius, count, density, span = 2*mm, 31, 2500, 100*mm
local middle = (count + 1)/2

local function scene(strength)
  local sim = barchan.simulation { domain = { lo = { -80*mm, -20*mm, -40*mm }, hi = { 80*mm, 20*mm, 60*mm } }, on_exit = "remove" }
  local stone = sim:material { name = "stone", young = 1e8, poisson = 0.25, density = density }
  local steel = sim:material { name = "steel", young = 2e8, poisson = 0.3, density = 7800 }
  sim:law "hertz_mindlin"
  for _, pair in ipairs { { stone, stone }, { stone, steel }, { steel, steel } } do
    sim:pair(pair[1], pair[2], { restitution = 0.3, friction = 0.5 })
  end
  local x = {}
  for i = 1, count do x[i] = { (i - middle)*2*radius, 0, 2*radius } end
  sim:insert { x = x, radius = radius, material = stone }
  local beam = sim:bond { within = 0.01*mm, young = 1e8, tensile_strength = strength, shear_strength = strength, damping = 0.02 }
  for side = -1, 1, 2 do sim:sphere { center = { side*span/2, 0, -3*mm }, radius = 5*mm, material = steel, side = "outside" } end
  sim:plane { point = { 0, 0, -30*mm }, normal = { 0, 0, 1 }, material = steel }
  return sim, beam, steel
end

-- Force [N] on the middle that breaks the beam, when it grows to `most` in 0.12 s.
local function press(strength, most)
  local sim, beam = scene(strength)
  sim:kernel { name = "load", reads = { "x", "time" }, params = { rate = { most/0.12, "N/s" }, reach = { radius, "m" } },
    body = function(p, k) return vec3(0, 0, where(p.x.x*p.x.x < k.reach*k.reach, -k.rate*p.time, 0)) end } -- of the grain in the middle
  sim:run { time = 0.12, every = 2e-4, until_ = function() return beam.broken > 0 end }
  local load, gone = most*sim.time/0.12, beam:ends()[1]
  sim:close()
  return load, gone
end

-- A ball falls on the beam; answers how many bonds it breaks.
local function drop(strength, file)
  local sim, beam, steel = scene(strength)
  sim:insert { x = { 3*mm, 0, 20*mm }, radius = 5*mm, velocity = { 0, 0, -1 }, material = steel }
  if file then sim:output { file = file, every = 5e-4 } end
  sim:run { time = 0.04 }
  print(("strength %.3g MPa: %d of %d bonds broken, largest speed %.2f m/s"):format(strength*1e-6, beam.broken, beam.made, sim.max_speed))
  for _, gone in ipairs(beam:ends()) do
    print(("  between grains %d and %d at %.3f ms"):format(gone[1], gone[2], gone.step*sim.dt*1e3))
  end
  local broken = beam.broken
  sim:close()
  return broken
end

local strength = barchan.set.strength or 1e6
local weight = density*4/3*math.pi*radius^3*9.81/(2*radius) -- of a length [N/m]
local inside, outside = span/2, count*radius - span/2 -- the weight between the supports bends it, that of the ends straightens it
local moment = strength*math.pi*radius^3/4 - weight*(inside^2 - outside^2)/2
local law = 2*moment/(span/2 - radius)
local force, gone = press(strength, 1.5*law)
print(("pressed in the middle it breaks at %.3f N between grains %d and %d, a rod at %.3f N"):format(force, gone[1], gone[2], law))
assert(math.abs(force/law - 1) < 0.08, "the beam does not break at its strength")
assert(gone[1] == middle or gone[2] == middle, "the beam breaks elsewhere than under the force")
local broken, less = drop(strength, "beam.vtkhdf"), drop(2*strength)
assert(broken > less, "the stronger beam broke more often")
