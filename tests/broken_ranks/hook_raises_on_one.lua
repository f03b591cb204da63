-- hook_raises_on_one.lua -- a function in the middle of a step raises on one rank.
-- expect: exit=1 line=7 text="in the hook (on rank 1); ranks 0, 2 are at" text="in each_step"
local barchan, scene = require "barchan", require "scene"
local sim = scene.sim
scene.fill()
sim:run { steps = 100, each_step = function(s)
  if barchan.rank == 1 and s.step == 50 then error "in the hook" end
end }
