-- heap.lua -- a tube full of grains stands on a plate and is lifted: what flows out makes a heap, whose slope is the angle of repose.
--
-- What to look at: the same heap of grains that roll easily and of grains that do not. The slope is that of a line through the surface
-- between a fifth and four fifths of the heap's radius. Round, smooth grains stand at 20 to 25 degrees, angular ones at 30 to 40; rolling
-- friction stands for the angles that spheres do not have.
local barchan = require "barchan"
local mm = barchan.units.mm

local short = barchan.set.short
local count, R, d = short and 700 or 4000, (short and 12 or 20)*mm, 3*mm

local function slope(rolling, file)
  local sim = barchan.simulation {
    domain = { lo = {-8*R, -8*R, -d}, hi = {8*R, 8*R, 10*R} }, on_exit = "remove", gravity = {0, 0, -9.81}, seed = 8,
  }
  local grain = sim:material { name = "grain", young = 2e6, poisson = 0.3, density = 2500 }
  local plate = sim:material { name = "plate", young = 2e6, poisson = 0.3, density = 2500 }
  sim:law("hertz_mindlin", { rolling = "epsd" })
  sim:pair(grain, grain, { restitution = 0.4, friction = 0.6, rolling_friction = rolling })
  sim:pair(grain, plate, { restitution = 0.4, friction = 0.8, rolling_friction = 0.5 }) -- rough: nothing rolls away
  sim:plane { point = {0, 0, 0}, normal = {0, 0, 1}, material = plate }
  local tube = sim:cylinder { from = {0, 0, 0}, to = {0, 0, 9*R}, radius = R, open = true, side = "inside", material = grain }
  sim:insert { region = sim.cylinder { from = {0, 0, 0}, to = {0, 0, 6*R}, radius = R }, material = grain, radius = {0.45*d, 0.55*d},
    count = count }
  if file then sim:output { file = file, every = 0.04 } end
  sim:run { time = 0.4 }
  tube:move { velocity = {0, 0, short and 0.1 or 0.05} }
  local lifted = sim.time
  sim:run { time = 3, every = 0.02, until_ = function(s) return s.time > lifted + 0.5 and s.kinetic_energy < 3e-6*s.total_mass end }

  -- surface: the highest point in each ring of one diameter
  local x, y, z, radius, last = sim.x.x, sim.x.y, sim.x.z, sim.radius, 0
  local surface = sim:max(function(i) return z[i] + radius[i] end, function(i) return math.floor(math.sqrt(x[i]^2 + y[i]^2)/d) end)
  while (surface[last] or 0) > 1.5*d do last = last + 1 end
  local n, sr, sz, srr, srz = 0, 0, 0, 0, 0
  for ring = math.ceil(0.2*last), math.floor(0.8*last) do
    local r, h = (ring + 0.5)*d, surface[ring]
    n, sr, sz, srr, srz = n + 1, sr + r, sz + h, srr + r*r, srz + r*h
  end
  local angle = math.deg(math.atan(-(n*srz - sr*sz)/(n*srr - sr*sr)))
  print(("rolling friction %.2f: a heap of radius %.0f mm and height %.0f mm, slope %.1f degrees"):format(rolling, last*d/mm,
    surface[0]/mm, angle))
  sim:close()
  return angle
end

local round, angular = slope(0.05), slope(0.3, "heap.vtkhdf")
assert(round > 12 and round < 26, "round grains do not lie so")
assert(angular > round + 3 and angular < 42, "rolling friction must make the heap steeper")
