-- disk_full_csv_export.lua -- The disk is full when a state is exported as a table.
-- expect: exit=4 line=12 text="sim:export: cannot write 'state.csv'"
-- room: 65536
-- absent: state.csv
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
sim:insert { region = sim.box { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } }, radius = 1e-3, count = 5000, material = glass }
sim:export "state.csv"
