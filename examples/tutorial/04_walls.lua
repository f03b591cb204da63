-- 04_walls.lua -- step 4: walls of several kinds, what they carry, and a gate that opens. A silo: its floor carries less than the grains
-- weigh, the rest hangs on the side by friction (Janssen 1895).
local barchan = require "barchan"
local mm = barchan.units.mm

local R, height = 10*mm, 160*mm
local sim = barchan.simulation {
  domain  = { lo = {-15*mm, -15*mm, -60*mm}, hi = {15*mm, 15*mm, 170*mm} },
  gravity = {0, 0, -9.81},
  on_exit = "remove", -- what falls out of the domain is taken away and counted; the default is that it stops the run
}
local glass = sim:material { name = "glass", young = 5e6, poisson = 0.25, density = 2500 }
local steel = sim:material { name = "steel", young = 5e7, poisson = 0.30, density = 7800 }
sim:law("hertz_mindlin", { rolling = "epsd" })
sim:pair(glass, glass, { restitution = 0.3, friction = 0.5, rolling_friction = 0.05 })
sim:pair(glass, steel, { restitution = 0.3, friction = 0.5, rolling_friction = 0.05 }) -- steel never meets steel: no pair for it

local side = sim:cylinder { from = {0, 0, 0}, to = {0, 0, height}, radius = R, open = true, side = "inside", material = steel }
local floor = sim:disc { center = {0, 0, 0}, normal = {0, 0, 1}, radius = R + 2*mm, material = steel }
-- A part from CAD would be: sim:mesh { file = "part.stl", scale = mm, material = steel }
sim:insert { region = sim.cylinder { from = {0, 0, 0}, to = {0, 0, height}, radius = R }, material = glass,
  radius = {1.3*mm, 1.7*mm}, count = 900 }

sim:run { time = 0.8, every = 0.02, until_ = function(s) return s.time > 0.2 and s.kinetic_energy < 1e-6 end }
local weight = sim.total_mass*9.81
print(("grains %.3f N = floor %.3f N + side %.3f N"):format(weight, -floor.force.z, -side.force.z))
assert(math.abs(floor.force.z + side.force.z + weight) < 0.03*weight) -- nothing is lost
assert(-floor.force.z < 0.9*weight)                                   -- Janssen

floor:remove() -- the gate opens
sim:run { time = 0.1 }
local z = sim.x.z -- the heights of all grains, the engine's own array: z[i]
local below = sim:sum(function(i) return z[i] < 0 and 1 or 0 end)
print(("0.1 s after the gate has opened %d of %d grains are below it"):format(below + sim.removed, sim.inserted))
assert(below > 50)
