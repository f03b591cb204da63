-- endless_loop.lua -- rank 1 never comes: the others say so.
-- expect: seconds=9 warning="rank 0 has waited for 5 s at" warning="sim:run{steps = 10} for rank 1, which was last seen at"
local barchan, scene = require "barchan", require "scene"
local sim = scene.sim
scene.fill()
while barchan.rank == 1 do end -- luacheck: ignore 542
sim:run { steps = 10 }
