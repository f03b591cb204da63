-- drain.lua -- what "same bits" is tested on where grains leave while others touch them: a bed that runs out through a hole in its
-- floor, and over the edge of the domain. Nothing here keeps a step from beginning the next one (bonds and hooks do).
-- tests/tools/rank_ways.py runs it in the ways that must not matter; alone it holds that the number of steps in a call does not.
--   --set cut=rcb|slabs  --set rebalance=measured|always|never
local barchan = require "barchan"
local set, mm = barchan.set, barchan.units.mm

local function drain(steps)
  local lines = {}
  local sim = barchan.simulation { domain = { lo = { 0, 0, -6 * mm }, hi = { 60 * mm, 20 * mm, 50 * mm } }, gravity = { 0, 0, -9.81 },
    seed = 3, dt = 1e-5, on_exit = "remove", decomposition = set.cut or "rcb", rebalance = set.rebalance or "measured" }
  local sand = sim:material { name = "sand", young = 5e6, poisson = 0.3, density = 2500 }
  sim:law("hertz_mindlin")
  sim:pair(sand, sand, { restitution = 0.5, friction = 0.5 })
  local function wall(point, normal) return sim:plane { point = point, normal = normal, material = sand } end
  wall({ 0, 0, 0 }, { 1, 0, 0 })
  wall({ 0, 0, 0 }, { 0, 1, 0 })
  wall({ 0, 20 * mm, 0 }, { 0, -1, 0 })
  local gate, floor = wall({ 60 * mm, 0, 0 }, { -1, 0, 0 }), wall({ 0, 0, 0 }, { 0, 0, 1 })
  sim:insert { region = sim.box { lo = { 0, 0, 0 }, hi = { 60 * mm, 20 * mm, 48 * mm } }, material = sand,
    radius = { 1.2 * mm, 1.8 * mm }, count = 1300, seed = 1 }
  sim:run { time = 0.09 }
  -- The bed falls across the hole; around it, and past the open side, it leaves the domain.
  local hole = sim:outlet { plane = { point = { 25 * mm, 10 * mm, -3 * mm }, normal = { 0, 0, 1 }, radius = 20 * mm } }
  floor:remove()
  gate:remove()
  sim.gravity = { 4, 0, -9.81 }
  for k = 1, 12 do
    for _ = 1, 500 / steps do sim:run { steps = steps } end
    lines[k] = ("STEP %d count %d hole %d %.17g removed %d %s"):format(sim.step, sim.count, hole.count, hole.mass, sim.removed, sim:hash())
  end
  assert(hole.count > 100 and sim.removed > hole.count + 100, "who leaves where")
  return table.concat(lines, "\n")
end

local stretched = drain(500)
print(stretched)
if barchan.ranks == 1 then assert(stretched == drain(1), "the bits depend on how many steps a call makes") end
print("END")
