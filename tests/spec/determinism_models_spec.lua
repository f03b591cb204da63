-- determinism_models_spec.lua -- the same bits for each sub-model: a gas of grains that collide, stick, wet, heat and charge one another
-- has one hash for any number of threads, instruction set, skin and cut of the run. #determinism
local barchan = require "barchan"
local law = require "barchan.law"

local given = { young = 2e7, poisson = 0.25, conductivity = 2, restitution = 0.5, friction = 0.4, rolling_friction = 0.05, stiffness = 3000,
  unloading_ratio = 3, cohesion_stiffness = 1000, plasticity_depth = 0.05, damping_rate = 200, viscosity = 0.02, surface_tension = 0.07,
  contact_angle = 0.2, bridge_volume = 2e-11, bridge_limit = 1e-10, range = 2e-3, rolling_viscosity = 1, twisting_stiffness = 1e-4,
  twisting_damping = 1e-8, twisting_friction = 1e-4, work_of_adhesion = 0.5, yield_pressure = 3e6, cohesion_density = 1e4,
  plasticity_ratio = 0.6, adhesion_ratio = 0.5, pull_off_force = 1e-4 }
local fields = { temperature = { unit = "K", capacity = 10, value = function(i) return 300 + i % 100 end },
  charge = { unit = "C", value = function(i) return (i % 3 - 1) * 2e-10 end },
  liquid = { unit = "m^3/kg", capacity = 1, value = function(i) return 1e-6 * (i % 5) end } }

-- A composition with the sub-model in it that its needs allow.
local function composition(slot, name)
  local message
  for _, tangential in ipairs { "mindlin", "linear", "coulomb" } do
    local chosen = { normal = "hertz", damping = "viscous", tangential = tangential }
    chosen[slot] = name
    local found, l = pcall(law.resolve, chosen)
    if found then return chosen, l end
    message = l
  end
  error(message)
end

local function value(kind, key, spec)
  local found = given[key] == nil and spec.default or given[key]
  return assert(found, ("no %s value '%s' for this test"):format(kind, key))
end

local function hash(chosen, l, options, precision)
  local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.032, 0.032, 0.032 }, periodic = "xyz" }, precision = precision,
    backend = options.backend, threads = options.threads, isa = options.isa, skin = options.skin, gravity = { 0, 0, -1 }, seed = 5,
    laws = "interpreter", dt = 5e-6,
    overlap_warn = 0.9, overlap_limit = 0.9 }
  local material, pair = { name = "grain", density = 2500, capacity = {} }, {}
  for key, spec in pairs(l.material) do material[key] = value("material", key, spec) end
  for key, spec in pairs(l.pair) do pair[key] = value("pair", key, spec) end
  local used = {}
  for name, f in pairs(fields) do
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
  local state = 1
  local function draw()
    state = (state * 1103515245 + 12345) % 2147483648
    return state / 2147483648 - 0.5
  end
  for i = 1, sim.count do
    sim.v:set(i, 2 * draw(), 2 * draw(), 2 * draw())
    sim.angular_velocity:set(i, 200 * draw(), 200 * draw(), 200 * draw())
    for name, f in pairs(used) do sim[name][i] = f.value(i) end
  end
  for _ = 1, options.pieces or 1 do sim:run { steps = 240 / (options.pieces or 1) } end
  local text, contacts = sim:hash(), sim.contacts
  sim:close()
  return text, contacts
end

describe("each sub-model #determinism", function()
  for _, slot in ipairs(law.slot()) do
    for _, name in ipairs(law.slot(slot)) do
      if name ~= "none" then
        it(("has the same bits: %s %s"):format(slot, name), function()
          local chosen, l = composition(slot, name)
          for _, precision in ipairs { "mixed", "double" } do
            local reference, contacts = hash(chosen, l, { threads = 1 }, precision)
            assert.is_true(contacts > 50, "few grains touch: " .. contacts)
            assert.equal(reference, (hash(chosen, l, { threads = 3, isa = "sse2", skin = 1e-4 }, precision)))
            assert.equal(reference, (hash(chosen, l, { threads = 2, skin = 2e-3, pieces = 8 }, precision)))
          end
        end)
      end
    end
  end
end)

-- Compiled for the device when they are asked for; together they have every sub-model of every slot. Those without a second precision
-- are compiled for one only, because lavapipe takes seconds for each.
describe("sub-models on a device #determinism", function()
  local both, mixed, double = { "mixed", "double" }, { "mixed" }, { "double" }
  local compositions = {
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

  it("are all here", function()
    for _, slot in ipairs(law.slot()) do
      for _, name in ipairs(law.slot(slot)) do
        local there = name == "none"
        for _, each in ipairs(compositions) do there = there or each[1][slot] == name end
        assert.is_true(there, ("no composition here has the %s model '%s'"):format(slot, name))
      end
    end
  end)

  local box = { lo = { 0, 0, 0 }, hi = { 1, 1, 1 } }
  local found, message = pcall(function() barchan.simulation({ backend = "vulkan", domain = box }):close() end)
  if not found then return pending("no device: " .. message) end
  for _, each in ipairs(compositions) do
    local chosen, l = each[1], law.resolve(each[1])
    it("have the processor's bits: " .. l.name, function()
      for _, precision in ipairs(each[2]) do
        local reference, contacts = hash(chosen, l, { threads = 1 }, precision)
        assert.is_true(contacts > 50, "few grains touch: " .. contacts)
        assert.equal(reference, (hash(chosen, l, { threads = 1, backend = "vulkan", pieces = 2 }, precision)))
      end
    end)
  end
end)
