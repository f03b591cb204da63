-- stuck_in_wall.lua -- A given particle whose centre is hardly above the floor.
-- expect: exit=3 line=10 text="particle id 1 and wall 1 overlap by 0.8 of the smaller radius at step 1" text="the limit is 0.5"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
sim:insert { x = { 0.05, 0.05, 0.2e-3 }, radius = 1e-3, material = glass }
sim:run { time = 0.01 }
