-- law_as_table.lua -- A law in braces with a key that is no slot, as LIGGGHTS users may guess.
-- expect: exit=1 line=5 text="sim:law: composition: unknown slot 'model'; there are: normal, damping, cohesion"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
sim:law { model = "hertz", tangential = "mindlin" }
