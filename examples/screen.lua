-- screen.lua -- coarse and fine grains fall on an inclined screen that shakes: the fine ones go through it, the coarse ones off its end.
--
-- What to look at: fine grains sink through the layer to the screen (colour by radius) and are gone half way down. The screen is one mesh
-- with square holes, made here; it swings along its normal with 3 times the acceleration of gravity. Checked: nothing coarse is in the
-- undersize (its mass over its number is that of one fine grain), nothing disappears, and most of the fine is found: the efficiency.
local barchan = require "barchan"
local mm = barchan.units.mm

local short = barchan.set.short
local fine, coarse, hole, bar = 1.2*mm, 3.2*mm, 4.2*mm, 1.3*mm -- radii; width of the holes, and of what is between them
local length, width, tilt, time = (short and 66 or 132)*mm, (hole + bar)*6, math.rad(7), short and 0.7 or 3
local period, excess = 0.05, 3
local amplitude = excess*9.81*(period/2/math.pi)^2

-- A plate with square holes: bars along x, which reach past the periodic faces, and pieces of bars along y between them.
local vertices, triangles = {}, {}
local function plate(x0, x1, y0, y1)
  local n = #vertices
  for i, corner in ipairs { { x0, y0 }, { x1, y0 }, { x1, y1 }, { x0, y1 } } do vertices[n + i] = { corner[1], corner[2], 0 } end
  triangles[#triangles + 1], triangles[#triangles + 2] = { n + 1, n + 2, n + 3 }, { n + 1, n + 3, n + 4 }
end
local pitch = hole + bar
local solid = 14*mm -- where the grains land
plate(-solid, 0, -pitch, width + pitch)
for j = -1, 6 do plate(0, length, j*pitch + hole, (j + 1)*pitch) end
for j = -1, 6 do
  for i = 1, length/pitch do plate(i*pitch - bar, i*pitch, j*pitch, j*pitch + hole) end
end

local sim = barchan.simulation {
  domain  = { lo = {-20*mm, 0, -70*mm}, hi = {length + 30*mm, width, 70*mm}, periodic = "y" },
  gravity = {9.81*math.sin(tilt), 0, -9.81*math.cos(tilt)}, -- along the screen, which is drawn level
  seed    = 2,
}
local ore   = sim:material { name = "ore", young = 2e7, poisson = 0.3, density = 2500 }
local steel = sim:material { name = "steel", young = 2e8, poisson = 0.3, density = 7800 }
sim:law("hertz_mindlin", { rolling = "epsd" })
sim:pair(ore, ore, { restitution = 0.4, friction = 0.4, rolling_friction = 0.02 })
sim:pair(ore, steel, { restitution = 0.4, friction = 0.3, rolling_friction = 0.02 })
local screen = sim:mesh { vertices = vertices, triangles = triangles, material = steel }
screen:oscillate { axis = {0, 0, 1}, amplitude = amplitude, period = period }
sim:plane { point = {-solid, 0, 0}, normal = {1, 0, 0}, material = steel }
for k, feed in ipairs { { coarse, 0.02 }, { fine, 0.03 } } do
  sim:insert { region = sim.box { lo = {-13*mm, 0, k*18*mm}, hi = {-1*mm, width, (k + 1)*18*mm - 2*mm} }, material = ore, radius = feed[1],
    mass_rate = feed[2], velocity = {0.1, 0, 0}, stop = 0.7*time }
end
local under = sim:outlet { box = { lo = {-solid, 0, -60*mm}, hi = {length, width, -30*mm} } }
local over  = sim:outlet { box = { lo = {length + 6*mm, 0, -70*mm}, hi = {length + 30*mm, width, 70*mm} } }
sim:output { file = "screen.vtkhdf", every = 0.025 }
sim:run { time = time }

local one = 2500*4/3*math.pi*fine^3
local radius = sim.radius
local left = sim:sum(function(i) return radius[i] < 1.01*fine and 1 or 0 end) -- fine grains that are still on their way
local fed = sim.inserted - left
print(("%d grains fed; undersize %d grains, %.2f g, %.4f g each; oversize %d grains, %.4f g each; %d on the way"):format(fed + left, under.count,
  under.mass*1e3, under.mass/under.count*1e3, over.count, over.mass/math.max(over.count, 1)*1e3, sim.count))
local heavy = 2500*4/3*math.pi*coarse^3
local lost = (over.count*heavy - over.mass)/(heavy - one) -- fine grains in the oversize
print(("efficiency %.1f %%: of the fine grains that came out %.0f went over the end; peak acceleration of the screen %.1f g"):format(
  100*under.count/(under.count + lost), lost, excess))
assert(math.abs(under.mass/under.count/one - 1) < 1e-6, "something coarse is in the undersize")
assert(sim.inserted == sim.count + sim.removed + sim.lost and sim.lost == 0, "a grain has disappeared")
assert(under.count/(under.count + lost) > (short and 0.6 or 0.9), "the screen lets too few through")
