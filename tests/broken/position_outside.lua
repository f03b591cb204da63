-- position_outside.lua -- A position set outside the domain between two steps.
-- expect: exit=3 line=11 text="the script set the position of particle id 1 to z = 0.3 m; the domain is 0 to 0.1 m"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
sim:insert { x = { 0.05, 0.05, 0.05 }, radius = 1e-3, material = glass }
sim.x[1] = { 0.05, 0.05, 0.3 }
sim:run { time = 0.01 }
