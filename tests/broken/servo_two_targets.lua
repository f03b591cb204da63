-- servo_two_targets.lua -- A servo that is to reach a force and a torque.
-- expect: exit=1 line=9 text="wall:servo: force and torque exclude each other: give one of force, pressure, torque"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
local lid = sim:plane { point = { 0, 0, 0.05 }, normal = { 0, 0, -1 }, material = glass }
lid:servo { axis = { 0, 0, 1 }, force = 10, torque = 1 }
