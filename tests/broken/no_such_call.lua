-- no_such_call.lua -- A call of another program.
-- expect: exit=1 line=5 text="a simulation has no 'fix'; there are:" text="insert"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
sim:fix { "nve/sphere" }
