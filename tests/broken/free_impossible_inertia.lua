-- free_impossible_inertia.lua -- Moments of inertia that no body has.
-- expect: exit=1 line=9 text="wall:free: inertia: no body has the principal moments 1, 1 and 3 kg m^2"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
local ball = sim:sphere { center = { 0.05, 0.05, 0.05 }, radius = 0.02, material = glass }
ball:free { mass = 1, inertia = { 1, 1, 3 } }
