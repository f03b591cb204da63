-- motion_wrong_unit.lua -- A traced motion that gives a velocity for a displacement.
-- expect: exit=1 line=9 text="law: result 'd_z' must be m but is m/s"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
local lid = sim:plane { point = { 0, 0, 0.05 }, normal = { 0, 0, -1 }, material = glass }
lid:follow { motion = function(t, k) return vec3(0, 0, k.A * k.w * sin(k.w * t)) end, params = { A = { 0.01, "m" }, w = { 10, "1/s" } } }
