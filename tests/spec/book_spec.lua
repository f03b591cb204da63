-- book_spec.lua -- the energy book: it closes whatever the law, and what it says agrees with formulas. #physics
local barchan = require "barchan"
local law = require "barchan.law"
local expect = require "tools.expect"
local failure = expect.failure

local known = { yield_pressure = 5e4, young = 2e6, poisson = 0.25, stiffness = 1000, restitution = 0.6, friction = 0.4, rolling_friction = 0.1 }

-- Values for whatever a law asks for.
local function values(specs)
  local out = {}
  for name, spec in pairs(specs) do
    out[name] = known[name] or (spec.default == nil and (spec.max and ((spec.min or 0) + spec.max) / 2 or (spec.min or 0) + 0.3)) or nil
  end
  return out
end

local function scene(options, name, slots, pair)
  options.energy_book = true
  local sim = barchan.simulation(options)
  local l = sim:law(name or "hertz_mindlin", slots)
  local resolved = type(l) == "table" and l or law.resolve(name or "hertz_mindlin", slots)
  local m = values(resolved.material)
  m.name, m.density = "glass", 2500
  local glass = sim:material(m)
  local p = values(resolved.pair)
  for key, value in pairs(pair or {}) do p[key] = value end
  sim:pair(glass, glass, p)
  return sim, glass
end

describe("the energy book of a settling bed #physics #slow", function()
  local function settle(what, name, slots)
    it("closes to 1e-4 of what is dissipated: " .. what, function()
      local sim, glass = scene({ domain = { lo = { 0, 0, 0 }, hi = { 0.05, 0.05, 0.2 } }, threads = 1, overlap_limit = 0.9 }, name, slots)
      sim:box { lo = { 0, 0, 0 }, hi = { 0.05, 0.05, 0.2 }, side = "inside", material = glass }
      sim:insert { region = sim.box { lo = { 0, 0, 0 }, hi = { 0.05, 0.05, 0.1 } }, radius = { 2e-3, 2.5e-3 }, count = 1000,
        material = glass, velocity = { 0, 0, -1 } }
      local before = sim.gravitational_energy
      sim:run { time = 0.06 }
      local e = sim:energies()
      assert.is_true(e.dissipated > 0.3 * e.inserted, ("%g of %g J"):format(e.dissipated, e.inserted))
      -- What is left is dt^2 / 8 of the forces times accelerations of this moment: it does not add up.
      assert.is_true(math.abs(e.residual) < 1e-4 * e.dissipated, ("%g of %g J"):format(e.residual, e.dissipated))
      assert.near(before - e.gravitational, e.gravity_work, 1e-6 * e.gravity_work)
      for part, it_is in pairs(e.parts) do
        assert.is_true(it_is.dissipated > -2e-3 * e.dissipated, ("%s makes %g J"):format(part, -it_is.dissipated))
      end
      sim:close()
    end)
  end
  for _, name in ipairs { "hertz_mindlin", "linear" } do
    settle(name, name)
    settle(name .. " with epsd", name, { rolling = "epsd" })
  end
  for _, normal in ipairs(law.slot "normal") do
    for _, tangential in ipairs(law.slot "tangential") do
      local slots = { normal = normal, tangential = tangential }
      if normal ~= "none" and tangential ~= "none" and pcall(law.resolve, slots) then settle(normal .. " with " .. tangential, slots) end
    end
  end
end)

describe("the energy book #physics", function()
  it("says of a head-on impact what its restitution says", function()
    for _, name in ipairs { "hertz_mindlin", "linear" } do
      local r, v, e = 5e-3, 1, 0.6
      local sim, glass = scene({ domain = { lo = { -1, -1, -1 }, hi = { 1, 1, 1 } }, gravity = { 0, 0, 0 }, precision = "double", dt = 2e-6 },
        name, nil, { restitution = e })
      sim:insert { material = glass, x = { { -r - 1e-6, 0, 0 }, { r + 1e-6, 0, 0 } }, radius = r,
        velocity = { { v / 2, 0, 0 }, { -v / 2, 0, 0 } } }
      sim:run { time = 0.01 }
      local book, m = sim:energies(), 2500 * 4 / 3 * math.pi * r ^ 3
      local lost = 0.5 * (m / 2) * v ^ 2 * (1 - e ^ 2)
      assert.near(lost, book.dissipated, 1e-3 * lost)
      assert.near(lost, book.parts.damping and book.parts.damping.dissipated or lost, 2e-3 * lost)
      assert.near(0, book.residual, 1e-10 * lost)
      assert.equal(0, book.elastic)
      assert.near(m * v ^ 2 / 4, book.inserted, 1e-12)
      sim:close()
    end
  end)

  it("says of a sphere that slides until it rolls that friction has taken a seventh of m v^2", function()
    local r, v = 5e-3, 0.5
    local sim, glass = scene({ domain = { lo = { -1, -1, -1 }, hi = { 3, 1, 1 } }, precision = "double" }, "linear", nil, { friction = 0.3 })
    sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
    local m = 2500 * 4 / 3 * math.pi * r ^ 3
    sim:insert { material = glass, x = { { 0, 0, r - m * 9.81 / 1000 } }, radius = r, velocity = { v, 0, 0 } }
    sim:run { time = 2 / 7 * v / (0.3 * 9.81) * 1.5 }
    local book = sim:energies()
    assert.near(5 / 7 * v, sim.v[1].x, 1e-3 * v)
    assert.near(m * v ^ 2 / 7, book.parts.tangential.dissipated, 2e-3 * m * v ^ 2 / 7)
    assert.near(0, book.residual, 1e-5 * m * v ^ 2)
    sim:close()
  end)

  it("finds elastic laws to lose nothing but an error of second order in the time step", function()
    for _, name in ipairs { "hertz_mindlin", "linear" } do
      local lost = {}
      for k = 1, 3 do
        local r, d = 5e-3, 1e-4
        local sim, glass = scene({ domain = { lo = { -1, -1, -1 }, hi = { 1, 1, 1 } }, gravity = { 0, 0, 0 }, precision = "double",
          dt = 1.6e-5 / 2 ^ k }, name, nil, { restitution = 1, friction = 0 })
        local x = {}
        for i = 1, 5 do x[i] = { (2 * r - d) * i, 0, 0 } end -- compressed, and let go
        sim:insert { material = glass, x = x, radius = r }
        local before = sim:energies()
        assert.is_true(before.elastic > 0 and before.kinetic == 0 and before.dissipated == 0)
        sim:run { steps = 60 * 2 ^ k }
        local book = sim:energies()
        assert.is_true(book.kinetic > 0.2 * before.elastic and book.elastic > 0.1 * before.elastic)
        assert.near(before.elastic, book.kinetic + book.rotational + book.elastic + book.dissipated, 1e-10 * before.elastic)
        lost[k] = book.dissipated
        sim:close()
      end
      assert.is_true(math.abs(lost[1] / lost[2] - 4) < 0.1 and math.abs(lost[2] / lost[3] - 4) < 0.03,
        ("%g %g %g J with the step halved"):format(lost[1], lost[2], lost[3]))
    end
  end)

  it("knows the work of gravity, of a callback, of a wall, and what the script does itself", function()
    local r = 5e-3
    local sim, glass = scene({ domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 }, periodic = "xyz" }, precision = "double", dt = 1e-5 },
      "linear")
    sim:insert { material = glass, x = { { 0.05, 0.05, 0.05 } }, radius = r }
    local m = 2500 * 4 / 3 * math.pi * r ^ 3
    sim:run { time = 0.2 } -- falls twice through the periodic face
    local fall = 0.5 * 9.81 * sim.time ^ 2
    assert.near(m * 9.81 * fall, sim:energies().gravity_work, 1e-9 * m * 9.81 * fall)
    for _, part in pairs(sim:energies().parts) do assert.equal("0", tostring(part.dissipated)) end
    assert.equal("0", tostring(sim:energies().bonds.dissipated))
    sim.gravity = { 0, 0, 0 }
    sim.v[1] = { 0, 0, 0 }
    assert.near(-m * 9.81 * fall, sim:energies().script, 1e-9 * m * 9.81 * fall)
    sim:run { time = 0.05, each_step = function(s) s.force.x[1] = s.force.x[1] + 1e-3 end }
    local e = sim:energies()
    assert.near(0.5 * m * sim.v[1].x ^ 2, e.hook_work, 2e-4 * e.hook_work) -- half of the last kick is still to come
    assert.near(0, e.residual, 1e-9 * m * 9.81 * fall)
    sim:kernel { reads = { "v" }, params = { drag = { 2e-2, "N s/m" } }, body = function(p, k) return -k.drag * p.v end }
    local before, force = sim.kinetic_energy, 1e-4
    for run = 1, 2 do
      sim:run { time = 0.02, each_step = run == 2 and function(s) s.force.z[1] = s.force.z[1] + force end or nil }
      local now = sim:energies()
      assert.near(sim.kinetic_energy - before, now.hook_work - e.hook_work, 2e-3 * math.abs(now.hook_work - e.hook_work))
      assert.near(0, now.residual, 1e-6 * e.kinetic)
    end
    assert.is_true(sim.kinetic_energy < 0.7 * before)
    sim:close()

    sim, glass = scene({ domain = { lo = { -1, -1, -1 }, hi = { 1, 1, 1 } }, gravity = { 0, 0, 0 }, precision = "double" }, "linear", nil,
      { restitution = 1 })
    local wall = sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
    wall:move { velocity = { 0, 0, 0.5 } }
    sim:insert { material = glass, x = { { 0, 0, r + 1e-5 } }, radius = r }
    sim:run { time = 0.05 }
    e = sim:energies()
    assert.near(0.5 * m, e.kinetic, 1e-3 * m) -- leaves at twice the wall's speed
    assert.near(0.5 * m, e.wall_work, 1e-3 * m)
    assert.near(0, e.residual, 1e-9 * m)
    sim:close()
  end)

  it("knows the work of bonds, and the stress their forces", function()
    local r = 5e-3
    local sim, glass = scene({ domain = { lo = { -1, -1, -1 }, hi = { 1, 1, 1 } }, gravity = { 0, 0, 0 }, precision = "double", dt = 1e-6 },
      "linear")
    sim:insert { material = glass, x = { { 0, 0, 0 }, { 2 * r, 0, 0 }, { 4 * r, 0, 0 } }, radius = r }
    sim:bond { pairs = { { 1, 2 }, { 2, 3 } }, young = 1e7, radius = 0.5 * r }
    sim.v[1], sim.v[2], sim.v[3] = { -0.1, 0.02, 0 }, { 0, -0.04, 0 }, { 0.1, 0.02, 0 }
    local pulls = {}
    for _ = 1, 3 do
      sim:run { steps = 40 }
      local e = sim:energies()
      assert.is_true(e.bond_work < -1e-3 * e.script)
      assert.near(0, e.residual, 1e-9 * e.script)
      assert.near(e.script, e.kinetic + e.rotational - e.bond_work, 1e-9 * e.script)
      local s = sim:stress { region = sim.box { lo = { r, -2 * r, -2 * r }, hi = { 3 * r, 2 * r, 2 * r } } }
      pulls[#pulls + 1] = -s.contact[1][1] * s.volume / (2 * r) - sim.force[1].x -- the first is pulled by its bond alone
    end
    for _, pull in ipairs(pulls) do assert.near(0, pull, 1e-3 * sim.force[1].x) end
    assert.is_true(sim.force[1].x > 0.01)
    sim:close()
  end)

  it("knows what bonds store, lose and hold when they break", function()
    local r, young, strength = 5e-3, 1e7, 2e4
    -- Elastic: a bent and twisted frame of five loses an error of second order.
    local lost = {}
    for k = 1, 3 do
      local sim, glass = scene({ domain = { lo = { -1, -1, -1 }, hi = { 1, 1, 1 } }, gravity = { 0, 0, 0 }, precision = "double",
        dt = 8e-6 / 2 ^ k }, "linear")
      sim:insert { material = glass, radius = { r, r, 0.5 * r, r, r },
        x = { { 0, 0, 0 }, { 2 * r, 0, 0 }, { 2 * r, 2 * r, 0 }, { 2 * r, 2 * r, 2 * r }, { 0, 2 * r, 2 * r } } }
      sim:bond { pairs = { { 1, 2 }, { 2, 3 }, { 3, 4 }, { 4, 5 } }, young = young, radius = 0.6 * r }
      sim.v[1], sim.v[4], sim.v[5] = { 0.1, 0.2, -0.1 }, { -0.1, 0, 0.2 }, { 0, -0.2, 0.1 }
      sim.angular_velocity[2], sim.angular_velocity[4] = { 20, 10, 5 }, { -30, 0, 10 }
      sim:run { steps = 100 * 2 ^ k }
      local e = sim:energies()
      assert.is_true(e.bonds.stored > 0.1 * e.script and e.kinetic > 0.1 * e.script)
      assert.near(e.script, e.kinetic + e.rotational + e.elastic + e.dissipated, 1e-10 * e.script)
      assert.equal(e.bonds.stored, e.elastic)
      assert.equal(e.bonds.dissipated, e.dissipated)
      assert.equal(0, e.bonds.broken)
      assert.is_true(math.abs(e.dissipated) < 1e-3 * e.script)
      lost[k] = e.dissipated
      sim:close()
    end
    assert.is_true(math.abs(lost[1] / lost[2] - 4) < 0.02 and math.abs(lost[2] / lost[3] - 4) < 0.01,
      ("%g %g %g J with the step halved"):format(unpack(lost)))

    -- Pulled apart: a beam that breaks at its strength holds (strength A)^2 / 2 k then, all of which is lost.
    local sim, glass = scene({ domain = { lo = { -1, -1, -1 }, hi = { 1, 1, 1 } }, gravity = { 0, 0, 0 }, precision = "double", dt = 4e-8 },
      "linear")
    sim:insert { material = glass, x = { { 0, 0, 0 }, { 2 * r, 0, 0 } }, radius = r }
    sim:bond { pairs = { { 1, 2 } }, young = young, tensile_strength = strength }
    sim.v[2] = { 0.5, 0, 0 }
    sim:run { time = 1e-3 }
    local e, k = sim:energies(), young * math.pi * r / 2
    local held = (strength * math.pi * r * r) ^ 2 / (2 * k)
    assert.near(held, e.bonds.broken, 5e-3 * held)
    assert.near(held, e.bonds.dissipated, 5e-3 * held)
    assert.equal(0, e.bonds.stored)
    assert.near(e.script - held, e.kinetic, 5e-3 * held)
    sim:close()

    -- Damped: what was put in is gone, and not by breaking.
    sim, glass = scene({ domain = { lo = { -1, -1, -1 }, hi = { 1, 1, 1 } }, gravity = { 0, 0, 0 }, precision = "double" }, "linear")
    sim:insert { material = glass, x = { { 0, 0, 0 }, { 2 * r, 0, 0 } }, radius = r }
    sim:bond { pairs = { { 1, 2 } }, young = young, damping = 0.5 }
    sim.v[1], sim.v[2] = { -0.1, 0, 0 }, { 0.1, 0, 0 }
    sim:run { time = 0.05 }
    e = sim:energies()
    assert.near(e.script, e.bonds.dissipated, 1e-6 * e.script)
    assert.equal(0, e.bonds.broken)
    sim:close()
  end)

  it("closes for cemented grains that fall and break, with the same bits for any threads #slow", function()
    local texts = {}
    for k, threads in ipairs { 1, 3 } do
      local sim, glass = scene { domain = { lo = { 0, 0, 0 }, hi = { 0.06, 0.06, 0.1 } }, threads = threads }
      sim:box { lo = { 0, 0, 0 }, hi = { 0.06, 0.06, 0.1 }, side = "inside", material = glass }
      sim:insert { lattice = "hexagonal", region = sim.box { lo = { 0.01, 0.01, 0.02 }, hi = { 0.05, 0.05, 0.06 } }, radius = 2e-3,
        count = 1010, material = glass, velocity = { 0.3, 0, -1 } }
      local bonds = sim:bond { within = 1e-5, young = 2e6, tensile_strength = 1e4, shear_strength = 1e4, damping = 0.1 }
      sim:run { time = 0.02 }
      local e = sim:energies()
      assert.is_true(bonds.broken > 300 and bonds.count > 300, ("%d of %d broken"):format(bonds.broken, bonds.made))
      assert.is_true(e.bonds.broken > 0.01 * e.dissipated and e.bonds.dissipated > e.bonds.broken)
      assert.is_true(math.abs(e.residual) < 1e-3 * e.dissipated, ("%g of %g J"):format(e.residual, e.dissipated))
      texts[k] = ("%.17g %.17g %.17g %.17g %.17g"):format(e.bonds.work, e.bonds.stored, e.bonds.broken, e.dissipated, e.elastic)
      sim:close()
    end
    assert.equal(texts[1], texts[2])
  end)

  it("follows particles that come and go, and a change of the law, with the same bits for any threads", function()
    local texts = {}
    for k, threads in ipairs { 1, 3, 0 } do
      local sim, glass = scene({ domain = { lo = { 0, 0, 0 }, hi = { 0.05, 0.05, 0.15 } }, threads = math.max(1, threads), seed = 3 },
        "hertz_mindlin", { rolling = "epsd" })
      sim:box { lo = { 0, 0, 0 }, hi = { 0.05, 0.05, 0.15 }, side = "inside", material = glass }
      sim:insert { region = sim.box { lo = { 0, 0, 0 }, hi = { 0.05, 0.05, 0.08 } }, radius = { 2e-3, 2.5e-3 }, count = 1050, material = glass,
        velocity = { 0, 0, -1 } }
      sim:insert { region = sim.box { lo = { 0.01, 0.01, 0.1 }, hi = { 0.04, 0.04, 0.14 } }, radius = 2e-3, rate = 5000, count = 60,
        material = glass, velocity = { 0, 0, -1 } }
      sim:outlet { box = { lo = { 0, 0, 0.01 }, hi = { 0.004, 0.05, 0.05 } } }
      sim:run { time = 0.01 }
      sim:law("hertz_mindlin", { rolling = "constant_torque" }) -- which stores nothing
      sim:run { time = 0.01 }
      local e = sim:energies()
      assert.is_true(e.removed > 0 and e.inserted > 0 and sim.removed > 5 and sim.inserted > 1060)
      assert.is_true(math.abs(e.residual) < 1e-4 * e.dissipated, ("%g of %g J"):format(e.residual, e.dissipated))
      assert.is_true(e.parts.rolling.dissipated > 0 and e.parts.rolling.stored == 0)
      local names = {}
      for name in pairs(e.parts) do names[#names + 1] = name end
      table.sort(names)
      local text = { sim:hash() }
      for _, name in ipairs(names) do
        text[#text + 1] = ("%s %.17g %.17g"):format(name, e.parts[name].work, e.parts[name].stored)
      end
      text[#text + 1] = ("%.17g %.17g %.17g"):format(e.gravity_work, e.removed, e.residual)
      texts[k] = table.concat(text, " ")
      assert.equal(texts[1], texts[k])
      assert.equal(e.elastic, sim.elastic_energy)
      assert.equal(e.dissipated, sim.dissipated_energy)
      assert.equal(e.residual, sim.energy_residual)
      sim:close()
    end
  end)

  it("changes nothing in a run, and says what it needs", function()
    local hashes = {}
    for k, kept in ipairs { true, false } do
      local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.05, 0.05, 0.1 } }, energy_book = kept, threads = 2 }
      local glass = sim:material { name = "glass", young = 1e6, poisson = 0.25, density = 2500 }
      sim:law("hertz_mindlin", { rolling = "epsd" })
      sim:pair(glass, glass, { restitution = 0.5, friction = 0.4, rolling_friction = 0.1 })
      sim:box { lo = { 0, 0, 0 }, hi = { 0.05, 0.05, 0.1 }, side = "inside", material = glass }
      sim:insert { region = sim.box { lo = { 0, 0, 0 }, hi = { 0.05, 0.05, 0.05 } }, radius = 2e-3, count = 500, material = glass,
        velocity = { 0, 0, -1 } }
      sim:run { time = 0.01, every = 2e-3, call = function(s) s:energies() end }
      hashes[k] = sim:hash()
      if not kept then
        local e = sim:energies()
        assert.is_nil(e.parts)
        assert.near(sim.kinetic_energy, e.kinetic, 0)
        assert.near(e.gravitational, sim.gravitational_energy, 0)
        assert.is_true(failure(function() return sim.elastic_energy end):find("energy_book = true", 1, true) ~= nil)
      else
        local message = failure(function() sim:run { steps = 1, each_step = function(s) s:energies() end } end)
        assert.is_true(message:find("not in the middle of a step", 1, true) ~= nil)
      end
      sim:close()
    end
    assert.equal(hashes[1], hashes[2])
    local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 1, 1, 1 }, periodic = "xyz" }, energy_book = true }
    assert.is_true(failure(function() sim:deform { rate = { exy = 1 } } end):find("leave out energy_book", 1, true) ~= nil)
    sim:close()
  end)
end)
