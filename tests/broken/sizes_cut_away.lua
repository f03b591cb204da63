-- sizes_cut_away.lua -- A distribution whose cuts leave nothing.
-- expect: exit=1 line=11 text="the cuts 0.001 to 0.002 m hold nothing of a distribution about 1 m"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
local bin = sim.box { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } }
local sizes = { distribution = "normal", mean = 1, sd = 1e-6, min = 1e-3, max = 2e-3 }
sim:insert { region = bin, radius = sizes, count = 10, material = glass }
