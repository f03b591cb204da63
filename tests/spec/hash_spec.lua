-- hash_spec.lua -- sim:hash() stands for all that decides the future of a run: two simulations that differ in one thing that will
-- matter have different hashes before it has mattered, and what cannot matter leaves the hash alone.
local barchan = require "barchan"

local function square(size)
  return { { 0, 0, 0 }, { size, 0, 0 }, { size, 1, 0 }, { 0, 1, 0 } }
end

-- A scene in which each of `o` changes one thing; its hash before the first step.
local function hash(o)
  o = o or {}
  local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 1, 1, o.height or 1 }, periodic = o.periodic or "" },
    gravity = o.gravity, threads = o.threads or 1, skin = o.skin, isa = o.isa, dt = 1e-5, force_scale = 1, on_exit = o.on_exit }
  local glass = sim:material { name = o.name or "glass", young = 1e7, poisson = 0.3, density = 2500 }
  local belt = sim:material { name = "belt", young = 1e7, poisson = 0.3, density = o.density or 1000 }
  sim:law "hertz_mindlin"
  sim:pair(glass, glass, { restitution = 0.5, friction = o.friction or 0.5 })
  sim:pair(glass, belt, { restitution = 0.5, friction = 0.5 })
  local floor = sim:plane { point = { 0, 0, o.floor or 0.1 }, normal = { 0, 0, 1 }, material = belt }
  if o.surface then floor:surface_velocity { velocity = o.surface } end
  if o.move then floor:move { velocity = o.move } end
  if o.swing then floor:oscillate { axis = { 0, 0, 1 }, amplitude = 0.01, period = 1, phase = o.swing } end
  if o.rows then floor:follow { table = o.rows } end
  if o.call then floor:follow { call = o.call } end
  sim:mesh { vertices = square(o.size or 1), triangles = o.triangles or { { 1, 2, 3 }, { 1, 3, 4 } }, material = belt, sides = o.sides }
  local gate = sim:plane { point = { 0, 0, 0.9 }, normal = { 0, 0, -1 }, material = belt }
  if o.gate then gate:remove() end
  sim:outlet { box = { lo = { 0, 0, 0 }, hi = { o.outlet or 0.1, 0.1, 0.1 } } }
  sim:insert { x = { { 0.5, 0.5, 0.5 } }, radius = 0.01, material = glass }
  sim:insert { region = sim.box { lo = { 0, 0, 0.6 }, hi = { 1, 1, 0.8 } }, radius = 0.01, material = glass, rate = o.rate or 10,
    velocity = o.velocity, seed = o.seed }
  sim:run { steps = o.steps or 0 }
  local value = sim:hash()
  sim:close()
  return value
end

describe("the hash of a state", function()
  local reference = hash()

  it("sees what will matter", function()
    local seen = { [reference] = "the reference" }
    local cases = { gravity = { 0, 0, -9.8 }, friction = 0.4, floor = 0.11, surface = { 0.1, 0, 0 }, move = { 0, 0, 0.1 },
      swing = 0, rows = { { 0, 0, 0, 0 }, { 1, 0, 0, 1 } }, size = 0.9, triangles = { { 1, 2, 4 }, { 2, 3, 4 } }, sides = "one",
      gate = true, outlet = 0.2, rate = 11, velocity = { 0, 0, -1 }, seed = 5, periodic = "x", height = 1.5, on_exit = "remove" }
    for name, value in pairs(cases) do
      local h = hash { [name] = value }
      assert.is_nil(seen[h], ("%s does not count: the hash is that of %s"):format(name, tostring(seen[h])))
      seen[h] = name
    end
    for name, value in pairs { move = { 0, 0, 0.2 }, swing = 1, rows = { { 0, 0, 0, 0 }, { 1, 0, 0, 2 } }, surface = { 0, 0.1, 0 } } do
      local h = hash { [name] = value }
      assert.is_nil(seen[h], ("the value of %s does not count"):format(name))
      seen[h] = name
    end
  end)

  it("sees where a function has put a wall", function()
    local function at(z) return hash { call = function() return { 0, 0, z } end, steps = 1 } end
    assert.equal(at(0.01), at(0.01))
    assert.not_equal(at(0.01), at(0.011))
  end)

  it("does not see what cannot matter", function()
    assert.equal(reference, hash())
    for name, value in pairs { threads = 3, skin = 0.02, isa = "sse2", name = "another name", density = 1001 } do
      assert.equal(reference, hash { [name] = value }, name .. " counts")
    end
  end)
end)
