-- huge_density.lua -- A density of 1e308 kg/m^3.
-- expect: exit=1 line=5 text="density must be > 0 and < 1e30 kg/m^3, got 1e+308"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
sim:material { name = "neutronium", young = 1e7, poisson = 0.25, density = 1e308 }
