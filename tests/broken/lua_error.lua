-- lua_error.lua -- An error of plain Lua.
-- expect: exit=1 line=6 text="attempt to index field 'hopper' (a nil value)"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local settings = {}
print(sim.time, settings.hopper.angle)
