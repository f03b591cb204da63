-- mesh_missing_on_one.lua -- rank 1 is in a folder without the mesh.
-- expect: exit=4 line=8 text="floor.stl" text="(on rank 1); ranks 0, 2 are at" text="sim:mesh{file = 'floor.stl'"
-- prepare: printf 'solid\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\nendloop\nendfacet\nendsolid\n' >floor.stl
local barchan, scene = require "barchan", require "scene"
local ffi = require "ffi"
ffi.cdef "int chdir(const char* path);"
if barchan.rank == 1 then ffi.C.chdir "/" end
scene.sim:mesh { file = "floor.stl", scale = 0.05, material = scene.glass }
