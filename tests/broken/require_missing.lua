-- require_missing.lua -- A module that is not installed.
-- expect: exit=1 line=5 text="module 'hopper.geometry' not found"
local barchan = require "barchan"
print(barchan.version)
local hopper = require "hopper.geometry"
print(hopper)
