-- truncated_mesh_binary.lua -- A binary STL that was cut: it ends within its 12 triangles.
-- expect: exit=4 line=15 text="mesh 'cut.stl' is truncated" text="12 triangles, which take 684 bytes, it has 454"
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
write("cut.stl", ("\0"):rep(80) .. "\12\0\0\0" .. ("\0"):rep(50 * 7 + 20))
sim:mesh { file = "cut.stl", material = glass }
