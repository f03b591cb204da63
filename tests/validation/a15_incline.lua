-- a15_incline.lua -- a sphere on a slope rolls, slides, rolls slower with rolling friction, or rests.
--
-- Case: MercuryDPM's InclinedPlane and formulas. R = 5 mm, 2000 kg/m^3, k = kt = 1e4 N/m, g = 9.8, friction 0.5; the plane is level and
-- gravity is turned. It rolls while tan <= 3.5 mu: a = 5/7 g sin; else it slides: a = g (sin - mu cos), angular 5/2 mu g cos / R. With
-- rolling friction a = 5/7 g (sin - mu_r cos), and it rests where mu_r >= tan.
local lab = require "lab"
local test = require "case" { id = "A15", title = "a sphere on an incline", source = "[F]" }

local R, density, k, g, mu = 0.005, 2000, 1e4, 9.8, 0.5
local m = lab.ball(R, density)
local dt = math.pi * math.sqrt(m / k) / 50

-- It starts at rest at the overlap that carries it.
local function slope(degrees, e, rolling, mu_r)
  local a = math.rad(degrees)
  return lab.over_plane { law = "linear", rolling = rolling, radius = R, dt = dt, room = 2,
    gravity = { g * math.sin(a), 0, -g * math.cos(a) },
    spheres = { { density = density, stiffness = k, tangential_ratio = 1, restitution = e, friction = mu,
      gap = -m * g * math.cos(a) / k, rolling_friction = mu_r } } }
end
-- acceleration and angular acceleration between 0.1 and 0.2 s
local function accelerations(...)
  local scene = slope(...)
  scene.sim:run { time = 0.1 }
  local p, t = scene.spheres[1].handle, scene.sim.time
  local v, w = p.v.x, p.angular_velocity.y
  scene.sim:run { time = 0.1 }
  t = scene.sim.time - t
  local a, b = (p.v.x - v) / t, (p.angular_velocity.y - w) / t
  scene.sim:close()
  return a, b
end

local rolls, turns = test:worst("rolling, a", 1e-3, "m/s^2"), test:worst("rolling, angular acceleration", 1e-3, "rad/s^2")
local slides, spins = test:worst("sliding, a", 1e-3, "m/s^2"), test:worst("sliding, angular acceleration", 1e-3, "rad/s^2")
for _, degrees in ipairs { 5, 15, 30, 45, 60, 61, 65, 75 } do
  local a, at = math.rad(degrees), degrees .. " degrees"
  local v, w = accelerations(degrees, 0.5)
  if math.tan(a) <= 3.5 * mu then
    rolls:relative(at, v, 5 / 7 * g * math.sin(a))
    turns:relative(at, w, 5 / 7 * g * math.sin(a) / R)
  else
    slides:relative(at, v, g * (math.sin(a) - mu * math.cos(a)))
    spins:relative(at, w, 2.5 * mu * g * math.cos(a) / R)
  end
end
for _, list in ipairs { rolls, turns, slides, spins } do list:done() end

local scene = slope(15, 1)
scene.sim:run { time = 1 }
test:absolute("15 degrees, v after 1 s", scene.spheres[1].handle.v.x / scene.sim.time, 1.81167, 1e-4, "m/s", "[P] MercuryDPM")
scene.sim:close()

for _, rolling in ipairs { "constant_torque", "epsd" } do
  local slower = test:worst(rolling .. ", rolling friction 0.1, a", 1e-3, "m/s^2")
  for _, degrees in ipairs { 10, 20, 30 } do
    local a = math.rad(degrees)
    slower:relative(degrees .. " degrees", accelerations(degrees, 0.5, rolling, 0.1), 5 / 7 * g * (math.sin(a) - 0.1 * math.cos(a)))
  end
  slower:done()
  -- mu_r >= tan: the constant torque holds it by creeping (5 g sin dt / R), the spring of epsd holds it for good
  for _, degrees in ipairs { 2, 5 } do
    scene = slope(degrees, 0.5, rolling, 0.1)
    scene.sim:run { time = 0.5 }
    local v, label = scene.spheres[1].handle.v.x, ("%s, %d degrees, rests: "):format(rolling, degrees)
    if rolling == "epsd" then test:absolute(label .. "energy / (m g R)", 0.7 * v ^ 2 / (g * R), 0, 1e-12)
    else test:absolute(label .. "v", v, 0, 1.01 * 5 * g * math.sin(math.rad(degrees)) * dt, "m/s") end
    scene.sim:close()
  end
end
return test:done()
