-- body_spec.lua -- walls as free rigid bodies: volume, centre and inertia of known solids; free rotation and fall; conservation of
-- momentum with particles; rest on grains; hinges and loads; the same bits in any way. #physics
local barchan = require "barchan"

local E, nu = 1e7, 0.25

local function check(label, got, expected, tolerance, scale)
  local off = math.abs(got - expected) / (scale or math.abs(expected))
  local text = ("%s: got %.12g expected %.12g (tolerance %.3g, off by %.2g)"):format(label, got, expected, tolerance, off)
  print(text)
  if not (off <= tolerance) then error(text, 2) end
end

local function scene(options, restitution, young, friction)
  local o = { domain = { lo = { -1, -1, -1 }, hi = { 1, 1, 1 } }, gravity = { 0, 0, 0 }, threads = 1, dt = 1e-4, force_scale = 10 }
  for key, value in pairs(options or {}) do o[key] = value or nil end
  local sim = barchan.simulation(o)
  local glass = sim:material { name = "glass", young = young or E, poisson = nu, density = 2500 }
  sim:law "hertz_mindlin"
  sim:pair(glass, glass, { restitution = restitution or 1, friction = friction or 0.5 })
  return sim, glass
end

-- A box of triangles about a centre.
local function block(size, center)
  local v = {}
  for i = 0, 7 do
    v[i + 1] = { center[1] + (i % 2 - 0.5) * size[1], center[2] + (math.floor(i / 2) % 2 - 0.5) * size[2],
      center[3] + (math.floor(i / 4) - 0.5) * size[3] }
  end
  return v, { { 1, 3, 4 }, { 1, 4, 2 }, { 5, 6, 8 }, { 5, 8, 7 }, { 1, 2, 6 }, { 1, 6, 5 }, { 3, 7, 8 }, { 3, 8, 4 }, { 1, 5, 7 }, { 1, 7, 3 },
    { 2, 4, 8 }, { 2, 8, 6 } }
end

local function add_block(sim, material, size, center, more)
  local v, t = block(size, center)
  local o = { vertices = v, triangles = t, material = material }
  for key, value in pairs(more or {}) do o[key] = value end
  return sim:mesh(o)
end

describe("the solid inside a wall", function()
  local sim, glass = scene()
  local far = { 0.3, -0.4, 0.25 }

  it("is that of a box, at any place and turned", function()
    local a, b, c = 0.1, 0.2, 0.3
    for _, shape in ipairs { add_block(sim, glass, { a, b, c }, far), sim:box { lo = { far[1] - a / 2, far[2] - b / 2, far[3] - c / 2 },
      hi = { far[1] + a / 2, far[2] + b / 2, far[3] + c / 2 }, material = glass } } do
      local s, V = shape:solid(), a * b * c
      check("volume of a box", s.volume, V, 1e-14)
      local expected = { V * (b * b + c * c) / 12, V * (a * a + c * c) / 12, V * (a * a + b * b) / 12, 0, 0, 0 }
      for k = 1, 6 do check("inertia " .. k, s.inertia[k], expected[k], 1e-13, expected[1]) end
      check("center", (s.center - barchan.vector(unpack(far))):norm(), 0, 1e-15, 1)
    end
    -- a quarter turn about z exchanges x and y
    local turned = add_block(sim, glass, { a, b, c }, { 0, 0, 0 }, { rotate = { axis = { 0, 0, 1 }, angle = math.pi / 6 } }):solid()
    local x, y, half = (b * b + c * c) / 12 * a * b * c, (a * a + c * c) / 12 * a * b * c, math.pi / 6
    check("Ixx of a box turned by 30 degrees", turned.inertia[1], x * math.cos(half) ^ 2 + y * math.sin(half) ^ 2, 1e-13)
    check("Ixy of it", turned.inertia[4], (x - y) * math.sin(half) * math.cos(half), 1e-13)
  end)

  it("is that of a tetrahedron", function()
    -- corners 0, e_x, e_y, e_z scaled by h: V = h^3/6, centre h/4, integral of x^2 about the corner h^5/60, of x y h^5/120
    local h = 0.4
    local s = sim:mesh { vertices = { { 0, 0, 0 }, { h, 0, 0 }, { 0, h, 0 }, { 0, 0, h } },
      triangles = { { 1, 3, 2 }, { 1, 2, 4 }, { 1, 4, 3 }, { 2, 3, 4 } }, material = glass }:solid()
    local V = h ^ 3 / 6
    check("volume of a tetrahedron", s.volume, V, 1e-14)
    check("center", s.center.x, h / 4, 1e-14)
    check("Ixx", s.inertia[1], 2 * (h ^ 5 / 60 - V * h * h / 16), 1e-13)
    check("Ixy", s.inertia[4], -(h ^ 5 / 120 - V * h * h / 16), 1e-13)
  end)

  it("of finer icospheres comes to that of the sphere, by order 2", function()
    local g = (1 + math.sqrt(5)) / 2
    local v, t = { { -1, g, 0 }, { 1, g, 0 }, { -1, -g, 0 }, { 1, -g, 0 }, { 0, -1, g }, { 0, 1, g }, { 0, -1, -g }, { 0, 1, -g },
      { g, 0, -1 }, { g, 0, 1 }, { -g, 0, -1 }, { -g, 0, 1 } },
      { { 1, 12, 6 }, { 1, 6, 2 }, { 1, 2, 8 }, { 1, 8, 11 }, { 1, 11, 12 }, { 2, 6, 10 }, { 6, 12, 5 }, { 12, 11, 3 }, { 11, 8, 7 },
        { 8, 2, 9 }, { 4, 10, 5 }, { 4, 5, 3 }, { 4, 3, 7 }, { 4, 7, 9 }, { 4, 9, 10 }, { 5, 10, 6 }, { 3, 5, 12 }, { 7, 3, 11 },
        { 9, 7, 8 }, { 10, 9, 2 } }
    local R, errors, n = 0.1, {}, nil
    local function unit(p)
      local length = math.sqrt(p[1] ^ 2 + p[2] ^ 2 + p[3] ^ 2)
      return { R * p[1] / length, R * p[2] / length, R * p[3] / length }
    end
    for i = 1, #v do v[i] = unit(v[i]) end
    for level = 0, 4 do
      local s = sim:mesh { vertices = v, triangles = t, material = glass }:solid()
      local ratio = s.inertia[1] / (8 / 15 * math.pi * R ^ 5)
      errors[level] = 1 - ratio
      check("spread of the moments", math.abs(s.inertia[1] - s.inertia[3]) / s.inertia[1], 0, 1e-13, 1)
      local finer, middle = {}, {}
      local function between(a, b)
        local key = math.min(a, b) * 1e6 + math.max(a, b)
        if not middle[key] then
          v[#v + 1] = unit { v[a][1] + v[b][1], v[a][2] + v[b][2], v[a][3] + v[b][3] }
          middle[key] = #v
        end
        return middle[key]
      end
      for _, f in ipairs(t) do
        local a, b, c = between(f[1], f[2]), between(f[2], f[3]), between(f[3], f[1])
        for _, small in ipairs { { f[1], a, c }, { f[2], b, a }, { f[3], c, b }, { a, b, c } } do finer[#finer + 1] = small end
      end
      t, n = finer, #t
    end
    check(("inertia of an icosphere of %d triangles, missing part"):format(n), errors[4], 0, 0.005, 1)
    check("order", math.log(errors[3] / errors[4]) / math.log(2), 2, 0.02)
    local s = sim:sphere { center = far, radius = R, material = glass }:solid()
    check("a sphere", s.inertia[2], 8 / 15 * math.pi * R ^ 5, 1e-14)
  end)

  it("is that of a cylinder and a cone", function()
    local R, H = 0.1, 0.3
    local s = sim:cylinder { from = { 0, 0, 0.1 }, to = { 0, H, 0.1 }, radius = R, material = glass }:solid()
    local V = math.pi * R * R * H
    check("volume of a cylinder", s.volume, V, 1e-14)
    check("about its axis", s.inertia[2], V * R * R / 2, 1e-13)
    check("across it", s.inertia[1], V * (3 * R * R + H * H) / 12, 1e-13)
    s = sim:cone { from = { 0, 0, 0 }, to = { 0, 0, H }, radius_from = R, radius_to = 0, material = glass }:solid()
    V = math.pi * R * R * H / 3
    check("volume of a cone", s.volume, V, 1e-14)
    check("its centre", s.center.z, H / 4, 1e-13)
    check("about its axis", s.inertia[3], 3 / 10 * V * R * R, 1e-13)
    check("across it", s.inertia[1], V * (3 / 20 * R * R + 3 / 80 * H * H), 1e-13)
  end)
end)

describe("a free body that touches nothing", function()
  it("keeps its angular momentum and its energy over many flips", function() -- validation case A26a
    local sim, glass = scene { dt = 1e-4 }
    local body = add_block(sim, glass, { 0.3, 0.2, 0.1 }, { 0, 0, 0 })
    -- about the middle axis, a little off: it turns over again and again (Dzhanibekov)
    body:free { angular_velocity = { 0.02, 10, 0.02 } }
    local L0, E0, flips, side = body.angular_momentum, body.kinetic_energy, 0, 1
    local worst_L, worst_E, last = 0, 0, 0
    sim:run { time = 40, every = 0.01, call = function()
      local L, energy, q = body.angular_momentum, body.kinetic_energy, body.rotation
      worst_L = math.max(worst_L, (L - L0):norm() / L0:norm())
      worst_E = math.max(worst_E, math.abs(energy / E0 - 1))
      last = energy / E0 - 1
      local up = 1 - 2 * (q[1] * q[1] + q[3] * q[3]) -- y of the body's y axis
      if up * side < -0.5 then flips, side = flips + 1, -side end
    end }
    print(("%d flips in %d turns: L changes by %.2g, energy by at most %.2g, at the end by %.2g"):format(flips, 400 / 2 / math.pi, worst_L,
      worst_E, last))
    assert.is_true(flips >= 10)
    assert.is_true(worst_L == 0 and worst_E < 1e-6)
    sim:close()
  end)

  it("turns by a scheme of second order", function()
    local function run(dt)
      local sim, glass = scene { dt = dt }
      local body = add_block(sim, glass, { 0.3, 0.2, 0.1 }, { 0, 0, 0 })
      body:free { angular_velocity = { 3, 5, 1 }, velocity = { 0.1, 0, 0 } }
      sim:run { time = 0.512 }
      local q = body.rotation
      sim:close()
      return q
    end
    local function distance(a, b)
      return math.sqrt((a[1] - b[1]) ^ 2 + (a[2] - b[2]) ^ 2 + (a[3] - b[3]) ^ 2 + (a[4] - b[4]) ^ 2)
    end
    local fine = run(2.5e-4)
    check("order of the rotation", math.log(distance(run(8e-3), fine) / distance(run(4e-3), fine)) / math.log(2), 2, 0.03)
  end)

  it("falls, is pushed and turned as Newton says", function()
    local dt = 1e-4
    local sim, glass = scene { dt = dt, gravity = { 0, 0, -9.81 } }
    local a = add_block(sim, glass, { 0.1, 0.1, 0.1 }, { 0, 0, 0.5 })
    local b = add_block(sim, glass, { 0.1, 0.1, 0.1 }, { 0.4, 0, 0.5 })
    local c = add_block(sim, glass, { 0.1, 0.1, 0.1 }, { -0.4, 0, 0.5 })
    a:free { mass = 2, velocity = { 0.1, 0, 0 } }
    b:free { mass = 2, gravity = false, force = { 0, 1, 0 }, torque = { 0, 0, 0.01 } }
    c:free { mass = 2, fix = "z", force = function(t) return { 2 * t, 0, 0 } end }
    sim:run { time = 0.1 }
    check("a fall", a.position.z, 0.5 - 9.81 * 0.1 ^ 2 / 2, 1e-13)
    check("sideways", a.position.x, 0.01, 1e-13)
    check("a push", b.position.y, 0.5 * 0.1 ^ 2 / 2, 1e-13)
    check("a turn", b.angular_velocity.z, 0.01 / (2 * 0.1 ^ 2 / 6) * 0.1, 1e-12)
    check("angle of it", 2 * math.atan2(b.rotation[3], b.rotation[4]), 0.01 / (2 * 0.1 ^ 2 / 6) * 0.1 ^ 2 / 2, 1e-12)
    assert.equal(0.5, c.position.z)
    check("a growing push", c.velocity.x, 0.1 ^ 2 / 2, 1e-12) -- half of the step with the load of each end
    check("energy", a.kinetic_energy, 2 / 2 * (0.01 + (9.81 * 0.1) ^ 2), 1e-12)
    a:halt()
    sim:run { steps = 10 }
    check("a halted body", a.position.z, 0.5 - 9.81 * 0.1 ^ 2 / 2, 1e-13)
    assert.is_nil(a.mass)
    a:move { velocity = { 0, 0, 1 } }
    sim:run { steps = 10 }
    check("and moved on", a.position.z, 0.5 - 9.81 * 0.1 ^ 2 / 2 + 10 * dt, 1e-13)
    a:free {}
    assert.near(1, a.velocity.z, 1e-12)
    sim:close()
  end)

  it("turns on a hinge", function()
    local sim, glass = scene { dt = 1e-4 }
    local rod = add_block(sim, glass, { 0.4, 0.02, 0.02 }, { 0, 0, 0 }, { rotate = { axis = { 0, 1, 0 }, angle = 0.3 } })
    local inertia = rod:solid().inertia
    rod:free { fix = "xyz", fix_rotation = "xy", torque = { 1, 2, 0.01 } }
    sim:run { time = 0.2 }
    local expected = 0.01 / (2500 * inertia[3]) * 0.2
    check("rate about z", rod.angular_velocity.z, expected, 1e-12)
    assert.is_true(rod.angular_velocity.x == 0 and rod.angular_velocity.y == 0 and rod.position:norm() < 1e-15)
    sim:close()
  end)
end)

describe("a free body and particles", function()
  it("keep their momentum and angular momentum, and their energy in an elastic hit", function()
    local sim, glass = scene({ precision = "double", dt = 2e-6, force_scale = 1000 }, 1)
    local body = add_block(sim, glass, { 0.06, 0.04, 0.05 }, { 0, 0, 0 }, { rotate = { axis = { 1, 2, 3 }, angle = 0.7 } })
    body:free { angular_velocity = { 3, -2, 1 }, velocity = { 0, 0.2, 0 } }
    sim:insert { x = { { 0.06, 0.01, 0.01 }, { -0.05, 0.012, -0.01 }, { 0, 0.008, 0.06 } }, radius = 0.01, material = glass,
      velocity = { { -1.5, 0, 0 }, { 1, 0.3, 0 }, { 0, 0, -2 } }, angular_velocity = { { 0, 50, 0 }, { 20, 0, 0 }, { 0, 0, 10 } } }
    local function totals()
      local p, L = body.mass * body.velocity, body.angular_momentum + body.mass * body.position:cross(body.velocity)
      local energy = body.kinetic_energy
      for i = 1, sim.count do
        local m, x, v, w, r = sim.mass[i], sim.x[i], sim.v[i], sim.angular_velocity[i], sim.radius[i]
        p, L = p + m * v, L + m * x:cross(v) + 0.4 * m * r * r * w
        energy = energy + 0.5 * m * v:dot(v) + 0.2 * m * r * r * w:dot(w)
      end
      return p, L, energy
    end
    local p0, L0, e0 = totals()
    local hits, least = 0, 1
    sim:run { time = 0.1, every = 1e-4, call = function(s)
      hits = hits + s.wall_contacts
      local _, _, energy = totals()
      least = math.min(least, energy / e0)
    end }
    local p1, L1, e1 = totals()
    print(("%d looks saw contacts; energy fell to %.4f of the start in between"):format(hits, least))
    assert.is_true(hits > 0 and sim.wall_contacts == 0 and body.work ~= 0)
    check("change of momentum", (p1 - p0):norm() / p0:norm(), 0, 1e-13, 1)
    check("change of angular momentum", (L1 - L0):norm() / L0:norm(), 0, 1e-6, 1)
    print(("energy after / before: %.9f"):format(e1 / e0))
    assert.is_true(e1 <= e0 * (1 + 1e-3) and e1 > 0.9 * e0) -- friction takes some
    sim:close()
  end)

  it("rebound with the restitution asked for, also off the centre", function()
    for _, offset in ipairs { 0, 0.015 } do
      for _, e in ipairs { 1, 0.5 } do
        local sim, glass = scene({ precision = "double", dt = 1e-6 }, e, E, 0)
        local body = add_block(sim, glass, { 0.05, 0.05, 0.03 }, { 0, 0, 0 })
        body:free { density = 300 }
        sim:insert { x = { { offset, 0, 0.0255 } }, radius = 0.01, material = glass, velocity = { 0, 0, -1 } }
        sim:run { time = 5e-3 }
        -- velocity of separation along the normal at the point of contact; the body turns about y
        local at = body.velocity + body.angular_velocity:cross(barchan.vector(offset, 0, 0.015))
        check(("restitution %g at %g m from the centre"):format(e, offset), sim.v[1].z - at.z, e, 1e-2)
        local M, m, I = body.mass, sim.mass[1], 300 * body:solid().inertia[2]
        check("momentum of the body (hard hit)", M * body.velocity.z, -(1 + e) / (1 / m + 1 / M + offset ^ 2 / I), 5e-3)
        sim:close()
      end
    end
  end)

  it("come to rest: the grains carry the weight", function()
    local sim, glass = scene({ gravity = { 0, 0, -9.81 }, dt = false, force_scale = 100, threads = 1 }, 0.3)
    sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
    local x = {}
    for i = -1, 1 do for j = -1, 1 do x[#x + 1] = { 0.03 * i, 0.03 * j, 0.01 } end end
    sim:insert { x = x, radius = 0.01, material = glass, allowed_overlap = 0.1 }
    local body = add_block(sim, glass, { 0.1, 0.1, 0.05 }, { 0, 0, 0.0452 })
    body:free { mass = 1.5 }
    sim:run { time = 1.6 }
    check("force on the plate", body.force.z, 1.5 * 9.81, 1e-6)
    check("sideways", math.abs(body.force.x) + math.abs(body.force.y), 0, 1e-6, 1.5 * 9.81)
    check("torque", body.torque:norm(), 0, 1e-6, 1.5 * 9.81 * 0.03)
    assert.is_true(body.velocity:norm() < 1e-6 and body.kinetic_energy < 1e-12)
    sim:close()
  end)

  -- A block of 12 triangles dropped on a bed of 250 grains, and a paddle that swings freely among them.
  local function bed(options)
    local side = 0.014
    local o = { domain = { lo = { 0, 0, -0.01 }, hi = { side, side, 0.06 }, periodic = "x" }, gravity = { 0, 0, -9.81 }, overlap_limit = 1,
      dt = false, force_scale = 1 }
    for _, key in ipairs { "threads", "isa", "skin", "precision" } do o[key] = options[key] end
    local sim, glass = scene(o, 0.5, 1e6)
    sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
    sim:plane { point = { 0, 0, 0 }, normal = { 0, 1, 0 }, material = glass }
    sim:plane { point = { 0, side, 0 }, normal = { 0, -1, 0 }, material = glass }
    sim:insert { region = sim.box { lo = { 0, 0, 0 }, hi = { side, side, 0.012 } }, material = glass, radius = { 0.6e-3, 0.9e-3 }, count = 250,
      seed = 2 }
    local body = add_block(sim, glass, { 0.006, 0.005, 0.004 }, { side / 2, side / 2, 0.02 }, { rotate = { axis = { 1, 1, 0 }, angle = 0.4,
      origin = { side / 2, side / 2, 0.02 } } })
    body:free { velocity = { 0.1, 0, -0.5 }, angular_velocity = { 0, 30, 0 }, density = 1500 }
    for _, time in ipairs(options.cuts or { 0.06 }) do sim:run { time = time } end
    local hash, z, contacts = sim:hash(), body.position.z, body.contacts
    sim:close()
    return hash, z, contacts
  end

  it("have the same bits for any threads, instructions, lists and cuts", function()
    local hash, z, contacts = bed { threads = 1 }
    print(("the block lies at %.3f mm on %d grains"):format(1e3 * z, contacts))
    assert.is_true(contacts > 0 and z > 0 and z < 0.02)
    for _, way in ipairs { { threads = 3 }, { isa = "sse2" }, { skin = 1e-4 }, { skin = 2e-3, threads = 2 },
      { cuts = { 0.02, 0.001, 0.039 } } } do
      assert.equal(hash, (bed(way)))
    end
    local double = bed { precision = "double", threads = 1 }
    assert.equal(double, (bed { precision = "double", threads = 2, isa = "sse2" }))
  end)
end)
