-- caught_on_one.lua -- an error that one rank catches takes it past a call of the others.
-- expect: exit=1 line=8 text="ranks 0, 2 are at" text="sim:run{steps = 10}; rank 1 is at" text="sim:run{steps = 20}"
local barchan, scene = require "barchan", require "scene"
local sim = scene.sim
scene.fill()
pcall(function()
  if barchan.rank == 1 then error "quiet" end
  sim:run { steps = 10 }
end)
sim:run { steps = 20 }
