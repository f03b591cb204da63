-- free_open_mesh.lua -- A body without a volume.
-- expect: exit=1 line=9 text="Only a closed mesh has a volume (a wall without a volume needs mass, center and inertia)"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
local sheet = sim:mesh { vertices = { { 0, 0, 0 }, { 0.1, 0, 0 }, { 0, 0.1, 0 } }, triangles = { { 1, 2, 3 } }, material = glass }
sheet:free {}
