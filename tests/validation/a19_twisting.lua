-- a19_twisting.lua -- a ball spins on the spot, and two balls against each other: twisting friction.
--
-- Case: A19. Spring-dashpot-slider (sds) with a limit mu_t Fn: dw/dt = -5 mu_t g / (2 R^2). Marshall's, whose limit is 2/3 mu a Fn with the
-- contact radius a = sqrt(R overlap): dw/dt = -5 mu a g / (3 R^2). Two equal balls pressed together, with opposite spins about their
-- common axis: only axial torque, and the sum of their spins stays.
local barchan = require "barchan"
local lab = require "lab"
local test = require "case" { id = "A19", title = "twisting friction", source = "[F]" }

local R, density, g, mu = 0.01, 2500, 9.81, 0.5
local m, soft = lab.ball(R, density), { young = 1e7, poisson = 0.25 }
local sag = lab.sag(R, lab.modulus(soft, lab.rigid), m * g)
local dt = math.pi * math.sqrt(m * sag / (1.5 * m * g)) / 200

local laws = {
  { "sds", pair = { twisting_stiffness = 1e-3, twisting_friction = 1e-4 }, rate = 5 * 1e-4 * g / (2 * R * R) },
  { "marshall", pair = {}, rate = 5 * mu * math.sqrt(R * sag) * g / (3 * R * R) },
}
for _, law in ipairs(laws) do
  local sphere = { young = soft.young, poisson = soft.poisson, density = density, restitution = 0.5, friction = mu, gap = -sag,
    spin = { 0, 0, 50 } }
  for key, value in pairs(law.pair) do sphere[key] = value end
  local model = { normal = "hertz", damping = "calibrated", tangential = "mindlin", twisting = law[1] }
  local scene = lab.over_plane { radius = R, spheres = { sphere }, gravity = { 0, 0, -g }, dt = dt, law = model }
  local p = scene.spheres[1].handle
  scene.sim:run { time = 0.02 }
  local w, t = p.angular_velocity.z, scene.sim.time
  scene.sim:run { time = 0.1 }
  test:relative(law[1] .. ": slowing of the spin", (w - p.angular_velocity.z) / (scene.sim.time - t), law.rate, 2e-3, "rad/s^2")
  local other = p.angular_velocity
  test:absolute(law[1] .. ": spin about other axes", math.abs(other.x) + math.abs(other.y), 0, 1e-9, "rad/s")
  test:absolute(law[1] .. ": drift", math.abs(p.v.x) + math.abs(p.v.y), 0, 1e-9, "m/s")
  scene.sim:close()

  -- two balls, held together by their speeds of approach: one elastic collision with spins 20 and -5 rad/s
  local sim = barchan.simulation { domain = { lo = { -0.1, -0.1, -0.1 }, hi = { 0.1, 0.1, 0.1 } }, gravity = { 0, 0, 0 }, dt = dt / 4,
    precision = test.precision, threads = 1 }
  local a = sim:material { name = "a", young = soft.young, poisson = soft.poisson, density = density }
  sim:law(model)
  local pair = { restitution = 1, friction = mu }
  for key, value in pairs(law.pair) do pair[key] = value end
  sim:pair(a, a, pair)
  sim:insert { material = a, radius = R, id = { 1, 2 }, x = { { -R - 1e-6, 0, 0 }, { R + 1e-6, 0, 0 } },
    velocity = { { 1, 0, 0 }, { -1, 0, 0 } }, angular_velocity = { { 20, 0, 0 }, { -5, 0, 0 } } }
  sim:run { time = 0.02, until_ = function(s) return s.contacts == 0 and s:particle(1).v.x < 0 end }
  local w1, w2 = sim:particle(1).angular_velocity, sim:particle(2).angular_velocity
  test:must(law[1] .. ", two balls: friction acts", w1.x < 20 - 1e-3)
  test:relative(law[1] .. ", two balls: sum of the spins", w1.x + w2.x, 15, test.mixed and 1e-6 or 1e-12, "rad/s", "[F] conserved")
  test:absolute(law[1] .. ", two balls: spin about other axes", math.abs(w1.y) + math.abs(w1.z) + math.abs(w2.y) + math.abs(w2.z), 0, 0,
    "rad/s")
  test:absolute(law[1] .. ", two balls: sideways", math.abs(sim:particle(1).v.y) + math.abs(sim:particle(1).v.z), 0, 0, "m/s")
  sim:close()
end
return test:done()
