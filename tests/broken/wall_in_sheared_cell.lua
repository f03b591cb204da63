-- wall_in_sheared_cell.lua -- A wall across an axis along which the periodic cell deforms.
-- expect: exit=1 line=9 text="walls do not: only a plane whose normal has no y component"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 }, periodic = "xyz" } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:plane { point = { 0, 0, 0 }, normal = { 0, 1, 0 }, material = glass }
sim:deform { rate = { eyy = -0.1 } }
