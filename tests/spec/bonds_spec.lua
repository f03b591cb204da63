-- bonds_spec.lua -- sim:bond through the Lua API: the stiffness of a chain, what breaks, what is refused.
local barchan = require "barchan"
local expect = require "tools.expect"
local failure = expect.failure

local R, E = 1e-3, 1e7

local function scene(options)
  local o = { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } }, gravity = { 0, 0, 0 }, threads = 1 }
  for key, value in pairs(options or {}) do o[key] = value end
  local sim = barchan.simulation(o)
  local sand = sim:material { name = "sand", density = 2500, young = 1e7, poisson = 0.25 }
  sim:law "hertz_mindlin"
  sim:pair(sand, sand, { restitution = 0.5, friction = 0.5 })
  return sim, sand
end

local function chain(sim, sand, n)
  local x, list = {}, {}
  for i = 1, n + 1 do x[i] = { 0.02 + 2 * R * (i - 1), 0.05, 0.05 } end
  sim:insert { x = x, radius = R, material = sand }
  for i = 1, n do list[i] = { i, i + 1 } end
  return list
end

describe("sim:bond", function()
  for _, precision in ipairs { "double", "mixed" } do
    it("stretches a chain by Young's modulus, " .. precision .. " #physics", function()
      local sim, sand = scene { precision = precision }
      local n = 10
      local bonds = sim:bond { pairs = chain(sim, sand, n), young = E, damping = 0.5 }
      assert.same({ 10, 10, 0, 0 }, { bonds.made, bonds.count, bonds.broken, bonds.removed })
      local area, strain = math.pi * R * R, 1e-3
      local fx = sim.force.x
      sim:run { steps = 1 }
      assert.is_true(sim.dt < 0.06 * math.pi * math.sqrt(sim.mass[1] / 2 / (E * area / (2 * R))))
      sim:run { time = 0.03, each_step = function()
        fx[1], fx[n + 1] = fx[1] - E * area * strain, fx[n + 1] + E * area * strain
      end }
      local got = (sim.x[n + 1].x - sim.x[1].x) / (2 * R * n) - 1
      assert.near(1, strain / got, 1e-3)
      sim:close()
    end)
  end

  it("finds pairs by their gap and by their materials", function()
    local sim, sand = scene()
    local clay = sim:material { name = "clay", density = 2000, young = 1e7, poisson = 0.25 }
    sim:pair(sand, clay, { restitution = 0.5, friction = 0.5 })
    sim:pair(clay, clay, { restitution = 0.5, friction = 0.5 })
    sim:insert { x = { { 0.02, 0.05, 0.05 }, { 0.022, 0.05, 0.05 }, { 0.0245, 0.05, 0.05 } }, radius = R, material = sand }
    sim:insert { x = { { 0.0267, 0.05, 0.05 } }, radius = R, material = clay }
    local o = { young = E }
    local function pairs_within(gap, between)
      local text = {}
      for _, p in ipairs(sim:bond { within = gap, between = between, young = o.young }:pairs()) do text[#text + 1] = p[1] .. "-" .. p[2] end
      return table.concat(text, " ")
    end
    assert.equal("1-2", pairs_within(1e-9))
    assert.equal("1-2 3-4", pairs_within(0.3e-3))
    assert.equal("1-2 2-3 3-4", pairs_within(0.6e-3))
    assert.equal("3-4", pairs_within(0.6e-3, { clay, sand }))
    assert.equal("", pairs_within(0.6e-3, { clay, clay }))
    sim:close()
  end)

  it("tells what has broken, when, and what went with a particle", function()
    local sim, sand = scene()
    local list = chain(sim, sand, 4)
    local bonds = sim:bond { pairs = list, young = E, tensile_strength = 1e4, damping = 0.3 }
    sim:run { steps = 10 }
    assert.same({}, bonds:ends())
    sim.v[5] = { 5, 0, 0 }
    sim:run { steps = 200 }
    local ends = bonds:ends()
    assert.equal(bonds.broken, #ends)
    assert.is_true(bonds.broken >= 1)
    assert.same({ 4, 5 }, { ends[1][1], ends[1][2] })
    assert.is_true(ends[1].step > 10 and not ends[1].removed)
    local left = bonds.count
    sim:remove(bonds:pairs()[1][1])
    assert.equal(left - bonds.removed, bonds.count)
    assert.is_true(bonds.removed >= 1 and bonds:ends()[#ends + 1].removed)
    assert.matches("bonds, ", tostring(bonds))
    sim:close()
    assert.matches("bonds.count: the simulation is closed", failure(function() return bonds.count end))
  end)

  it("stands in the contact network with the force of its beam, in the stress and in the coordination number #physics", function()
    for _, threads in ipairs { 1, 3 } do
      local sim, sand = scene { precision = "double", threads = threads }
      local list = chain(sim, sand, 3)
      local first = sim:bond { pairs = { list[1], list[3] }, young = E, poisson = 0.25 }
      local second = sim:bond { pairs = { list[2] }, young = 2 * E, radius = 0.5 * R, contact = true }
      local pull, push = 2e-6, 3e-6
      sim.x[1] = { 0.02 - pull, 0.05, 0.05 }
      sim.x[3] = { 0.02 + 4 * R - push, 0.05, 0.05 }
      sim:stress() -- hands the law to the engine
      local hash = sim:hash()
      local network = sim:contact_network()
      assert.equal(hash, sim:hash())
      assert.same({ 4, 1, 3 }, { network.count, network.pairs, network.bonds })
      assert.equal("1 contacts at step 0, 1 of them between particles, and 3 bonds", tostring(network))
      local rows = {}
      for i = 1, 4 do rows[i] = ("%d-%d %d %d"):format(network.first[i], network.second[i], network.wall[i], network.bond[i]) end
      assert.same({ "2-3 0 0", "1-2 0 1", "2-3 0 2", "3-4 0 1" }, rows)
      assert.is_nil(network:bonds_of(1))
      assert.equal(first, network:bonds_of(2))
      assert.equal(second, network:bonds_of(3))
      local k = E * math.pi * R * R / (2 * R)
      assert.near(k * pull, network.force[2].x, 1e-9 * k * pull) -- the first is pulled towards the second
      assert.near(-k * pull, network.normal_force[2], 1e-9 * k * pull)
      assert.near(-pull, network.overlap[2], 1e-9 * pull)
      assert.near(-0.5 * k * push, network.force[3].x, 1e-9 * k * push)
      assert.near(k * push, network.force[4].x, 1e-9 * k * push)
      assert.near(0, network.force[2].y, 1e-12 * k * pull)
      assert.near(-(2 * R + pull), network.branch[2].x, 1e-12)
      assert.near(0.02 - pull + R + pull / 2, network.point[2].x, 1e-12)
      assert.same({ 0, 0, 0 }, { network.slip[2].x, network.slip[2].y, network.slip[2].z })
      -- Force (x) branch of all four rows; a pair that is bonded and touches is one contact.
      local hertz = network.normal_force[1]
      assert.is_true(hertz > 0)
      local s = sim:stress()
      local sum = -k * pull * (2 * R + pull) + (hertz + 0.5 * k * push) * (2 * R - push) - k * push * (2 * R + push)
      assert.near(sum, s.contact[1][1] * s.volume, 1e-9 * k * push * R)
      assert.equal(3, s.contacts)
      assert.near(1, s.fabric[1][1], 1e-12)
      local packing = sim:packing { least = 2 }
      assert.equal(6 / 4, packing.coordination)
      assert.equal(4, packing.rattlers) -- taken away from the ends of the chain
      sim:close()
    end
  end)

  it("are in the contact network what the next step makes of them #physics", function()
    local sim, sand = scene { precision = "double", dt = 1e-6 }
    local list = chain(sim, sand, 3)
    sim:bond { pairs = list, young = E }
    sim.v[1], sim.v[4], sim.angular_velocity[2] = { 0, 0.2, 0 }, { -0.1, 0, 0.2 }, { 30, 10, 0 }
    sim:run { steps = 60 }
    local network, sum = sim:contact_network(), {}
    assert.same({ 3, 0, 3 }, { network.count, network.pairs, network.bonds })
    for i = 1, 4 do sum[i] = { 0, 0, 0, 0, 0, 0 } end
    for i = 1, 3 do
      local f, m, n = network.force[i], network.moment[i], network.normal[i]
      local a, b = sum[network.first[i]], sum[network.second[i]]
      local arm = (2 * R - network.overlap[i]) / 2
      local t = { n.y * f.z - n.z * f.y, n.z * f.x - n.x * f.z, n.x * f.y - n.y * f.x } -- n x f
      for k, axis in ipairs { "x", "y", "z" } do
        a[k], b[k] = a[k] + f[axis], b[k] - f[axis]
        a[3 + k], b[3 + k] = a[3 + k] + m[axis] - arm * t[k], b[3 + k] - m[axis] - arm * t[k]
      end
    end
    local largest = 0
    for i = 1, 4 do largest = math.max(largest, math.abs(sim.force[i].x), math.abs(sim.force[i].y)) end
    for i = 1, 4 do
      for k, axis in ipairs { "x", "y", "z" } do
        assert.near(sim.force[i][axis], sum[i][k], 1e-6 * largest)
        assert.near(sim.torque[i][axis], sum[i][3 + k], 1e-6 * largest * R)
      end
    end
    assert.is_true(largest > 0.01)
    sim:close()
  end)

  it("refuses what does not fit", function()
    local sim, sand = scene()
    local list = chain(sim, sand, 2)
    assert.matches("bonds_spec.lua:%d+: sim:bond: give one of pairs, within", failure(function() sim:bond { young = E } end))
    assert.matches("young is missing", failure(function() sim:bond { pairs = list } end))
    assert.matches("pairs%[1%] must be two ids", failure(function() sim:bond { pairs = { 1, 2 }, young = E } end))
    assert.matches("there is no particle with id 9", failure(function() sim:bond { pairs = { { 1, 9 } }, young = E } end))
    assert.matches("between goes with within", failure(function() sim:bond { pairs = list, between = { sand, sand }, young = E } end))
    assert.matches("between must be two materials, got 1", failure(function() sim:bond { within = 1, between = { sand }, young = E } end))
    assert.matches("poisson must be > %-1 and < 0.5", failure(function() sim:bond { pairs = list, young = E, poisson = 1 } end))
    assert.matches("poisson must be > %-1 and < 0.5", failure(function() sim:bond { pairs = list, young = E, poisson = -1 } end)) -- G = inf
    assert.matches("did you mean 'tensile_strength'", failure(function() sim:bond { pairs = list, young = E, tensile_strenght = 1 } end))
    local bonds = sim:bond { pairs = list, young = E }
    assert.matches("unknown member of bonds 'size'", failure(function() return bonds.size end))
    assert.equal(2, bonds.count)
    sim:close()
  end)
end)
