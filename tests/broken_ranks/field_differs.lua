-- field_differs.lua -- the ranks add up another field each, at the same line.
-- expect: exit=1 line=6 text="sim:sum(sim.v.x)" text="sim:sum(sim.v.y)" text="sim:sum(sim.mass)"
local barchan, scene = require "barchan", require "scene"
local sim = scene.sim
scene.fill()
sim:sum(({ sim.v.x, sim.v.y, sim.mass })[barchan.rank + 1])
