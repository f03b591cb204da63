-- material_in_each_step.lua -- A material made in the middle of a step.
-- expect: exit=1 line=11 text="sim:material: not in the middle of a step (each_step); use call"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
sim:insert { x = { 0.05, 0.05, 0.05 }, radius = 1e-3, material = glass }
sim:run { steps = 10, each_step = function(s)
  s:material { name = "steel", young = 2e8, poisson = 0.3, density = 7800 }
end }
