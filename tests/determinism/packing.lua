-- packing.lua -- what "same bits" is tested on: a dense packing of 2 000 grains of many sizes (1 : 3.3) with friction and rolling
-- friction, periodic along x, stirred by a paddle made of triangles, fed by a stream, drained by an outlet and over a weir.
-- Prints the hash of the state as it goes; tests/spec/determinism_spec.lua runs it in every way that must not matter.
--   barchan run tests/determinism/packing.lua --quiet [--threads N] [--precision double] [--set NAME=VALUE]
--     steps=20000    at the end of the run          every=2500   steps between two printed hashes
--     isa=auto       sse2, avx2, avx512             skin=0       of the neighbour lists [m]; 0: chosen by the engine
--     order=given    shuffled: same ids, other order of insertion
--     law=NAME       a composition of compositions.lua instead of hertz_mindlin with epsd
--     laws=auto      what runs such a law: interpreter, cc
--     way=run        single: one call for all; pieces: calls of odd lengths; hooks: an empty each_step in some of them
local barchan = require "barchan"
local bit = require "bit"
local mm = barchan.units.mm
local set = barchan.set

local steps, every = set.steps or 20000, set.every or 2500
local isa, skin, order, way = set.isa or "auto", set.skin or 0, set.order or "given", set.way or "run"
local folder = debug.getinfo(1, "S").source:sub(2):gsub("[^/]*$", "")
local other = set.law and assert(dofile(folder .. "compositions.lua")[set.law], "no such composition")

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

-- The grains' places come from a random filling in a simulation of its own, so that they can be given in any order.
local function places()
  local sim, glass = simulation { domain = domain, seed = 7 }
  sim:insert { region = sim.box { lo = { 0, 0, 41*mm }, hi = { length, width, 195*mm } }, material = glass,
    radius = sizes, count = 2000 }
  local x, radius, id = {}, {}, {}
  for i = 1, sim.count do
    local p = sim.x[i]
    x[i], radius[i], id[i] = { p.x, p.y, p.z }, sim.radius[i], i
  end
  sim:close()
  return x, radius, id
end

local function shuffle(...)
  local state = 12345
  for i = #(...), 2, -1 do
    state = (state * 1103515245 + 12345) % 2147483648
    local k = state % i + 1
    for _, list in ipairs { ... } do list[i], list[k] = list[k], list[i] end
  end
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
local sim, glass = simulation { domain = domain, seed = 42, isa = isa, skin = skin, on_exit = "remove", gravity = { 0, 0, -60 },
  laws = set.laws }
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

local x, radius, id = places()
if order == "shuffled" then shuffle(x, radius, id) end
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

-- The order of slots, which scripts see as the order of indices.
local function order_of_slots()
  local h = 5381
  for i = 1, sim.count do h = bit.bxor(bit.rol(h, 5), sim.id[i]) end
  return bit.tohex(h)
end

local function show()
  print(("STEP %d hash %s order %s"):format(sim.step, sim:hash(), order_of_slots()))
end

local function nothing() end
local function advance(n)
  if way == "run" then return sim:run { steps = n } end
  local k = 0
  while n > 0 do
    k = k + 1
    local part = math.min(n, (k * 37) % 101 + 1)
    sim:run { steps = part, each_step = way == "hooks" and k % 3 == 0 and nothing or nil }
    n = n - part
  end
end

if way == "single" then
  sim:run { steps = steps }
  show()
else
  while sim.step < steps do
    advance(math.min(every, steps - sim.step))
    show()
  end
end
local profile = sim:profile()
print(("END count %d inserted %d removed %d outlet %d contacts %d (%.2f) overlap %.3f energy %.6g | %s %s threads %d skin %.3g rebuilds %d"
  .. " %.2f s"):format(sim.count, sim.inserted, sim.removed, outlet.count, sim.contacts, sim.coordination, sim.max_overlap, sim.kinetic_energy,
  profile.precision, profile.isa, profile.threads, profile.skin, profile.rebuilds, profile.seconds))
assert(stream.count > 0 and sim.inserted == sim.count + sim.removed)
