-- law_changed_in_callback.lua -- Another law in the course of a run, whose values nobody has given: told at the pair's line.
-- expect: exit=1 line=7 text="sim:pair(glass, glass) with the law linear: stiffness is missing: normal stiffness k_n [N/m]"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:insert { x = { 0.05, 0.05, 0.05 }, radius = 1e-3, material = glass }
sim:run { time = 0.01, every = 1e-3, call = function(s)
  s:law "linear"
end }
