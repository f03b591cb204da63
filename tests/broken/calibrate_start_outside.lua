-- calibrate_start_outside.lua -- A calibration that begins outside of its range.
-- expect: exit=1 line=4 text="barchan.calibrate: parameters: friction: start must be between 0.1 and 0.9, got 1.5"
local barchan = require "barchan"
barchan.calibrate { parameters = { friction = { 0.1, 0.9, start = 1.5 } }, run = function() return 1 end }
