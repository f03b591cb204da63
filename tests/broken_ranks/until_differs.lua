-- until_differs.lua -- until_ ends the run on one rank only.
-- expect: exit=1 line=6 text="until_ has answered false" text="rank 1 is at" text="until_ has answered true"
local barchan, scene = require "barchan", require "scene"
local sim = scene.sim
scene.fill()
sim:run { time = 0.01, every = 0.001, until_ = function() return barchan.rank == 1 end }
