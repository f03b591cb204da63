-- screw.lua -- a screw turns in a trough and pushes grains along it, from under a feeder to its open end.
--
-- What to look at: the heap in front of each flight, highest on the side to which the screw turns. Grains advance as fast as the flights,
-- pitch * turns per second, as long as they do not fall back over the shaft. In the steady state as much
-- leaves as is fed. The screw is made here, of triangles: a helicoid that is touched on both faces, and a shaft.
local barchan = require "barchan"
local mm = barchan.units.mm

local short = barchan.set.short
local R, shaft, pitch, length, clearance = 20*mm, 5*mm, 32*mm, (short and 80 or 192)*mm, 0.5*mm
local turns_per_second, feed, time = 3, 0.035, short and 1 or 4 -- [1/s], [kg/s], [s]

-- Triangles of a grid of points point(i, j), i = 0 ... ni, j = 0 ... nj.
local function sheet(ni, nj, point)
  local vertices, triangles = {}, {}
  for i = 0, ni do
    for j = 0, nj do vertices[#vertices + 1] = point(i, j) end
  end
  for i = 0, ni - 1 do
    for j = 0, nj - 1 do
      local a = i*(nj + 1) + j + 1
      local b, c, e = a + 1, a + nj + 1, a + nj + 2
      triangles[#triangles + 1], triangles[#triangles + 2] = { a, b, e }, { a, e, c }
    end
  end
  return { vertices = vertices, triangles = triangles }
end
local per_turn = 24
local flights = math.floor((length + 10*mm)/pitch*per_turn)
local helicoid = sheet(flights, 1, function(i, j)
  local angle, r = 2*math.pi*i/per_turn, j == 0 and shaft or R - clearance
  return { -6*mm + pitch*i/per_turn, r*math.cos(angle), r*math.sin(angle) }
end)
-- The trough: half a tube below, straight sides above.
local profile, high = {}, 28*mm
profile[1] = { -R, high }
for k = 0, 16 do profile[#profile + 1] = { -R*math.cos(math.pi*k/16), -R*math.sin(math.pi*k/16) } end
profile[#profile + 1] = { R, high }
local trough = sheet(1, #profile - 1, function(i, j) return { i == 0 and -8*mm or length, profile[j + 1][1], profile[j + 1][2] } end)

local sim = barchan.simulation {
  domain  = { lo = {-10*mm, -60*mm, -60*mm}, hi = {length + 80*mm, 60*mm, 80*mm} },
  gravity = {0, 0, -9.81},
  seed    = 12,
}
local grain = sim:material { name = "grain", young = 5e6, poisson = 0.3, density = 1400 }
local steel = sim:material { name = "steel", young = 5e7, poisson = 0.3, density = 7800 }
sim:law("hertz_mindlin", { rolling = "epsd" })
sim:pair(grain, grain, { restitution = 0.4, friction = 0.5, rolling_friction = 0.05 })
sim:pair(grain, steel, { restitution = 0.4, friction = 0.3, rolling_friction = 0.05 })
sim:mesh { vertices = trough.vertices, triangles = trough.triangles, material = steel }
sim:plane { point = {-6*mm, 0, 0}, normal = {1, 0, 0}, material = steel }
local screw = sim:mesh { vertices = helicoid.vertices, triangles = helicoid.triangles, material = steel }
local rod = sim:cylinder { from = {-8*mm, 0, 0}, to = {length + 4*mm, 0, 0}, radius = shaft, side = "outside", material = steel }
for _, part in ipairs { screw, rod } do part:rotate { axis = {1, 0, 0}, origin = {0, 0, 0}, rate = -2*math.pi*turns_per_second } end
local stream = sim:insert { region = sim.box { lo = {0, -12*mm, 45*mm}, hi = {24*mm, 12*mm, 75*mm} }, material = grain,
  radius = {1.8*mm, 2.2*mm}, mass_rate = feed, velocity = {0, 0, -0.6} }
local out = sim:outlet { plane = { point = {0, 0, -40*mm}, normal = {0, 0, 1} } }
sim:output { file = "screw.vtkhdf", every = 0.05 }

local flight = pitch*turns_per_second -- [m/s]
local start_mass, start_time, speed, looks = 0, 0, 0, 0
sim:run { time = time, every = 0.02, call = function(s)
  if s.time < 0.75*time then start_mass, start_time = out.mass, s.time return end
  local x, vx, m = s.x.x, s.v.x, s.mass
  local momentum, mass = s:sum(function(i)
    if x[i] > 0.45*length and x[i] < 0.9*length then return m[i]*vx[i], m[i] end
  end)
  if mass > 0 then speed, looks = speed + momentum/mass, looks + 1 end
end }
speed = speed/looks
local flow = (out.mass - start_mass)/(sim.time - start_time)
print(("%d grains fed, %d in the trough, %d out: %.1f g/s leave, %.1f g/s are fed"):format(stream.count, sim.count, out.count,
  flow*1e3, feed*1e3))
print(("grains advance with %.1f mm/s, the flights with %.1f mm/s; the screw takes %.3f W"):format(speed/mm, flight/mm,
  (screw.work + rod.work)/sim.time))
assert(sim.inserted == sim.count + sim.removed + sim.lost, "a grain has disappeared")
assert(math.abs(speed/flight - 1) < (short and 0.15 or 0.05), "grains do not go with the flights")
if not short then assert(math.abs(flow/feed - 1) < 0.1, "not as much leaves as is fed") end
