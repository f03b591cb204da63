-- a18_rolling_friction.lua -- a ball rolls on a plane against rolling friction, slows by the formula and stops.
--
-- Case: Kratos benchmark 12 and formulas. R = 2.6 mm, 2500 kg/m^3, thrown with 0.15 m/s, mu_r = 0.2, friction 0.5 and 1. Rolling without
-- slip slows by 5/7 mu_r g / R = 539.05 rad/s^2, spin without friction by 5/2 mu_r g / R. A constant torque leaves less than a step's
-- worth of spin; EPSD (Ai et al. 2011, type C; k_r = 2.25 k_n (mu_r R)^2) comes to complete rest.
local lab = require "lab"
local test = require "case" { id = "A18", title = "rolling friction", source = "[F]" }

local R, density, g, mu_r, v0 = 0.0026, 2500, 9.81, 0.2, 0.15
local m = lab.ball(R, density)
local soft = { young = 1e7, poisson = 0.2 }
local laws = { { "linear", stiffness = 1e3, sag = m * g / 1e3, dt = math.pi * math.sqrt(m / 1e3) / 200 },
  { "hertz_mindlin", young = soft.young, poisson = soft.poisson, sag = lab.sag(R, lab.modulus(soft, lab.rigid), m * g) } }
laws[2].dt = math.pi * math.sqrt(m * laws[2].sag / (1.5 * m * g)) / 200

local function lie(law, rolling, mu, v, w, damping)
  return lab.over_plane { law = law[1], rolling = rolling, radius = R, dt = law.dt, gravity = { 0, 0, -g },
    spheres = { { density = density, stiffness = law.stiffness, young = law.young, poisson = law.poisson, restitution = 0.5,
      friction = mu, rolling_friction = mu_r, rolling_damping = damping, gap = -law.sag, velocity = { v, 0, 0 }, spin = { 0, w, 0 } } } }
end
-- slowing [rad/s^2] between two times, and the scene
local function slowing(scene, first, second)
  local w, t = {}, {}
  for i, time in ipairs { first, second } do
    scene.sim:run { time = time }
    w[i], t[i] = scene.spheres[1].handle.angular_velocity.y, scene.sim.time
  end
  return (w[1] - w[2]) / (t[2] - t[1])
end

local roll, spin = 5 / 7 * mu_r * g / R, 5 / 2 * mu_r * g / R
for _, law in ipairs(laws) do
  local label, published = law[1] .. ", constant torque, ", "[P] Kratos 12; [F]"
  for _, mu in ipairs { 0.5, 1 } do -- thrown without spin: slides first
    local scene = lie(law, "constant_torque", mu, v0, 0)
    test:relative(("%sfriction %g: slowing"):format(label, mu), slowing(scene, 0.0171, 0.012), 539.05, 2e-3, "rad/s^2", published)
    scene.sim:close()
  end
  local scene = lie(law, "constant_torque", 0, 0, 20)
  test:relative(label .. "no friction: slowing", slowing(scene, 0.002, 0.006), spin, 2e-3, "rad/s^2")
  scene.sim:close()
  -- stops, and turns back by less than what one step of the torque gives: Tr dt / I
  scene = lie(law, "constant_torque", 0.5, v0, v0 / R)
  local w, least, last = scene.sim.angular_velocity.y, 0, 0
  local stop, n = v0 / R / roll, 0
  scene.sim:run { time = 1.5 * stop, each_step = function()
    n = n + 1
    least = math.min(least, w[1])
    if n * law.dt > 1.3 * stop then last = math.max(last, math.abs(w[1])) end
  end }
  test:absolute(label .. "turning back", least, 0, spin * law.dt, "rad/s")
  test:absolute(label .. "left at the end", last, 0, spin * law.dt, "rad/s")
  scene.sim:close()

  label = law[1] .. ", epsd, "
  scene = lie(law, "epsd", 0, 0, 20) -- without friction the torque is that of rolling alone
  local torque, force, most = scene.sim.torque.y, scene.sim.force.z, 0
  scene.sim:run { time = 0.006, each_step = function() most = math.max(most, math.abs(torque[1]) / (mu_r * R * force[1])) end }
  test:relative(label .. "largest torque / (mu_r R Fn)", most, 1, 1e-6)
  scene.sim:close()
  scene = lie(law, "epsd", 0.5, v0, v0 / R)
  test:relative(label .. "slowing", slowing(scene, 0.01, 0.02), 539.05, 2e-3, "rad/s^2", published)
  scene.sim:run { time = 0.47 }
  test:absolute(label .. "energy at rest / (m g R)", (scene.sim.kinetic_energy + scene.sim.rotational_energy) / (m * g * R), 0, 1e-12)
  scene.sim:close()
end

-- below the limit, without dashpot, it swings on k_r: period 2 pi sqrt(I / k_r)
local scene = lie(laws[1], "epsd", 0, 0, 0.5, 0)
local period = 2 * math.pi * math.sqrt(0.4 * m * R * R / (2.25 * laws[1].stiffness * (mu_r * R) ^ 2))
local w, n, before, crossings = scene.sim.angular_velocity.y, 0, 0.5, {}
scene.sim:run { time = 2 * period, each_step = function()
  n = n + 1
  if w[1] * before < 0 then crossings[#crossings + 1] = (n - w[1] / (w[1] - before)) * laws[1].dt end
  before = w[1]
end }
test:relative("epsd: period on k_r = 2.25 k_n (mu_r R)^2", crossings[3] - crossings[1], period, 2e-3, "s")
return test:done()
