-- dump_cut.lua -- A dump of LAMMPS whose end is missing.
-- expect: exit=4 line=16 text="'grains.dump' ends after line 10, in the middle of its atoms: there are 1 of 2"
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
write("grains.dump", "ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n2\nITEM: BOX BOUNDS ff ff ff\n0 1\n0 1\n0 1\n"
  .. "ITEM: ATOMS x y z radius\n.05 .05 .05 .001\n")
sim:insert { file = "grains.dump", material = glass }
