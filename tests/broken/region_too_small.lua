-- region_too_small.lua -- A region that is thinner than a grain.
-- expect: exit=1 line=10 text="the largest particle, radius 0.001 m, does not fit into the region, where 0.00075 m is the most"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
local slit = sim.box { lo = { 0.01, 0.01, 0.01 }, hi = { 0.09, 0.09, 0.0115 } }
sim:insert { region = slit, radius = 1e-3, count = 10, material = glass }
