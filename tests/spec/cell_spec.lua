-- cell_spec.lua -- sim:deform and sim.cell as scripts see them: what is refused, servos that reach their stress, the flow that
-- particles share in. The engine's part is in tests/unit/cell_test.c.
local barchan = require "barchan"

local function failure(fn, ...)
  local ok, message = pcall(fn, ...)
  assert.is_false(ok, "expected an error")
  return message
end

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
end)
