-- error_on_one.lua -- rank 1 raises while the others run.
-- expect: exit=1 line=6 text="no luck (on rank 1); ranks 0, 2 are at" text="error_on_one.lua:7: sim:run{steps = 10}"
local barchan, scene = require "barchan", require "scene"
local sim = scene.sim
scene.fill()
if barchan.rank == 1 then error "no luck" end
sim:run { steps = 10 }
