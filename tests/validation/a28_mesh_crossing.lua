-- a28_mesh_crossing.lua -- a sphere slides and rolls over shared edges and vertices of a flat mesh without a bump.
--
-- Case: A28 (b). MercuryDPM's RollingOverTriangleWalls: R = 0.5 m, 1 kg, k = 2e3 N/m, g = 1 m/s^2, v = 1 m/s on 200 triangles, along and
-- across edges and over vertices. Kratos 17: two spheres of 0.3 m, E = 1e6 Pa, 5 m/s, one over two big triangles, one over 20 000:
-- |dv| / v < 1e-2 there, 1e-6 here.
local lab = require "lab"
local test = require "case" { id = "A28", title = "a sphere crosses edges without a bump", source = "[F] a flat is a plane" }

local ways = { -- start and direction
  { "across edges", 4.3, 0.37, { -1, 0, 0 } }, { "along an edge and over its vertices", 4.3, 1, { -1, 0, 0 } },
  { "along the diagonals and over vertices", 3.5, 3.5, { -math.sqrt(0.5), -math.sqrt(0.5), 0 } },
  { "slanting", 4.1, 2.3, { -math.cos(0.4), -math.sin(0.4), 0 } },
  { "slanting over the middle vertex", 3 * math.cos(0.4), 3 * math.sin(0.4), { -math.cos(0.4), -math.sin(0.4), 0 } },
}
local R, k = lab.flat_floor.R, lab.flat_floor.k
for _, rolling in ipairs { false, true } do
  local kind = rolling and "rolling, " or "sliding, "
  local normal, along = test:worst(kind .. "largest |v_n| / v", 1e-6), test:worst(kind .. "largest |v_t - v| / v", 1e-6)
  local lifted = test:worst(kind .. "largest lift / R", 1e-6)
  local touching, overlap = test:worst(kind .. "contacts at the end", 0), test:worst(kind .. "overlap / R at the end", 1e-9)
  for _, way in ipairs(ways) do
    local v = way[4]
    local sim = lab.flat_floor.start { x = way[2], y = way[3], friction = rolling and 0.5 or 0, velocity = v,
      spin = rolling and { -v[2] / R, v[1] / R, 0 } or nil }.sim
    local vx, vy, vz, z = sim.v.x, sim.v.y, sim.v.z, sim.x.z
    local lift, drift, jump = 0, 0, 0
    sim.force.z[1] = 1 -- the first half kick has gravity alone; let the sphere begin in balance instead
    sim:run { time = 6, each_step = function()
      lift = math.max(lift, math.abs(z[1] - R + 1 / k))
      drift = math.max(drift, math.abs(vx[1] - v[1]), math.abs(vy[1] - v[2]))
      jump = math.max(jump, math.abs(vz[1]))
    end }
    normal:absolute(way[1], jump, 0)
    along:absolute(way[1], drift, 0)
    lifted:absolute(way[1], lift / R, 0)
    touching:absolute(way[1], sim.wall_contacts, 1)
    overlap:absolute(way[1], sim.max_overlap, 1 / k / R)
    sim:close()
  end
  for _, list in ipairs { normal, along, lifted, touching, overlap } do list:done() end
end

local last, speed = {}, {}
for i, count in ipairs { 2, 20000 } do
  local sphere = { young = 1e6, poisson = 0.2, density = 100, restitution = 0.8, friction = 0.3, velocity = { 5, 0, 0 },
    spin = { 0, 5 / 0.3, 0 } }
  sphere.gap = -lab.sag(0.3, lab.modulus(sphere, lab.rigid), lab.ball(0.3, 100) * 9.81)
  local scene = lab.over_plane { radius = 0.3, spheres = { sphere }, dt = 1e-4, gravity = { 0, 0, -9.81 }, room = 6, wall = count,
    half = 5.5, shift = 0.17, x = -5, y = 0.0371 }
  scene.sim:run { time = 1.9 }
  speed[i], last[i] = scene.spheres[1].handle.v, scene.spheres[1].handle.x
  scene.sim:close()
end
test:absolute("Kratos 17, many facets against one: |dv| / v", (speed[1] - speed[2]):norm() / 5, 0, 1e-6, nil, "[P] Kratos 17, below 1e-2")
test:absolute("Kratos 17, |v - 5| / v", math.abs(speed[2].x - 5) / 5, 0, 1e-6, nil, "[P] Kratos 17, below 1e-2")
test:absolute("Kratos 17, distance / path", (last[1] - last[2]):norm() / 9.5, 0, 1e-6, nil, "[P] Kratos 17")
return test:done()
