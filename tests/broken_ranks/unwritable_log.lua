-- unwritable_log.lua -- a file that the first rank cannot write is an error of all.
-- expect: exit=4 line=6 text="sim:log: cannot write"
local scene = require "scene"
local sim = scene.sim
scene.fill()
sim:log { file = "no/such/folder/energy.csv", every = 0.001, columns = { "time" } }
sim:run { steps = 10 }
