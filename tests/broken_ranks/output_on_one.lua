-- output_on_one.lua -- a log on rank 0 only, as one would for a library that knows nothing of ranks.
-- expect: exit=1 line=6 text="rank 0 is at" text="sim:log{" text="ranks 1-2 are at" text="sim:run{steps = 10}"
local barchan, scene = require "barchan", require "scene"
local sim = scene.sim
scene.fill()
if barchan.rank == 0 then sim:log { file = "energy.csv", every = 0.001, columns = { "time", "kinetic_energy" } } end
sim:run { steps = 10 }
