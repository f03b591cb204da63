-- disk_full_log.lua -- The disk is full in the middle of a time series.
-- expect: exit=4 line=13 text="sim:log: cannot write 'energy.csv'" text="whole rows"
-- room: 65536
-- leaves: energy.csv
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
sim:insert { x = { 0.05, 0.05, 0.05 }, radius = 1e-3, material = glass }
sim:log { file = "energy.csv", every = 1e-5, columns = { "time", "kinetic_energy", "max_speed" } }
sim:run { time = 0.1 }
