-- callback_every_differs.lua -- callbacks at different times.
-- expect: exit=1 line=6 text="every = 0.001" text="rank 1 is at" text="every = 0.002"
local barchan, scene = require "barchan", require "scene"
local sim = scene.sim
scene.fill()
sim:run { time = 0.01, every = barchan.rank == 1 and 0.002 or 0.001, call = function() end }
