-- servo_runs_away.lua -- A servo with next to no mass, and nothing to push against.
-- expect: exit=3 line=11 text="wall 1, which a servo drives, moves up to"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:insert { x = { 0.05, 0.05, 0.05 }, radius = 1e-3, material = glass }
local lid = sim:plane { point = { 0, 0, 0.02 }, normal = { 0, 0, 1 }, material = glass }
lid:servo { axis = { 0, 0, 1 }, force = 2, mass = 1e-9 }
sim:run { time = 0.05 }
