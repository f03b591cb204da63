-- A law's table that did not go through barchan.contact_law.
-- expect: exit=1 line=7 text="a law of the script's own is made with barchan.contact_law { name = ..., force = ... }, got a plain table"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = {0, 0, 0}, hi = {0.02, 0.02, 0.02} } }
local glass = sim:material { name = "glass", density = 2500 }
local spring = { name = "spring", force = function(c) return c.overlap * c.n end }
sim:law(spring)
sim:insert { x = {0.01, 0.01, 0.01}, radius = 1e-3, material = glass }
