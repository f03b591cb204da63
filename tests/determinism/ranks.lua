-- ranks.lua -- what "same bits" is tested on with several ranks: grains and bonded clusters stirred by a paddle of triangles under a lid
-- that a servo drives, periodic along x, fed by a stream and drained by an outlet, with a meter; and a second simulation whose periodic
-- cell is sheared and squeezed. Prints the hashes of both as they go. tests/tools/rank_ways.py runs it in all the ways that must not matter.
--   --set cut=rcb|slabs  --set rebalance=measured|always|never  --set steps=N  --set checkpoint=true (twice)
local barchan = require "barchan"
local set, mm = barchan.set, barchan.units.mm
local steps = set.steps or 2400
local cut, rebalance = set.cut or "rcb", set.rebalance or "measured"

local function grains(sim)
  local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
  local steel = sim:material { name = "steel", young = 1e7, poisson = 0.3, density = 7800 }
  sim:law("hertz_mindlin", { rolling = "epsd" })
  sim:pair(glass, glass, { restitution = 0.6, friction = 0.5, rolling_friction = 0.05 })
  sim:pair(glass, steel, { restitution = 0.5, friction = 0.4, rolling_friction = 0.02 })
  return glass, steel
end

local length, width = 40 * mm, 30 * mm
local box = barchan.simulation { domain = { lo = { 0, 0, -5 * mm }, hi = { length, width, 90 * mm }, periodic = "x" },
  gravity = { 0, 0, -300 }, seed = 42, on_exit = "remove", decomposition = cut, rebalance = rebalance }
local glass, steel = grains(box)
for _, wall in ipairs { { { 0, 0, 0 }, { 0, 0, 1 } }, { { 0, 1 * mm, 0 }, { 0, 1, 0 } }, { { 0, width - 1 * mm, 0 }, { 0, -1, 0 } } } do
  box:plane { point = wall[1], normal = wall[2], material = steel }
end
local paddle = box:mesh { material = steel, triangles = { { 1, 2, 3 }, { 1, 3, 4 } }, vertices = { { -5 * mm, 8 * mm, 12 * mm },
  { length + 5 * mm, 8 * mm, 12 * mm }, { length + 5 * mm, 22 * mm, 12 * mm }, { -5 * mm, 22 * mm, 12 * mm } } }
paddle:rotate { axis = { 1, 0, 0 }, origin = { 0, width / 2, 12 * mm }, rate = 30 }
local lid = box:plane { point = { 0, 0, 60 * mm }, normal = { 0, 0, -1 }, material = steel }
lid:servo { axis = { 0, 0, 1 }, force = -0.5, mass = 0.01, damping = 1 }
box:insert { region = box.box { lo = { 0, 2 * mm, 2 * mm }, hi = { length, width - 2 * mm, 58 * mm } }, count = 1200,
  radius = { 0.8 * mm, 1.8 * mm }, material = glass }
local bonds = box:bond { within = 0.15 * mm, young = 1e6, poisson = 0.2, tensile_strength = 1e5, shear_strength = 1e5, radius_factor = 0.8,
  damping = 0.1 }
local stream = box:insert { region = box.box { lo = { 5 * mm, 5 * mm, 50 * mm }, hi = { 35 * mm, 25 * mm, 56 * mm } }, rate = 4000,
  radius = { 0.8 * mm, 1.2 * mm }, material = glass, velocity = { 0.1, 0, -0.5 } }
local outlet = box:outlet { box = { lo = { 0, 0, -5 * mm }, hi = { 12 * mm, 12 * mm, 3 * mm } } }
local meter = box:meter { point = { 0, 0, 12 * mm }, normal = { 0, 0, 1 } }

local cell = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 30 * mm, 30 * mm, 30 * mm }, periodic = "xyz" }, gravity = { 0, 0, 0 },
  seed = 7, decomposition = cut, rebalance = rebalance }
local grain = grains(cell)
cell:insert { region = cell.box { lo = { 0, 0, 0 }, hi = { 30 * mm, 30 * mm, 30 * mm } }, count = 700, radius = { 1 * mm, 2 * mm },
  material = grain }
cell:deform { rate = { exx = -5, eyy = -5, ezz = -5, exy = 10 } }

if set.checkpoint then -- after two and four fifths of the steps, of 7.1 and 13 us
  box:checkpoint { file = "box.chk", every = 0.4 * steps * 7.1e-6 }
  cell:checkpoint { file = "cell.chk", every = 0.4 * steps * 13.1e-6 }
end

for k = 1, 4 do
  box:run { steps = steps / 4 }
  cell:run { steps = steps / 4 }
  print(("STEP %d box %s cell %s"):format(k * steps / 4, box:hash(), cell:hash()))
end
print(("END stream %d outlet %d %.17g meter %d lid %.17g bonds %d of %d"):format(stream.count, outlet.count, outlet.mass, meter.count,
  lid.position.z, bonds.count, bonds.made))
