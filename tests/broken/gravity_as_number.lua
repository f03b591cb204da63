-- gravity_as_number.lua -- Gravity as a number.
-- expect: exit=1 line=4 text="gravity must be a vector of three numbers [m/s^2] like {0, 0, 1}, got -9.81"
local barchan = require "barchan"
barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } }, gravity = -9.81 }
