-- wall_moves_on_one.lua -- a wall that moves on one rank only.
-- expect: exit=1 line=7 text="rank 2 is at" text="wall:move{velocity = {0, 0, 1}}" text="ranks 0-1 are at" text="sim:run{steps = 10}"
local barchan, scene = require "barchan", require "scene"
local sim = scene.sim
scene.fill()
if barchan.rank == 2 then scene.box:move { velocity = { 0, 0, 1 } } end
sim:run { steps = 10 }
