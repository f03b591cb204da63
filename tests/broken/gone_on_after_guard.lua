-- gone_on_after_guard.lua -- A run after a guard has stopped the simulation.
-- expect: exit=1 line=11 text="this simulation was stopped by an error in the middle of a step and cannot go on"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
sim:insert { x = { 0.05, 0.05, 0.05 }, radius = 1e-3, velocity = { 0, 1e4, 0 }, material = glass }
pcall(sim.run, sim, { time = 1e-3 })
sim:run { time = 1e-3 }
