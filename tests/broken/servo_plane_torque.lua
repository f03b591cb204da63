-- servo_plane_torque.lua -- An endless plane that turns by a torque needs a damping.
-- expect: exit=1 line=9 text="wall:servo: an endless plane has no arm to choose the damping of a turn by: give damping or mass"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
local lid = sim:plane { point = { 0, 0, 0.05 }, normal = { 0, 0, -1 }, material = glass }
lid:servo { axis = { 1, 0, 0 }, torque = 1 }
