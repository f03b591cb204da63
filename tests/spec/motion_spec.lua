-- motion_spec.lua -- walls that follow a traced function of time: poses and velocities against formulas and against the built-in
-- motions, a ball that bounces in step with a shaken plate against the closed orbit, the same bits in any way, and what is refused.
-- luacheck: globals vec3 exp sin cos sqrt min where lt
local barchan = require "barchan"
local expect = require "tools.expect"
local failure, has = expect.failure, expect.has

local function line() return debug.getinfo(2, "l").currentline end

local function scene(options)
  local o = { domain = { lo = { -1, -1, -1 }, hi = { 1, 1, 1 } }, dt = 1e-4, gravity = { 0, 0, 0 }, threads = 1, precision = "double" }
  for key, value in pairs(options or {}) do o[key] = value end
  if o.dt == 0 then o.dt = nil end
  local young = o.young or 1e7
  o.young = nil
  local sim = barchan.simulation(o)
  local glass = sim:material { name = "glass", density = 2500, young = young, poisson = 0.25 }
  sim:law "hertz_mindlin"
  sim:pair(glass, glass, { restitution = 0.5, friction = 0.4 })
  return sim, glass
end

local tetrahedron = { { 0, 0, 0 }, { 0.1, 0, 0 }, { 0, 0.1, 0 }, { 0, 0, 0.1 } }
local faces = { { 1, 3, 2 }, { 1, 2, 4 }, { 2, 3, 4 }, { 3, 1, 4 } }

-- A point of the tetrahedron's frame, now.
local function turned(q, v)
  local x, y, z, w = q[1], q[2], q[3], q[4]
  local a, b, c = 2 * (y * v[3] - z * v[2]), 2 * (z * v[1] - x * v[3]), 2 * (x * v[2] - y * v[1])
  return { v[1] + w * a + y * c - z * b, v[2] + w * b + z * a - x * c, v[3] + w * c + x * b - y * a }
end

describe("a wall that follows a traced motion #physics", function()
  it("is where its function says, as fast as its derivative", function()
    local sim, glass = scene()
    local plate = sim:plane { point = { 0.1, 0.2, 0.3 }, normal = { 0, 0, 1 }, material = glass }
    plate:follow { motion = function(t, k)
      local decay = exp(-t / k.tau)
      local s = decay * sin(k.w * t + 0.3)
      return k.a * (s * s / (1 + s * s)) + vec3(0, k.b * sqrt(1 + k.c * t * t), min(k.b, k.d * t))
    end, params = { tau = { 0.05, "s" }, w = { 90, "rad/s" }, a = { { 1e-3, 2e-3, -1e-3 }, "m" }, b = { 4e-3, "m" }, c = { 700, "1/s^2" },
      d = { 0.1, "m/s" } } }
    assert.equal(0, #sim._.followers) -- nothing of it is left to Lua
    for _ = 1, 6 do
      sim:run { steps = 137 }
      local t = sim.time
      local e, phase = math.exp(-t / 0.05), 90 * t + 0.3
      local s, ds = e * math.sin(phase), e * (90 * math.cos(phase) - math.sin(phase) / 0.05)
      local f, df = s * s / (1 + s * s), 2 * s * ds / (1 + s * s) ^ 2
      local root = math.sqrt(1 + 700 * t * t)
      local early = 0.1 * t < 4e-3
      local x = { 0.1 + 1e-3 * f, 0.2 + 2e-3 * f + 4e-3 * root, 0.3 - 1e-3 * f + (early and 0.1 * t or 4e-3) }
      local v = { 1e-3 * df, 2e-3 * df + 4e-3 * 700 * t / root, -1e-3 * df + (early and 0.1 or 0) }
      for i, axis in ipairs { "x", "y", "z" } do
        assert.near(x[i], plate.position[axis], 2e-16 * 4)
        assert.near(v[i], plate.velocity[axis], 1e-14)
      end
    end
    assert.is_true(sim.time > 0.05) -- both sides of the min were met
    sim:close()
  end)

  it("turns about any axis with the angular velocity of its rotation vector", function()
    local function vector(t) return { 1.5 * math.sin(7 * t), 0.8 * (math.cos(11 * t) - 1), 9 * t * t } end
    local function quaternion(t)
      local r = vector(t)
      local a = math.sqrt(r[1] ^ 2 + r[2] ^ 2 + r[3] ^ 2)
      local s = math.sin(a / 2) / a
      return { s * r[1], s * r[2], s * r[3], math.cos(a / 2) }
    end
    local sim, glass = scene()
    local body = sim:mesh { vertices = tetrahedron, triangles = faces, material = glass }
    local first = body.position
    body:follow { motion = function(t, k)
      return nil, vec3(1.5 * sin(k.w1 * t), 0.8 * (cos(k.w2 * t) - 1), k.c * t * t)
    end, params = { w1 = { 7, "1/s" }, w2 = { 11, "1/s" }, c = { 9, "1/s^2" } }, origin = { 0.3, 0, 0.1 } }
    assert.near(10.5, body.angular_velocity.x, 1e-14) -- at the rotation 0: the rate itself
    for _ = 1, 8 do
      sim:run { steps = 501 }
      local t, h = sim.time, 1e-5
      local q, before, after = quaternion(t), quaternion(t - h), quaternion(t + h)
      for k = 1, 4 do assert.near(q[k], body.rotation[k], 4e-16) end
      -- w = 2 q' q*, by central differences: off by h^2 times the third derivative
      local d = {}
      for k = 1, 4 do d[k] = (after[k] - before[k]) / (2 * h) end
      local w = { 2 * (-d[4] * q[1] + d[1] * q[4] - d[2] * q[3] + d[3] * q[2]), 2 * (-d[4] * q[2] + d[2] * q[4] - d[3] * q[1] + d[1] * q[3]),
        2 * (-d[4] * q[3] + d[3] * q[4] - d[1] * q[2] + d[2] * q[1]) }
      for i, axis in ipairs { "x", "y", "z" } do assert.near(w[i], body.angular_velocity[axis], 1e-5) end
      local arm = turned(q, { first.x - 0.3, first.y, first.z - 0.1 })
      assert.near(0.3 + arm[1], body.position.x, 1e-15)
      assert.near(arm[2], body.position.y, 1e-15)
      assert.near(0.1 + arm[3], body.position.z, 1e-15)
      local v = body.angular_velocity:cross(barchan.vector(arm[1], arm[2], arm[3]))
      assert.near(0, (v - body.velocity):norm(), 1e-13)
    end
    sim:close()
  end)

  it("is a built-in motion to rounding, alone and together with others, from start to stop", function()
    local sim, glass = scene()
    local function pair(make, built_in, traced)
      local a, b = make(), make()
      built_in(a)
      traced(b)
      return { a, b }
    end
    local function mesh() return sim:mesh { vertices = tetrahedron, triangles = faces, material = glass } end
    local function cylinder()
      return sim:cylinder { from = { 0, -0.5, 0 }, to = { 0, 0.5, 0 }, radius = 0.2, side = "inside", open = true, material = glass }
    end
    local axis, rate = barchan.vector(1, 2, -2) / 3, 40
    local turn = { { 40 / 3, 80 / 3, -80 / 3 }, "rad/s" }
    local pairs_ = {
      pair(mesh, function(w) w:rotate { axis = axis, rate = rate, origin = { 0.1, 0, 0.2 }, start = 0.01, stop = 0.05 } end, function(w)
        w:follow { motion = function(t, k) return nil, k.w * t end, params = { w = turn }, origin = { 0.1, 0, 0.2 }, start = 0.01,
          stop = 0.05 }
      end),
      pair(cylinder, function(w)
        w:move { velocity = { 0.3, 0, 0.1 } }
        w:oscillate { axis = { 0, 1, 0 }, amplitude = 0.2, period = 0.031, phase = 0.7, rotating = true, origin = { 0, 0, 0.3 } }
        w:rotate { axis = { 0, 0, 1 }, rate = 3, origin = { 0, 0, 0 } }
      end, function(w)
        w:move { velocity = { 0.3, 0, 0.1 } }
        w:follow { motion = function(t, k) return nil, { 0, k.a * sin(k.w * t + 0.7), 0 } end, origin = { 0, 0, 0.3 },
          params = { a = { 0.2, "rad" }, w = { 2 * math.pi / 0.031, "1/s" } } }
        w:rotate { axis = { 0, 0, 1 }, rate = 3, origin = { 0, 0, 0 } }
      end),
    }
    for _ = 1, 10 do
      sim:run { steps = 81 }
      for _, p in ipairs(pairs_) do
        for k = 1, 4 do assert.near(p[1].rotation[k], p[2].rotation[k], 1e-15) end
        assert.near(0, (p[1].position - p[2].position):norm(), 1e-15)
        assert.near(0, (p[1].velocity - p[2].velocity):norm(), 1e-13)
        assert.near(0, (p[1].angular_velocity - p[2].angular_velocity):norm(), 1e-12)
      end
    end
    assert.equal(0, pairs_[1][2].angular_velocity:norm()) -- it has stopped
    sim:close()
  end)

  it("pushes as the built-in motion does, with the same work", function()
    local function run(push)
      local sim, glass = scene { dt = 0, gravity = { 0, 0, -9.81 }, energy_book = true, precision = "mixed" }
      local floor = sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
      local side = sim:plane { point = { -0.02, 0, 0 }, normal = { 1, 0, 0 }, material = glass }
      sim:insert { x = { { 0, 0, 0.0031 }, { 0.009, 0, 0.0035 }, { -0.012, 0, 0.004 } }, radius = 0.003, material = glass }
      push(floor, side)
      sim:run { time = 0.1 }
      local out = { sim.x.x[1], sim.x.z[1], sim.x.x[2], sim.v.z[3], floor.work, side.work, sim.dt }
      local e = sim:energies()
      assert.is_true(math.abs(floor.work) > 1e-8 and math.abs(side.work) > 1e-8)
      assert.is_true(math.abs(e.residual) < 1e-3 * math.abs(e.wall_work), "the book is off by " .. e.residual)
      sim:close()
      return out
    end
    local function drive(floor, side, how)
      floor:move { velocity = { 0, 0, 0.1 } }
      if how == "move" then return side:move { velocity = { 0.4, 0, 0 } } end
      side:follow { motion = function(t, k) return k.v * t end, params = { v = { { 0.4, 0, 0 }, "m/s" } } }
    end
    local expected = run(function(floor, side) drive(floor, side, "move") end)
    -- v t is what the built-in motion computes too: the grains have the same bits
    assert.same(expected, run(function(floor, side) drive(floor, side, "follow") end))
  end)

  it("lets a ball bounce in step with a shaken plate", function()
    -- Once a period T the ball meets the plate at the phase p. It lands with g T / 2 and leaves with g T / 2, so the plate's velocity
    -- there is A w cos p = (1 - e) / (1 + e) g T / 2, and the ball rises g T^2 / 8 from there (Holmes, J. Sound Vib. 84 (1982) 173;
    -- stable for accelerations A w^2 between 1.05 and 1.53 g at e = 0.5; a disturbance halves in a period). That is for contacts that
    -- take no time; these take 2e-3 T, and the apex comes out 1 to 2e-3 too low.
    local T, e, g, R = 0.05, 0.5, 9.81, 1e-3
    local w = 2 * math.pi / T
    local A = 1.3 * g / w ^ 2
    local cosine = (1 - e) / (1 + e) * math.pi * g / (A * w ^ 2)
    local sine = math.sqrt(1 - cosine ^ 2) -- the stable one of the two phases
    local apex = R + A * sine + g * T ^ 2 / 8
    local sim, glass = scene { domain = { lo = { -0.01, -0.01, -0.01 }, hi = { 0.01, 0.01, 0.02 } }, gravity = { 0, 0, -g }, dt = 4e-7,
      young = 2e8 }
    local plate = sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
    plate:follow { motion = function(t, k) return { 0, 0, k.A * sin(k.w * t + k.p) } end, -- at first half a period after a bounce
      params = { A = { A, "m" }, w = { w, "1/s" }, p = { math.atan2(sine, cosine) + math.pi, "rad" } } }
    sim:insert { x = { { 0, 0, apex + 2e-4 } }, radius = R, material = glass }
    sim:run { time = 9 * T }
    local highest = -1
    sim:run { time = 1.1 * T, every = T / 1000, call = function() highest = math.max(highest, sim.x.z[1]) end }
    print(("# apex %.7g m, expected %.7g m, off by %.2g of it"):format(highest, apex, highest / apex - 1))
    assert.near(apex, highest, 4e-3 * apex)
    sim:close()
  end)

  it("may have real ifs, as a smooth start has", function()
    local sim, glass = scene()
    local plate = sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
    plate:follow { motion = function(t)
      if t < 0.02 then return vec3(0, 0, t * t / 0.04) end
      return vec3(0, 0, t - 0.01)
    end, units = false }
    for _ = 1, 6 do
      sim:run { steps = 61 }
      local t = sim.time
      assert.near(t < 0.02 and t * t / 0.04 or t - 0.01, plate.position.z, 1e-16)
      assert.near(t < 0.02 and t / 0.02 or 1, plate.velocity.z, 1e-15)
    end
    plate:halt()
    sim:run { steps = 5 }
    assert.equal(0, plate.velocity.z)
    sim:close()
  end)

  it("leaves the time step alone", function()
    local function dt(motion)
      local sim, glass = scene { dt = 0 }
      sim:insert { x = { { 0.5, 0.5, 0.5 } }, radius = 1e-3, material = glass }
      local plate = sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
      if motion then plate:follow { motion = motion, units = false } end
      sim:run { steps = 1 }
      local got = sim.dt
      sim:close()
      return got
    end
    assert.equal(dt(), dt(function(t) return vec3(0, 0, 1e-3 * sin(1e4 * t)) end))
  end)
end)

describe("traced motions #determinism", function()
  -- Grains in a tray that is shaken along two axes at two frequencies, and rocks.
  local function shaken(o, way, amplitude)
    local sim, glass = scene { dt = 0, gravity = { 0, 0, -9.81 }, threads = o.threads, isa = o.isa, skin = o.skin, precision = "mixed",
      young = 5e6, domain = { lo = { -0.05, -0.05, -0.05 }, hi = { 0.05, 0.05, 0.05 } } }
    local s, h = 0.02, 0.02
    local tray = sim:mesh { material = glass, vertices = { { -s, -s, 0 }, { s, -s, 0 }, { s, s, 0 }, { -s, s, 0 }, { -s, -s, h },
      { s, -s, h }, { s, s, h }, { -s, s, h } }, triangles = { { 1, 2, 3 }, { 1, 3, 4 }, { 1, 6, 2 }, { 1, 5, 6 }, { 2, 7, 3 }, { 2, 6, 7 },
      { 3, 8, 4 }, { 3, 7, 8 }, { 4, 5, 1 }, { 4, 8, 5 } } }
    sim:insert { region = sim.box { lo = { -0.018, -0.018, 0.002 }, hi = { 0.018, 0.018, 0.013 } }, radius = { 0.7e-3, 1e-3 }, count = 1500,
      material = glass, seed = 5, velocity = { 0, 0, -0.8 } }
    tray:follow { motion = function(t, k)
      return vec3(k.a * sin(k.w1 * t), 0, k.b * (sin(k.w1 * t) + 0.5 * sin(k.w2 * t))), vec3(0, k.c * sin(k.w2 * t), 0)
    end, params = { a = { amplitude or 2e-3, "m" }, b = { 1e-3, "m" }, c = { 0.1, "rad" }, w1 = { 100, "1/s" }, w2 = { 163, "1/s" } } }
    if way == "pieces" then
      for i = 1, 60 do sim:run { steps = i % 7 + 37 } end
      sim:run { steps = 6000 - sim.step }
    elseif way == "hooks" then sim:run { steps = 6000, each_step = function() end }
    else sim:run { steps = 6000 } end
    local text, contacts = sim:hash(), sim.contacts
    sim:close()
    return text, contacts
  end

  it("have the same bits on any threads, instruction set, skin and in any pieces", function()
    local reference, contacts = shaken { threads = 1 }
    assert.is_true(contacts > 300, "too few contacts to mean anything: " .. contacts)
    for _, way in ipairs { { { threads = 3, isa = "sse2" } }, { { threads = 2, skin = 1e-3 }, "pieces" },
      { { threads = 1, isa = "sse2" }, "hooks" } } do
      assert.equal(reference, (shaken(way[1], way[2])))
    end
    assert.are_not.equal(reference, (shaken({ threads = 1 }, nil, 2.0000001e-3)))
  end)

  it("count in the hash before they have mattered", function()
    local function hash(scale, factor, stop)
      local sim, glass = scene()
      local plate = sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
      if scale then
        plate:follow { motion = function(t, k) return vec3(0, 0, factor * (k.a * t) * t) end, params = { a = { scale, "m/s^2" } },
          stop = stop }
      end
      sim:run { steps = 0 }
      local value = sim:hash()
      sim:close()
      return value
    end
    local seen = {}
    for _, case in ipairs { {}, { 1, 1 }, { 2, 1 }, { 1, 3 }, { 1, 1, 5 } } do
      local h = hash(case[1], case[2], case[3])
      assert.is_nil(seen[h])
      seen[h] = true
    end
    assert.equal(hash(1, 1), hash(1, 1))
  end)
end)

describe("a motion that is wrong", function()
  local sim, glass
  before_each(function() sim, glass = scene() end)
  after_each(function() sim:close() end)
  local function plane() return sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass } end

  it("is refused at its line", function()
    local floor = plane()
    local function refused(body, at, part, more)
      local given = { motion = body, params = { a = { 1, "m" }, w = { 2, "1/s" } } }
      for key, value in pairs(more or {}) do given[key] = value end
      local message = failure(function() floor:follow(given) end)
      has(message, "motion_spec.lua:" .. at .. ": ")
      has(message, part)
    end
    refused(function(t, k) return vec3(0, 0, k.a * sin(t)) end, line(), "law: sin of a quantity with unit s")
    refused(function(t, k) return vec3(0, 0, k.w * t) end, line(), "law: result 'd_z' must be m but is 1")
    refused(function(t, k) return nil, vec3(0, 0, k.a * t) end, line(), "law: result 'r_z' must be 1 but is m s")
    refused(function(t, k) return vec3(0, 0, 0.001), k.w * t end, line(), "law: result 'd_z' must be m but is the plain number 0.001")
    refused(function(t, k) return nil, k.w * t end, line(), "got a scalar for the rotation")
    refused(function(t) return "up", t end, line(), "got a string for the displacement")
    refused(function(t, k) return vec3(0, 0, k.b * t) end, line(), "unknown field 'k.b'")
    refused(function(t) return vec3(0, 0, math.floor(t)) end, line(), "law: floor of a traced value is not offered")
    refused(function(t) local x = t while x < 1 do x = x + t end return vec3(0, 0, x) end, line(), "a loop must not depend on traced values",
      { units = false })
    refused(function() while true do end end, line(), "a loop without an end?")
    local at = line() + 1
    local message = failure(function() floor:follow { motion = function(t) return vec3(0, 0, sqrt(t)) end, units = false } end)
    has(message, ("motion_spec.lua:%d: wall:follow: the motion (function at"):format(at))
    has(message, "is not finite, or beyond 1e9, 0 s after its start: displacement (0, 0, 0) m, velocity (0, 0, inf) m/s")
    has(failure(function() floor:follow { call = function() end, start = 1 } end), "start goes with motion, which is missing")
    has(failure(function() floor:follow { call = function() end, motion = function() end } end), "wall:follow")
    sim:run { steps = 3 } -- nothing of all this has stuck
    assert.equal(0, floor.velocity.z)
    assert.equal(0, floor.position.z)
  end)

  it("ends a run before it begins when it will not be finite", function()
    local floor = plane()
    floor:follow { motion = function(t) return vec3(0, 0, 1e-3 * sqrt(1 - t)) end, units = false }
    sim:run { time = 0.5 }
    local at, step = line() + 1, sim.step
    local message = failure(function() sim:run { time = 1 } end)
    has(message, ("motion_spec.lua:%d: sim:run: the motion of wall 1 (function at "):format(at))
    has(message, "is not finite, or beyond 1e9, 1 s after its start: displacement (0, 0, 0) m, velocity (0, 0, -inf) m/s")
    assert.equal(step, sim.step)
    sim:run { time = 0.4 } -- as far as it goes
  end)

  it("ends a run when it is not finite at a time that was not looked at, or jumps", function()
    local floor = plane()
    floor:follow { motion = function(t) return vec3(0, 0, 1e-6 / (t - 0.12345)) end, units = false }
    has(failure(function() sim:run { time = 1.999 } end), "jumps 0.12")
    sim:close()
    sim, glass = scene()
    plane():follow { motion = function(t) return nil, vec3(where(lt(t, 0.1), 0, 0.5), 0, 0) end, units = false }
    has(failure(function() sim:run { time = 1 } end),
      "jumps 0.1 s after its start: in a step of 0.0001 s by (0, 0, 0) m and (0.5, 0, 0) rad, with velocities of (0, 0, 0) m/s")
  end)
end)
