-- misspelt_unit.lua -- A unit that there is not.
-- expect: exit=1 line=4 text="unknown unit 'millimeter'; did you mean 'mm'?"
local barchan = require "barchan"
local mm = barchan.units.millimeter
print(mm)
