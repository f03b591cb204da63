-- neighbours_spec.lua -- lists of neighbours against all pairs: 10 000 spheres, sizes 1 to 20, periodic or not, at rest and moving. This
-- is case B10 with the engine's own lists; tests/validation has it with what scripts see.
local ffi = require "ffi"
local barchan = require "barchan"
local native = require "barchan.native"

describe("neighbours", function()
  local count_out = ffi.new("int64_t[1]")
  -- Hash and number of the pairs nearer than reach [m]: by the grid, and by looking at all pairs.
  local function pairs_of(sim, reach, brute)
    local hash = native.C.brc_pairs_hash(rawget(sim, "_").handle, reach, brute and 1 or 0, count_out)
    return hash, tonumber(count_out[0])
  end
  -- Spheres of radii from 1 mm to ratio mm, as many as asked for, filling a box by a third.
  local function crowd(o)
    local sizes = o.by_mass and { distribution = "table", radii = { 1e-3, o.ratio * 1e-3 }, cumulative = { 0, 1 }, by = "mass" }
      or { distribution = "uniform", min = 1e-3, max = o.ratio * 1e-3 }
    local lo, hi = o.lo, o.hi
    local sim = barchan.simulation { domain = { lo = lo, hi = hi, periodic = o.periodic }, threads = o.threads or 1, gravity = { 0, 0, 0 },
      seed = o.seed or 1, dt = o.dt, on_exit = "stop", overlap_warn = 2, overlap_limit = 2, force_scale = 1e3,
      skin = o.skin }
    local a = sim:material { name = "a", density = 2500 }
    sim:law "linear"
    sim:pair(a, a, { stiffness = 1e4, restitution = 0.9, friction = 0.3 })
    if o.periodic ~= "xyz" then sim:box { lo = lo, hi = hi, side = "inside", material = a } end
    sim:insert { material = a, region = barchan.region.box { lo = lo, hi = hi }, radius = sizes, count = o.count }
    return sim
  end
  local function equal(sim, label, reaches)
    for _, reach in ipairs(reaches) do
      local hash, n = pairs_of(sim, reach)
      local all, expected = pairs_of(sim, reach, true)
      assert.equal(expected, n, ("%s, pairs nearer than %g mm"):format(label, reach * 1e3))
      assert.is_true(hash == all, label .. ": other pairs, though as many")
      assert.is_true(n > 0)
    end
  end
  for _, case in ipairs {
    { ratio = 10, periodic = "", size = 0.34 }, { ratio = 10, periodic = "xyz", size = 0.34 }, { ratio = 10, periodic = "y", size = 0.34 },
    { ratio = 20, periodic = "", size = 0.66 }, { ratio = 20, periodic = "xyz", size = 0.66 },
  } do
    it(("of 10 000 spheres, sizes 1 to %d, periodic '%s', are those of all pairs"):format(case.ratio, case.periodic), function()
      local h = case.size / 2
      local sim = crowd { count = 10000, ratio = case.ratio, periodic = case.periodic, lo = { -h, -h, -h }, hi = { h, h, h } }
      equal(sim, ("ratio %d periodic '%s'"):format(case.ratio, case.periodic), { 0.5e-3, 4e-3 })
      sim:close()
    end)
  end
  it("of many small among few large ones", function()
    for ratio, scale in pairs { [10] = 1, [20] = 1.6 } do
      local sim = crowd { count = 10000, ratio = ratio, by_mass = true, periodic = "xz", lo = { 0, 0, 0 },
        hi = { 0.1 * scale, 0.12 * scale, 0.14 * scale } }
      equal(sim, "by mass, ratio " .. ratio, { 0.1e-3, 1e-3, 5e-3 })
      sim:close()
    end
  end)
  it("follow particles that a script moves between steps", function()
    -- The lists' own bound on motion knows nothing of these moves: with a skin of a hundredth of a radius lists are made anew all the
    -- time, with one of two radii never, and the state must be the same.
    local function state_of(skin, periodic)
      local sim = crowd { count = 400, ratio = 2, periodic = periodic, lo = { 0, 0, 0 }, hi = { 0.03, 0.03, 0.03 }, dt = 2e-6, skin = skin }
      local touched = 0
      for k = 1, 40 do
        local i = (k * 7) % 400 + 1
        for _ = 1, 5 do
          sim:run { steps = 1 }
          sim.x.y[i] = sim.x.y[i] + (sim.x.y[i] < 0.015 and 2e-5 or -2e-5)
        end
        sim:run { steps = 5 }
        i = (k * 31) % 400 + 1
        sim.x.x[i] = sim.x.x[i] + (sim.x.x[i] < 0.015 and 1.5e-3 or -1.5e-3)
        sim.x.z[i] = sim.x.z[i] + (sim.x.z[i] < 0.015 and 1e-3 or -1e-3)
        touched = touched + sim.contacts
      end
      sim:run { steps = 20 }
      local hash = sim:hash()
      sim:close()
      return hash, touched
    end
    for _, periodic in ipairs { "", "xy" } do
      local expected, touched = state_of(1e-5, periodic)
      assert.is_true(touched > 500, "contacts: " .. touched)
      for _, skin in ipairs { 1e-4, 5e-4, 2e-3, false } do
        assert.equal(expected, (state_of(skin or nil, periodic)), ("periodic '%s', skin %s"):format(periodic, tostring(skin)))
      end
    end
  end)
  it("keep the memory of a contact that a script parts, looks at and closes again", function()
    local function state_of(look)
      local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } }, gravity = { 0, 0, 0 }, dt = 1e-6, skin = 1e-3 }
      local m = sim:material { name = "m", density = 1000 }
      sim:law "linear"
      sim:pair(m, m, { stiffness = 1e3, restitution = 0.9, friction = 0.3 })
      sim:insert { x = { 0.05, 0.05, 0.05 }, radius = 1e-3, material = m }
      sim:insert { x = { 0.051985, 0.05, 0.05 }, radius = 1e-3, material = m, velocity = { 0, 0.01, 0 } }
      sim:run { steps = 5 }
      local x = sim.x.x[2]
      sim.x.x[2] = x + 0.6e-3
      if look then look(sim) end
      sim.x.x[2] = x
      sim:run { steps = 5 }
      local hash = sim:hash()
      sim:close()
      return hash
    end
    local expected = state_of()
    assert.equal(expected, state_of(function(sim) return sim:contact_network() end))
    assert.equal(expected, state_of(function(sim) return sim:stress() end))
  end)
  it("in a periodic box of two and a half large spheres", function()
    local sim = crowd { count = 300, ratio = 10, periodic = "xyz", lo = { -0.1, -0.026, 0.3 }, hi = { 0.3, 0.026, 0.352 } }
    equal(sim, "thin box", { 0.1e-3, 1e-3, 5e-3 })
    sim:close()
  end)
  it("stay those of all pairs while the spheres move", function()
    for _, case in ipairs { { periodic = "xyz", threads = 1 }, { periodic = "x", threads = 3 } } do
      local dt, h = 4e-6, 0.05
      local sim = crowd { count = 3000, ratio = 10, by_mass = true, periodic = case.periodic, threads = case.threads, dt = dt, seed = 3,
        lo = { -h, -h, -h }, hi = { h, h, h } }
      local state = 7 -- minstd
      local function random() state = state * 48271 % 2147483647 return 2 * state / 2147483647 - 1 end
      for i = 1, sim.count do sim.v[i] = { 1.5 * random(), 1.5 * random(), 1.5 * random() } end
      local found, expected, touched = 0, 0, 0
      for _ = 1, 12 do
        sim:run { steps = 200 } -- up to 1.2 mm
        local now = sim.contacts
        local _, n = pairs_of(sim, 0, true)
        found, expected, touched = found + now, expected + n, touched + (now == n and 1 or 0)
      end
      local label = ("moving, periodic '%s', %d threads"):format(case.periodic, case.threads)
      assert.equal(expected, found, label .. ", contacts over 12 looks")
      assert.equal(12, touched, label .. ", looks that agree")
      assert.is_true(expected > 1000 and sim:profile().rebuilds > 5)
      sim:close()
    end
  end)
end)
