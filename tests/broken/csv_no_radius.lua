-- csv_no_radius.lua -- A CSV file without a column of radii.
-- expect: exit=4 line=15 text="'grains.csv' line 1: no column for radius; the columns are 'x,y,z'"
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
write("grains.csv", "x,y,z\n0.01,0.01,0.01\n")
sim:insert { file = "grains.csv", material = glass }
