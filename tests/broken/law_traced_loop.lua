-- law_traced_loop.lua -- A law of the script with a loop that goes by the overlap.
-- expect: exit=1 line=9 text="law: more than 64 comparisons in one run: a loop must not depend on traced values"
local barchan = require "barchan"
local law = barchan.contact_law {
  name = "mine", pair = { stiffness = { "N/m", 0 }, loss = { "N s/m", 0 } }, coefficients = { kn = "N/m", c = "N s/m" },
  derive = function(_, _, pair) return { kn = pair.stiffness, c = pair.loss } end,
  force = function(c, k)
    local x = c.overlap
    while x > 0 do x = x - 1e-3 * c.R end
    return k.kn * x * c.n
  end,
}
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", density = 2500 }
sim:law(law)
sim:pair(glass, glass, { stiffness = 1000, loss = 0.001 })
sim:insert { x = { { 0.05, 0.05, 0.05 } }, radius = 0.001, material = glass }
sim:run { steps = 1 }
