-- collapse.lua -- a column of grains stands in a tube; the tube is gone at once, and the column flows out into a round heap.
--
-- What to look at: the upper part falls freely, the outer part flows, and an inner cone never moves (colour by velocity, cut y<0). How far the
-- heap comes depends on the shape of the column only: (r - r0) / r0 = 1.24 a for a = h0 / r0 < 1.7, and 1.6 sqrt(a) above, for sand,
-- rice and sugar alike (Lube, Huppert, Sparks and Hallworth, J. Fluid Mech. 508 (2004) 175).
local barchan = require "barchan"
local mm = barchan.units.mm

local short = barchan.set.short
local d, aspect = 3*mm, barchan.set.aspect or 2
local r0 = (short and 6 or 10)*d
local sim = barchan.simulation {
  domain  = { lo = {-6*r0, -6*r0, -d}, hi = {6*r0, 6*r0, 4*aspect*r0} }, on_exit = "remove",
  gravity = {0, 0, -9.81},
  seed    = 4,
}
local sand = sim:material { name = "sand", young = 1e6, poisson = 0.3, density = 2600 }
sim:law("hertz_mindlin", { rolling = "epsd" })
sim:pair(sand, sand, { restitution = 0.4, friction = 0.6, rolling_friction = 0.02 })
local plate = sim:material { name = "plate", young = 1e6, poisson = 0.3, density = 2600 }
sim:pair(sand, plate, { restitution = 0.4, friction = 0.6, rolling_friction = 0.1 }) -- rough, so that nothing rolls far
sim:plane { point = {0, 0, 0}, normal = {0, 0, 1}, material = plate }
local tube = sim:cylinder { from = {0, 0, -d}, to = {0, 0, 4*aspect*r0}, radius = r0, open = true, side = "inside", material = sand }
sim:insert { region = sim.cylinder { from = {0, 0, 0}, to = {0, 0, 1.7*aspect*r0}, radius = r0 }, material = sand,
  radius = {0.45*d, 0.55*d}, count = math.floor(0.58*math.pi*aspect*r0^3/(math.pi/6*d^3)) }
sim:run { time = 3, every = 0.01, until_ = function(s) return s.time > 0.1 and s.kinetic_energy < 5e-5*s.total_mass end }

-- Height [m] of the column if it were as dense all the way up as in its lower half.
local z, mass = sim.x.z, sim.mass
local top = sim:max(z)
local below = sim:sum(function(i) if z[i] < 0.5*top then return mass[i] end end)
local h0 = 0.5*top*sim.total_mass/below
print(("%d grains stand %.1f mm high in a tube of radius %.0f mm: a = %.2f"):format(sim.count, h0/mm, r0/mm, h0/r0))

tube:remove()
local start = sim.time
sim:output { file = "collapse.vtkhdf", every = 0.02 }
sim:run { time = 2, every = 0.02, until_ = function(s) return s.time > start + 0.3 and s.kinetic_energy < 5e-5*s.total_mass end }

-- The edge: where less than half of the floor is covered. The few grains that roll on by themselves are no heap.
local x, y, radius = sim.x.x, sim.x.y, sim.radius
local covered = sim:sum(function(i) return math.pi*radius[i]^2 end, function(i) return math.floor(math.sqrt(x[i]^2 + y[i]^2)/d) end) -- by rings
local edge = 0
while (covered[edge] or 0) > 0.5*math.pi*(2*edge + 1)*d^2 do edge = edge + 1 end
local height = sim:max(function(i) return z[i] + radius[i] end)
local a = h0/r0
local run, law = edge*d/r0 - 1, a < 1.7 and 1.24*a or 1.6*math.sqrt(a)
print(("at rest after %.2f s: radius %.0f mm, height %.0f mm; (r - r0) / r0 = %.2f, Lube et al. find %.2f"):format(sim.time - start, edge*d/mm,
  height/mm, run, law))
-- Six grains from the axis to the tube are not many: the thin rim of the heap is less than a grain high.
assert(math.abs(run/law - 1) < (short and 0.5 or 0.15), "the heap does not come as far as those of experiments")
