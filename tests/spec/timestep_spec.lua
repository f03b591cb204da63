-- timestep_spec.lua -- the default time step: against the formulas of timestep.lua, and runs that a longer step would spoil.
local barchan = require "barchan"

local function failure(fn)
  local ok, message = pcall(fn)
  assert.is_false(ok, "expected an error")
  return message
end

local r, k, density = 5e-3, 1000, 2500
local m = density * 4 / 3 * math.pi * r ^ 3

local function scene(law, pair, options)
  local o = { domain = { lo = { -1, -1, -1 }, hi = { 1, 1, 1 } }, gravity = { 0, 0, 0 }, precision = "double", threads = 1 }
  for key, value in pairs(options or {}) do o[key] = value end
  local sim = barchan.simulation(o)
  local glass = sim:material { name = "glass", density = density }
  sim:law(law)
  pair.stiffness, pair.friction = k, 0.3
  sim:pair(glass, glass, pair)
  return sim, glass
end

local function head_on(sim, glass)
  sim:insert { material = glass, x = { { -r - 1e-6, 0, 0 }, { r + 1e-6, 0, 0 } }, radius = r, velocity = { { 0.05, 0, 0 }, { -0.05, 0, 0 } } }
end

local viscous = { normal = "linear", damping = "viscous", tangential = "linear" }
local critical, half_period = 2 * math.sqrt(k * m / 2), math.pi * math.sqrt(m / 2 / k)

describe("the default time step", function()
  it("is a twentieth of half a period of the contact for restitutions down to 0.1", function()
    for _, e in ipairs { 1, 0.5, 0.1 } do
      for _, damping in ipairs { "calibrated", "tsuji" } do
        local sim, glass = scene("linear", { restitution = e, damping = damping })
        head_on(sim, glass)
        sim:run { steps = 1 }
        assert.near(0.05 * half_period, sim.dt, 1e-9 * sim.dt)
        sim:close()
      end
    end
  end)

  it("follows a viscosity that is given: a dashpot above critical loses what it should #physics", function()
    for _, ratio in ipairs { 3, 10, 100 } do
      local sim, glass = scene(viscous, { viscosity = ratio * critical })
      head_on(sim, glass)
      sim:run { time = 10 * ratio * half_period }
      assert.near(0.4 * (m / 2) / (ratio * critical), sim.dt, 1e-9 * sim.dt)
      local root = math.sqrt(ratio ^ 2 - 1) -- Schwager and Poschel, Granular Matter 9 (2007) 465, beyond critical
      local e = ((ratio + root) / (ratio - root)) ^ (-ratio / root)
      assert.near(e, (sim.v[2].x - sim.v[1].x) / 0.1, 3e-3)
      sim:close()
    end
  end)

  it("lets a bed with such dashpots come to rest, and its forces into the range of the sums #physics", function()
    local sim, glass = scene(viscous, { viscosity = 10 * critical }, { domain = { lo = { 0, 0, 0 }, hi = { 0.06, 0.06, 0.2 } },
      gravity = { 0, 0, -9.81 }, precision = "mixed" })
    sim:box { lo = { 0, 0, 0 }, hi = { 0.06, 0.06, 0.2 }, side = "inside", material = glass }
    sim:insert { material = glass, region = sim.box { lo = { 0, 0, 0 }, hi = { 0.06, 0.06, 0.2 } }, count = 60, radius = r }
    sim:run { time = 0.4 }
    assert.is_true(sim.kinetic_energy + sim.rotational_energy < 1e-3 * 60 * m * 9.81 * r, tostring(sim.kinetic_energy))
    sim:close()
  end)

  it("of the script is refused where a dashpot would turn the motion around", function()
    local sim, glass = scene(viscous, { viscosity = 10 * critical }, { dt = 0.05 * half_period })
    head_on(sim, glass)
    local message = failure(function() sim:run { steps = 1 } end)
    assert.matches("timestep_spec.lua:%d+: sim:run: dt = .* is too large to be stable: it must be <= ", message)
    assert.matches("the mass over damping of the contact glass%-glass at radius 0.005 m; the default would be", message)
    sim:close()
  end)

  it("knows free bodies lighter than the grains, and forgets them when they are held again", function()
    local a = 4e-3
    local sim, glass = scene("linear", { restitution = 1 })
    sim:insert { material = glass, x = { { 0, 0, 0 } }, radius = r }
    local cube = sim:box { lo = { 0.1, 0.1, 0.1 }, hi = { 0.1 + a, 0.1 + a, 0.1 + a }, side = "outside", material = glass }
    local function default()
      sim:run { steps = 1 }
      return sim.dt
    end
    assert.near(0.05 * half_period, default(), 1e-9)
    cube:free { density = 10 }
    -- A push on a corner, across its arm of sqrt(3) a / 2, feels 1 / (1 / M + (3 a^2 / 4) / (M a^2 / 6)) = M / 5.5.
    local M = 10 * a ^ 3
    assert.near(0.05 * math.pi * math.sqrt(M / 5.5 / k), default(), 1e-9 * half_period)
    cube:free { mass = M, fix_rotation = "xyz" }
    assert.near(0.05 * math.pi * math.sqrt(M / k), default(), 1e-9 * half_period)
    cube:free { mass = M, fix = "xyz", fix_rotation = "xyz" } -- cannot move
    assert.near(0.05 * half_period, default(), 1e-9 * half_period)
    cube:free { mass = M, fix_rotation = "xyz" }
    cube:halt()
    assert.near(0.05 * half_period, default(), 1e-9 * half_period)
    -- A plate between more than 40 grains swings with all of their contacts.
    local L = 0.4
    local plate = sim:box { lo = { -L / 2, -L / 2, 0.5 }, hi = { L / 2, L / 2, 0.501 }, side = "outside", material = glass }
    plate:free { mass = m, fix_rotation = "xyz" }
    local contacts = (2 * L * L + 4 * L * 1e-3) / (4 * math.pi * r ^ 2)
    assert.is_true(contacts > 1000)
    assert.near(0.05 * math.pi * math.sqrt(m / k * 40 / contacts), default(), 1e-6 * half_period)
    plate:remove()
    assert.near(0.05 * half_period, default(), 1e-9 * half_period)
    sim:close()
  end)

  it("lets a light lid rest on grains #physics", function()
    local sim, glass = scene("linear", { restitution = 0.5 },
      { domain = { lo = { 0, 0, 0 }, hi = { 0.05, 0.05, 0.1 } }, gravity = { 0, 0, -9.81 } })
    sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
    local x = {}
    for i = 0, 3 do
      for j = 0, 3 do x[#x + 1] = { 0.01 + 0.0101 * i, 0.01 + 0.0101 * j, r } end
    end
    sim:insert { material = glass, x = x, radius = r }
    local lid = sim:box { lo = { 0.005, 0.005, 2 * r + 1e-5 }, hi = { 0.046, 0.046, 2 * r + 1e-3 }, side = "outside", material = glass }
    lid:free { density = 5 }
    sim:run { time = 0.3 }
    assert.near(2 * r + 0.5e-3, lid.position.z, 2e-5)
    assert.is_true(lid.velocity:norm() < 1e-4, tostring(lid.velocity))
    assert.near(lid.mass * 9.81, lid.force.z, 1e-2 * lid.mass * 9.81)
    sim:close()
  end)
end)
