-- Laws that reach beyond touching in a running simulation: grains are pushed together and pulled apart slowly, and the force on the way
-- is that of the theory; charges that fly apart; heat that comes to balance.
local barchan = require "barchan"
local law = require "barchan.law"
local expect = require "tools.expect"
local near = expect.near

-- Two grains of 1 mm (or one of 0.5 mm and a plane: R* is the same), so heavy that contact forces hardly change their speed, meet
-- at `speed`, go to `depth` and back. Answers the lists of overlap [m] and force [N] (positive: repels) on the way in and on the way out.
local function pull(o)
  local sim = barchan.simulation { domain = { lo = { -0.01, -0.01, -0.01 }, hi = { 0.01, 0.01, 0.01 } }, gravity = { 0, 0, 0 },
    dt = o.dt, threads = 1, precision = "double", force_scale = 1, laws = "interpreter" }
  local values = { name = "grain", density = 1e10, young = o.young, poisson = 0 }
  local grain = sim:material(values)
  values.name = "wall"
  if o.young then values.young = 1e20 end
  local wall = sim:material(values)
  sim:law(o.law)
  sim:pair(grain, grain, o.pair)
  sim:pair(grain, wall, o.pair)
  local r, at
  if o.wall then
    r, at = 0.5e-3, 0
    sim:plane { point = { 0, 0, 0 }, normal = { 1, 0, 0 }, material = wall }
    sim:insert { x = { r + o.gap, 0, 0 }, radius = r, material = grain, velocity = { -o.speed, 0, 0 } }
  else
    r, at = 2e-3, 1
    sim:insert { x = { { 0, 0, 0 }, { r + o.gap, 0, 0 } }, radius = 1e-3, material = grain,
      velocity = { { 0, 0, 0 }, { -o.speed, 0, 0 } } }
  end
  local i, way = at + 1, { overlap = {}, force = {} }
  local function follow(until_)
    local list = { overlap = {}, force = {} }
    while true do
      sim:run { steps = 1 }
      local x = r - (sim.x.x[i] - (at == 1 and sim.x.x[1] or 0))
      list.overlap[#list.overlap + 1], list.force[#list.force + 1] = x, sim.force.x[i]
      if until_(x) then return list end
    end
  end
  way.into = follow(function(x) return x >= o.depth end)
  sim.v[i] = { o.speed, 0, 0 }
  way.out = follow(function(x) return x <= -o.last end)
  sim:close()
  return way
end

describe("pulled apart slowly #physics", function()
  local tear = 5.926767e-7 -- validation A21: R* = 0.5 mm, E* = 1e7 Pa, w = 0.1 J/m^2
  for _, wall in ipairs { false, true } do
    it("two JKR spheres tear as published" .. (wall and ", and a sphere and a plane" or ""), function()
      -- E* of two equal grains is E/2, of a grain and a rigid wall E
      local way = pull { law = { normal = "jkr" }, pair = { work_of_adhesion = 0.1 }, young = wall and 1e7 or 2e7, wall = wall,
        speed = 1e-3, dt = 1e-6, gap = 4.5e-9, depth = 1e-6, last = 1.2 * tear }
      local first, least, last, n = nil, 0, nil, #way.out.force
      for i, x in ipairs(way.into.overlap) do
        if x <= 0 then assert.equal(0, way.into.force[i]) elseif not first then first = way.into.force[i] end
      end
      near(-2.094395e-4, first, 2e-3, "touch") -- half a nanometre in
      for i, f in ipairs(way.out.force) do
        least = math.min(least, f)
        if f ~= 0 then last = i end
      end
      near(-2.356194e-4, least, 1e-4, "pull-off")
      assert.is_true(last < n)
      assert.near(tear, -way.out.overlap[last], 1.1e-9) -- within a step
      assert.is_true(way.out.force[last] > -1.5e-4 and way.out.force[last] < -1.30e-4) -- 5/9 of the pull-off, by an infinite slope
      local work = 0 -- from the touch to the tear-off
      for i = 2, last do
        if way.out.overlap[i] < 0 then work = work + way.out.force[i] * (way.out.overlap[i] - way.out.overlap[i - 1]) end
      end
      near(1.306394e-10, work, 5e-3, "work")
    end)
  end

  -- validation A22: R = 1 mm, gamma = 0.0728 N/m, V = 1e-12 m^3, theta = 0
  local published = {
    willett_analytic = { 2.891306e-4, 1.077257e-4, 3.814267e-5 },
    willett = { 2.841426e-4, 1.167684e-4, 4.487702e-5 },
    rabinovich = { 2.966769e-4, 1.115456e-4, 3.808925e-5 },
  }
  for name, forces in pairs(published) do
    it("a liquid bridge forms at the touch and breaks as published: " .. name, function()
      for _, wall in ipairs { false, true } do
        local way = pull { law = { normal = "hertz", cohesion = name }, young = 1e9, wall = wall, speed = 0.01, dt = 1e-5,
          pair = { surface_tension = 0.0728, bridge_volume = 1e-12 }, gap = 2.05e-6, depth = 1e-7, last = 1.2e-4 }
        for i, x in ipairs(way.into.overlap) do
          if x <= 0 then assert.equal(0, way.into.force[i]) end
        end
        local last
        for i, f in ipairs(way.out.force) do last = f ~= 0 and i or last end
        assert.near(1.01e-4, -way.out.overlap[last], 1.1e-7)
        for k, s in ipairs { 1e-5, 3e-5, 6e-5 } do -- between two steps
          for i = 2, last do
            local a, b = -way.out.overlap[i - 1], -way.out.overlap[i]
            if a <= s and b > s then
              local f = way.out.force[i - 1] + (s - a) / (b - a) * (way.out.force[i] - way.out.force[i - 1])
              near(-forces[k], f, 2e-5, ("at %g m"):format(s))
            end
          end
        end
      end
    end)
  end

  it("a hysteretic contact forgets when the grains part", function()
    local way = pull { law = { normal = "hysteretic" }, pair = { stiffness = 1e4, restitution = 0.5 }, wall = true, speed = 0.01,
      dt = 1e-5, gap = 1.05e-6, depth = 1e-5, last = 1e-6 }
    for i, x in ipairs(way.into.overlap) do assert.near(math.max(1e4 * x, 0), way.into.force[i], 1e-9) end
    local deepest = way.into.overlap[#way.into.overlap]
    for i, x in ipairs(way.out.overlap) do
      if x < deepest then assert.near(math.max(4e4 * (x - 0.75 * deepest), 0), way.out.force[i], 2e-5 * 0.1) end
    end
  end)
end)

describe("far and slow #physics", function()
  it("two charges fly apart with the energy of Coulomb's law", function()
    local sim = barchan.simulation { domain = { lo = { -0.1, -0.1, -0.1 }, hi = { 0.1, 0.1, 0.1 } }, gravity = { 0, 0, 0 }, dt = 2e-5,
      threads = 1, precision = "double", laws = "interpreter", force_scale = 1 }
    local grain = sim:material { name = "grain", density = 2500, young = 1e7, poisson = 0.2 }
    sim:law("hertz_mindlin", { far = "electrostatic" })
    sim:pair(grain, grain, { restitution = 0.5, friction = 0.3, range = 0.05 })
    sim:field { name = "charge", unit = "C" }
    local r0, q = 4e-3, 1e-9
    sim:insert { x = { { -r0 / 2, 0, 0 }, { r0 / 2, 0, 0 } }, radius = 1e-3, material = grain, charge = { q, 2 * q } }
    sim:run { steps = 1000 }
    local r = sim.x.x[2] - sim.x.x[1]
    assert.is_true(r > 3 * r0 and r < 0.05)
    local gained = 8.9875517923e9 * 2 * q * q * (1 / r0 - 1 / r)
    near(gained, sim.kinetic_energy, 1e-4)
    assert.near(0, sim.v.x[1] + sim.v.x[2], 1e-12)
    sim:close()
  end)

  it("two grains share the liquid of their bridge when it breaks, and none is lost", function()
    for _, precision in ipairs { "double", "mixed" } do
      local sim = barchan.simulation { domain = { lo = { -0.1, -0.1, -0.1 }, hi = { 0.1, 0.1, 0.1 } }, gravity = { 0, 0, 0 },
        threads = 1, precision = precision, laws = "interpreter" }
      local grain = sim:material { name = "grain", density = 2500, young = 1e7, poisson = 0.2, capacity = { liquid = 1 } }
      sim:law("hertz_mindlin", { cohesion = "liquid_bridge" })
      sim:pair(grain, grain, { restitution = 0.9, friction = 0.3, surface_tension = 0.07, bridge_limit = 1e-10 })
      sim:field { name = "liquid", unit = "m^3/kg", flux_scale = 1e-3 }
      sim:insert { x = { { -1.1e-3, 0, 0 }, { 1.1e-3, 0, 0 } }, radius = 1e-3, material = grain, liquid = { 2e-6, 0 },
        velocity = { { 1, 0, 0 }, { -1, 0, 0 } } }
      local m = sim.mass[1]
      sim:run { time = 1e-3 }
      assert.is_true(sim.v.x[1] < 0)
      local share = 0.5 * 2e-6 * (1 - math.sqrt(0.75)) -- what the first gave; half of it goes to the other
      near(2e-6 - share / 2, sim.liquid[1], 1e-6)
      near(share / 2, sim.liquid[2], 1e-6)
      near(2e-6 * m, (sim.liquid[1] + sim.liquid[2]) * m, 1e-14)
      sim:close()
    end
  end)

  it("two spheres exchange heat by the formula", function() -- validation A23
    local R, density, capacity, k1, k2 = 1e-3, 2500, 800, 2, 5
    local sim = barchan.simulation { domain = { lo = { -0.1, -0.1, -0.1 }, hi = { 0.1, 0.1, 0.1 } }, gravity = { 0, 0, 0 }, dt = 1e-3,
      threads = 1, precision = "double", laws = "interpreter", force_scale = 1, skin = 1e-4 }
    local function material(name, k)
      return sim:material { name = name, density = density, conductivity = k, capacity = { temperature = capacity } }
    end
    local a, b = material("a", k1), material("b", k2)
    sim:law { normal = "linear", heat = "conduction" }
    for _, p in ipairs { { a, a }, { a, b }, { b, b } } do sim:pair(p[1], p[2], { stiffness = 1e-13 }) end -- they stay where they are
    sim:field { name = "temperature", unit = "K" }
    local x = 1e-5
    sim:insert { x = { 0, 0, 0 }, radius = R, material = a, temperature = 300, allowed_overlap = 0.1 }
    sim:insert { x = { 2 * R - x, 0, 0 }, radius = R, material = b, temperature = 400, allowed_overlap = 0.1 }
    sim:run { time = 5 }
    local m = density * 4 / 3 * math.pi * R ^ 3
    local H = 4 * k1 * k2 / (k1 + k2) * math.sqrt(R / 2 * x)
    local A = H / (m * capacity)
    near(350 - 50 * math.exp(-2 * A * 5), sim.temperature[1], 1e-5) -- of first order in dt
    near(700, sim.temperature[1] + sim.temperature[2], 1e-12)
    sim:close()
  end)
end)

describe("any composition #physics", function()
  it("runs, is explained by its name, and keeps the momentum", function()
    local count = 0
    for _, given in ipairs {
      { normal = "jkr", damping = "tsuji", tangential = "mindlin_rescale", rolling = "epsd2", twisting = "marshall" },
      { normal = "luding", damping = "velocity", tangential = "coulomb", rolling = "viscous", twisting = "sds" },
      { normal = "thornton_ning", damping = "viscous", tangential = "mindlin_force", rolling = "constant_torque" },
    } do
      local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.02, 0.02, 0.02 }, periodic = "xyz" },
        gravity = { 0, 0, 0 }, threads = 1, seed = 3, precision = "double" }
      local values, l = { name = "grain", density = 2500 }, law.resolve(given)
      for name in pairs(l.material) do values[name] = ({ young = 1e7, poisson = 0.2 })[name] end
      local grain, pair = sim:material(values), {}
      sim:law(given)
      for name, spec in pairs(l.pair) do
        if spec.default == nil then
          pair[name] = ({ work_of_adhesion = 0.01, restitution = 0.5, friction = 0.4, rolling_friction = 0.05, stiffness = 1e4,
            unloading_ratio = 4, cohesion_stiffness = 1e4, plasticity_depth = 0.05, damping_rate = 100, viscosity = 0.01,
            rolling_viscosity = 1, twisting_stiffness = 1e-4, twisting_friction = 1e-4, yield_pressure = 1e6 })[name]
          assert(pair[name], name)
        end
      end
      sim:pair(grain, grain, pair)
      sim:insert { region = sim.box { lo = { 0, 0, 0 }, hi = { 0.02, 0.02, 0.02 } }, material = grain, radius = { 0.5e-3, 1e-3 },
        count = 300, velocity = { 0, 0, 0 } }
      for i = 1, sim.count do sim.v[i] = { 0.3 * math.sin(7 * i), 0.3 * math.sin(11 * i + 1), 0.3 * math.cos(5 * i) } end
      local function momentum()
        local p = { 0, 0, 0 }
        for i = 1, sim.count do
          local v, m = sim.v[i], sim.mass[i]
          p[1], p[2], p[3] = p[1] + m * v.x, p[2] + m * v.y, p[3] + m * v.z
        end
        return p
      end
      local before, energy = momentum(), sim.kinetic_energy
      sim:run { time = 0.01 }
      local after = momentum()
      for k = 1, 3 do assert.near(before[k], after[k], 1e-15) end
      assert.is_true(sim.kinetic_energy < energy)
      count = count + (sim.contacts > 0 and 1 or 0)
      sim:close()
    end
    assert.is_true(count >= 2)
  end)
end)
