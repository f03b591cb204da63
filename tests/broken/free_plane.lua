-- free_plane.lua -- An endless body.
-- expect: exit=1 line=9 text="wall:free: a plane is endless: it cannot be a body"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
local floor = sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
floor:free { mass = 1 }
