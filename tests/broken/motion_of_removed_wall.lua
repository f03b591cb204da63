-- motion_of_removed_wall.lua -- A wall that is gone and should move.
-- expect: exit=1 line=11 text="wall:move: this wall (wall 2, a plane of glass) has been removed"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
local gate = sim:plane { point = { 0, 0, 0.02 }, normal = { 0, 0, 1 }, material = glass }
gate:remove()
gate:move { velocity = { 0, 0, 0.1 } }
