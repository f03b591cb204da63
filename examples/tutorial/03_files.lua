-- 03_files.lua -- step 3: what a run leaves: a trajectory for ParaView and Python, a table over time, the state at the end.
local barchan = require "barchan"
local mm = barchan.units.mm

local sim = barchan.simulation { domain = { lo = {0, 0, -1*mm}, hi = {20*mm, 20*mm, 80*mm}, periodic = "xy" }, gravity = {0, 0, -9.81} }
local glass = sim:material { name = "glass", young = 5e6, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.5, friction = 0.5 })
sim:plane { point = {0, 0, 0}, normal = {0, 0, 1}, material = glass }
sim:insert { region = sim.box { lo = {0, 0, 0}, hi = {20*mm, 20*mm, 60*mm} }, material = glass, radius = {1*mm, 1.5*mm}, count = 300 }

sim:output { file = "rain.vtkhdf", every = 0.01 } -- opens in ParaView; barchan info rain.vtkhdf says what is in it
sim:log { file = "rain.csv", every = 0.002, columns = {
  "time", "kinetic_energy", "contacts",                       -- properties of the simulation: barchan describe properties
  { "height", function(s) return (s:max(s.x.z)) end },        -- or anything else; s.x.z: an array of the engine, barchan describe fields
} }
sim:run { time = 0.15 }
sim:export "end.csv" -- also .vtk, .vtp, .dump
print(("%d steps of %.3g s: rain.vtkhdf, rain.csv, end.csv"):format(sim.step, sim.dt))

local rows = -1 -- the header is no row
for _ in io.lines "end.csv" do rows = rows + 1 end
assert(rows == sim.count)
