-- law_as_table.lua -- The law's name in braces, as LIGGGHTS users may guess.
-- expect: exit=1 line=5 text="sim:law: the name comes before the table: sim:law(\"hertz_mindlin\", { rolling = \"epsd\" })"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
sim:law { model = "hertz", tangential = "history" }
