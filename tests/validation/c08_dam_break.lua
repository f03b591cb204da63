-- c08_dam_break.lua -- a gate is lifted and a reservoir of grains spreads: the profile that stays.
--
-- Case: C8, Lethe's granular dam break (Evangelista). d = 10 mm, 2560 kg/m^3, E = 1e6 Pa, Poisson 0.2, e = 0.9, friction 0.5, rolling
-- friction 0.3 as a constant torque; a channel of 2 m, reservoir of 0.6 m; the gate is lifted at 0.5 s with 1 m/s; profile at 2 s, dt =
-- 5e-5 s. Published: the surface lies at 0.2 m at x = 0.4 m and at 0.025 m at x = 0.8 m. The channel of 0.4 m with 60 000 grains is cut
-- to a periodic slice of 0.1 m with 15 000, which leaves the friction of its sides out.
local barchan = require "barchan"
local test = require "case" { id = "C8", title = "granular dam break", source = "[P] Lethe, Evangelista", long = "10 minutes",
  precision = "mixed" }
test:instead { asked = "60 000 grains in a channel of 0.4 m", tested = "15 000 in a periodic slice of 0.1 m",
  why = "minutes instead of half an hour; the friction of the channel's sides is left out" }

local R, wide, N, opening = 0.005, 0.1, 15000, 0.5
local sim = barchan.simulation { domain = { lo = { -0.05, 0, -0.05 }, hi = { 2.05, wide, 0.8 }, periodic = "y" }, dt = 5e-5, seed = 2,
  gravity = { 0, 0, -9.81 }, precision = test.precision, threads = test.threads }
local grain = sim:material { name = "grain", young = 1e6, poisson = 0.2, density = 2560 }
sim:law("hertz_mindlin", { rolling = "constant_torque" })
sim:pair(grain, grain, { restitution = 0.9, friction = 0.5, rolling_friction = 0.3 })
sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = grain }
sim:plane { point = { 0, 0, 0 }, normal = { 1, 0, 0 }, material = grain }
sim:plane { point = { 2, 0, 0 }, normal = { -1, 0, 0 }, material = grain }
local gate = sim:mesh { vertices = { { 0.6, -wide, 0 }, { 0.6, 2 * wide, 0 }, { 0.6, 2 * wide, 0.5 }, { 0.6, -wide, 0.5 } },
  triangles = { { 1, 2, 3 }, { 1, 3, 4 } }, material = grain }
gate:move { velocity = { 0, 0, 1 }, start = opening }
sim:insert { region = sim.box { lo = { 0, 0, 0 }, hi = { 0.6, wide, 0.4 } }, material = grain, radius = R, count = N }

-- Height of the surface around x: that below which all but half a layer of the grains of the slice lie.
local function surface(x)
  local z, half, px, pz = {}, 0.02, sim.x.x, sim.x.z
  for i = 1, sim.count do
    if math.abs(px[i] - x) < half then z[#z + 1] = pz[i] end
  end
  table.sort(z)
  if #z == 0 then return 0 end
  local layer = math.min(#z, math.floor(0.5 * 2 * half * wide / (4 * R * R) + 0.5))
  return z[#z - layer + 1] + R
end
sim:run { time = opening }
test:remark("settled: surface at %.3f m, kinetic energy %.2g J", surface(0.3), sim.kinetic_energy)
sim:run { time = 1.5 }
for x = 0.2, 1.2, 0.2 do test:remark("surface at x = %.1f m: %.3f m", x, surface(x)) end
test:absolute("height of the surface at x = 0.4 m", surface(0.4), 0.2, 0.02, "m")
test:absolute("height of the surface at x = 0.8 m", surface(0.8), 0.025, 0.02, "m")
test:between("kinetic energy at the end / m g R of all", sim.kinetic_energy / (sim.total_mass * 9.81 * R), 0, 0.05, nil, "it has stopped")
return test:done()
