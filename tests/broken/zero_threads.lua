-- zero_threads.lua -- No processor core at all.
-- expect: exit=1 line=4 text="threads must be between 1 and 1024, got 0"
local barchan = require "barchan"
barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } }, threads = 0 }
