-- checkpoint.lua -- what a checkpoint costs: size, for how long the run waits, when it is on the disk, how long reading takes; and a run with
-- and without them. barchan run checkpoint.lua [--set count=N] [--set steps=N] [--set every=S]; checkpoint.csv has a table.
local barchan = require "barchan"
local count, r = barchan.set.count or 1000000, 1e-3
local steps, every = barchan.set.steps or 160, barchan.set.every
local side = math.ceil(count ^ (1 / 3)) * 2 * r

local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 1.001 * side, 1.001 * side, 1.3 * side } }, dt = 1e-6 }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
if every then sim:checkpoint { file = "bench.chk", every = every } end
sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
sim:insert { region = sim.box { lo = { 0, 0, 0 }, hi = { 1.001 * side, 1.001 * side, 1.3 * side } }, count = count, lattice = "cubic",
  spacing = 2.0000001 * r, radius = r, material = glass }
for i = 1, sim.count do -- all neighbours come to touch
  local x = sim.x[i]
  sim.v[i] = { -20 * (x.x - 0.5 * side), -20 * (x.y - 0.5 * side), -20 * x.z }
end
sim:run { steps = 20 }

local since = barchan.clock()
sim:run { steps = steps }
print(("%d particles, %d contacts: %d steps in %.3f s"):format(sim.count, sim.contacts, steps, barchan.clock() - since))
if not every then return end

-- One more, looked at from within.
local checkpoint, state = require "barchan.checkpoint", require "barchan.simulation".state(sim)
sim:run { steps = 1, every = 1e-6, call = function()
  checkpoint.settle(state, true)
  since = barchan.clock()
  checkpoint.write(state, true)
  local blocked = barchan.clock() - since
  checkpoint.settle(state, true)
  print(("the run waits %.3f s; on the disk after %.2f s; %.1f MB"):format(blocked, barchan.clock() - since,
    io.open(state.checkpoint.path, "rb"):seek "end" / 1e6))
end }
local path = state.checkpoint.written
sim:close()
since = barchan.clock()
local again = barchan.load(path)
print(("read in %.2f s: %d particles"):format(barchan.clock() - since, again.count))
