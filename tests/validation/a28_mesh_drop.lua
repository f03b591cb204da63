-- a28_mesh_drop.lua -- a sphere dropped exactly on a face, an edge or a vertex of a mesh feels one contact, not two or eight.
--
-- Case: A28 (c) and (f), Kratos 13, 14, 15. The sphere of a28_mesh_crossing falls on places of a flat of 200 triangles: the force is
-- the plane's, the lateral velocity stays exactly 0; at rest the mesh carries the weight once. Then the mesh is tilted.
local barchan = require "barchan"
local lab = require "lab"
local test = require "case" { id = "A28", title = "dropped on a face, an edge, a vertex", source = "[F] a flat is a plane" }

local places = { { "face", 0.4, 0.17 }, { "edge", 0.4, 1 }, { "other edge", 1, 0.4 }, { "diagonal", 0.5, 0.5 }, { "vertex", 1, 1 },
  { "vertex of eight", 0, 0 }, { "near an edge", 0.4, 1 + 1e-9 }, { "near a vertex", 1 + 1e-12, 1 - 1e-10 } }
local R, k = lab.flat_floor.R, lab.flat_floor.k

local function drop(wall, x, y)
  local scene = lab.flat_floor.start { wall = wall, x = x, y = y, friction = 0.5, e = 0.7, gap = 0.2, velocity = { 0, 0, -1 } }
  local watch = lab.peaks()
  scene.sim:run { steps = 300, each_step = watch.look }
  local p = scene.spheres[1].handle
  local out = { peak = watch.peak[1], v = p.v, w = p.angular_velocity }
  scene.sim:close()
  return out
end
local plane = drop("plane", 0, 0)
local force, rebound = test:worst("largest force over the plane's", 1e-9), test:worst("rebound over the plane's", 1e-9)
local aside, spin = test:worst("lateral velocity", 0, "m/s"), test:worst("spin", 0, "rad/s")
for _, place in ipairs(places) do
  local hit = drop(200, place[2], place[3])
  force:absolute(place[1], hit.peak / plane.peak, 1)
  rebound:absolute(place[1], hit.v.z / plane.v.z, 1)
  aside:absolute(place[1], math.abs(hit.v.x) + math.abs(hit.v.y), 0)
  spin:absolute(place[1], hit.w:norm(), 0)
end
for _, list in ipairs { force, rebound, aside, spin } do list:done() end

local weight, lateral = test:worst("at rest, force on the mesh", 1e-6, "N"), test:worst("at rest, lateral force", 0, "N")
local touching = test:worst("at rest, contacts", 0)
for _, place in ipairs(places) do
  local scene = lab.flat_floor.start { x = place[2], y = place[3], friction = 0.5, e = 0.3 }
  scene.sim:run { time = 3 }
  weight:relative(place[1], -scene.wall.force.z, 1)
  lateral:absolute(place[1], math.abs(scene.wall.force.x) + math.abs(scene.wall.force.y), 0)
  touching:absolute(place[1], scene.wall.contacts, 1)
  touching:absolute(place[1], scene.sim.wall_contacts, 1)
  scene.sim:close()
end
for _, list in ipairs { weight, lateral, touching } do list:done() end

local tilt, got = 0.3, {} -- vertices off the grid of positions; it falls, bounces, slips, rolls down over many seams
for _, kind in ipairs { "plane", "mesh" } do
  local sim = barchan.simulation { domain = { lo = { -9, -9, -9 }, hi = { 9, 9, 9 } }, precision = test.precision, threads = 1,
    gravity = { 0, 0, -1 }, dt = math.pi * math.sqrt(1 / k) / 50 }
  local a, b = sim:material { name = "sphere", density = 1 / lab.ball(R, 1) }, sim:material { name = "floor", density = 1 }
  sim:law "linear"
  for _, other in ipairs { a, b } do sim:pair(a, other, { stiffness = k, restitution = 0.7, friction = 0.5 }) end
  if kind == "plane" then sim:plane { point = { 0, 0, 0 }, normal = { 0, -math.sin(tilt), math.cos(tilt) }, material = b }
  else
    local flat = lab.flat(200, 5, 0.13)
    sim:mesh { vertices = flat.vertices, triangles = flat.triangles, material = b, rotate = { axis = { 1, 0, 0 }, angle = tilt } }
  end
  sim:insert { material = a, radius = R, x = { 0.3, 4 * math.cos(tilt) - 0.6 * math.sin(tilt), 4 * math.sin(tilt) + 0.6 * math.cos(tilt) } }
  sim:run { time = 6 }
  local p = sim:particle(1)
  got[kind] = { p.x, p.v, p.angular_velocity }
  sim:close()
end
-- in floats the last digits of a bounce differ when the normal does by its own last bit
local tilted = test:worst("tilted, the mesh's state less the plane's", 1e-9)
for i, name in ipairs { "place", "velocity", "spin" } do
  local a, b = got.plane[i], got.mesh[i]
  tilted:absolute(name, (a - b):norm() / a:norm(), 0)
end
tilted:done()
test:must("tilted, it has come further than two cells", got.mesh[1].y < 2)
return test:done()
