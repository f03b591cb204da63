-- servo_table_backwards.lua -- Targets whose times go back.
-- expect: exit=1 line=9 text="wall:servo: times must increase, but force[3][1] = 0.5 s follows 1 s"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
local lid = sim:plane { point = { 0, 0, 0.05 }, normal = { 0, 0, -1 }, material = glass }
lid:servo { axis = { 0, 0, 1 }, force = { { 0, 1 }, { 1, 2 }, { 0.5, 3 } } }
