-- stream_without_rate.lua -- A stream that has a beginning and an end but no rate.
-- expect: exit=1 line=10 text="start goes with a stream (rate or mass_rate)"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
local top = sim.box { lo = { 0, 0, 0.08 }, hi = { 0.1, 0.1, 0.1 } }
sim:insert { region = top, radius = 1e-3, start = 0, stop = 1, count = 100, material = glass }
