-- motion_jumps.lua -- A traced motion that is not continuous.
-- expect: exit=1 line=13 text="sim:run: the motion of wall 1 (function at " text="jumps 0.05" text="by (0, 0, 0.01) m and (0, 0, 0) rad"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } }, dt = 1e-5 }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
local lid = sim:plane { point = { 0, 0, 0.05 }, normal = { 0, 0, -1 }, material = glass }
lid:follow { motion = function(t, k)
  if t > k.T then return vec3(0, 0, k.h) end
  return vec3(0, 0, 0)
end, params = { h = { 0.01, "m" }, T = { 0.05, "s" } } }
sim:run { time = 0.2 }
