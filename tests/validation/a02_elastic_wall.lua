-- a02_elastic_wall.lua -- a sphere hits a wall and comes back with the speed it came with.
--
-- Case: Chung and Ooi 2011, test 2. R = 0.1 m, 0.2 m/s, aluminium and magnesium alloys, e = 1, no gravity; the wall is rigid
-- (1e20 Pa), then 1000 times as stiff as the sphere, which the force must show by exactly what it should. A plane made of triangles
-- instead of one is case A28.
local lab = require "lab"
local test = require "case" { id = "A2", title = "elastic impact on a wall", source = "[X] Hertz; Chung and Ooi 2011, test 2" }

local R, v = 0.10, 0.2
local materials = { -- largest force [N] (that of Mg also [P] 7233), overlap [um], duration [us]; soft: on the wall of 1000 E
  { name = "Al", young = 7.0e10, poisson = 0.30, density = 2699, force = 11369.86, depth = 49.717, time = 731.69, soft = 11365.31 },
  { name = "Mg", young = 4.0e10, poisson = 0.35, density = 1800, force = 7232.68, depth = 52.123, time = 767.10, soft = 7229.79 },
}

for _, given in ipairs(materials) do
  local sphere = { young = given.young, poisson = given.poisson, density = given.density, restitution = 1, friction = 0.3,
    velocity = { 0, 0, -v } }
  local name, E = given.name .. ", ", lab.modulus(sphere, lab.rigid)
  local _, force, time = lab.hertz(R, lab.ball(R, given.density), E, v)
  local o = { radius = R, spheres = { sphere }, dt = time / 200, time = 1.2 * time }
  local scene = lab.impact(o)
  local hit = scene.spheres[1]
  test:relative(name .. "largest force", hit.peak, given.force, 1e-3, "N")
  test:relative(name .. "largest force of the formula", hit.peak, force, 1e-4, "N", "[F] Hertz")
  test:relative(name .. "largest overlap", lab.sag(R, E, hit.peak) * 1e6, given.depth, 1e-3, "um")
  test:relative(name .. "duration", hit.duration * 1e6, given.time, 1e-3, "us")
  test:relative(name .. "rebound / approach", hit.e, 1, 1e-3, nil, "[F]")
  scene.sim:close()

  o.wall_material = { young = 1000 * given.young, poisson = given.poisson, density = 7800 }
  scene = lab.impact(o)
  test:relative(name .. "largest force, wall of 1000 E", scene.spheres[1].peak, given.soft, 1e-3, "N")
  test:relative(name .. "force on the wall of 1000 E / on the rigid one", scene.spheres[1].peak / hit.peak, given.soft / given.force, 2e-6)
  scene.sim:close()
end
return test:done()
