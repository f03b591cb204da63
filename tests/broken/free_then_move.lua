-- free_then_move.lua -- A free body that is to follow a motion.
-- expect: exit=1 line=10 text="wall:move: this wall is a free body; halt() it before it is given a motion"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
local ball = sim:sphere { center = { 0.05, 0.05, 0.05 }, radius = 0.02, material = glass }
ball:free {}
ball:move { velocity = { 0, 0, 1 } }
