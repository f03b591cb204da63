-- errors_differ.lua -- each rank raises an error of its own.
-- expect: exit=1 line=4 text="trouble 0 (on rank 0)" text="trouble 1 (on rank 1)" text="trouble 2 (on rank 2)"
local barchan = require "barchan"
error("trouble " .. barchan.rank)
