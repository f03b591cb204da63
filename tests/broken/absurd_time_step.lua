-- absurd_time_step.lua -- A time step that is longer than a collision.
-- expect: exit=1 line=9 text="dt = 0.01 s is too large to be stable: it must be <= 0.0002618 s" text="the default would be 1.31e-05 s"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } }, dt = 1e-2 }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:insert { x = { 0.05, 0.05, 0.05 }, radius = 1e-3, material = glass }
sim:run { time = 1 }
