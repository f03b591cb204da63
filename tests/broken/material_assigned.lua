-- material_assigned.lua -- A value of a material is assigned, which would change nothing.
-- expect: exit=1 line=8 text="material 'glass': young cannot be assigned: its values are given to sim:material{...}"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
glass.young = 5e7
