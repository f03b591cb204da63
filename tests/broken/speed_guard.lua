-- speed_guard.lua -- A grain that passes its own radius in one step.
-- expect: exit=3 line=10 text="particle id 1 moves (0, 10000," text="further in one step of 1.30877e-05 s than its radius of 0.001 m"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
sim:insert { x = { 0.05, 0.05, 0.05 }, radius = 1e-3, velocity = { 0, 1e4, 0 }, material = glass }
sim:run { time = 1e-3 }
