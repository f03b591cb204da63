-- The contacts of a moment are read after the simulation has moved on.
-- expect: exit=1 line=12 text="the contacts are those of step 0 and the simulation has moved on" text="call sim:contact_network() again"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 1, 1, 1 } } }
local glass = sim:material { name = "glass", young = 5e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:insert { material = glass, x = { { 0.5, 0.5, 0.5 }, { 0.5199, 0.5, 0.5 } }, radius = 0.01 }
local network = sim:contact_network()
print(network.normal_force[1])
sim:run { steps = 1 }
print(network.normal_force[1])
