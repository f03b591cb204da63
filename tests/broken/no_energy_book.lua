-- A column that only the energy book knows, without the book.
-- expect: exit=1 line=10 text="sim.dissipated_energy is known where the book is kept: barchan.simulation { energy_book = true }"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 1, 1, 1 } } }
local glass = sim:material { name = "glass", young = 5e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:insert { material = glass, x = { { 0.5, 0.5, 0.5 } }, radius = 0.01 }
sim:log { file = "a.csv", every = 1e-3, columns = { "time", "dissipated_energy" } }
sim:run { steps = 1 }
