-- wet_heap.lua -- a column of grains slumps when its tube is taken away: dry, and with a little water that pulls as bridges.
--
-- What to look at: liquid bridges keep the wet heap higher. The water is a field of the grains: each bridge takes what lies
-- on the facing sides of two grains and, when it breaks, gives half to each; none is lost.
local barchan = require "barchan"
local mm, set = barchan.units.mm, barchan.set

local radius, count, time = 1*mm, set.count or 300, set.time or 0.15

local function slump(water) -- [m^3] of water for each kg of grains
  local sim = barchan.simulation { domain = { lo = {-60*mm, -60*mm, -5*mm}, hi = {60*mm, 60*mm, 80*mm} }, on_exit = "remove" }
  local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500, capacity = { liquid = 1 } }
  sim:field { name = "liquid", unit = "m^3/kg", default = water, flux_scale = 1e-3 }
  sim:law("hertz_mindlin", { rolling = "epsd", cohesion = "liquid_bridge" })
  sim:pair(glass, glass, { restitution = 0.5, friction = 0.4, rolling_friction = 0.05, surface_tension = 0.073, contact_angle = 0.3,
    bridge_limit = 1e-10 })
  local floor = sim:plane { point = {0, 0, 0}, normal = {0, 0, 1}, material = glass, liquid = 0 }
  local tube = sim:cylinder { from = {0, 0, -1*mm}, to = {0, 0, 75*mm}, radius = 8*mm, material = glass, liquid = 0 }
  sim:insert { region = sim.cylinder { from = {0, 0, 0}, to = {0, 0, 60*mm}, radius = 8*mm }, material = glass,
    radius = {0.9*radius, 1.1*radius}, count = count, seed = 5 }
  sim:run { time = time } -- the grains fall together
  if water > 0 then sim:output { file = "wet_heap.vtkhdf", every = 0.01 } end
  tube:remove()
  sim:run { time = time }
  local z, m, water_of = sim.x.z, sim.mass, sim.liquid
  local height, liquid, mass = sim:sum(function(i) return m[i]*z[i], m[i]*water_of[i], m[i] end)
  print(("%s: centre of mass at %.2f mm, %.3f mm^3 of water, %d contacts, %.3g N on the floor"):format(water > 0 and "wet" or "dry",
    height/mass/mm, liquid*1e9, sim.contacts, -floor.force[3]))
  if water > 0 and sim.count == count then
    assert(math.abs(liquid/(mass*water) - 1) < 1e-9, "water was lost")
  end
  sim:close()
  return height/mass
end

local dry, wet = slump(0), slump(1e-5)
if not set.time then assert(wet > 1.2*dry, "water should hold the heap together") end
