-- servo_radius_of_box.lua -- A servo on the radius of a wall that has none.
-- expect: exit=1 line=9 text="wall:servo: only an open cylinder has a radius that can be driven"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
local wall = sim:box { lo = { 0.01, 0.01, 0.01 }, hi = { 0.09, 0.09, 0.09 }, material = glass, side = "inside" }
wall:servo { radial = true, pressure = 1e3 }
