-- friction_beyond_float.lua -- A friction that no float holds.
-- expect: exit=1 line=9 text="coefficient mu of materials 1 and 1 is 1e+300, and must be below 3e38"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 1e300 })
sim:insert { x = { 0.05, 0.05, 0.05 }, radius = 1e-3, material = glass }
sim:run { time = 0.01 }
