-- disk_full_output.lua -- The disk is full in the middle of a trajectory.
-- expect: exit=4 line=13 text="sim:output: cannot write 'settle.vtkhdf'" text="whole time steps"
-- room: 409600
-- leaves: settle.vtkhdf
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
sim:insert { region = sim.box { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } }, radius = 2e-3, count = 200, material = glass }
sim:output { file = "settle.vtkhdf", every = 1e-3, walls = false }
sim:run { time = 0.1 }
