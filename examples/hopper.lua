-- hopper.lua -- fill a conical hopper, open the gate, weigh what flows out, and compare with Beverloo's law.
--
-- What to look at: the bed settles in 0.35 s (kinetic energy falls); after the gate opens the flow reaches a steady value that
-- hardly depends on how full the bin is. hopper.vtkhdf opens in ParaView: colour the grains by velocity to see the funnel.
-- Beverloo et al., Chem. Eng. Sci. 15 (1961) 260: W = C rho_b sqrt(g) (D - k d)^(5/2), here with C = 0.58 and k = 1.4;
-- rho_b is the bulk density measured in the bin before the gate opens. `mpirun -n 2 barchan run hopper.lua` gives the same numbers.
local barchan = require "barchan"
local mm = barchan.units.mm

local short = tonumber(barchan.set.short or 0) -- --set short=1: a few grains for a quick look
local grains_wanted = short > 0 and 1500 or 20000
local discharge = short > 0 and 0.1 or 1.0

local sim = barchan.simulation {
  domain  = { lo = {-75*mm, -75*mm, -60*mm}, hi = {75*mm, 75*mm, 265*mm} },
  gravity = {0, 0, -9.81},
  seed    = 42,
}
local glass = sim:material { name = "glass", young = 5e6, poisson = 0.25, density = 2500 }
local steel = sim:material { name = "steel", young = 5e7, poisson = 0.30, density = 7800 }
sim:law("hertz_mindlin", { rolling = "epsd" })
sim:pair(glass, glass, { restitution = 0.6, friction = 0.5, rolling_friction = 0.02 })
sim:pair(glass, steel, { restitution = 0.6, friction = 0.4, rolling_friction = 0.02 })

local here   = arg[0]:match("^(.*)/[^/]*$") or "."
local hopper = sim:mesh { file = here .. "/hopper.stl", scale = mm, material = steel }
local gate   = sim:disc { center = {0, 0, 0}, normal = {0, 0, 1}, radius = 22*mm, material = steel }
local outlet = sim:outlet { plane = { point = {0, 0, -30*mm}, normal = {0, 0, 1} } }
sim:insert {
  region = sim.cylinder { from = {0, 0, 50*mm}, to = {0, 0, 255*mm}, radius = 69*mm },
  material = glass, radius = {1.8*mm, 2.2*mm}, count = grains_wanted,
}
sim:output { file = "hopper.vtkhdf", every = 0.02 }

print(("filling: %d grains, %.3f kg"):format(sim.count, sim.total_mass))
sim:run { time = 0.35 }

-- bulk density in a slice of the bin
local low, high = (short > 0 and 20 or 55)*mm, (short > 0 and 30 or 80)*mm
local function bin_radius(h) return math.min(20*mm + h, 70*mm) end
local slice = sim:packing { region = sim.cone { from = {0, 0, low}, to = {0, 0, high}, radius_from = bin_radius(low),
  radius_to = bin_radius(high) } }
local bulk = 2500*slice.fraction
print(("settled: bulk density %.0f kg/m^3, kinetic energy %.2g J"):format(bulk, sim.kinetic_energy))

gate:remove()
local opened, start_time, start_mass = sim.time, nil, nil
sim:run { time = discharge, every = 0.1*discharge, call = function(s)
  if not start_time and s.time > opened + 0.3*discharge - s.dt then start_time, start_mass = s.time, outlet.mass end
end }
local flow = (outlet.mass - start_mass) / (sim.time - start_time)
local D, diameter = 40*mm, 4*mm -- of the opening and, on average, of the grains
local beverloo = 0.58*bulk*math.sqrt(9.81)*(D - 1.4*diameter)^2.5
print(("discharged %d grains, %.3f kg; force of the grains on the hopper %.2f N"):format(outlet.count, outlet.mass, hopper.force[3]))
print(("mass flow %.4f kg/s, Beverloo %.4f kg/s, ratio %.3f"):format(flow, beverloo, flow / beverloo))
assert(sim.inserted == sim.count + sim.removed + sim.lost, "a grain has disappeared")
if short == 0 then assert(math.abs(flow / beverloo - 1) < 0.1, "the flow is not that of Beverloo's law") end
