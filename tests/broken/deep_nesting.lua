-- deep_nesting.lua -- A table inside itself.
-- expect: exit=1 line=6 text="domain: unknown key 'domain'; there are: lo, hi, periodic"
local barchan = require "barchan"
local domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } }
domain.domain = domain
barchan.simulation { domain = domain }
