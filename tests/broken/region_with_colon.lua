-- region_with_colon.lua -- A wall where a region belongs.
-- expect: exit=1 line=9 text="region must be a region" text="sim:box{...} with a colon makes a wall, sim.box{...} with a dot a region"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
sim:insert { region = sim:box { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 }, material = glass }, radius = 1e-3, count = 10,
  material = glass }
