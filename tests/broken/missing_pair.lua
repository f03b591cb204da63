-- missing_pair.lua -- Two materials that can touch, and nothing is said about them.
-- expect: exit=1 line=12 text="no values for the pair glass-steel" text="write sim:pair(glass, steel, { friction = ..., restitution = ... })"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
local steel = sim:material { name = "steel", young = 2e8, poisson = 0.3, density = 7800 }
sim:plane { point = { 0.1, 0, 0 }, normal = { -1, 0, 0 }, material = steel }
sim:insert { x = { 0.05, 0.05, 0.05 }, radius = 1e-3, material = glass }
sim:run { time = 0.01 }
