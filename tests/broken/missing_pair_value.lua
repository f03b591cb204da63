-- missing_pair_value.lua -- A pair that lacks what the rolling model asks for.
-- expect: exit=1 line=7 text="sim:pair(glass, glass): rolling_friction is missing: rolling friction coefficient"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law("hertz_mindlin", { rolling = "epsd" })
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
