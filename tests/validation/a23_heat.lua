-- a23_heat.lua -- heat flows through contacts: two spheres come to one temperature, a row of spheres takes a straight profile.
--
-- Case: A23. q = H dT with H = 4 k1 k2 / (k1 + k2) a (Batchelor and O'Brien 1977), a = sqrt(R* overlap). Two spheres of 5 mm, of other
-- conductivity, density and heat capacity, pressed together: T1 = (B T10 + A T20 + A (T10 - T20) exp(-(A + B) t)) / (A + B), A = H / (m1
-- c1), B = H / (m2 c2). A row of 10 whose ends keep their temperatures: steps of the same size, the flux H (Th - Tc) / 9. The spheres
-- are held by what presses them: their force is taken away in each step. Heat capacities are a ten-thousandth of those of glass and steel,
-- so that milliseconds suffice.
local barchan = require "barchan"
local lab = require "lab"
local test = require "case" { id = "A23", title = "heat conduction through contacts", source = "[F] Batchelor and O'Brien 1977" }

local R, overlap = 5e-3, 5e-5
local materials = { { young = 1e7, poisson = 0.25, density = 2500, conductivity = 2, capacity = { temperature = 0.08 } },
  { young = 1e7, poisson = 0.25, density = 8000, conductivity = 15, capacity = { temperature = 0.045 } },
  { young = 1e7, poisson = 0.25, density = 2500, conductivity = 2, capacity = { temperature = math.huge } } } -- keeps its temperature

-- A row along x: list of { material number, temperature }.
local function row(list, dt)
  local sim = barchan.simulation { domain = { lo = { -0.01, -0.01, -0.01 }, hi = { 0.2, 0.01, 0.01 } }, gravity = { 0, 0, 0 }, dt = dt,
    precision = test.precision, threads = 1 }
  local of = {}
  for i, values in ipairs(materials) do
    local copy = { name = "m" .. i }
    for key, value in pairs(values) do copy[key] = value end
    of[i] = sim:material(copy)
  end
  sim:field { name = "temperature", unit = "K", default = 300 }
  sim:law("hertz_mindlin", { heat = "conduction" })
  for i = 1, #of do
    for j = 1, i do sim:pair(of[i], of[j], { restitution = 0.5, friction = 0.3 }) end
  end
  for i, each in ipairs(list) do
    sim:insert { material = of[each[1]], radius = R, x = { (i - 1) * (2 * R - overlap), 0, 0 }, id = { i }, temperature = each[2] }
  end
  local fx = sim.force.x
  local function hold(s)
    for i = 1, s.count do fx[i] = 0 end
  end
  return sim, hold
end
local function conductance(a, b)
  local k1, k2 = materials[a].conductivity, materials[b].conductivity
  return 4 * k1 * k2 / (k1 + k2) * math.sqrt(R / 2 * overlap)
end

local T1, T2 = 400, 300
local sim, hold = row({ { 1, T1 }, { 2, T2 } }, 1e-5)
local H = conductance(1, 2)
local A, B = H / (lab.ball(R, 2500) * 0.08), H / (lab.ball(R, 8000) * 0.045)
local curve, sum = test:worst("two spheres: temperatures / first difference", 1e-4), test:worst("two spheres: heat / at the start", 1e-6)
local one, two = sim:particle(1), sim:particle(2)
local heat = T1 / A + T2 / B
for _ = 1, 10 do
  sim:run { time = 0.3 / (A + B), each_step = hold }
  local fall, at = math.exp(-(A + B) * sim.time), ("t = %.1f ms"):format(sim.time * 1e3)
  curve:absolute(at .. ", first", one.temperature / (T1 - T2), (B * T1 + A * T2 + A * (T1 - T2) * fall) / (A + B) / (T1 - T2))
  curve:absolute(at .. ", second", two.temperature / (T1 - T2), (B * T1 + A * T2 - B * (T1 - T2) * fall) / (A + B) / (T1 - T2))
  sum:absolute(at, (one.temperature / A + two.temperature / B) / heat, 1)
end
curve:done()
sum:done()
sim:close()

local list, N = {}, 10
for i = 1, N do list[i] = { (i == 1 or i == N) and 3 or 1, i == 1 and T1 or T2 } end
sim, hold = row(list, 2e-5)
H = conductance(1, 1)
sim:run { time = 12 * (N - 1) ^ 2 / math.pi ^ 2 * lab.ball(R, 2500) * 0.08 / H, each_step = hold } -- 12 times the slowest decay
local profile = test:worst("row of 10: temperatures / whole difference", 1e-4)
for i = 1, N do
  profile:absolute("sphere " .. i, sim:particle(i).temperature / (T1 - T2), (T1 + (T2 - T1) * (i - 1) / (N - 1)) / (T1 - T2))
end
profile:done()
local flux, id = {}, sim.id
for i = 1, N do flux[id[i]] = sim.temperature_flux[i] end
test:relative("row of 10: flux out of the hot end", -flux[1], H * (T1 - T2) / (N - 1), 1e-3, "W")
test:relative("row of 10: flux into the cold end", flux[N], H * (T1 - T2) / (N - 1), 1e-3, "W")
return test:done()
