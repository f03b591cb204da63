-- b04_conservation.lua -- friction and rolling friction between grains pass angular momentum on and make none.
--
-- Case: B4. 250 grains of 1.2 to 3 mm in a ball of 20 mm turn as a whole and fall together for 1500 steps, each with a spin of its own.
-- The change of the angular momentum in a step, over its size, is that of rounding: 53 bits in double precision, 24 in mixed.
local barchan = require "barchan"
local lab = require "lab"
local test = require "case" { id = "B4", title = "conserved angular momentum", source = "[F] action and reaction" }

local sim = barchan.simulation { domain = { lo = { -0.2, -0.2, -0.2 }, hi = { 0.2, 0.2, 0.2 } }, gravity = { 0, 0, 0 },
  precision = test.precision, threads = 1, overlap_limit = 0.9 }
local glass = sim:material { name = "glass", young = 2e7, poisson = 0.25, density = 2500 }
sim:law("hertz_mindlin", { rolling = "epsd" })
sim:pair(glass, glass, { restitution = 0.8, friction = 0.5, rolling_friction = 0.05 })
sim:insert { region = sim.sphere { center = { 0, 0, 0 }, radius = 0.02 }, material = glass, radius = { 1.2e-3, 3e-3 }, count = 250 }
local draw = lab.between(5)
for i = 1, sim.count do -- turning as a whole, falling together
  local x, y, z = sim.x:get(i)
  sim.v:set(i, -30 * y - 60 * x + draw(-0.1, 0.1), 30 * x - 60 * y, -60 * z + draw(-0.1, 0.1))
  sim.angular_velocity:set(i, draw(-100, 100), draw(-100, 100), 30)
end

local function angular_momentum()
  local lx, ly, lz = 0, 0, 0
  local x, v, w, m, r = sim.x, sim.v, sim.angular_velocity, sim.mass, sim.radius
  for i = 1, sim.count do
    local ax, ay, az = x:get(i)
    local bx, by, bz = v:get(i)
    local cx, cy, cz = w:get(i)
    local inertia = 0.4 * m[i] * r[i] * r[i]
    lx = lx + m[i] * (ay * bz - az * by) + inertia * cx
    ly = ly + m[i] * (az * bx - ax * bz) + inertia * cy
    lz = lz + m[i] * (ax * by - ay * bx) + inertia * cz
  end
  return lx, ly, lz
end
local function length(x, y, z) return math.sqrt(x * x + y * y + z * z) end

local x0, y0, z0 = angular_momentum()
local size = length(x0, y0, z0)
local px, py, pz, worst, contacts = x0, y0, z0, 0, 0
for _ = 1, 1500 do
  sim:run { steps = 1 }
  local x, y, z = angular_momentum()
  worst = math.max(worst, length(x - px, y - py, z - pz) / size)
  px, py, pz = x, y, z
  contacts = contacts + sim.contacts
end
test:absolute("largest |dL| / |L| in a step", worst, 0, test.mixed and 1e-6 or 1e-12)
test:absolute("|dL| / |L| over 1500 steps", length(px - x0, py - y0, pz - z0) / size, 0, test.mixed and 1e-4 or 1e-9)
test:must("there are over 30 000 contacts in all", contacts > 30000)
return test:done()
