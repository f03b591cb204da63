-- error_on_all.lua -- all ranks make the same mistake: it is said once.
-- expect: exit=1 line=6 text="sim:run: steps must be between 0 and"
local scene = require "scene"
local sim = scene.sim
scene.fill()
sim:run { steps = -1 }
