-- overlap_guard.lua -- A press that goes on closing on a soft grain.
-- expect: exit=3 line=12 text="overlap by 0.501 of the smaller radius at step 765" text="particle id 1 and wall" text="the limit is 0.5"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
local press = sim:plane { point = { 0, 0, 2e-3 }, normal = { 0, 0, -1 }, material = glass }
sim:insert { x = { 0.05, 0.05, 1e-3 }, radius = 1e-3, material = glass }
press:move { velocity = { 0, 0, -0.1 } }
sim:run { time = 0.1 }
