-- unknown_law_option.lua -- A slot that the law does not have.
-- expect: exit=1 line=5 text="sim:law: law hertz_mindlin: unknown slot 'roling'; did you mean 'rolling'?"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
sim:law("hertz_mindlin", { roling = "epsd" })
