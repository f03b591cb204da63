-- kernel_wrong_unit.lua -- A kernel of particles whose force has the unit of an acceleration.
-- expect: exit=1 line=6 text="law: result 'F_x' must be N but is m/s^2"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
sim:kernel { reads = { "v" }, params = { k = { 3, "1/s" } },
  body = function(p, k) return -k.k * p.v end }
