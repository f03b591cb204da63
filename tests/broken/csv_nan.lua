-- csv_nan.lua -- A NaN in a CSV file.
-- expect: exit=4 line=15 text="'grains.csv' line 2, column 2 (y): 'nan' is not a number"
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
write("grains.csv", "x,y,z,radius\n0.01,nan,0.01,0.001\n")
sim:insert { file = "grains.csv", material = glass }
