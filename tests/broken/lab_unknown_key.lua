-- lab_unknown_key.lua -- A misspelt option of a recipe of the laboratory.
-- expect: exit=1 line=4 text="barchan.lab.hopper_flow: unknown key 'orifise'; did you mean 'orifice'?"
local barchan = require "barchan"
barchan.lab.hopper_flow { orifise = 0.01, grains = 100 }
