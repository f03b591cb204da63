-- asks_where_own_grains_are.lua -- a collective call that hangs on what a rank sees of its own particles.
-- expect: exit=1 text="sim:hash()" text="sim:run{steps = 10}"
local barchan, scene = require "barchan", require "scene"
local sim = scene.sim
scene.fill()
local high = 0.05 * barchan.rank
if sim.radius[1] > high then sim:hash() end
sim:run { steps = 10 }
