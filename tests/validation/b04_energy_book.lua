-- b04_energy_book.lua -- where the energy of a settling bed goes: the book closes for every normal and tangential model.
--
-- Case: B4, A20 (b). 1000 grains of 2 to 2.5 mm fall into a box with 1 m/s; after 60 ms what was inserted and what gravity did is
-- kinetic, stored, or dissipated by a part of the law. What is left over is held to 1e-3 of what is dissipated. A row of five spheres on
-- elastic laws, pressed together and let go, loses only an error of second order in the time step.
local barchan = require "barchan"
local test = require "case" { id = "B4", title = "the energy book", source = "[F] conserved" }

local material = { hertz = { "young", "poisson" }, thornton_ning = { "young", "poisson" }, jkr = { "young", "poisson" }, linear = {},
  eepa = { "young", "poisson" }, hysteretic = {}, luding = {} }
local value = { young = 2e6, poisson = 0.25, stiffness = 1000, restitution = 0.6, yield_pressure = 5e4, work_of_adhesion = 0.05,
  unloading_ratio = 5, cohesion_stiffness = 200, plasticity_depth = 0.05, plasticity_ratio = 0.8, adhesion_ratio = 0.2,
  pull_off_force = 1e-4 }
local asks = { hertz = { "restitution" }, linear = { "stiffness", "restitution" }, hysteretic = { "stiffness", "restitution" },
  luding = { "stiffness", "unloading_ratio", "cohesion_stiffness", "plasticity_depth" }, thornton_ning = { "yield_pressure" },
  eepa = { "plasticity_ratio", "adhesion_ratio", "pull_off_force" }, jkr = { "work_of_adhesion" } }
local dashpot = { hertz = "calibrated", linear = "calibrated" } -- the others lose energy by themselves, or keep it

local function begin(domain, gravity, normal, tangential, more, dt)
  local sim = barchan.simulation { domain = domain, gravity = gravity, dt = dt, energy_book = true, overlap_warn = 2, overlap_limit = 0.9,
    precision = dt and "double" or test.precision, threads = test.threads }
  sim:law { normal = normal, damping = more and more.damping or dashpot[normal] or "none", tangential = tangential }
  local values = { name = "grain", density = 2500 }
  for _, key in ipairs(material[normal]) do values[key] = value[key] end
  if tangential:find "mindlin" then values.young, values.poisson = value.young, value.poisson end
  local grain = sim:material(values)
  values = { friction = tangential ~= "none" and 0.4 or nil }
  for _, key in ipairs(asks[normal]) do
    if key ~= "restitution" or normal == "hysteretic" or not (more and more.damping == "none") then values[key] = value[key] end
  end
  sim:pair(grain, grain, values)
  return sim, grain
end

for _, normal in ipairs { "hertz", "linear", "hysteretic", "luding", "thornton_ning", "eepa", "jkr" } do
  local spheres = #material[normal] > 0 -- with a contact radius, as Mindlin's spring needs it
  for _, tangential in ipairs(spheres and { "mindlin", "mindlin_force", "mindlin_rescale", "coulomb" } or { "linear", "coulomb" }) do
    local hi = { 0.05, 0.05, 0.2 }
    local sim, grain = begin({ lo = { 0, 0, 0 }, hi = hi }, { 0, 0, -9.81 }, normal, tangential)
    sim:box { lo = { 0, 0, 0 }, hi = hi, side = "inside", material = grain }
    sim:insert { region = sim.box { lo = { 0, 0, 0 }, hi = { 0.05, 0.05, 0.1 } }, radius = { 2e-3, 2.5e-3 }, count = 1000,
      material = grain, velocity = { 0, 0, -1 } }
    sim:run { time = 0.06 }
    local e = sim:energies()
    test:absolute(("%s with %s: left over / dissipated"):format(normal, tangential), e.residual / e.dissipated, 0, 1e-3)
    test:remark("%s with %s: %.3g J dissipated of %.3g J inserted", normal, tangential, e.dissipated, e.inserted)
    sim:close()
  end
end

local order = test:worst("elastic laws: order of the energy that is lost", 0.1, nil, "[F] velocity Verlet")
for _, normal in ipairs { "hertz", "linear" } do
  local lost, R = {}, 5e-3
  for k = 1, 3 do
    local sim, grain = begin({ lo = { -1, -1, -1 }, hi = { 1, 1, 1 } }, { 0, 0, 0 }, normal, "none", { damping = "none" }, 1.6e-5 / 2 ^ k)
    local x = {}
    for i = 1, 5 do x[i] = { (2 * R - 1e-4) * i, 0, 0 } end
    sim:insert { material = grain, x = x, radius = R }
    local before = sim:energies()
    sim:run { steps = 60 * 2 ^ k }
    local book = sim:energies()
    lost[k] = (book.kinetic + book.elastic) / before.elastic - 1
    sim:close()
  end
  for k = 2, 3 do order:absolute(("%s, halved %d times"):format(normal, k - 1), math.log(lost[k - 1] / lost[k]) / math.log(2), 2) end
end
order:done()
return test:done()
