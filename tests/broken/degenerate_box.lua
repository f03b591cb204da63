-- degenerate_box.lua -- A box of no height.
-- expect: exit=1 line=9 text="the upper corner must lie above the lower one on every axis, got z from 0.05 m to 0.05 m"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
sim:box { lo = { 0, 0, 0.05 }, hi = { 0.1, 0.1, 0.05 }, side = "inside", material = glass }
