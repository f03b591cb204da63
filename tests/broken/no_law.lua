-- no_law.lua -- A run without a contact law.
-- expect: exit=1 line=7 text="no contact law: choose one with sim:law(name); there are: hertz_mindlin, linear"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:insert { x = { 0.05, 0.05, 0.05 }, radius = 1e-3, material = glass }
sim:run { time = 0.01 }
