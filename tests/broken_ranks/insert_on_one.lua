-- insert_on_one.lua -- grains on rank 0 only.
-- expect: exit=1 text="rank 0 is at" text="sim:insert{" text="ranks 1-2 are at" text="sim:run{steps = 10}"
local barchan, scene = require "barchan", require "scene"
local sim = scene.sim
if barchan.rank == 0 then scene.fill() end
sim:run { steps = 10 }
