-- A reach that is no number.
-- expect: exit=1 line=7 text="reach must answer the largest gap [m] at which the law acts, a number >= 0, got 2 mm"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = {0, 0, 0}, hi = {0.02, 0.02, 0.02} } }
local glass = sim:material { name = "glass", density = 2500 }
sim:law(barchan.contact_law { name = "magnet", pair = { k = "N/m" }, birth = "reach",
  reach = function() return "2 mm" end,
  force = function(c, k) return k.k * c.overlap * c.n end })
sim:pair(glass, glass, { k = 1000 })
sim:insert { x = {0.01, 0.01, 0.01}, radius = 1e-3, material = glass }
sim:run { steps = 1 }
