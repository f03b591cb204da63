-- domain_huge.lua -- A domain of 1e308 m.
-- expect: exit=1 line=4 text="x must be within 1e9 m of the origin, got -1e+308 to 1e+308 m"
local barchan = require "barchan"
barchan.simulation { domain = { lo = { -1e308, 0, 0 }, hi = { 1e308, 0.1, 0.1 } } }
