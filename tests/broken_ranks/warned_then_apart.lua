-- warned_then_apart.lua -- rank 1 has warned, the others are in a run when it raises
-- expect: exit=1 line=7 text="no luck (on rank 1)" warning="the chute is steep (on rank 1)"
local barchan, scene = require "barchan", require "scene"
local sim = scene.sim
scene.fill()
if barchan.rank == 1 then require("barchan.settings").warn "the chute is steep" end
if barchan.rank == 1 then error "no luck" end
sim:run { steps = 10 }
