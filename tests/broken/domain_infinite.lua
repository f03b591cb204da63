-- domain_infinite.lua -- A domain without an end.
-- expect: exit=1 line=4 text="hi[3] must be a finite number [m], got inf m"
local barchan = require "barchan"
barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, math.huge } } }
