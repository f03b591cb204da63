-- material_in_motion.lua -- A material made by the function that moves a wall.
-- expect: exit=1 line=15 text="there are 2 materials, but there were 1 when the values between materials were set"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
sim:insert { x = { 0.05, 0.05, 0.05 }, radius = 1e-3, material = glass }
local lid = sim:plane { point = { 0, 0, 0.1 }, normal = { 0, 0, -1 }, material = glass }
local made
lid:follow { call = function()
  made = made or sim:material { name = "steel", young = 2e8, poisson = 0.3, density = 7800 }
end }
sim:run { steps = 10 }
