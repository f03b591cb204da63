-- capacity_of_unknown_field.lua -- A capacity for a field that nobody has declared.
-- expect: exit=1 line=10 text="sim:run: capacity of material 'glass': unknown field 'temprature'; did you mean 'temperature'?"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
sim:field { name = "temperature", unit = "K", default = 293 }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500, capacity = { temprature = 840 } }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:insert { x = { 0.05, 0.05, 0.05 }, radius = 1e-3, material = glass, temperature = 300 }
sim:run { time = 1e-3 }
