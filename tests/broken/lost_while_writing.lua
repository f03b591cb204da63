-- lost_while_writing.lua -- A grain is lost in the course of a trajectory: what was written before stays.
-- expect: exit=3 line=12 text="particle id 1 has left the domain at step 7715"
-- leaves: fall.vtkhdf
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:insert { x = { 0.05, 0.05, 0.05 }, radius = 1e-3, material = glass }
sim:output { file = "fall.vtkhdf", every = 1e-2 }
sim:log { file = "fall.csv", every = 1e-2, columns = { "time", "max_speed" } }
sim:run { time = 1 }
