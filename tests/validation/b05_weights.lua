-- b05_weights.lua -- spheres stacked on each other, and three in a box: every contact carries what it must.
--
-- Case: B5. R = 10 mm, 2500 kg/m^3, E = 1e7 Pa, g = 9.81, restitution 0.1, settled for 4 s. In a stack of N contact k carries
-- (N + 1 - k) m g; in the pyramid the angles of the lines of centres give the forces. Forces are told from the overlaps by Hertz's
-- formula, and by the walls' own account. 1e-6.
local barchan = require "barchan"
local lab = require "lab"
local test = require "case" { id = "B5", title = "weights", source = "[F] statics" }

local R, density, g = 0.01, 2500, 9.81
local m = lab.ball(R, density)
local soft = { young = 1e7, poisson = 0.25 }
local function begin(friction, room)
  local sim = barchan.simulation { domain = { lo = { -room, -room, -0.01 }, hi = { room, room, room } }, threads = 1,
    precision = test.precision, gravity = { 0, 0, -g }, dt = 5e-5 }
  local ball = sim:material { name = "ball", young = soft.young, poisson = soft.poisson, density = density }
  local wall = sim:material { name = "wall", young = lab.rigid.young, poisson = lab.rigid.poisson, density = 7800 }
  sim:law "hertz_mindlin"
  sim:pair(ball, ball, { restitution = 0.1, friction = friction })
  sim:pair(ball, wall, { restitution = 0.1, friction = friction })
  return sim, ball, wall
end
-- Hertz's force at an overlap, between two balls or a ball and a rigid wall
local function force(overlap, with_wall)
  if overlap <= 0 then return 0 end
  return 4 / 3 * lab.modulus(soft, with_wall and lab.rigid or soft) * math.sqrt(with_wall and R or R / 2) * overlap ^ 1.5
end

for _, N in ipairs { 1, 3, 10 } do
  local sim, ball, wall = begin(0.5, 0.3)
  local floor = sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = wall }
  for i = 1, N do sim:insert { material = ball, radius = R, x = { 0, 0, (2 * i - 1) * R }, id = { i } } end
  sim:run { time = 4 }
  local carries = test:worst(("stack of %d, force of contacts / what lies above"):format(N), 1e-6)
  carries:absolute("the floor, by its own account", -floor.force.z / (N * m * g), 1)
  local below
  for i = 1, N do
    local z = sim:particle(i).x.z
    carries:absolute("contact " .. i, (below and force(2 * R - (z - below)) or force(R - z, true)) / ((N + 1 - i) * m * g), 1)
    below = z
  end
  carries:done()
  sim:close()
end

local gap = 0.2 * R -- between the two below, so that only the sides hold them apart
local half = 2 * R + gap / 2
local function pyramid(friction)
  local sim, ball, wall = begin(friction, 0.1)
  local walls = { floor = sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = wall },
    left = sim:plane { point = { -half, 0, 0 }, normal = { 1, 0, 0 }, material = wall },
    right = sim:plane { point = { half, 0, 0 }, normal = { -1, 0, 0 }, material = wall } }
  local top = R + math.sqrt(4 * R * R - (R + gap / 2) ^ 2)
  for i, x in ipairs { { -R - gap / 2, 0, R }, { R + gap / 2, 0, R }, { 0, 0, top } } do
    sim:insert { material = ball, radius = R, x = x, id = { i } }
  end
  sim:run { time = 4 }
  return sim, walls
end

local sim, walls = pyramid(0) -- without friction: angles from where they lie
local a, b, c = sim:particle(1).x, sim:particle(2).x, sim:particle(3).x
local left, right = c - a, c - b
local up, side = left.z / left:norm(), left.x / left:norm()
local carries = test:worst("pyramid, forces / those of the angles", 1e-6)
carries:absolute("left under top", force(2 * R - left:norm()) / (m * g / (2 * up)), 1)
carries:absolute("right under top", force(2 * R - right:norm()) / (m * g / (2 * up)), 1)
carries:absolute("floor under left", force(R - a.z, true) / (1.5 * m * g), 1)
carries:absolute("floor under right", force(R - b.z, true) / (1.5 * m * g), 1)
carries:absolute("left wall", force(R - (a.x + half), true) / (m * g / 2 * side / up), 1)
carries:absolute("right wall", force(R - (half - b.x), true) / (m * g / 2 * side / up), 1)
carries:absolute("floor, by its own account", -walls.floor.force.z / (3 * m * g), 1)
carries:absolute("left wall, by its own account", -walls.left.force.x / (m * g / 2 * side / up), 1)
carries:absolute("right wall, by its own account", walls.right.force.x / (m * g / 2 * side / up), 1)
carries:done()
test:absolute("pyramid, top sideways / R", math.abs(c.y) / R + math.abs(c.x) / R, 0, 1e-6)
sim:close()

sim, walls = pyramid(0.5) -- with friction the shares are not determined, the sums are
local x, z = 0, 0
for _, w in pairs(walls) do x, z = x + w.force.x, z - w.force.z end
test:relative("pyramid with friction, weight on all walls", z, 3 * m * g, 1e-6, "N")
test:absolute("pyramid with friction, sideways / (m g)", x / (m * g), 0, 1e-6)
local balance = test:worst("pyramid with friction, spheres out of balance / (m g)", 1e-6)
for i = 1, 3 do balance:absolute("sphere " .. i, (sim:particle(i).force - barchan.vector(0, 0, m * g)):norm() / (m * g), 0) end
balance:done()
sim:close()
return test:done()
