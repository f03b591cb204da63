-- motion_not_finite.lua -- A traced motion that is the root of a negative number in the course of the run.
-- expect: exit=1 line=11 text="the motion of wall 2" text="is not finite, or beyond 1e9, 0.1 s after its start" text="velocity (0, 0, -inf) m/s"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } }, dt = 1e-5 }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
local lid = sim:plane { point = { 0, 0, 0.1 }, normal = { 0, 0, -1 }, material = glass }
lid:follow { motion = function(t, k) return vec3(0, 0, k.h * sqrt(1 - t / k.T)) end, params = { h = { 0.01, "m" }, T = { 0.1, "s" } } }
sim:run { time = 0.2 }
