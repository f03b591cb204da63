-- csv_outside.lua -- A CSV file in millimetres, read as metres.
-- expect: exit=1 line=15 text="'grains.csv': particle 1 is outside the domain: x = 10 m, allowed is 0 to 0.1 m"
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
write("grains.csv", "x,y,z,radius\n10,10,10,1\n")
sim:insert { file = "grains.csv", material = glass }
