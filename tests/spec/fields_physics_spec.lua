-- fields_physics_spec.lua -- laws with particle fields and with a reach, as the engine runs them: heat through contacts, charges, liquid
-- bridges, against formulas.
local barchan = require "barchan"

-- So heavy that contact forces do not move them: their places are what the script says.
local heavy = 1e20

local function simulation(precision, periodic)
  return barchan.simulation { domain = { lo = { -1, -1, -1 }, hi = { 3, 1, 1 }, periodic = periodic }, gravity = { 0, 0, 0 }, dt = 1e-3,
    precision = precision, threads = 1 }
end

local function mass(R, density) return 4 / 3 * math.pi * R ^ 3 * density end

describe("heat through contacts #physics", function()
  for _, precision in ipairs { "double", "mixed" } do
    it("evens out two temperatures exponentially, " .. precision, function()
      local sim = simulation(precision)
      local R1, R2, overlap, k1, k2 = 0.1, 0.05, 1e-3, 50, 200
      local C1, C2 = 20, 4 -- [J/K]
      local a = sim:material { name = "a", density = heavy, young = 1e5, poisson = 0.3, conductivity = k1,
        capacity = { temperature = C1 / mass(R1, heavy) } }
      local b = sim:material { name = "b", density = heavy, young = 1e5, poisson = 0.3, conductivity = k2,
        capacity = { temperature = C2 / mass(R2, heavy) } }
      sim:law("hertz_mindlin", { heat = "conduction" })
      for _, pair in ipairs { { a, a }, { a, b }, { b, b } } do sim:pair(pair[1], pair[2], { restitution = 0.5, friction = 0.5 }) end
      local T = sim:field { name = "temperature", unit = "K", default = 300 }
      sim:insert { x = { 0, 0, 0 }, radius = R1, material = a, temperature = 380 }
      sim:insert { x = { R1 + R2 - overlap, 0, 0 }, radius = R2, material = b, temperature = 280 }
      local H = 4 * k1 * k2 / (k1 + k2) * math.sqrt(R1 * R2 / (R1 + R2) * overlap)
      local A, B = H / C1, H / C2
      for _, t in ipairs { 1, 2, 4 } do
        sim:run { time = t - sim.time }
        local e = math.exp(-(A + B) * sim.time)
        assert.near((B * 380 + A * 280 + A * 100 * e) / (A + B), T[1], 0.03) -- the Euler step's error, 1e-3 (A + B)^2 t e / 2 of 100 K
        assert.near((B * 380 + A * 280 - B * 100 * e) / (A + B), T[2], 0.03)
        local step = (1 - (A + B) * 1e-3) ^ sim.step -- and the scheme's own solution
        assert.near((B * 380 + A * 280 - B * 100 * step) / (A + B), T[2], precision == "double" and 1e-6 or 2e-3)
        assert.near(C1 * 380 + C2 * 280, C1 * T[1] + C2 * T[2], 1e-6)
      end
      sim:close()
    end)
  end

  it("is linear along a chain between fixed temperatures", function()
    local sim = simulation "double"
    local R, overlap, k, n = 0.1, 1e-3, 100, 7
    local inner = sim:material { name = "inner", density = heavy, young = 1e5, poisson = 0.3, conductivity = k,
      capacity = { temperature = 1 / mass(R, heavy) } }
    local fixed = sim:material { name = "fixed", density = heavy, young = 1e5, poisson = 0.3, conductivity = k,
      capacity = { temperature = math.huge } }
    sim:law("hertz_mindlin", { heat = "conduction" })
    for _, pair in ipairs { { inner, inner }, { inner, fixed }, { fixed, fixed } } do
      sim:pair(pair[1], pair[2], { restitution = 0.5, friction = 0.5 })
    end
    local T = sim:field { name = "temperature", unit = "K", default = 300 }
    for i = 1, n do
      local at_end = i == 1 or i == n
      sim:insert { x = { (2 * R - overlap) * (i - 1), 0, 0 }, radius = R, material = at_end and fixed or inner,
        temperature = i == 1 and 400 or 300 }
    end
    sim:run { time = 100 }
    local H = 2 * k * math.sqrt(R / 2 * overlap)
    for i = 1, n do assert.near(400 - 100 * (i - 1) / (n - 1), T[i], 1e-6) end
    local flux = H * 100 / (n - 1)
    assert.near(1, sim.temperature_flux[1] / -flux, 1e-7)
    assert.near(1, sim.temperature_flux[n] / flux, 1e-7)
    assert.near(0, sim.temperature_flux[4], 1e-7 * flux)
    assert.equal("W", sim.temperature_flux.unit)
    sim:close()
  end)

  it("flows from wall to wall through a sphere, and the walls tell how much", function()
    local sim = simulation "double"
    local R, overlap, k = 0.1, 1e-3, 100
    local m = sim:material { name = "m", density = heavy, young = 1e5, poisson = 0.3, conductivity = k,
      capacity = { temperature = 1 / mass(R, heavy) } }
    sim:law("hertz_mindlin", { heat = "conduction" })
    sim:pair(m, m, { restitution = 0.5, friction = 0.5 })
    local T = sim:field { name = "temperature", unit = "K", default = 300 }
    local hot = sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = m, temperature = 400 }
    local cold = sim:plane { point = { 0, 0, 2 * R - 2 * overlap }, normal = { 0, 0, -1 }, material = m }
    sim:insert { x = { 0, 0, R - overlap }, radius = R, material = m }
    sim:run { time = 20 }
    local flux = 2 * k * math.sqrt(R * overlap) * 50
    assert.near(350, T[1], 1e-6)
    assert.near(1, hot.temperature_flux / -flux, 1e-6)
    assert.near(1, cold.temperature_flux / flux, 1e-6)
    hot.temperature = 300
    sim:run { time = 20 }
    assert.near(300, T[1], 1e-6)
    sim:close()
  end)

  it("asks for the field, its unit and the capacities", function()
    local function failure(prepare)
      local sim = simulation "double"
      local m = sim:material { name = "m", density = 1000, young = 1e5, poisson = 0.3, conductivity = 1 }
      sim:law("hertz_mindlin", { heat = "conduction" })
      sim:pair(m, m, { restitution = 0.5, friction = 0.5 })
      sim:insert { x = { 0, 0, 0 }, radius = 0.1, material = m }
      if prepare then prepare(sim) end
      local ok, message = pcall(function() sim:run { steps = 1 } end)
      assert.is_false(ok)
      sim:close()
      return message
    end
    assert.matches('reads the particle field \'temperature\': declare it with sim:field{ name = "temperature", unit = "K" }', failure(), 1, true)
    assert.matches("reads the field 'temperature' in K, but sim:field gave it the unit C", failure(function(sim)
      sim:field { name = "temperature", unit = "C" }
    end), 1, true)
    assert.matches("material 'm' has no capacity for the field 'temperature'", failure(function(sim)
      sim:field { name = "temperature", unit = "K" }
    end), 1, true)
    assert.matches("gives the flux of 'temperature' in W, but sim:field gave it the unit kg", failure(function(sim)
      sim:field { name = "temperature", unit = "K", flux_unit = "kg" }
    end), 1, true)
  end)
end)

describe("charges #physics", function()
  it("act as far as their range, by Coulomb's law, across a periodic face too", function()
    local sim = simulation("double", "x")
    local m = sim:material { name = "m", density = 1000, young = 1e6, poisson = 0.3 }
    sim:law("hertz_mindlin", { far = "electrostatic" })
    local range, q = 0.7, { 1e-6, 2e-6, -3e-6, 4e-6, -5e-6 }
    sim:pair(m, m, { restitution = 0.5, friction = 0.5, range = range })
    sim:field { name = "charge", unit = "C" }
    local x = { { 2.9, 0, 0 }, { -0.9, 0.2, 0 }, { 0, 0, 0 }, { 0.15, 0.3, 0.1 }, { -0.45, 0.3, 0.5 } }
    local R = 0.02
    sim:insert { x = x, radius = R, material = m, charge = q }
    sim:run { steps = 1 }
    local acting = 0
    for i = 1, #x do
      local f = { 0, 0, 0 }
      for j = 1, #x do
        local d, r2 = {}, 0
        for k = 1, 3 do
          d[k] = x[i][k] - x[j][k]
          if k == 1 then d[k] = d[k] - 4 * math.floor(d[k] / 4 + 0.5) end
          r2 = r2 + d[k] * d[k]
        end
        local r = math.sqrt(r2)
        if i ~= j and r - 2 * R <= range then
          acting = acting + 1
          for k = 1, 3 do f[k] = f[k] + q[i] * q[j] / (4 * math.pi * 8.8541878128e-12 * r2) * d[k] / r end
        end
      end
      local size = math.sqrt(f[1] ^ 2 + f[2] ^ 2 + f[3] ^ 2)
      for k, axis in ipairs { "x", "y", "z" } do assert.near(f[k], sim.force[i][axis], 1e-9 * size) end
    end
    assert.equal(10, acting) -- five pairs of ten
    assert.equal(0, sim.contacts)
    sim:close()
  end)
end)

describe("a liquid bridge #physics", function()
  for _, partner in ipairs { "sphere", "wall" } do
    it("forms at the touch and breaks at the rupture distance, of a sphere with a " .. partner, function()
      local sim = simulation "double"
      local R, V, gamma, speed = 0.1, 1e-6, 0.07, 0.05
      local m = sim:material { name = "m", density = heavy, young = 1e5, poisson = 0.3 }
      sim:law("hertz_mindlin", { cohesion = "willett" })
      sim:pair(m, m, { restitution = 1, friction = 0, surface_tension = gamma, bridge_volume = V, contact_angle = 0.2 })
      local effective
      if partner == "sphere" then
        sim:insert { x = { 0, 0, 0 }, radius = R, material = m }
        effective = R -- 2 R1 R2 / (R1 + R2)
      else
        sim:plane { point = { R, 0, 0 }, normal = { 1, 0, 0 }, material = m }
        effective = 2 * R
      end
      sim:insert { x = { 2 * R + 4e-3, 0, 0 }, radius = R, material = m, velocity = { -speed, 0, 0 } }
      local last = sim.count
      local rupture = (1 + 0.2 / 2) * (V ^ (1 / 3) + 0.1 * V ^ (2 / 3) / effective)
      local function gap() return sim.x[last].x - 2 * R end
      sim:run { time = 0.06 }
      assert.is_true(gap() > 0 and gap() < rupture)
      assert.equal(0, sim.force[last].x) -- near, but they have not touched
      sim:run { time = 0.03 }
      assert.is_true(gap() < 0)
      sim.v[last] = { speed, 0, 0 }
      sim:run { time = 0.015 }
      assert.is_true(gap() > 0)
      local pull, broke
      while not broke do
        assert.is_true(sim.force[last].x < 0)
        pull = -sim.force[last].x
        local before = gap()
        sim:run { steps = 1 }
        assert.is_true(before <= rupture)
        broke = sim.force[last].x == 0
      end
      assert.is_true(gap() > rupture and gap() - rupture < 1.1 * speed * 1e-3)
      assert.is_true(pull > 0.005 * 2 * math.pi * effective * gamma)
      sim.v[last] = { -speed, 0, 0 }
      sim:run { steps = 5 }
      assert.is_true(gap() < rupture and sim.force[last].x == 0)
      sim:close()
    end)
  end

  it("takes from a grain and gives back: half to each of two grains, all to a grain at a wall", function()
    for _, precision in ipairs { "double", "mixed" } do
      local sim = simulation(precision)
      local R, gamma, speed = 0.1, 0.07, 0.05
      local m = sim:material { name = "m", density = heavy, young = 1e5, poisson = 0.3, capacity = { liquid = 1 } }
      sim:law("hertz_mindlin", { cohesion = "liquid_bridge" })
      sim:pair(m, m, { restitution = 1, friction = 0, surface_tension = gamma, bridge_limit = 1e-3 })
      sim:plane { point = { 0, 0, 0 }, normal = { 1, 0, 0 }, material = m }
      local volume = 1e-6
      local w = volume / mass(R, heavy)
      sim:field { name = "liquid", unit = "m^3/kg", flux_scale = 1 }
      sim:insert { x = { { R - 1e-4, 0, 0 }, { 3 * R - 2e-4, 0, 0 } }, radius = R, material = m, liquid = { w, 0 } }
      sim:run { steps = 1 }
      local network = sim:contact_network()
      assert.same({ 2, 1 }, { network.count, network.pairs })
      local cap = 0.5 * volume * (1 - math.sqrt(0.75))
      assert.near(1, network.bridge[1] / cap, 1e-5)
      assert.near(1, network.bridge[2] / (volume / 2), 1e-5) -- half the film faces the wall
      sim.v[1], sim.v[2] = { speed, 0, 0 }, { 2 * speed, 0, 0 }
      local rupture = (volume / 2) ^ (1 / 3) + 0.1 * (volume / 2) ^ (2 / 3) / (2 * R)
      sim:run { time = 0.9 * rupture / speed }
      assert.equal(1, sim:contact_network().count) -- the pair's bridge, the smaller one, is gone; the wall's is not
      assert.near(1, sim.liquid[1] / (w - 0.5 * cap / mass(R, heavy)), 1e-6)
      assert.near(1, sim.liquid[2] / (0.5 * cap / mass(R, heavy)), 1e-5)
      local before = sim.liquid[1]
      sim:run { time = 0.3 * rupture / speed }
      assert.equal(0, sim:contact_network().count)
      assert.equal(before, sim.liquid[1])
      assert.near(1, (sim.liquid[1] + sim.liquid[2]) / w, 1e-15)
      sim:close()
    end
  end)
end)
