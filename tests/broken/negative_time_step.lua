-- negative_time_step.lua -- A time step that goes back.
-- expect: exit=1 line=4 text="dt must be > 0 s, got -1e-05 s"
local barchan = require "barchan"
barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } }, dt = -1e-5 }
