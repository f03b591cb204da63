-- periodic_too_small.lua -- A periodic box that a particle would meet itself in.
-- expect: exit=1 line=8 text="radius[1] = 0.001 m is too large for the periodic y axis of 0.002 m: it must be below a quarter of it"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 2e-3, 0.1 }, periodic = "xy" } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:insert { x = { 0.05, 1e-3, 0.05 }, radius = 1e-3, material = glass }
