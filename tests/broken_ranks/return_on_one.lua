-- return_on_one.lua -- rank 0 returns from its script.
-- expect: exit=1 line=7 text="rank 0 is at the end of the script" text="while ranks 1-2 are at" text="sim:run{steps = 10}"
local barchan, scene = require "barchan", require "scene"
local sim = scene.sim
scene.fill()
if barchan.rank == 0 then return end
sim:run { steps = 10 }
