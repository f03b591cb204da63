-- random_scene.lua -- math.random with another seed on each rank.
-- expect: exit=1 line=6 text="rank 0 is at" text="rank 1 is at" text="x = {{0.05, 0.05, 0.0"
local barchan, scene = require "barchan", require "scene"
local sim = scene.sim
math.randomseed(barchan.rank)
sim:insert { x = { { 0.05, 0.05, 0.01 + 0.05 * math.random() } }, radius = 2e-3, material = scene.glass }
sim:run { steps = 10 }
