-- cell_spec.lua -- sim:deform and sim.cell as scripts see them: what is refused, servos that reach their stress, the flow that
-- particles share in. The engine's part is in tests/unit/cell_test.c.
local barchan = require "barchan"
local expect = require "tools.expect"
local failure = expect.failure

local function grains(count, size, options)
  options = options or {}
  local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { size, size, size }, periodic = "xyz", tilt = options.tilt },
    gravity = { 0, 0, 0 }, threads = options.threads or 1, precision = options.precision, force_scale = 1 }
  local g = sim:material { name = "grain", density = 1 }
  sim:law "linear"
  sim:pair(g, g, { stiffness = 1, restitution = options.restitution or 0.7, friction = options.friction or 0.3 })
  if count > 0 then
    sim:insert { region = sim.box { lo = { 0, 0, 0 }, hi = { size, size, size } }, material = g, radius = 0.5, count = count }
  end
  return sim, g
end

describe("sim:deform", function()
  it("refuses what cannot be", function()
    local sim = grains(0, 10)
    local function refused(options, ...)
      local message = failure(sim.deform, sim, options)
      for _, part in ipairs { ... } do assert.is_truthy(message:find(part, 1, true), message) end
    end
    refused({ rate = { exx = 1 }, stress = { sxx = 1 } }, "give either exx or sxx, not both")
    refused({ rate = { eyx = 1 } }, "eyx", "did you mean")
    refused({ pressure = 1, rate = { ezz = 1 } }, "does not go with ezz")
    refused({ max_rate = 1 }, "max_rate goes with stress or pressure")
    refused({ stress = { sxx = 1 } }, "max_rate must be given where there are no particles")
    refused({ stress = { sxx = 0 }, max_rate = 1 }, "band must say")
    refused({ rate = { exx = "fast" } }, "exx", "number")
    sim:close()
  end)

  it("refuses axes that are not periodic, and walls across them", function()
    local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 1, 1, 1 }, periodic = "xy" } }
    local g = sim:material { name = "g", density = 1 }
    assert.is_truthy(failure(sim.deform, sim, { rate = { exz = 1 } }):find("along z, which is not periodic", 1, true))
    sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = g }
    sim:deform { rate = { exy = 1 } }
    assert.is_truthy(failure(sim.sphere, sim, { center = { 0.5, 0.5, 0.5 }, radius = 0.1, material = g }):find("walls do not", 1, true))
    sim:close()
    local message = failure(barchan.simulation, { domain = { lo = { 0, 0, 0 }, hi = { 1, 1, 1 }, periodic = "x", tilt = { 0.1, 0, 0 } } })
    assert.is_truthy(message:find("tilt xy = 0.1 m needs both axes periodic", 1, true), message)
  end)

  it("tells the cell", function()
    local sim = grains(0, 10, { tilt = { 12, 0, -3 } })
    local c = sim.cell
    assert.same({ 2, 0, -3 }, c.tilt)
    assert.equal(1000, c.volume)
    assert.equal("(2, 10, 0)", ("(%g, %g, %g)"):format(c.b[1], c.b[2], c.b[3]))
    assert.is_nil(c.stress)
    sim:close()
  end)

  it("gives every particle its part of the flow, and takes it back", function()
    local sim, g = grains(0, 10, { precision = "double" })
    sim:insert { material = g, radius = 0.5, x = { { 5, 9, 5 }, { 5, 5, 1 } } }
    sim:deform { rate = { exy = 0.1, ezz = -0.01 } }
    sim:run { steps = 1 }
    assert.near(0.4, sim:particle(1).v.x, 1e-3)
    assert.near(0.04, sim:particle(2).v.z, 1e-3)
    local flow = sim.cell.velocity(5, 9, 1)
    assert.near(0.4, flow.x, 1e-3)
    assert.near(0.04, flow.z, 1e-3)
    sim:deform {}
    sim:run { steps = 1 }
    assert.near(0, sim:particle(1).v.x, 1e-6)
    assert.near(0, sim:particle(2).v.z, 1e-6)
    sim:close()
  end)

  it("reaches a pressure from a gas, and holds it #physics", function()
    local sim = grains(500, 10)
    sim:deform { pressure = 1e-3, max_rate = 2e-3 }
    sim:run { time = 500 }
    local c = sim.cell
    local pressure = (c.stress.sxx + c.stress.syy + c.stress.szz) / 3
    assert.near(1e-3, pressure, 1e-5)
    assert.is_true(c.volume < 500 * math.pi / 6 / 0.55 and sim.coordination > 3.5)
    assert.near(c.a.x, c.c.z, 1e-12)
    sim:run { time = 50 }
    c = sim.cell
    assert.near(1e-3, (c.stress.sxx + c.stress.syy + c.stress.szz) / 3, 1e-5)
    sim:close()
  end)

  it("reaches three different stresses while it is sheared #physics", function()
    local sim = grains(500, 10)
    sim:deform { pressure = 1e-3, max_rate = 4e-3 }
    sim:run { time = 250 }
    sim:deform { stress = { sxx = 1.2e-3, syy = 1e-3, szz = 0.8e-3 }, max_rate = 1e-3 }
    sim:run { time = 400 }
    local c = sim.cell
    assert.near(1.2e-3, c.stress.sxx, 1.2e-5)
    assert.near(1e-3, c.stress.syy, 1e-5)
    assert.near(0.8e-3, c.stress.szz, 0.8e-5)
    sim:close()
  end)

  -- sim.cell adds up what the last step's forces were, sim:stress evaluates the contacts anew.
  local function same_stress(sim, tolerance)
    local c, whole = sim.cell.stress, sim:stress {}
    for _, q in ipairs { { "sxx", 1, 1 }, { "syy", 2, 2 }, { "szz", 3, 3 }, { "sxy", 1, 2 }, { "sxz", 1, 3 }, { "syz", 2, 3 } } do
      local name, i, j = unpack(q)
      assert.near((whole.total[i][j] + whole.total[j][i]) / 2, c[name], tolerance * whole.pressure)
    end
    return whole
  end

  it("tells the stress that sim:stress measures #physics", function()
    local sim = grains(500, 10)
    sim:deform { pressure = 1e-3, max_rate = 4e-3 }
    sim:run { time = 600 }
    sim:deform { rate = { exy = 1e-5, exz = -1e-5 } }
    sim:run { time = 100 }
    assert.is_true(math.abs(same_stress(sim, 1e-4).total[1][2]) > 2e-5)
    sim:close()
    sim = grains(100, 20, { precision = "double" }) -- a gas: motion alone, with a drift
    for i = 1, 100 do sim.v[i] = { 0.1 * math.sin(i * i), 0.1 * math.cos(3 * i), 0.05 + 0.1 * math.sin(7 * i) } end
    sim:deform { rate = { exy = 0.01, eyz = 0.005, ezz = -0.002 } }
    sim:run { steps = 20 }
    while sim.contacts > 0 do sim:run { steps = 1 } end
    assert.is_true(same_stress(sim, 1e-9).kinetic[3][3] > 0)
    sim:close()
  end)

  -- Simple cubic, spacing d: C11 = k_n / d, C12 = 0, C44 = k_t / (2 d); the spheres turn by half the shear. An overlap of 1e-5 radii
  -- keeps what the pre-stress adds below 1e-4.
  it("finds the moduli of a lattice #physics", function()
    local R, kn, kt = 0.5, 1, 2 / 7
    local overlap = 1e-5 * R
    local d, x = 2 * R - overlap, {}
    for i = 0, 63 do x[i + 1] = { (i % 4 + 0.3) * d, (math.floor(i / 4) % 4 + 0.7) * d, (math.floor(i / 16) + 0.1) * d } end
    local function lattice(tilt)
      local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 4 * d, 4 * d, 4 * d }, periodic = "xyz", tilt = tilt },
        precision = "double", threads = 1, gravity = { 0, 0, 0 }, force_scale = 10 * kn * overlap }
      local ball = sim:material { name = "ball", density = 1 }
      sim:law "linear"
      sim:pair(ball, ball, { stiffness = kn, tangential_ratio = kt / kn, restitution = 0.3, friction = 10 })
      sim:insert { x = x, radius = R, material = ball }
      sim:run { steps = 1 }
      return sim
    end
    local sim = lattice()
    local rest = sim:stress {}.total
    for i = 1, 3 do assert.near(kn * overlap / d ^ 2, rest[i][i], 1e-6 * rest[i][i]) end
    for component, at in pairs { exx = { 1, 1 }, ezz = { 3, 3 }, exy = { 1, 2 }, exz = { 1, 3 }, eyz = { 2, 3 } } do
      local one, i, j = lattice(), at[1], at[2]
      one:deform { rate = { [component] = -1e-6 / (200 * one.dt) } }
      one:run { steps = 200 }
      one:deform {}
      one:run { steps = 4000 }
      assert.near(-1e-6, one.cell.strain[component], 1e-12)
      local now = one:stress {}.total
      local change = ((now[i][j] - rest[i][j]) + (now[j][i] - rest[j][i])) / 2 / 1e-6
      local wanted = i == j and kn / d or kt / (2 * d)
      assert.near(wanted, change, 1e-4 * wanted)
      if i == j then assert.near(0, (now[2][2] - rest[2][2]) / 1e-6, 1e-4 * wanted) end
      one:close()
    end
    local tilted = lattice { 4 * d, -4 * d, 4 * d } -- by whole lengths: nothing has changed
    assert.equal(sim:hash(), tilted:hash())
    tilted:close()
    sim:deform { pressure = 3 * rest[1][1], max_rate = 4e-7 }
    sim:run { steps = 60000, until_ = function(s) return math.abs(s.cell.stress.sxx / rest[1][1] - 3) < 1e-7 end }
    local edge = sim.cell.a.x / 4
    assert.near(3 * rest[1][1] * edge ^ 2 / kn, 2 * R - edge, 1e-4 * overlap)
    sim:close()
  end)

  -- Rapid granular flow, validation case B7 in short: phi = 0.3, e = 0.9. LAMMPS (fix deform, remap v): P = 1.323, S = 0.368,
  -- T = 1.131 in units of rho (d rate)^2; Lun et al. 1984: 1.389, 0.382, 1.210.
  it("shears a granular gas as others do #physics", function()
    local n, rate = 400, 4e-3
    local edge = (n * math.pi / 6 / 0.3) ^ (1 / 3)
    local sim, g = grains(0, edge, { restitution = 0.9, friction = 0 })
    sim:pair(g, g, { stiffness = 1, restitution = 0.9, friction = 0, tension = "allowed" })
    sim:insert { region = sim.box { lo = { 0, 0, 0 }, hi = { edge, edge, edge } }, material = g, radius = 0.5, count = n }
    for i = 1, n, 2 do -- in pairs, because a drift across the shear would become one along it
      local v = rate * barchan.vector(math.sin(i * i), math.sin(3 * i), math.cos(5 * i))
      sim.v[i], sim.v[i + 1] = v, -1 * v
    end
    sim:deform { rate = { exy = rate } }
    sim:run { time = 6 / rate }
    local looks, P, S, T = 0, 0, 0, 0
    local sum, count = {}, {}
    sim:run { time = 12 / rate, every = 0.05 / rate, call = function()
      local q = sim:stress {}
      looks, P, S = looks + 1, P + q.pressure / rate ^ 2, S - q.total[1][2] / rate ^ 2
      T = T + (q.kinetic[1][1] + q.kinetic[2][2] + q.kinetic[3][3]) * q.volume / q.mass / 3 / rate ^ 2
      for i = 1, n do
        local b = math.floor(sim.x[i].y / edge * 8) + 1
        sum[b], count[b] = (sum[b] or 0) + sim.v[i].x / rate, (count[b] or 0) + 1
      end
    end }
    P, S, T = P / looks, S / looks, T / looks
    assert.near(1.323, P, 0.15 * 1.323)
    assert.near(0.278, S / P, 0.1 * 0.278)
    assert.near(1.131, T, 0.15 * 1.131)
    local worst = 0
    for b = 1, 8 do worst = math.max(worst, math.abs(sum[b] / count[b] - ((b - 0.5) / 8 - 0.5) * edge)) end
    assert.is_true(worst < 0.1 * edge / 2, "the mean velocities are off their line by " .. worst)
    print(("# P %.3f, S/P %.3f, T %.3f, off the line by %.3f"):format(P, S / P, T, worst))
    sim:close()
  end)

  it("shows in the contact network the forces that the step has summed, across tilted faces too #physics", function()
    for _, threads in ipairs { 1, 3 } do
      local L, r = 0.03, 1.5e-3
      local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { L, L, L }, periodic = "xyz" }, gravity = { 0, 0, 0 },
        precision = "double", threads = threads }
      local glass = sim:material { name = "glass", young = 2e6, poisson = 0.25, density = 2500 }
      sim:law "hertz_mindlin"
      sim:pair(glass, glass, { restitution = 1, friction = 0.4 }) -- nothing is damped: forces do not depend on velocities
      local x = {}
      for i = 0, 999 do
        local a, b, c = i % 10, math.floor(i / 10) % 10, math.floor(i / 100)
        x[i + 1] = { L * (a + 0.1 * (0.37 * i % 1)) / 10, L * (b + 0.1 * (0.73 * i % 1)) / 10, L * (c + 0.1 * (0.59 * i % 1)) / 10 }
      end
      sim:insert { x = x, radius = 1.02 * r, material = glass, allowed_overlap = 0.99 }
      sim:deform { rate = { exy = 20, eyz = -10, exz = 7, exx = -2, eyy = -2, ezz = -2 } }
      sim:run { time = 0.015 }
      assert.is_true(sim.cell.tilt[1] > 0.2 * L)
      local network, sum, slot = sim:contact_network(), {}, {}
      local across, largest = 0, 0
      assert.equal(sim.contacts, network.count)
      for i = 1, sim.count do sum[i], slot[sim.id[i]] = { x = 0, y = 0, z = 0 }, i end
      for i = 1, network.count do
        local a, b = slot[network.first[i]], slot[network.second[i]]
        local f, away = network.force[i], sim.x[a] - sim.x[b] - network.branch[i]
        if away:norm() > 0.1 * L then across = across + 1 end
        largest = math.max(largest, f:norm())
        for axis in pairs(sum[a]) do sum[a][axis], sum[b][axis] = sum[a][axis] + f[axis], sum[b][axis] - f[axis] end
      end
      assert.is_true(network.count > 800 and across > 100, ("%d of %d"):format(across, network.count))
      for i = 1, sim.count do
        for axis, f in pairs(sum[i]) do assert.near(sim.force[i][axis], f, 1e-6 * largest) end
      end
      sim:close()
    end
  end)
end)
