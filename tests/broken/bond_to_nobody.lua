-- bond_to_nobody.lua -- A bond with a particle that is not there.
-- expect: exit=1 line=9 text="sim:bond: pairs[1][2]: there is no particle with id 3"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:insert { x = { { 0.05, 0.05, 0.05 }, { 0.05, 0.05, 0.07 } }, radius = 1e-3, material = glass }
sim:bond { pairs = { { 1, 3 } }, young = 1e7 }
