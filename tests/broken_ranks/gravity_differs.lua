-- gravity_differs.lua -- gravity is assigned another value on each rank.
-- expect: exit=1 line=6 text="sim.gravity = {0, 0, -9}" text="sim.gravity = {0, 0, -10}"
local barchan, scene = require "barchan", require "scene"
local sim = scene.sim
scene.fill()
sim.gravity = { 0, 0, -9 - barchan.rank % 2 }
sim:run { steps = 10 }
