-- size_weights_missing.lua -- Shares of a mixture that do not match its radii.
-- expect: exit=1 line=11 text="2 radii but 1 weights"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
local bin = sim.box { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } }
local mixture = { distribution = "discrete", radii = { 1e-3, 2e-3 }, weights = { 1 } }
sim:insert { region = bin, radius = mixture, count = 10, material = glass }
