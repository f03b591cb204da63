-- law_nan_at_touch.lua -- A law of the script that divides by a velocity, which is zero at rest.
-- expect: exit=1 line=7 text="the force.x is NaN at overlap = 1e-15 m, v = (0, 0, 0)" text="no history, a partner of the same size"
local barchan = require "barchan"
local law = barchan.contact_law {
  name = "mine", pair = { stiffness = { "N/m", 0 }, loss = { "N s/m", 0 } }, coefficients = { kn = "N/m", c = "N s/m" },
  derive = function(_, _, pair) return { kn = pair.stiffness, c = pair.loss } end,
  force = function(c, k)
    local f = k.kn * c.overlap * (c.v / norm(c.v))
    return f
  end,
}
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", density = 2500 }
sim:law(law)
sim:pair(glass, glass, { stiffness = 1000, loss = 0.001 })
sim:insert { x = { { 0.05, 0.05, 0.05 } }, radius = 0.001, material = glass }
sim:run { steps = 1 }
