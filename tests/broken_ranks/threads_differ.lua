-- threads_differ.lua -- ranks ask for different numbers of threads.
-- expect: exit=1 line=5 text="threads = 1" text="threads = 2" text="barchan.simulation{"
local barchan, scene = require "barchan", require "scene"
local sim = scene.sim
barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 1, 1, 1 } }, threads = 1 + barchan.rank % 2 }
sim:run { steps = 10 }
