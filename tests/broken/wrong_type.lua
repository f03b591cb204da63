-- wrong_type.lua -- A text where a number belongs.
-- expect: exit=1 line=5 text="sim:material: density must be a number [kg/m^3], got 'heavy'"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
sim:material { name = "glass", young = 1e7, poisson = 0.25, density = "heavy" }
