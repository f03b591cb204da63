-- law_without_contact_radius.lua -- Mindlin's tangential spring on a normal spring that has no contact radius.
-- expect: exit=1 line=5 text="sim:law: tangential = \"mindlin\" needs contact_radius, which normal = \"linear\" does not offer"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
sim:law { normal = "linear", tangential = "mindlin" }
