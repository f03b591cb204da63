-- set_without_value.lua -- A script that needs --set and was not given it.
-- expect: exit=1 line=7 text="bad argument #1 to 'sin' (number expected, got nil)"
local barchan = require "barchan"
local angle = barchan.set.angle
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:plane { point = { 0, 0, 0 }, normal = { math.sin(angle), 0, math.cos(angle) }, material = glass }
