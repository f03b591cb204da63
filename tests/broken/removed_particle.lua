-- removed_particle.lua -- A handle to a particle that has been removed.
-- expect: exit=1 line=11 text="particle.x: the particle with id 1 is not in the simulation any more"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
local grain = sim:insert { x = { 0.05, 0.05, 0.05 }, radius = 1e-3, material = glass }:particle(1)
sim:remove(grain.id)
print(grain.x)
