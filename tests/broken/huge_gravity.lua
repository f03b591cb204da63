-- huge_gravity.lua -- Gravity of 1e308 m/s^2.
-- expect: exit=1 line=4 text="gravity.z must be below 1e9 m/s^2, got -1e+308 m/s^2"
local barchan = require "barchan"
barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } }, gravity = { 0, 0, -1e308 } }
