-- domain_too_wide.lua -- Grains of a micrometre in a domain of a thousand kilometres: finer than doubles resolve.
-- expect: exit=1 line=6 text="radius[1] = 1e-06 m is too small for this domain" text="make the domain smaller, or the radius > 0.000976562 m"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 1e6, 1e6, 1e6 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:insert { x = { 1, 1, 1 }, radius = 1e-6, material = glass }
