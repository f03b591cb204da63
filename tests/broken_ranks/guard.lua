-- guard.lua -- a guard of the engine trips: exit code 3, said once.
-- expect: exit=3 line=7 text="sim:run: "
local scene = require "scene"
local sim = scene.sim
sim:insert { x = { { 0.05, 0.05, 0.05 }, { 0.05, 0.05, 0.056 } }, radius = 2.5e-3, material = scene.glass,
  velocity = { { 0, 0, 300 }, { 0, 0, -300 } } }
sim:run { time = 0.01 }
