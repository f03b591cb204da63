-- huge_young.lua -- A stiffness of 1e308 Pa.
-- expect: exit=1 line=9 text="the force of a contact comes out as" text="check the stiffness"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e308, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:insert { x = { 0.05, 0.05, 0.05 }, radius = 1e-3, material = glass }
sim:run { time = 0.01 }
