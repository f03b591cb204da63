-- mixer.lua -- two slanted blades turn in a pan and mix two kinds of grains that lay side by side.
--
-- What to look at: the grains differ in colour only (colour by kind, from the top): streaks form behind the blades and fold into each
-- other. Lacey's index counts the kinds in small cells: 0 where they are apart, 1 where they are as in a random mixture. mixer.csv has
-- it by turns, with the torque.
local barchan = require "barchan"
local mm, rpm = barchan.units.mm, barchan.units.rpm

local short = barchan.set.short
local count, d, R = short and 900 or 4000, 3*mm, (short and 20 or 34)*mm
local speed, turns = 60*rpm, short and 0.25 or 2
local sim = barchan.simulation {
  domain  = { lo = {-1.05*R, -1.05*R, -2*mm}, hi = {1.05*R, 1.05*R, 3*R} },
  gravity = {0, 0, -9.81},
  seed    = 9,
}
local grain = sim:material { name = "grain", young = 2e6, poisson = 0.3, density = 2000 }
local steel = sim:material { name = "steel", young = 2e7, poisson = 0.3, density = 7800 }
sim:law("hertz_mindlin", { rolling = "epsd" })
sim:pair(grain, grain, { restitution = 0.5, friction = 0.4, rolling_friction = 0.02 })
sim:pair(grain, steel, { restitution = 0.5, friction = 0.3, rolling_friction = 0.02 })
sim:field { name = "kind", unit = "1" }
sim:plane { point = {0, 0, 0}, normal = {0, 0, 1}, material = steel }
sim:cylinder { from = {0, 0, 0}, to = {0, 0, 3*R}, radius = R, open = true, side = "inside", material = steel }

-- Two blades, 12 mm high and slanted by 45 degrees, from the shaft to 2 mm from the wall, 1.2 mm above the floor; one mesh.
local vertices, triangles = {}, {}
for side = -1, 1, 2 do
  local n, low, high = #vertices, 1.2*mm, 13.2*mm
  local tip, root, lean = side*(R - 3*mm), side*3*mm, side*6*mm
  for i, p in ipairs { { root, lean, low }, { tip, lean, low }, { tip, -lean, high }, { root, -lean, high } } do vertices[n + i] = p end
  triangles[#triangles + 1], triangles[#triangles + 2] = { n + 1, n + 2, n + 3 }, { n + 1, n + 3, n + 4 }
end
local blades = sim:mesh { vertices = vertices, triangles = triangles, material = steel }
local shaft = sim:cylinder { from = {0, 0, 0}, to = {0, 0, 13.5*mm}, radius = 3*mm, side = "outside", material = steel }

sim:insert { region = sim.cylinder { from = {0, 0, 14*mm}, to = {0, 0, 2.9*R}, radius = R }, material = grain, radius = {0.45*d, 0.55*d},
  count = count }
sim:run { time = 0.35 }
local x, y, z, kind = sim.x.x, sim.x.y, sim.x.z, sim.kind
for i = 1, #kind do kind[i] = y[i] > 0 and 1 or 0 end

-- Lacey's index in cells of 4 diameters: (s0^2 - s^2) / (s0^2 - sr^2), s0 apart, sr at random.
local function lacey()
  local size = 4*d
  local grains, ones = sim:sum(function(i) return 1, kind[i] end, function(i)
    return math.floor(x[i]/size)*10000 + math.floor(y[i]/size)*100 + math.floor(z[i]/size)
  end)
  local p, s, sr, n = sim:sum(kind)/sim.count, 0, 0, 0
  for cell, count_here in pairs(grains) do
    s, sr, n = s + count_here*(ones[cell]/count_here - p)^2, sr + p*(1 - p), n + count_here
  end
  return (p*(1 - p) - s/n)/(p*(1 - p) - sr/n)
end
local before = lacey()
for _, part in ipairs { blades, shaft } do part:rotate { axis = {0, 0, 1}, origin = {0, 0, 0}, rate = speed } end
sim:output { file = "mixer.vtkhdf", every = short and 0.1 or 0.05 }
local log, start, torque, looks, index = barchan.csv("mixer.csv", { "turns", "lacey_index", "torque_mNm" }), sim.time, 0, 0, nil
sim:run { time = turns*2*math.pi/speed, every = 0.02, call = function(s)
  index = lacey()
  torque, looks = torque - (blades.torque[3] + shaft.torque[3]), looks + 1
  log:row((s.time - start)*speed/2/math.pi, index, -(blades.torque[3] + shaft.torque[3])*1e3)
end }
log:close()
local done = blades.work + shaft.work
print(("%d grains, %.1f turns: Lacey's index %.2f -> %.2f, mean torque %.2f mN m, work %.3f J"):format(sim.count,
  turns, before, index, torque/looks*1e3, done))
assert(math.abs(torque/looks*turns*2*math.pi/done - 1) < 0.1, "the work is not torque times angle")
assert(before < 0.3 and index > (short and before + 0.1 or 0.7), "the blades do not mix")
