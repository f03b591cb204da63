-- options_missing.lua -- A call without its table.
-- expect: exit=1 line=4 text="barchan.simulation: domain is missing"
local barchan = require "barchan"
barchan.simulation()
