-- restitution_above_one.lua -- A collision that would make energy.
-- expect: exit=1 line=7 text="sim:pair(glass, glass): restitution must be between 0 and 1, got 1.2"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 1.2, friction = 0.4 })
