-- motion_unknown_key.lua -- A motion with the key of another one.
-- expect: exit=1 line=10 text="wall:rotate: unknown key 'rpm'; there are: axis, origin, rate"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
local drum = sim:cylinder { from = { 0, 0.05, 0.05 }, to = { 0.1, 0.05, 0.05 }, radius = 0.04, side = "inside", material = glass }
drum:rotate { axis = { 1, 0, 0 }, rpm = 20 }
