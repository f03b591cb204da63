-- run_on_one_rank.lua -- rank 0 alone runs.
-- expect: exit=1 line=6 text="ranks 1-2 are at the end of the script, after" text="sim:insert{" text="rank 0 is at" text="sim:run{steps = 10}"
local barchan, scene = require "barchan", require "scene"
local sim = scene.sim
scene.fill()
if barchan.rank == 0 then sim:run { steps = 10 } end
