-- each_step_nan.lua -- A force of one's own that becomes NaN.
-- expect: exit=3 line=10 text="particle id 1 has a NaN or infinite number at step 1" text="(0, 0, nan) N" text="each_step ("
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
sim:insert { x = { 0.05, 0.05, 0.05 }, radius = 1e-3, material = glass }
sim:run { time = 0.01, each_step = function(s)
  s.force.z[1] = s.force.z[1] + 0/0
end }
