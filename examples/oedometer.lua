-- oedometer.lua -- grains in a box are pressed by a lid, in steps from 1 to 16 kPa and back; then a block falls on them.
--
-- What to look at: the lid is a servo: it moves until the grains push on it as asked, and rests there (the error of the force is
-- printed). The packing is stiffer the harder it is pressed, because its contacts are, and stiffer on the way back than on the
-- first way there, because what slid stays slid: the oedometer curve of soil mechanics. The block is a mesh that moves freely, as
-- the grains, its weight and nothing else say; where it comes to rest the grains carry its weight. oedometer.csv has the curve,
-- oedometer.vtkhdf and oedometer-walls.vtkhdf show it in ParaView.
local barchan = require "barchan"
local mm = barchan.units.mm

local count = tonumber(barchan.set.count or 1000)
local side = 20*mm*(count/1500)^(1/3)
local sim = barchan.simulation {
  domain  = { lo = {0, 0, -side}, hi = {side, side, 6*side}, periodic = "xy" },
  gravity = {0, 0, -9.81},
  seed    = 5,
}
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.5, friction = 0.5 })
sim:plane { point = {0, 0, 0}, normal = {0, 0, 1}, material = glass }
local lid = sim:plane { point = {0, 0, 2.2*side}, normal = {0, 0, -1}, material = glass }
sim:insert { region = sim.box { lo = {0, 0, 0}, hi = {side, side, 2.1*side} }, material = glass, radius = {0.8*mm, 1.2*mm}, count = count }
sim:output { file = "oedometer.vtkhdf", every = 0.02 }

local log = barchan.csv("oedometer.csv", { "time", "pressure", "height", "strain" })
local area, loading, before, height = side^2, {}, nil, nil
for _, step in ipairs { 1e3, 2e3, 4e3, 8e3, 16e3, -8e3, -4e3, -2e3, -1e3 } do
  local pressure = math.abs(step)
  lid:servo { axis = {0, 0, 1}, pressure = pressure, area = area, max_velocity = 0.5 }
  sim:run { time = before and 0.02 or 0.1 }
  height = height or lid.position.z
  local strain, error = 1 - lid.position.z/height, lid.force.z/(pressure*area) - 1
  log:row(sim.time, lid.force.z/area, lid.position.z, strain)
  local modulus = before and (pressure - before.pressure)/(strain - before.strain) -- dp / d strain of the sides held fast
  print(("%5.1f kPa: strain %7.4f, modulus %s, %d contacts, error of the force %.1e"):format(pressure/1e3, strain,
    modulus and ("%5.2f MPa"):format(modulus/1e6) or "      -", sim.contacts, error))
  assert(math.abs(error) < 0.01, "the lid does not carry what it should")
  if step > 0 then loading[pressure] = modulus
  elseif pressure >= 4e3 then assert(modulus > loading[2*pressure], "not stiffer on the way back") end
  before = { pressure = pressure, strain = strain }
end
log:close()
local released = sim.time

lid:remove()
local s = 0.3*side
local block = sim:mesh { material = glass, rotate = { axis = {1, 2, 0}, angle = 0.4 }, translate = {side/2, side/2, height + 2*s},
  vertices = { {-s, -s, -s/2}, {s, -s, -s/2}, {s, s, -s/2}, {-s, s, -s/2}, {-s, -s, s/2}, {s, -s, s/2}, {s, s, s/2}, {-s, s, s/2} },
  triangles = { {1, 3, 2}, {1, 4, 3}, {5, 6, 7}, {5, 7, 8}, {1, 2, 6}, {1, 6, 5}, {2, 3, 7}, {2, 7, 6}, {3, 4, 8}, {3, 8, 7}, {4, 1, 5},
    {4, 5, 8} } }
block:free { density = 2500 }
local weight = 9.81*block.mass
local mean, looks = 0, 0
sim:run { time = 0.4, every = 0.002, call = function()
  if sim.time > released + 0.3 then mean, looks = mean + block.force.z, looks + 1 end
end }
mean = mean/looks
print(("the block rests %.2f mm above the lid's last place, on %d grains; they push %.4f N, it weighs %.4f N"):format(
  (block.position.z - height)/mm, block.contacts, mean, weight))
assert(math.abs(mean/weight - 1) < 0.02 and block.velocity:norm() < 0.01, "the block has not come to rest")
