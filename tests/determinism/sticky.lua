-- sticky.lua -- "same bits" for what contacts can do beyond touching: wet, charged, hot grains of two materials, some bonded into clumps
-- that break, in a box heated from below, fed by a stream and drained by an outlet. The law is composed of sub-models, so that it runs
-- in the interpreter first and compiled later, whenever that is ready. Options: ways.lua.
local barchan = require "barchan"
local ways = require "ways" (2400, 600)
local mm = barchan.units.mm

local box = { lo = { 0, 0, 0 }, hi = { 30*mm, 30*mm, 60*mm } }
local sizes = { 0.8*mm, 1.4*mm }

local sim = barchan.simulation { domain = { lo = { 0, -5*mm, -5*mm }, hi = { 30*mm, 35*mm, 65*mm }, periodic = "x" }, seed = 42, isa = ways.isa,
  skin = ways.skin, on_exit = "remove", gravity = { 0, 0, -30 }, laws = ways.laws }
local function material(name, conductivity)
  return sim:material { name = name, young = 5e6, poisson = 0.25, density = 2500, conductivity = conductivity,
    capacity = { temperature = 1e-3 } } -- so small that heat spreads within the run
end
local clay, sand = material("clay", 1), material("sand", 3)
sim:law { normal = "hertz", damping = "calibrated", cohesion = "willett", far = "electrostatic", tangential = "mindlin", heat = "conduction" }
for _, pair in ipairs { { clay, clay, 2e-11 }, { clay, sand, 1e-11 }, { sand, sand, 4e-11 } } do
  sim:pair(pair[1], pair[2], { restitution = 0.6, friction = 0.5, surface_tension = 0.07, bridge_volume = pair[3], contact_angle = 0.1,
    range = 1*mm })
end
local T = sim:field { name = "temperature", unit = "K", default = 300 }
sim:field { name = "charge", unit = "C" }

sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = sand, temperature = 400 }
sim:plane { point = { 0, 0, 0 }, normal = { 0, 1, 0 }, material = clay }
-- the wall on the other side is made of triangles
sim:mesh { vertices = { { -10*mm, 30*mm, -5*mm }, { 15*mm, 30*mm, -5*mm }, { 40*mm, 30*mm, -5*mm }, { -10*mm, 30*mm, 64*mm },
  { 15*mm, 30*mm, 64*mm }, { 40*mm, 30*mm, 64*mm } }, triangles = { { 1, 2, 5 }, { 1, 5, 4 }, { 2, 3, 6 }, { 2, 6, 5 } }, material = sand,
  temperature = 350 }

local other = barchan.simulation { domain = box, seed = 7 }
local some = other:material { name = "some", young = 5e6, poisson = 0.25, density = 2500 }
other:insert { region = other.box { lo = { 0, 1*mm, 1*mm }, hi = { 30*mm, 29*mm, 35*mm } }, material = some, radius = sizes, count = 1600 }
local x, radius, id = ways.places(other)
local charge, heat = {}, {}
for i in ipairs(id) do charge[i], heat[i] = (i % 3 - 1) * 2e-11, 280 + i % 50 end
ways.shuffle(x, radius, id, charge, heat)
sim:insert { x = x, radius = radius, id = id, material = clay, charge = charge, temperature = heat }
local stream = sim:insert { region = sim.box { lo = { 0, 5*mm, 45*mm }, hi = { 30*mm, 25*mm, 60*mm } }, material = sand, radius = sizes,
  rate = 4000, velocity = { 0.1, 0.2, -0.5 }, seed = 3, temperature = 500, charge = 1e-11 }
local outlet = sim:outlet { box = { lo = { 0, 20*mm, -5*mm }, hi = { 15*mm, 30*mm, 2*mm } } }
local bonds = sim:bond { within = 0.1*mm, young = 2e6, radius_factor = 0.5, tensile_strength = 4e4, shear_strength = 4e4, damping = 0.05 }
local stiff = sim:bond { pairs = { { 1, 2 }, { 10, 20 } }, young = 1e4, radius = 0.2*mm, contact = true } -- wherever they are

ways.run(sim)
local hottest = 0
for i = 1, sim.count do hottest = math.max(hottest, T[i]) end
print(("END count %d inserted %d stream %d outlet %d contacts %d bonds %d broken %d removed %d stiff %d hottest %.2f K %.2f s"):format(
  sim.count, sim.inserted, stream.count, outlet.count, sim.contacts, bonds.count, bonds.broken, bonds.removed, stiff.count, hottest,
  sim:profile().seconds))
