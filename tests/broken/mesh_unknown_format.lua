-- mesh_unknown_format.lua -- A drawing of a CAD program.
-- expect: exit=4 line=15 text="'hopper.step': the name must end in .stl, .obj, .ply, .gltf or .glb"
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
write("hopper.step", "ISO-10303-21;\nHEADER;\nENDSEC;\nEND-ISO-10303-21;\n")
sim:mesh { file = "hopper.step", material = glass }
