-- unknown_rolling_model.lua -- A model of rolling friction that there is not.
-- expect: exit=1 line=5 text="unknown rolling model 'epds'; did you mean 'epsd'?"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
sim:law("hertz_mindlin", { rolling = "epds" })
