-- 06_flow.lua -- step 6: grains that come and go: a stream, an outlet, a mass flow. Nothing disappears: inserted = present + removed + lost.
local barchan = require "barchan"
local mm = barchan.units.mm
local rate = 0.05 -- [kg/s], 50 g a second

local sim = barchan.simulation { domain = { lo = {-40*mm, -40*mm, -30*mm}, hi = {40*mm, 40*mm, 90*mm} }, gravity = {0, 0, -9.81} }
local glass = sim:material { name = "glass", young = 5e6, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.4, friction = 0.4 })
sim:cone { from = {0, 0, 0}, to = {0, 0, 60*mm}, radius_from = 9*mm, radius_to = 35*mm, open = true, side = "inside", material = glass }
local stream = sim:insert { region = sim.cylinder { from = {0, 0, 65*mm}, to = {0, 0, 85*mm}, radius = 20*mm }, material = glass,
  radius = {1.4*mm, 1.6*mm}, mass_rate = rate, velocity = {0, 0, -1} }
local outlet = sim:outlet { plane = { point = {0, 0, -15*mm}, normal = {0, 0, 1} } } -- takes what falls through

sim:run { time = 0.4 }
local time, mass = sim.time, outlet.mass
sim:run { time = 0.4 }
local flow = (outlet.mass - mass)/(sim.time - time)
print(("in %.1f g/s, out %.1f g/s; %d inserted = %d present + %d removed + %d lost"):format(rate*1e3, flow*1e3, sim.inserted, sim.count,
  sim.removed, sim.lost))
assert(sim.inserted == sim.count + sim.removed + sim.lost and sim.lost == 0)
assert(math.abs(stream.mass - rate*sim.time) < 1e-3)
assert(math.abs(flow - rate) < 0.2*rate, "not steady: less goes out than comes in")
