-- packing.lua -- what "same bits" is tested on: a dense packing of 2 000 grains of many sizes (1 : 3.3) with friction and rolling
-- friction, periodic along x, stirred by a paddle made of triangles, fed by a stream, drained by an outlet and over a weir.
-- Prints the hash of the state as it goes; tests/spec/determinism_spec.lua runs it in every way that must not matter.
-- Options: ways.lua; and law=NAME: a composition of compositions.lua instead of hertz_mindlin with epsd.
local barchan = require "barchan"
local ways = require "ways" (20000, 2500)
local mm = barchan.units.mm
local set = barchan.set

local other = set.law and assert(require "compositions"[set.law], "no such composition")

local length, width, weir = 40*mm, 50*mm, 92*mm
local domain = { lo = { 0, -8*mm, -5*mm }, hi = { length, 58*mm, 240*mm }, periodic = "x" }
local sizes = { 1*mm, 3.3*mm }

local function material(sim, name, poisson, density)
  local values = { name = name, density = density }
  for key, value in pairs(other and other.material or { young = 1e7, poisson = poisson }) do values[key] = value end
  return sim:material(values)
end

local function simulation(options)
  local sim = barchan.simulation(options)
  return sim, material(sim, "glass", 0.25, 2500)
end

-- A flat plate as a grid of triangles: corner, two edges, how many cells along each.
local function plate(vertices, triangles, corner, a, b, na, nb)
  local first = #vertices
  for i = 0, na do
    for j = 0, nb do
      local p = {}
      for k = 1, 3 do p[k] = corner[k] + a[k] * i / na + b[k] * j / nb end
      vertices[#vertices + 1] = p
    end
  end
  for i = 0, na - 1 do
    for j = 1, nb do
      local v = first + i * (nb + 1) + j
      triangles[#triangles + 1] = { v, v + 1, v + nb + 2 }
      triangles[#triangles + 1] = { v, v + nb + 2, v + nb + 1 }
    end
  end
end

-- The large gravity packs the grains within the run: 3.4 contacts each at its end, those of the stream and of the overflow included.
local sim, glass = simulation { domain = domain, seed = 42, isa = ways.isa, skin = ways.skin, on_exit = "remove",
  gravity = { 0, 0, -60 }, laws = ways.laws }
local steel = material(sim, "steel", 0.3, 7800)
if other then
  sim:law(other.law)
  sim:pair(glass, glass, other.pair)
  sim:pair(glass, steel, other.pair)
  if other.field then sim:field(other.field) end
else
  sim:law("hertz_mindlin", { rolling = "epsd" })
  sim:pair(glass, glass, { restitution = 0.6, friction = 0.5, rolling_friction = 0.05 })
  sim:pair(glass, steel, { restitution = 0.5, friction = 0.4, rolling_friction = 0.02 })
end

sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = steel }
sim:plane { point = { 0, 0, 0 }, normal = { 0, 1, 0 }, material = steel }
-- Walls have no periodic images, so the weir and the paddle reach beyond both ends.
local vertices, triangles = {}, {}
plate(vertices, triangles, { -5*mm, width, -4*mm }, { length + 10*mm, 0, 0 }, { 0, 0, weir + 4*mm }, 6, 9)
sim:mesh { vertices = vertices, triangles = triangles, material = steel }
vertices, triangles = {}, {}
plate(vertices, triangles, { -5*mm, width / 2 - 15*mm, 25*mm }, { length + 10*mm, 0, 0 }, { 0, 30*mm, 0 }, 7, 5)
plate(vertices, triangles, { -5*mm, width / 2, 10*mm }, { length + 10*mm, 0, 0 }, { 0, 0, 30*mm }, 7, 5)
local paddle = sim:mesh { vertices = vertices, triangles = triangles, material = steel }
paddle:rotate { axis = { 1, 0, 0 }, origin = { 0, width / 2, 25*mm }, rate = 1.5 }

local filling, some = simulation { domain = domain, seed = 7 }
filling:insert { region = filling.box { lo = { 0, 0, 41*mm }, hi = { length, width, 195*mm } }, material = some, radius = sizes, count = 2000 }
local x, radius, id = ways.places(filling)
ways.shuffle(x, radius, id)
local grains = { x = x, radius = radius, id = id, material = glass }
if other and other.field then
  local list = {}
  for i, k in ipairs(id) do list[i] = other.value(k) end
  grains[other.field.name] = list
end
sim:insert(grains)
local stream = sim:insert { region = sim.box { lo = { 0, 0, 200*mm }, hi = { length, width, 235*mm } }, material = glass,
  radius = sizes, rate = 400, velocity = { 0.1, 0.25, -1 }, seed = 3 }
local outlet = sim:outlet { box = { lo = { 0, 40*mm, -5*mm }, hi = { 20*mm, width, 9*mm } } }

ways.run(sim)
local profile = sim:profile()
print(("END count %d inserted %d removed %d outlet %d contacts %d (%.2f) overlap %.3f energy %.6g | %s %s threads %d skin %.3g rebuilds %d"
  .. " %.2f s"):format(sim.count, sim.inserted, sim.removed, outlet.count, sim.contacts, sim.coordination, sim.max_overlap, sim.kinetic_energy,
  profile.precision, profile.isa, profile.threads, profile.skin, profile.rebuilds, profile.seconds))
assert(stream.count > 0 and sim.inserted == sim.count + sim.removed)
