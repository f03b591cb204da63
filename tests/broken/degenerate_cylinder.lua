-- degenerate_cylinder.lua -- A cylinder without a length.
-- expect: exit=1 line=9 text="sim:cylinder: the ends of the axis must differ, got (0.05, 0.05, 0.05) m for both"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
sim:cylinder { from = { 0.05, 0.05, 0.05 }, to = { 0.05, 0.05, 0.05 }, radius = 0.02, material = glass }
