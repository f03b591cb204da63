-- region_outside_domain.lua -- A region that sticks out of the domain.
-- expect: exit=1 line=9 text="the region must lie inside the domain, along x it reaches from 0.2 to 0.3 m and the domain from 0 to 0.1 m"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
sim:insert { region = sim.box { lo = { 0.2, 0, 0 }, hi = { 0.3, 0.1, 0.1 } }, radius = 1e-3, count = 10, material = glass }
