-- law_friction_drives.lua -- A law of the script whose friction acts with the motion.
-- expect: exit=1 line=7 text="law 'mine' between glass and glass: it drives"
local barchan = require "barchan"
local law = barchan.contact_law {
  name = "mine", pair = { stiffness = { "N/m", 0 }, loss = { "N s/m", 0 } }, coefficients = { kn = "N/m", c = "N s/m" },
  derive = function(_, _, pair) return { kn = pair.stiffness, c = pair.loss } end,
  force = function(c, k)
    local vt = c.v - dot(c.v, c.n) * c.n
    return k.kn * c.overlap * c.n + k.c * vt
  end,
}
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", density = 2500 }
sim:law(law)
sim:pair(glass, glass, { stiffness = 1000, loss = 0.03 })
sim:insert { x = { { 0.05, 0.05, 0.05 } }, radius = 0.001, material = glass }
sim:run { steps = 1 }
