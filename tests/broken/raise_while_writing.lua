-- raise_while_writing.lua -- A callback fails in the course of a trajectory: what was written before stays.
-- expect: exit=1 line=13 text="the grains are too slow"
-- leaves: settle.vtkhdf
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
sim:insert { region = sim.box { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } }, radius = 2e-3, count = 100, material = glass }
sim:output { file = "settle.vtkhdf", every = 1e-3 }
sim:run { time = 0.05, every = 5e-3, call = function(s)
  assert(s.time < 0.02, "the grains are too slow")
end }
