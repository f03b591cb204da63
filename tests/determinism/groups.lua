-- groups.lua -- a campaign whose cases are shared by several ranks (--set ranks=N) or not: the table must not tell.
-- tests/tools/campaign_groups.py compares. One case trips a guard, one fails on all ranks, one on its last rank alone; of one only the
-- last rank cannot make the folder.
local barchan = require "barchan"
local core = require "barchan.core"

local make = core.folder
function core.folder(path)
  if path:find "case%-0002" and barchan.rank == barchan.ranks - 1 then return nil, "a disk of the last rank" end
  return make(path)
end

local out = barchan.campaign { folder = "groups", ranks_per_case = barchan.set.ranks or 1,
  cases = barchan.cases.grid { speed = { -0.1, -0.2, -0.3, -0.4, -40 } }, run = function(case)
  local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.12 }, periodic = "xy" }, threads = 1 }
  local glass = sim:material { name = "glass", young = 1e6, poisson = 0.25, density = 2500 }
  sim:law "hertz_mindlin"
  sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
  sim:plane { point = { 0, 0, 0.01 }, normal = { 0, 0, 1 }, material = glass }
  sim:insert { region = sim.box { lo = { 0, 0, 0.02 }, hi = { 0.1, 0.1, 0.1 } }, material = glass, radius = { 0.002, 0.003 }, count = 400,
    velocity = { 0, 0, case.speed } }
  sim:run { time = 0.05 }
  print(("%d ranks"):format(barchan.ranks))
  if case.speed == -0.3 then error("on purpose") end
  local results = { hash = sim:hash(), energy = sim.kinetic_energy }
  if case.speed == -0.4 and barchan.rank == barchan.ranks - 1 then error("on the last rank") end
  return results
end }
print(("%d done, %d failed"):format(out.done, out.failed))
