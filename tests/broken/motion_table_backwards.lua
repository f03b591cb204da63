-- motion_table_backwards.lua -- A table of poses whose times go back.
-- expect: exit=1 line=10 text="times must increase, but table[3][1] = 0.5 s follows 1 s"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
local lid = sim:plane { point = { 0, 0, 0.1 }, normal = { 0, 0, -1 }, material = glass }
lid:follow { table = { { 0, 0, 0, 0 }, { 1, 0, 0, -0.01 }, { 0.5, 0, 0, -0.02 } } }
