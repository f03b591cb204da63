-- callback_raises_on_one.lua -- a callback raises on one rank, in the middle of a run.
-- expect: exit=1 text="in the callback (on rank 2); ranks 0-1 are at"
local barchan, scene = require "barchan", require "scene"
local sim = scene.sim
scene.fill()
sim:run { time = 0.01, every = 0.001, call = function(s)
  if barchan.rank == 2 and s.time > 0.005 then error "in the callback" end
end }
