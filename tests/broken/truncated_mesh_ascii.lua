-- truncated_mesh_ascii.lua -- An ASCII STL that was cut in its second triangle.
-- expect: exit=4 line=27 text="mesh 'cut.stl' is truncated in facet 2"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
local function write(name, text)
  local file = assert(io.open(name, "wb"))
  file:write(text)
  file:close()
end
write("cut.stl", [[
solid ramp
  facet normal 0 0 1
    outer loop
      vertex 0 0 0
      vertex 0.1 0 0
      vertex 0 0.1 0
    endloop
  endfacet
  facet normal 0 0 1
    outer loop
      vertex 0.1 0 0
]])
sim:mesh { file = "cut.stl", material = glass }
