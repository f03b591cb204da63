-- unknown_key.lua -- A misspelt key of an option table.
-- expect: exit=1 line=6 text="sim:plane: unknown key 'pont'; did you mean 'point'?" text="there are: point, normal, material"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:plane { pont = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
