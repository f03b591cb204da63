-- wet_bed.lua -- a bed gets water on a third of its grains, is kneaded until all have some, and is torn apart: how strong are its bridges?
--
-- What to look at: the water (colour by liquid) spreads because each bridge that breaks gives half of itself to either grain; none is lost.
-- Dry grains cannot be torn, wet ones resist: the tension rises, then the bed opens. wet_bed.csv has the spread and the tension. Rumpf's
-- strength (1970) is tension = fraction * z * F / (pi d^2), z bridges on a grain, each of which pulls with F = 2 pi R gamma cos(theta): an
-- upper bound, as if all pulled their best at one time. The less even the water, the sooner the small bridges are gone.
local barchan = require "barchan"
local mm = barchan.units.mm

local short = barchan.set.short
local count, d, pressure, water = short and 250 or 1500, 1*mm, 200, 2e-6 -- [m^3/kg] on average
local kneading, stretch = short and 1 or 5, short and 0.06 or 0.15 -- strains
local gamma, angle = 0.073, 0.2
local L = d*(count*math.pi/6/0.3)^(1/3)
local sim = barchan.simulation { domain = { lo = {0, 0, 0}, hi = {L, L, L}, periodic = "xyz" }, gravity = {0, 0, 0}, seed = 2 }
local glass = sim:material { name = "glass", young = 2e6, poisson = 0.25, density = 2500, capacity = { liquid = 1 } }
sim:field { name = "liquid", unit = "m^3/kg", default = 0, flux_scale = 1e-3 }
sim:law("hertz_mindlin", { cohesion = "liquid_bridge" })
sim:pair(glass, glass, { restitution = 0.4, friction = 0.4, surface_tension = gamma, contact_angle = angle, bridge_limit = 2e-12 })
sim:insert { region = sim.box { lo = {0, 0, 0}, hi = {L, L, L} }, material = glass, radius = d/2, count = count }
sim:deform { pressure = pressure, max_rate = 5 }
sim:run { time = 0.3, every = 0.01, until_ = function(s) return math.abs(s:stress {}.pressure/pressure - 1) < 0.05 and s.time > 0.05 end }

local function amount() -- of water [m^3/kg]: mean over the grains, standard deviation
  local liquid = sim.liquid
  local sum, square = sim:sum(function(i) return liquid[i], liquid[i]^2 end)
  local mean = sum/sim.count
  return mean, math.sqrt(math.max(square/sim.count - mean^2, 0))
end
for i = 1, #sim.liquid do sim.liquid[i] = sim.id[i] % 3 == 0 and 3*water or 0 end -- by id: an index says nothing, and is another on other ranks
local given, spread = amount()
print(("pressed: solid fraction %.3f; water %.2e m^3/kg, its spread over the grains %.2f of that"):format(sim:packing {}.fraction, given,
  spread/given))

sim:output { file = "wet_bed.vtkhdf", every = short and 0.02 or 0.01 }
local log = barchan.csv("wet_bed.csv", { "time", "spread", "tension" })
local rate, speed = short and 40 or 20, short and 2 or 1 -- [1/s] of kneading and of stretching
sim:deform { rate = { exy = rate }, stress = { syy = pressure }, max_rate = 0.2*rate }
sim:run { time = kneading/rate, every = 0.01, call = function(s)
  local mean, now = amount()
  log:row(s.time, now/mean, 0)
end }
local mean, mixed = amount()
print(("kneaded: spread %.2f, water lost %.1e of it"):format(mixed/mean, math.abs(mean/given - 1)))

-- Let go, then stretched on all sides.
sim:deform { stress = { sxx = 0, syy = 0, szz = 0 }, band = pressure, max_rate = 5 }
sim:run { time = 0.02 }
sim:deform { rate = { exx = speed, eyy = speed, ezz = speed } }
local tension, bridges, fraction = 0, nil, nil
sim:run { time = stretch/speed, every = 0.001, call = function(s)
  local now = s.cell.stress
  now = -(now.sxx + now.syy + now.szz)/3
  log:row(s.time, mixed/mean, now)
  if now <= tension then return end
  local network = s:contact_network()
  local bridge = network.bridge
  local wet = network:sum(function(i) return bridge[i] > 0 and 1 or 0 end)
  tension, bridges, fraction = now, 2*wet/s.count, s:packing {}.fraction
end }
log:close()
local pull = 2*math.pi*d/2*gamma*math.cos(angle)
local rumpf = fraction*bridges*pull/(math.pi*d^2)
print(("%.2f bridges on a grain, solid fraction %.3f: torn at %.1f Pa, %.2f of Rumpf's %.1f Pa"):format(bridges, fraction, tension,
  tension/rumpf, rumpf))
assert(math.abs(mean/given - 1) < 1e-9, "water was lost")
assert(mixed/mean < spread/given - 0.1, "kneading must spread the water")
assert(tension > 0.2*rumpf and tension < rumpf, "bridges are not that strong: they do not all pull at their best at one time")
