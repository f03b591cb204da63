-- callback_asks_on_one.lua -- a callback that asks for a sum on one rank only.
-- expect: exit=1 line=6 text="rank 2 is at" text="a property of the simulation" text="ranks 0-1 are at" text="after a call of the script"
local barchan, scene = require "barchan", require "scene"
local sim = scene.sim
scene.fill()
sim:run { time = 0.01, every = 0.001, call = function(s)
  if barchan.rank == 2 then print(s.kinetic_energy) end
end }
