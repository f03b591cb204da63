-- run_of_nothing.lua -- A run with nothing in it.
-- expect: exit=1 line=6 text="there are no particles, and no inserter, to choose a time step for" text="give dt"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
sim:law "hertz_mindlin"
sim:run { time = 1 }
