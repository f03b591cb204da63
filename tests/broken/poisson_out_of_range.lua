-- poisson_out_of_range.lua -- A Poisson's ratio that no isotropic solid has.
-- expect: exit=1 line=5 text="poisson must be > -1 and < 0.5, got 0.6"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
sim:material { name = "rubber", young = 1e7, poisson = 0.6, density = 1100 }
