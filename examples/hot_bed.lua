-- hot_bed.lua -- heat goes through a bed of grains from a hot floor to a cold lid, contact by contact.
--
-- What to look at: the temperature falls along a nearly straight line from floor to lid (colour by temperature, camera front). A contact passes
-- H (T2 - T1), H = 4 k1 k2 / (k1 + k2) a, a the radius of its patch (Batchelor and O'Brien 1977), so pressed grains conduct better. Checked
-- are: what goes in comes out; the sum of H (T2 - T1)^2 over the contacts is the flux times the difference of the plates, as in any
-- network (Tellegen); and the flux is less than what the same contacts would pass if all temperatures lay on the straight line
-- (Dirichlet's principle). The grains' heat capacity is 1/28000 of that of glass, so that a tenth of a second suffices;
-- a steady flow does not know it.
local barchan = require "barchan"
local mm = barchan.units.mm

local short = barchan.set.short
local count, d, side = short and 400 or 2500, 2*mm, (short and 12 or 24)*mm
local sim = barchan.simulation {
  domain  = { lo = {0, 0, -2*mm}, hi = {side, side, 100*mm}, periodic = "xy" },
  gravity = {0, 0, -9.81},
  seed    = 6,
}
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500, conductivity = 1,
  capacity = { temperature = 0.03 } }
local plate = sim:material { name = "plate", young = 1e8, poisson = 0.3, density = 7800, conductivity = 400,
  capacity = { temperature = math.huge } }
sim:field { name = "temperature", unit = "K", default = 300 }
sim:law("hertz_mindlin", { heat = "conduction" })
sim:pair(glass, glass, { restitution = 0.4, friction = 0.4 })
sim:pair(glass, plate, { restitution = 0.4, friction = 0.4 })
local hot, cold = 400, 300
local floor = sim:plane { point = {0, 0, 0}, normal = {0, 0, 1}, material = plate, temperature = hot }
local height = count*d^3/side^2 -- [m] of the bed, roughly
sim:insert { region = sim.box { lo = {0, 0, 0}, hi = {side, side, 1.8*height} }, material = glass, radius = {0.45*d, 0.55*d}, count = count }
sim:run { time = 0.15 }
local x, r = sim.x.z, sim.radius
local peak = sim:max(function(i) return x[i] + r[i] end)
local lid = sim:plane { point = {0, 0, peak}, normal = {0, 0, -1}, material = plate, temperature = cold }
local start = sim.time
lid:servo { axis = {0, 0, 1}, pressure = 2e4, area = side^2 }
sim:output { file = "hot_bed.vtkhdf", every = 0.01 }
sim:run { time = 0.5, every = 0.005, until_ = function()
  return sim.time > start + 0.05 and math.abs(floor.temperature_flux + lid.temperature_flux) < 0.002*lid.temperature_flux
end }

-- H of each contact, the difference of temperatures over it, and what it would be along a straight line
local z, T, radius = {}, {}, {} -- by id: a grain that another touches may be another rank's
for id = 1, count do
  local grain = sim:particle(id)
  z[id], T[id], radius[id] = grain.x.z, grain.temperature, grain.radius
end
local bottom, top = floor.position.z, lid.position.z
local function line(at) return hot + (cold - hot)*(at - bottom)/(top - bottom) end
local network = sim:contact_network()
local heat, straight = network:sum(function(c)
  local i, j, overlap = network.first[c], network.second[c], network.overlap[c]
  local R1, H, fall, fall_on_line = radius[i] -- of a contact with a plate, whose conductivity is 400
  if T[j] then
    H = 2*1*math.sqrt(R1*radius[j]/(R1 + radius[j])*overlap)
    fall, fall_on_line = T[i] - T[j], line(z[i]) - line(z[j])
  else
    local wall = network:wall_of(c)
    H = 4*1*400/401*math.sqrt(R1*overlap)
    fall, fall_on_line = T[i] - wall.temperature, line(z[i]) - wall.temperature
  end
  return H*fall^2/(hot - cold), H*fall_on_line^2/(hot - cold)
end)
local q = lid.temperature_flux
print(("%.2f s: %.4f W leave the floor, %.4f W reach the lid, %.4f W by the contacts' temperatures; straight lines would pass %.4f W"):format(
  sim.time, -floor.temperature_flux, q, heat, straight))
print(("a bed of %.1f mm conducts %.4f W/m/K, its grains 1 W/m/K"):format((top - bottom)/mm, q*(top - bottom)/(hot - cold)/side^2))
assert(math.abs(-floor.temperature_flux/q - 1) < 0.01, "the heat is not steady")
assert(math.abs(heat/q - 1) < 0.01, "the flux is not that of its contacts")
assert(q < straight and q > 0.6*straight, "the flux is not within the bounds of its network")
