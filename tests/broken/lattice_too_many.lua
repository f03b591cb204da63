-- lattice_too_many.lua -- More grains than lattice points.
-- expect: exit=1 line=10 text="1000 sites fit into the region at a spacing of 0.002 m, asked for 2000"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
local bin = sim.box { lo = { 0, 0, 0 }, hi = { 0.02, 0.02, 0.02 } }
sim:insert { region = bin, radius = 1e-3, count = 2000, lattice = "cubic", material = glass }
