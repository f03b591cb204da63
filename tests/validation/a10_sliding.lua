-- a10_sliding.lua -- a steel sphere slides down a wall of M1 under slanted gravity and starts to turn.
--
-- Case: OSMindlin of MercuryDPM's benchmark of Dosta et al. 2024. R = 1 mm, gravity (5, 0, -5), friction 0.2, dt = 5e-7 s; state after
-- 5.0005 ms. It slides: a = g_x - mu g_z = 4 m/s^2, angular acceleration 5/2 mu g_z / R = 2500 rad/s^2.
local lab = require "lab"
local test = require "case" { id = "A10", title = "sliding of MercuryDPM's OSMindlin", source = "[P] MercuryDPM" }

local R, mu = 1e-3, 0.2
local scene = lab.over_plane { radius = R, gravity = { 5, 0, -5 }, dt = 5e-7,
  spheres = { { young = 2.1e11, poisson = 0.2, density = 7200, restitution = 0.4, friction = mu, gap = 0 } },
  wall_material = { young = 1e9, poisson = 0.2, density = 2500 } }
scene.sim:run { steps = 10001 }
local p = scene.spheres[1].handle
test:relative("v_x", p.v.x, 0.0200031, 1e-3, "m/s")
test:relative("w_y", p.angular_velocity.y, 12.49832, 1e-3, "rad/s")
test:relative("x", p.x.x, 5.002011e-5, 1e-3, "m")
test:relative("tangential force", -p.force.x, 3.01592895e-5, 1e-3, "N")
test:relative("normal force", p.force.z, 1.50796447e-4, 1e-3, "N")
test:relative("overlap", (R - p.x.z) * 1e9, 22.83, 1e-3, "nm")
test:relative("v_x / t", p.v.x / scene.sim.time, 4, 1e-3, "m/s^2", "[F]")
test:relative("w_y / t", p.angular_velocity.y / scene.sim.time, 2500, 1e-3, "rad/s^2", "[F]")
return test:done()
