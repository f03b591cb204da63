-- periodic_typo.lua -- An axis that there is not.
-- expect: exit=1 line=4 text="periodic must be a text of the letters x, y and z, got 'xyw'"
local barchan = require "barchan"
barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 }, periodic = "xyw" } }
