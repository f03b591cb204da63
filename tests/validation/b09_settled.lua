-- b09_settled.lua -- grains poured under gravity pack the looser the rougher they are.
--
-- Case: B9. 1600 grains (d = 1 +- 5 %, m = 1, g = 1, linear springs of 1e5, e = 0.5) fall as a loose filling onto a floor of 10 x 10,
-- periodic, and come to rest; the packing fraction in the middle is 0.64 without friction, 0.60 at 0.3, 0.58 at 0.5, 0.55 to 0.56 at
-- endless friction when they come slowly. Contacts of a grain: 6 without friction, towards 4 with. --set grains=0.3 for a look.
local barchan = require "barchan"
local test = require "case" { id = "B9", title = "packing under gravity", source = "[R] Silbert 2010", long = "5 minutes",
  precision = "mixed" }

local N, wide, stiffness = math.floor(1600 * tonumber(barchan.set.grains or 1)), 10, 1e5
for _, c in ipairs { { mu = 0, phi = 0.64 }, { mu = 0.3, phi = 0.60 }, { mu = 0.5, phi = 0.58 }, { mu = 10, phi = 0.555 } } do
  local tall = N * math.pi / 6 / (0.3 * wide ^ 2)
  local sim = barchan.simulation { domain = { lo = { 0, 0, -2 }, hi = { wide, wide, tall + 2 }, periodic = "xy" }, seed = 6,
    gravity = { 0, 0, -1 }, precision = test.precision, threads = test.threads,
    dt = 0.05 * math.pi * math.sqrt(0.5 * 0.9 ^ 3 / stiffness) }
  local grain = sim:material { name = "grain", density = 6 / math.pi }
  sim:law "linear"
  sim:pair(grain, grain, { stiffness = stiffness, restitution = 0.5, friction = c.mu })
  sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = grain }
  sim:insert { region = sim.box { lo = { 0, 0, 0 }, hi = { wide, wide, tall } }, material = grain, count = N, radius = { 0.475, 0.525 } }
  sim:run { time = 80, every = 0.5, until_ = function(s) return s.time > 3 and s.kinetic_energy < 1e-8 * N end }
  local top = 0
  for i = 1, sim.count do top = math.max(top, sim.x.z[i]) end
  local middle = sim:packing { region = sim.box { lo = { 0, 0, 0.25 * top }, hi = { wide, wide, 0.75 * top } }, least = c.mu == 0 and 4 or 2 }
  local label = ("friction %g: "):format(c.mu)
  test:absolute(label .. "packing fraction", middle.fraction, c.phi, 0.01)
  if c.mu == 0 then
    -- a pressure of 1e-4 of the stiffness adds some 0.15 to the isostatic number
    test:absolute(label .. "contacts of a grain, without rattlers", middle.backbone_coordination, 6, 0.2, nil, "[F] isostatic")
  else test:between(label .. "contacts of a grain, without rattlers", middle.backbone_coordination, 4, 6, nil, "[F] above isostatic") end
  test:remark("friction %g: settled in %.0f, %.2f contacts, %d rattlers of %d", c.mu, sim.time, middle.coordination, middle.rattlers,
    middle.particles)
  sim:close()
end
return test:done()
