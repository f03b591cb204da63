-- exit_on_one.lua -- rank 2 calls os.exit.
-- expect: exit=1 line=7 text="rank 2 is at the end of the script, after" text="while ranks 0-1 are at" text="sim:run{steps = 10}"
local barchan, scene = require "barchan", require "scene"
local sim = scene.sim
scene.fill()
if barchan.rank == 2 then os.exit(0) end
sim:run { steps = 10 }
