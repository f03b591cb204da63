-- fill_astronomic.lua -- Two thousand million grains in a cup.
-- expect: exit=1 line=10 text="a solid fraction of 8995 of the region" text="random placing ends near 0.38"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
local bin = sim.box { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } }
sim:insert { region = bin, radius = { 1e-3, 2e-3 }, count = 2^31 - 1, material = glass }
