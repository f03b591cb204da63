-- shear_cell.lua -- grains in a cell without walls: squeezed to a pressure, then sheared at that pressure, faster and faster.
--
-- What to look at: the stress across the shear keeps to what was asked for while the cell dilates (the solid fraction falls), and
-- the friction of the flow, shear stress / pressure, rises with the inertial number I = rate d sqrt(density / pressure). For
-- grains of friction 0.5 others find 0.382 + 0.37 / ((0.32 / I)^1.5 + 1) (Chialvo, Sun and Sundaresan 2012). In ParaView the mean
-- velocities of shear_cell.vtkhdf lie on a straight line from bottom to top.
local barchan = require "barchan"
local mm = barchan.units.mm

local count = tonumber(barchan.set.count or 1000)
local strain = tonumber(barchan.set.strain or 4) -- at each rate
local d, density, pressure = 2*mm, 2500, 1000
local L = 1.2*d*count^(1/3)
local sim = barchan.simulation {
  domain  = { lo = {0, 0, 0}, hi = {L, L, L}, periodic = "xyz" },
  gravity = {0, 0, 0},
}
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = density }
sim:law("hertz_mindlin")
sim:pair(glass, glass, { restitution = 0.5, friction = 0.5 })
sim:insert { region = sim.box { lo = {0, 0, 0}, hi = {L, L, L} }, material = glass, radius = {0.9*d/2, 1.1*d/2}, count = count }

sim:deform { pressure = pressure, max_rate = 5 }
sim:run { time = 0.2 }
local squeezed = sim:stress {}.pressure
print(("squeezed to %.1f Pa: solid fraction %.3f, coordination %.2f"):format(squeezed, sim:packing {}.fraction, sim.coordination))
assert(math.abs(squeezed - pressure) < 0.05*pressure, "the servo has not reached its pressure")

sim:output { file = "shear_cell.vtkhdf", every = 0.02 }
local friction, fraction = {}, {}
for i, rate in ipairs { 10, 30, 80 } do
  sim:deform { rate = { exy = rate }, stress = { syy = pressure }, max_rate = 0.2*rate }
  sim:run { time = 0.5*strain/rate } -- until it flows steadily
  local looks, shear, across, p, solid = 0, 0, 0, 0, 0
  sim:run { time = 0.5*strain/rate, every = 0.01/rate, call = function(s)
    local stress = s.cell.stress
    looks, shear, across = looks + 1, shear - stress.sxy, across + stress.syy
    p, solid = p + (stress.sxx + stress.syy + stress.szz)/3, solid + s.total_mass/density/s.cell.volume
  end }
  local I = rate*d*math.sqrt(density*looks/p)
  friction[i], fraction[i] = shear/p, solid/looks
  print(("rate %3d / s, I = %.3f: across %.1f Pa, solid fraction %.3f, friction %.3f (others: %.3f)"):format(rate, I, across/looks,
    fraction[i], friction[i], 0.382 + 0.37/((0.32/I)^1.5 + 1)))
  assert(math.abs(across/looks - pressure) < 0.1*pressure, "the servo does not hold the stress across the shear")
end
assert(friction[3] > friction[1] and fraction[3] < fraction[1], "faster shear must meet more friction and dilate")
