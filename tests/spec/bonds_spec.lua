-- bonds_spec.lua -- sim:bond through the Lua API: the stiffness of a chain, what breaks, what is refused.
local barchan = require "barchan"

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

local function failure(fn)
  local ok, message = pcall(fn)
  assert.is_false(ok, "expected an error")
  return message
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

  it("refuses what does not fit", function()
    local sim, sand = scene()
    local list = chain(sim, sand, 2)
    assert.matches("bonds_spec.lua:%d+: sim:bond: give one of pairs, within", failure(function() sim:bond { young = E } end))
    assert.matches("young is missing", failure(function() sim:bond { pairs = list } end))
    assert.matches("pairs%[1%] must be two ids", failure(function() sim:bond { pairs = { 1, 2 }, young = E } end))
    assert.matches("there is no particle with id 9", failure(function() sim:bond { pairs = { { 1, 9 } }, young = E } end))
    assert.matches("between goes with within", failure(function() sim:bond { pairs = list, between = { sand, sand }, young = E } end))
    assert.matches("between must be two materials, got 1", failure(function() sim:bond { within = 1, between = { sand }, young = E } end))
    assert.matches("poisson must be between", failure(function() sim:bond { pairs = list, young = E, poisson = 1 } end))
    assert.matches("did you mean 'tensile_strength'", failure(function() sim:bond { pairs = list, young = E, tensile_strenght = 1 } end))
    local bonds = sim:bond { pairs = list, young = E }
    assert.matches("unknown member of bonds 'size'", failure(function() return bonds.size end))
    assert.equal(2, bonds.count)
    sim:close()
  end)
end)
