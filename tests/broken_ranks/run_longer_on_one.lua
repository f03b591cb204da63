-- run_longer_on_one.lua -- ranks ask for different numbers of steps.
-- expect: exit=1 line=6 text="rank 0 is at" text="{steps = 11}; rank 2" text="sim:run{steps = 12}"
local barchan, scene = require "barchan", require "scene"
local sim = scene.sim
scene.fill()
sim:run { steps = 10 + barchan.rank }
