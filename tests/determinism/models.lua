-- models.lua -- a gas of grains that collide, stick, wet, heat and charge one another, with any composition of sub-models, and compositions
-- that have every sub-model of every slot. For tests/spec/determinism_models_spec.lua and device_models.lua.
local barchan = require "barchan"

local models = {}

local given = { young = 2e7, poisson = 0.25, conductivity = 2, restitution = 0.5, friction = 0.4, rolling_friction = 0.05, stiffness = 3000,
  unloading_ratio = 3, cohesion_stiffness = 1000, plasticity_depth = 0.05, damping_rate = 200, viscosity = 0.02, surface_tension = 0.07,
  contact_angle = 0.2, bridge_volume = 2e-11, bridge_limit = 1e-10, range = 2e-3, rolling_viscosity = 1, twisting_stiffness = 1e-4,
  twisting_damping = 1e-8, twisting_friction = 1e-4, work_of_adhesion = 0.5, yield_pressure = 3e6, cohesion_density = 1e4,
  plasticity_ratio = 0.6, adhesion_ratio = 0.5, pull_off_force = 1e-4 }
local fields = { temperature = { unit = "K", capacity = 10, value = function(i) return 300 + i % 100 end },
  charge = { unit = "C", value = function(i) return (i % 3 - 1) * 2e-10 end },
  liquid = { unit = "m^3/kg", capacity = 1, value = function(i) return 1e-6 * (i % 5) end } }

local function value(kind, key, spec)
  local found = given[key] == nil and spec.default or given[key]
  return assert(found, ("no %s value '%s' for this test"):format(kind, key))
end

--- The gas: what sim:law takes, what law.resolve says of it, and options of barchan.simulation.
function models.gas(chosen, l, options)
  local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.032, 0.032, 0.032 }, periodic = "xyz" }, precision = options.precision,
    backend = options.backend, threads = options.threads, isa = options.isa, skin = options.skin, gravity = { 0, 0, -1 }, seed = 5,
    laws = "interpreter", dt = 5e-6, energy_book = options.book,
    overlap_warn = 0.9, overlap_limit = 0.9 }
  local material, pair = { name = "grain", density = 2500, capacity = {} }, {}
  for key, spec in pairs(l.material) do material[key] = value("material", key, spec) end
  for key, spec in pairs(l.pair) do pair[key] = value("pair", key, spec) end
  local used = {}
  for _, name in ipairs { "charge", "liquid", "temperature" } do -- in the same order in each run
    local f = fields[name]
    for _, wanted in ipairs(l.fields or {}) do
      if (wanted.name or wanted) == name then
        used[name], material.capacity[name] = f, f.capacity
        sim:field { name = name, unit = f.unit }
      end
    end
  end
  if not next(material.capacity) then material.capacity = nil end
  local grain = sim:material(material)
  sim:law(chosen)
  sim:pair(grain, grain, pair)
  sim:insert { region = sim.box { lo = { 0, 0, 0 }, hi = { 0.032, 0.032, 0.032 } }, material = grain, radius = { 0.0008, 0.0016 }, count = 1200 }
  local function draw(id, k) -- the same on any rank
    local state = 6 * id + k
    for _ = 1, 3 do state = (state * 1103515245 + 12345) % 2147483648 end
    return state / 2147483648 - 0.5
  end
  for i = 1, #sim.v do
    local id = sim.id[i]
    sim.v:set(i, 2 * draw(id, 1), 2 * draw(id, 2), 2 * draw(id, 3))
    sim.angular_velocity:set(i, 200 * draw(id, 4), 200 * draw(id, 5), 200 * draw(id, 6))
    for name, f in pairs(used) do sim[name][i] = f.value(id) end
  end
  return sim
end

-- Those without a second precision are run in one only, because lavapipe takes seconds to compile each.
local both, mixed, double = { "mixed", "double" }, { "mixed" }, { "double" }
models.compositions = {
  { { normal = "eepa", tangential = "mindlin", rolling = "epsd2", twisting = "sds" }, both },
  { { normal = "hertz", damping = "tsuji", cohesion = "willett", tangential = "mindlin_rescale", rolling = "viscous" }, both },
  { { normal = "hertz", damping = "viscous", far = "electrostatic", tangential = "linear", heat = "conduction" }, both },
  { { normal = "jkr", damping = "tsuji", tangential = "mindlin_rescale", rolling = "epsd", twisting = "marshall" }, mixed },
  { { normal = "hertz", damping = "viscous", cohesion = "rabinovich", tangential = "mindlin_force" }, double },
  { { normal = "luding", damping = "velocity", cohesion = "willett_analytic", tangential = "coulomb", rolling = "constant_torque" }, mixed },
  { { normal = "thornton_ning", damping = "viscous", cohesion = "liquid_bridge", tangential = "mindlin" }, double },
  { { normal = "hysteretic", damping = "viscous", cohesion = "sjkr", tangential = "linear" }, mixed },
  { { normal = "linear", damping = "calibrated", cohesion = "sjkr2", tangential = "linear" }, double },
  { { normal = "hertz", damping = "calibrated", cohesion = "simplified_jkr", tangential = "mindlin" }, mixed },
  { { normal = "linear", damping = "calibrated", cohesion = "dmt", tangential = "linear" }, double },
}

return models
