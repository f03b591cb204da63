-- zero_young.lua -- A material without stiffness.
-- expect: exit=1 line=5 text="young must be > 0 Pa, got 0 Pa"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
sim:material { name = "glass", young = 0, poisson = 0.25, density = 2500 }
