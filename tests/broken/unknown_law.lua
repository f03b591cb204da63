-- unknown_law.lua -- A contact law that there is not.
-- expect: exit=1 line=5 text="sim:law: unknown contact law 'hertz_midlin'; did you mean 'hertz_mindlin'?" text="linear"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
sim:law "hertz_midlin"
