-- measures_spec.lua -- stress, fabric, packing fraction and coordination against formulas. #physics
local barchan = require "barchan"
local expect = require "tools.expect"
local failure, has = expect.failure, expect.has

local function scene(options, pair)
  local sim = barchan.simulation(options)
  local glass = sim:material { name = "glass", density = 2500 }
  sim:law "linear"
  local p = { restitution = 0.3, friction = 0.5, stiffness = 1000 }
  for key, value in pairs(pair or {}) do p[key] = value end
  sim:pair(glass, glass, p)
  return sim, glass
end

-- n^3 spheres of radius r on a simple cubic lattice that fills a periodic cube, overlapping by d.
local r, d, n = 5e-3, 1e-5, 6
local a = 2 * r - d
local function cubic(options)
  local o = { domain = { lo = { 0, 0, 0 }, hi = { n * a, n * a, n * a }, periodic = "xyz" }, gravity = { 0, 0, 0 } }
  for key, value in pairs(options or {}) do o[key] = value end
  local sim, glass = scene(o)
  local x = {}
  for i = 0, n ^ 3 - 1 do x[i + 1] = { (i % n + 0.5) * a, (math.floor(i / n) % n + 0.5) * a, (math.floor(i / n / n) + 0.5) * a } end
  sim:insert { material = glass, x = x, radius = r }
  return sim, glass, x
end

describe("sim:stress #physics", function()
  for _, precision in ipairs { "mixed", "double" } do
    it("is F / d^2 on a simple cubic lattice, in the whole and in any slab, " .. precision, function()
      local sim = cubic { precision = precision, threads = 2 }
      local tiny = precision == "double" and 1e-9 or 1e-5
      local expected = 1000 * d / (a * a)
      local whole, cube = sim:stress {}, sim.box { lo = { 1.3 * a, 0, 0 }, hi = { 3.3 * a, n * a, n * a }  }
      for _, s in ipairs { whole, sim:stress { region = cube } } do
        for i = 1, 3 do
          for j = 1, 3 do
            assert.near(i == j and expected or 0, s.contact[i][j], tiny * expected)
            assert.equal(0, s.kinetic[i][j])
          end
        end
        assert.near(expected, s.pressure, tiny * expected)
        assert.near(0, s.deviator, tiny * expected)
      end
      for i = 1, 3 do
        for j = 1, 3 do assert.near(i == j and 1 / 3 or 0, whole.fabric[i][j], 1e-15) end
      end
      assert.equal(3 * n ^ 3, whole.contacts)
      assert.near((n * a) ^ 3, whole.volume, 1e-15)
      sim:close()
    end)
  end

  it("is m v v / V of the fluctuations in a gas, the same for a moving frame", function()
    local sim, glass = scene { domain = { lo = { 0, 0, 0 }, hi = { 1, 1, 1 }, periodic = "xyz" }, gravity = { 0, 0, 0 }, precision = "double" }
    sim:insert { material = glass, x = { { 0.2, 0.5, 0.5 }, { 0.4, 0.5, 0.5 }, { 0.8, 0.5, 0.5 } }, radius = 0.01,
      velocity = { { 1, 0.5, 0 }, { -1, -0.5, 0 }, { 0, 0, 0 } } }
    local m = 2500 * 4 / 3 * math.pi * 1e-6
    for _, shift in ipairs { 0, 2 } do
      for i = 1, 3 do sim.v[i] = sim.v[i] + barchan.vector(shift, shift, 0) end
      local s = sim:stress {}
      assert.near(2 * m, s.kinetic[1][1], 1e-15)
      assert.near(m, s.kinetic[1][2], 1e-15)
      assert.near(m, s.kinetic[2][1], 1e-15)
      assert.near(0.5 * m, s.kinetic[2][2], 1e-15)
      assert.near(0, s.kinetic[3][3], 1e-15)
      assert.near(shift, s.velocity.x, 1e-15)
      assert.near(3 * m, s.mass, 1e-17)
    end
    local half = sim:stress { region = sim.box { lo = { 0, 0, 0 }, hi = { 0.5, 1, 1 } } }
    assert.equal(2, half.particles)
    assert.near(2 * 2 * m, half.kinetic[1][1], 1e-15)
    sim:close()
  end)

  it("carries in each slab of a bed at rest the weight above it, and walls carry the weight", function()
    local size, g = 0.04, 9.81
    local sim, glass = scene({ domain = { lo = { 0, 0, 0 }, hi = { size, size, 0.3 }, periodic = "xy" }, precision = "double", threads = 1 },
      { restitution = 0.3 })
    local floor = sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
    sim:insert { region = sim.box { lo = { 0, 0, 0 }, hi = { size, size, 0.2 } }, material = glass, radius = { 3e-3, 4e-3 }, count = 250 }
    sim:run { time = 2 }
    local weight, floor_force = sim.total_mass * g, floor.force
    assert.near(-weight, floor_force.z, 1e-6 * weight)
    for _, slab in ipairs { { 0, 0.005 }, { 0.01, 0.03 }, { 0.0123, 0.0321 } } do
      local s = sim:stress { region = sim.box { lo = { 0, 0, slab[1] }, hi = { size, size, slab[2] } } }
      -- The mean over the slab's heights of the weight whose centres lie above.
      local above = 0
      for i = 1, sim.count do
        above = above + sim.mass[i] * g * math.max(0, math.min(sim.x[i].z, slab[2]) - slab[1]) / (slab[2] - slab[1])
      end
      assert.near(above / size ^ 2, s.contact[3][3], 1e-6 * weight / size ^ 2)
      assert.is_true(s.contact[1][1] > 0.1 * s.contact[3][3] and s.contact[1][1] < s.contact[3][3])
    end
    sim:close()
  end)
end)

describe("sim:packing #physics", function()
  it("is pi / 6 of a simple cubic lattice with six contacts each, and adds up over parts of the domain", function()
    local sim = cubic()
    local p = sim:packing {}
    assert.near(4 / 3 * math.pi * r ^ 3 / a ^ 3, p.fraction, 1e-15)
    assert.equal(6, p.coordination)
    assert.equal(6, p.backbone_coordination)
    assert.equal(0, p.rattlers)
    assert.equal(n ^ 3, p.particles)
    local solid, particles, L = 0, 0, n * a
    local cut = { 0.37 * L, 0.51 * L, 0.83 * L }
    for i = 0, 7 do
      local lo, hi = {}, {}
      for k = 1, 3 do
        local upper = math.floor(i / 2 ^ (k - 1)) % 2 == 1
        lo[k], hi[k] = upper and cut[k] or 0, upper and L or cut[k]
      end
      local part = sim:packing { region = sim.box { lo = lo, hi = hi } }
      solid, particles = solid + part.solid, particles + part.particles
    end
    assert.near(p.solid, solid, 1e-13 * p.solid)
    assert.equal(n ^ 3, particles)
    -- Inside and around a sphere, a cylinder and a cone: one sphere of radius r at their middle.
    local x = sim.x[1]
    for _, region in ipairs { sim.sphere { center = { x.x, x.y, x.z }, radius = r / 2 },
      sim.cylinder { from = { x.x, x.y, x.z - r / 4 }, to = { x.x, x.y, x.z + r / 4 }, radius = r / 4 } } do
      assert.near(1, sim:packing { region = region }.fraction, 1e-12)
    end
    sim:close()
  end)

  it("takes rattlers away one after another", function()
    local sim, glass = scene { domain = { lo = { 0, 0, 0 }, hi = { 1, 1, 1 } }, gravity = { 0, 0, 0 } }
    -- A tetrahedron whose corners touch, a chain of three that hangs on it, and one alone.
    local R, s = 0.05, 0.0999 / math.sqrt(8)
    local x = { { s, s, s }, { s, -s, -s }, { -s, s, -s }, { -s, -s, s } }
    for i = 1, 4 do for k = 1, 3 do x[i][k] = x[i][k] + 0.5 end end
    for i = 1, 3 do x[4 + i] = { x[1][1] + i * 0.0999, x[1][2], x[1][3] } end
    x[8] = { 0.1, 0.1, 0.1 }
    sim:insert { material = glass, x = x, radius = R }
    local p = sim:packing { least = 3 }
    assert.equal(4, p.rattlers)
    assert.equal(3, p.backbone_coordination)
    assert.equal((4 * 3 + 2 * 3) / 8, p.coordination)
    assert.equal(2 * 1 / 8 + 16 / 8, sim:packing { least = 1 }.coordination)
    assert.equal(1, sim:packing { least = 1 }.rattlers)
    assert.equal(8, sim:packing {}.rattlers)
    sim:close()
  end)

  it("needs no law for the fraction", function()
    local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 1, 1, 1 } } }
    local glass = sim:material { name = "glass", density = 2500 }
    sim:insert { material = glass, x = { { 0.5, 0.5, 0.5 } }, radius = 0.1 }
    assert.near(4 / 3 * math.pi * 1e-3, sim:packing {}.fraction, 1e-16)
    assert.is_nil(sim:packing {}.coordination)
    sim:close()
  end)

  it("gives the same bits for any threads, and refuses what makes no sense", function()
    local texts = {}
    for k, how in ipairs { { threads = 1 }, { threads = 3 }, { threads = 2, isa = "sse2" } } do
      local sim, glass = scene { domain = { lo = { 0, 0, 0 }, hi = { 0.05, 0.05, 0.1 }, periodic = "x" }, threads = how.threads, isa = how.isa }
      sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
      sim:insert { region = sim.box { lo = { 0, 0, 0 }, hi = { 0.05, 0.05, 0.1 } }, material = glass, radius = { 1e-3, 3e-3 }, count = 1200,
        seed = 2 }
      sim:run { steps = 200 }
      local region = sim.cone { from = { 0.025, 0.025, 0.003 }, to = { 0.02, 0.025, 0.05 }, radius_from = 0.02, radius_to = 0.01 }
      local s, p = sim:stress { region = region }, sim:packing { region = region }
      texts[k] = ("%.17g %.17g %.17g %.17g %.17g %.17g %.17g %d"):format(s.total[1][1], s.total[1][2], s.total[3][3], s.fabric[2][2],
        s.velocity.z, p.solid, p.coordination, p.rattlers)
      assert.equal(texts[1], texts[k])
      has(failure(function() sim:stress { region = { 1 } } end), "sim:stress: region must be a region")
      has(failure(function() sim:stress { regoin = region } end), "did you mean 'region'?")
      has(failure(function() sim:packing { least = 0 } end), "least must be between 1 and 12")
      has(failure(function() sim:packing { region = sim.box { lo = { 0, 0, 0 }, hi = { 1, 1, 1 } } } end),
        "the region must lie inside the domain")
      has(failure(function() sim:run { steps = 1, each_step = function(x) x:stress {} end } end), "not in the middle of a step")
      sim:close()
    end
  end)
end)

describe("a sheared cell #physics", function()
  it("has the stress that its servo sees, and no kinetic part from the shear itself", function()
    local rate = 3
    local sim, glass = scene { domain = { lo = { 0, 0, 0 }, hi = { n * a, n * a, n * a }, periodic = "xyz" }, gravity = { 0, 0, 0 },
      precision = "double", threads = 2 }
    local x = {}
    for i = 0, n ^ 3 - 1 do x[i + 1] = { (i % n + 0.5) * a, (math.floor(i / n) % n + 0.5) * a, (math.floor(i / n / n) + 0.5) * a } end
    sim:insert { material = glass, x = x, radius = r }
    sim:deform { rate = { exy = rate } }
    sim:run { steps = 400 }
    local s, cell = sim:stress {}, sim.cell
    assert.near(cell.stress.sxx, s.total[1][1], 1e-3 * cell.stress.sxx)
    assert.near(cell.stress.szz, s.total[3][3], 1e-3 * cell.stress.szz)
    assert.is_true(s.kinetic[1][1] < 0.02 * 2500 * (rate * n * a) ^ 2 / 12)
    sim:close()
  end)
end)

describe("sim:meter #physics", function()
  it("counts each crossing once, both ways, through periodic faces too, whatever the threads", function()
    local texts = {}
    for k, threads in ipairs { 1, 3 } do
      local sim, glass = scene { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 }, periodic = "xyz" }, gravity = { 0, 0, 0 },
        threads = threads }
      sim:insert { region = sim.box { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } }, material = glass, radius = 1.5e-3, count = 1100, seed = 5 }
      local state = 1
      local function draw() state = (state * 1103515245 + 12345) % 2147483648 return state / 1073741824 - 1 end
      for i = 1, sim.count do sim.v[i] = { draw(), draw(), draw() } end
      local planes = { 0, 0.05, 0.0317 }
      local meters, unwrapped, expected = {}, {}, {}
      for m, at in ipairs(planes) do meters[m], expected[m] = sim:meter { point = { at, 0, 0 }, normal = { 1, 0, 0 } }, { 0, 0, 0 } end
      local last = {}
      for i = 1, sim.count do
        last[sim.id[i]] = sim.x[i].x
        unwrapped[sim.id[i]] = sim.x[i].x
      end
      local function level(x, at) return math.floor((x - at) / 0.1) end
      for _ = 1, 150 do -- counted here from the places after every step
        sim:run { steps = 1 }
        for i = 1, sim.count do
          local id = sim.id[i]
          local moved = sim.x[i].x - last[id]
          moved = moved > 0.05 and moved - 0.1 or moved < -0.05 and moved + 0.1 or moved
          for m, at in ipairs(planes) do
            local way = level(unwrapped[id] + moved, at + 1e-13) - level(unwrapped[id], at + 1e-13)
            if way ~= 0 then
              local e = expected[m]
              e[way > 0 and 1 or 2] = e[way > 0 and 1 or 2] + 1
            end
          end
          unwrapped[id], last[id] = unwrapped[id] + moved, sim.x[i].x
        end
      end
      for m, meter in ipairs(meters) do
        assert.is_true(meter.count > 2 and meter.count_back > 2)
        assert.equal(expected[m][1], meter.count)
        assert.equal(expected[m][2], meter.count_back)
        assert.near(meter.count * sim.mass[1], meter.mass, 1e-12 * meter.mass)
        assert.is_true(meter.momentum.x > 0 and meter.momentum_back.x < 0)
      end
      texts[k] = ("%s %.17g %.17g"):format(sim:hash(), meters[1].momentum.y, meters[2].mass_back)
      assert.equal(texts[1], texts[k])
      sim:close()
    end
  end)

  it("counts what an outlet below it takes, within its radius only", function()
    local sim, glass = scene { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.2 } }, on_exit = "remove" }
    sim:insert { region = sim.box { lo = { 0, 0, 0.05 }, hi = { 0.1, 0.1, 0.2 } }, material = glass, radius = { 1e-3, 2e-3 }, count = 400 }
    local outlet = sim:outlet { plane = { point = { 0, 0, 0.01 }, normal = { 0, 0, 1 } } }
    local all = sim:meter { point = { 0, 0, 0.01 }, normal = { 0, 0, -1 } }
    local disc = sim:meter { point = { 0.05, 0.05, 0.01 }, normal = { 0, 0, -2 }, radius = 0.03 }
    sim:run { time = 0.3 }
    assert.is_true(outlet.count > 300 and disc.count > 50 and disc.count < 0.5 * all.count)
    assert.equal(outlet.count, all.count)
    assert.equal(outlet.mass, all.mass)
    assert.equal(0, all.count_back)
    local before = all.count
    all:remove()
    assert.equal(before, all.count)
    has(failure(function() return all.flow end), "unknown member of a meter")
    has(failure(function() sim:meter { point = { 0, 0, 0 }, normal = { 0, 0, 0 } } end), "normal must have a direction")
    sim:close()
  end)
end)
