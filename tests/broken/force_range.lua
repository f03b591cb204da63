-- force_range.lua -- A force of one's own beyond what the sums can hold.
-- expect: exit=3 line=10 text="the force on particle id 1 at step 1" text="1e+12" text="Set force_scale"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
sim:insert { x = { 0.05, 0.05, 0.05 }, radius = 1e-3, material = glass }
sim:run { time = 1e-3, each_step = function(s)
  s.force.z[1] = 1e12
end }
