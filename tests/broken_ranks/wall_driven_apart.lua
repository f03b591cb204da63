-- wall_driven_apart.lua -- a wall follows a function that differs between ranks.
-- expect: exit=1 line=7 text="where a wall is driven"
local barchan, scene = require "barchan", require "scene"
local sim = scene.sim
scene.fill()
scene.box:follow { call = function(t) return { 0, 0, barchan.rank * t } end }
sim:run { steps = 10 }
