-- validation_packing_spec.lua -- many spheres: weights in stacks (B5), and neighbours against all pairs (B10).
local ffi = require "ffi"
local barchan = require "barchan"
local native = require "barchan.native"
local tools = require "validation_tools"

local both = { "double", "mixed" }

describe("B5 weights #physics", function()
  local R, density, g = 0.01, 2500, 9.81
  local m = tools.ball(R, density)
  local soft = { young = 1e7, poisson = 0.25, density = density }
  local function scene(precision, friction, room)
    local sim = barchan.simulation { domain = { lo = { -room, -room, -0.01 }, hi = { room, room, room } }, threads = 1,
      precision = precision, gravity = { 0, 0, -g }, dt = 5e-5 }
    local ball = sim:material { name = "ball", young = soft.young, poisson = soft.poisson, density = density }
    local wall = sim:material { name = "wall", young = tools.rigid.young, poisson = tools.rigid.poisson, density = 7800 }
    sim:law "hertz_mindlin"
    sim:pair(ball, ball, { restitution = 0.1, friction = friction })
    sim:pair(ball, wall, { restitution = 0.1, friction = friction })
    return sim, ball, wall
  end
  -- Hertz's force at an overlap, between two balls or a ball and a rigid wall
  local function force(overlap, with_wall)
    if overlap <= 0 then return 0 end
    local E = tools.modulus(soft, with_wall and tools.rigid or soft)
    return 4 / 3 * E * math.sqrt(with_wall and R or R / 2) * overlap ^ 1.5
  end

  for _, precision in ipairs(both) do
    it("of a stack: contact k carries what is above it, " .. precision, function() -- [F]
      for _, N in ipairs { 1, 3, 10 } do
        local sim, ball, wall = scene(precision, 0.5, 0.3)
        local floor = sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = wall }
        for i = 1, N do sim:insert { material = ball, radius = R, x = { 0, 0, (2 * i - 1) * R }, id = { i } } end
        sim:run { time = 4 }
        local off = tools.worst(("B5 %s stack of %d, force of contacts"):format(precision, N), 1e-6)
        off:relative("the floor, by its own account", -floor.force.z, N * m * g)
        local below
        for i = 1, N do
          local z = sim:particle(i).x.z
          off:relative("contact " .. i, below and force(2 * R - (z - below)) or force(R - z, true), (N + 1 - i) * m * g)
          below = z
        end
        off:done()
        sim:close()
      end
    end)
    it("of a pyramid of three in a box, " .. precision, function()
      local gap = 0.2 * R -- between the two below, so that only the sides hold them apart
      local half = 2 * R + gap / 2
      local function settle(friction)
        local sim, ball, wall = scene(precision, friction, 0.1)
        local walls = { floor = sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = wall },
          left = sim:plane { point = { -half, 0, 0 }, normal = { 1, 0, 0 }, material = wall },
          right = sim:plane { point = { half, 0, 0 }, normal = { -1, 0, 0 }, material = wall } }
        local top = R + math.sqrt(4 * R * R - (R + gap / 2) ^ 2)
        for i, x in ipairs { { -R - gap / 2, 0, R }, { R + gap / 2, 0, R }, { 0, 0, top } } do
          sim:insert { material = ball, radius = R, x = x, id = { i } }
        end
        sim:run { time = 4 }
        return sim, walls
      end
      -- [F] without friction: angles from where they lie, forces from the overlaps
      local sim, walls = settle(0)
      local a, b, c = sim:particle(1).x, sim:particle(2).x, sim:particle(3).x
      local left, right = c - a, c - b
      local up, side = left.z / left:norm(), left.x / left:norm()
      local off = tools.worst(("B5 %s pyramid, forces"):format(precision), 1e-6)
      off:relative("left under top", force(2 * R - left:norm()), m * g / (2 * up))
      off:relative("right under top", force(2 * R - right:norm()), m * g / (2 * up))
      off:relative("floor under left", force(R - a.z, true), 1.5 * m * g)
      off:relative("floor under right", force(R - b.z, true), 1.5 * m * g)
      off:relative("left wall", force(R - (a.x + half), true), m * g / 2 * side / up)
      off:relative("right wall", force(R - (half - b.x), true), m * g / 2 * side / up)
      off:relative("floor, by its own account", -walls.floor.force.z, 3 * m * g)
      off:relative("left wall, by its own account", -walls.left.force.x, m * g / 2 * side / up)
      off:relative("right wall, by its own account", walls.right.force.x, m * g / 2 * side / up)
      off:done()
      tools.absolute(("B5 %s pyramid, sideways / R"):format(precision), math.abs(c.y) / R + math.abs(c.x) / R, 0, 1e-6)
      sim:close()
      -- with friction the shares are not determined, the sums are
      sim, walls = settle(0.5)
      local x, z = 0, 0
      for _, w in pairs(walls) do x, z = x + w.force.x, z - w.force.z end
      tools.relative(("B5 %s pyramid with friction, weight on all walls"):format(precision), z, 3 * m * g, 1e-6, "N")
      tools.absolute(("B5 %s pyramid with friction, sideways / (m g)"):format(precision), x / (m * g), 0, 1e-6)
      for i = 1, 3 do
        local f = sim:particle(i).force
        tools.absolute(("B5 %s pyramid with friction, sphere %d out of balance / (m g)"):format(precision, i),
          (f - barchan.vector(0, 0, m * g)):norm() / (m * g), 0, 1e-6)
      end
      sim:close()
    end)
  end
end)

describe("B10 neighbours", function()
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
      seed = o.seed or 1, dt = o.dt, on_exit = "stop", overlap_warn = 2, overlap_limit = 2, force_scale = 1e3 }
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
      tools.absolute(("%s, pairs nearer than %g mm"):format(label, reach * 1e3), n, expected, 0)
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
      equal(sim, ("B10 ratio %d periodic '%s'"):format(case.ratio, case.periodic), { 0.5e-3, 4e-3 })
      sim:close()
    end)
  end
  it("of many small among few large ones", function()
    for ratio, scale in pairs { [10] = 1, [20] = 1.6 } do
      local sim = crowd { count = 10000, ratio = ratio, by_mass = true, periodic = "xz", lo = { 0, 0, 0 },
        hi = { 0.1 * scale, 0.12 * scale, 0.14 * scale } }
      equal(sim, "B10 by mass, ratio " .. ratio, { 0.1e-3, 1e-3, 5e-3 })
      sim:close()
    end
  end)
  it("in a periodic box of two and a half large spheres", function()
    local sim = crowd { count = 300, ratio = 10, periodic = "xyz", lo = { -0.1, -0.026, 0.3 }, hi = { 0.3, 0.026, 0.352 } }
    equal(sim, "B10 thin box", { 0.1e-3, 1e-3, 5e-3 })
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
      local label = ("B10 moving, periodic '%s', %d threads"):format(case.periodic, case.threads)
      tools.absolute(label .. ", contacts over 12 looks", found, expected, 0)
      tools.absolute(label .. ", looks that agree", touched, 12, 0)
      assert.is_true(expected > 1000 and sim:profile().rebuilds > 5)
      sim:close()
    end
  end)
end)
