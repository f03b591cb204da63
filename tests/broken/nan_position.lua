-- nan_position.lua -- A position that is not a number.
-- expect: exit=1 line=10 text="x[3] must be a finite number [m], got nan"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
local height = 0/0 -- as a formula of one's own may give
sim:insert { x = { 0.05, 0.05, height }, radius = 1e-3, material = glass }
