-- error_without_line.lua -- An error that leaves out its line.
-- expect: exit=1 line=5 text="the hopper is empty"
local barchan = require "barchan"
print(barchan.version)
error("the hopper is empty", 0)
