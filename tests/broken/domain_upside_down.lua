-- domain_upside_down.lua -- A domain whose corners are exchanged.
-- expect: exit=1 line=4 text="lo.z must be below hi.z, got 0.1 and 0 m"
local barchan = require "barchan"
barchan.simulation { domain = { lo = { 0, 0, 0.1 }, hi = { 0.1, 0.1, 0 } } }
