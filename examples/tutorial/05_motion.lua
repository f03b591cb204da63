-- 05_motion.lua -- step 5: walls that move. A tube full of grains is lifted, a heap stays: its slope is the angle of repose.
local barchan = require "barchan"
local mm = barchan.units.mm

local R = 12*mm
local sim = barchan.simulation { domain = { lo = {-80*mm, -80*mm, -2*mm}, hi = {80*mm, 80*mm, 160*mm} }, gravity = {0, 0, -9.81} }
local grain = sim:material { name = "grain", young = 5e6, poisson = 0.3, density = 2500 }
sim:law("hertz_mindlin", { rolling = "epsd" })
sim:pair(grain, grain, { restitution = 0.3, friction = 0.6, rolling_friction = 0.2 })
sim:plane { point = {0, 0, 0}, normal = {0, 0, 1}, material = grain }
local tube = sim:cylinder { from = {0, 0, 0}, to = {0, 0, 80*mm}, radius = R, open = true, side = "inside", material = grain }
sim:insert { region = sim.cylinder { from = {0, 0, 0}, to = {0, 0, 80*mm}, radius = R }, material = grain,
  radius = {1.2*mm, 1.5*mm}, count = 700 }
sim:output { file = "heap.vtkhdf", every = 0.02 }

sim:run { time = 0.25 }
tube:move { velocity = {0, 0, 0.15} } -- also :rotate, :oscillate, :follow, :servo, :free
sim:run { time = 0.5 }
tube:halt()
sim:run { time = 0.2 }

-- The slope between a fifth and four fifths of the height, from the highest grains of rings around the axis.
local x, y, z = sim.x.x, sim.x.y, sim.x.z
local top = sim:max(z)
local rings = sim:max(z, function(i) return math.floor(math.sqrt(x[i]^2 + y[i]^2)/(2*mm)) end) -- by the number of the ring
local n, sr, sz, srr, srz = 0, 0, 0, 0, 0
for ring, high in pairs(rings) do
  if high > 0.2*top and high < 0.8*top then
    local r = (ring + 0.5)*2*mm
    n, sr, sz, srr, srz = n + 1, sr + r, sz + high, srr + r*r, srz + r*high
  end
end
local slope = (n*srz - sr*sz)/(n*srr - sr^2)
local angle = math.deg(math.atan(-slope))
print(("a heap %.1f mm high; angle of repose %.0f degrees"):format(top/mm, angle))
assert(angle > 10 and angle < 45)
