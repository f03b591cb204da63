-- Every sub-model against formulas and published numbers, in plain Lua: collisions and paths of one contact, integrated here.
require "barchan" -- the engine's exp, log, pow, sin, cos, atan2
local law = require "barchan.law"
local expect = require "tools.expect"
local near = expect.near

local rigid = { young = 1e30, poisson = 0 }
local function ball(R, density) return 4 / 3 * math.pi * R ^ 3 * density end

-- A sphere meets a rigid wall (normal +z) at angle theta from the normal. Velocity Verlet, with the velocity at the end of the step
-- extrapolated. `watch`(contact, history after) at each step. Answers vx, vz, wy, largest force, duration.
local function impact(l, k, R, m, v, theta, dt, watch)
  local vx, vz, wy, z = v * math.sin(theta), -v * math.cos(theta), 0, 0
  local ax, az, aw, h = 0, 0, 0, nil
  local largest, n, I = 0, 0, 0.4 * m * R * R
  local reach = l.reach and l.reach(k, R) or 0
  while true do
    local px, pz, pw = vx + ax * dt, vz + az * dt, wy + aw * dt
    vx, vz, wy = vx + 0.5 * ax * dt, vz + 0.5 * az * dt, wy + 0.5 * aw * dt
    z = z + vz * dt
    if z >= reach then return vx, vz, wy, largest, n * dt end
    local contact = { overlap = -z, n = { 0, 0, 1 }, v = { px - pw * R, 0, pz }, w = { 0, pw, 0 }, R = R, m = m, dt = dt,
      v_mean = { vx - wy * R, 0, vz }, w_mean = { 0, wy, 0 }, at_end = { px, pz, pw } }
    local f, torque
    if watch then watch(contact, h) end
    f, torque, h = l.evaluate(contact, k, h)
    ax, az, aw = f.x / m, f.z / m, (-R * f.x + torque.y) / I
    vx, vz, wy = vx + 0.5 * ax * dt, vz + 0.5 * az * dt, wy + 0.5 * aw * dt
    largest, n = math.max(largest, f.z), n + 1
    assert(n < 1e6, "the contact does not end")
  end
end

-- Force at a gap after the grains have touched; negative where they attract.
local function after_touch(l, k, R, overlap, more)
  local c = { overlap = R * 1e-9, n = { 0, 0, 1 }, R = R, m = 1, dt = 1e-9 }
  for key, value in pairs(more or {}) do c[key] = value end
  local _, _, h = l.evaluate(c, k)
  c.overlap = overlap
  local f, _, after = l.evaluate(c, k, h)
  return f.z, after
end

describe("damping #physics", function()
  -- exact restitution of the linear spring-dashpot with damping ratio z (validation A3, A16)
  local function allowed(z) return math.exp(-math.pi * z / math.sqrt(1 - z * z)) end
  local function cut(z)
    local s = math.sqrt(1 - z * z)
    return math.exp(-z / s * (math.pi - math.atan2(2 * z * s, 1 - 2 * z * z)))
  end
  local R, m, kn = 1e-3, 1e-5, 1e4
  it("viscous and velocity give the exact restitution on a linear spring", function()
    local w0 = math.sqrt(kn / m)
    for _, z in ipairs { 0.05, 0.2, 0.5 } do
      for tension, e in pairs { allowed = allowed(z), cut = cut(z) } do
        for damping, pair in pairs { viscous = { viscosity = 2 * z * m * w0 }, velocity = { damping_rate = 2 * z * w0 } } do
          local l = law.resolve { normal = "linear", damping = damping }
          pair.stiffness, pair.tension, pair.tangential_damping = kn, tension, 1
          local k = l.derive({}, {}, pair)
          local _, v = impact(l, k, R, m, 0.5, 0, 2e-8)
          near(e, v / 0.5, 5e-4, damping .. " " .. tension)
        end
      end
    end
  end)
  it("viscous on a Hertz spring is what other integration gives", function()
    local l = law.resolve { normal = "hertz", damping = "viscous" }
    local E, v0 = 5e7, 0.3
    local glass = { young = E, poisson = 0 }
    local k = l.derive(glass, rigid, { viscosity = 2e-3, tension = "allowed", tangential_damping = 1 })
    local x, v, dt, C = 0, v0, 1e-8, 4 / 3 * E * math.sqrt(R) -- fourth-order Runge-Kutta of m x'' = -C x^1.5 - g x'
    local function a(q, s) return (-C * math.max(q, 0) ^ 1.5 - 2e-3 * s) / m end
    repeat
      local a1 = a(x, v)
      local v2, a2 = v + 0.5 * dt * a1, a(x + 0.5 * dt * v, v + 0.5 * dt * a1)
      local v3, a3 = v + 0.5 * dt * a2, a(x + 0.5 * dt * v2, v + 0.5 * dt * a2)
      local v4, a4 = v + dt * a3, a(x + dt * v3, v + dt * a3)
      x, v = x + dt / 6 * (v + 2 * v2 + 2 * v3 + v4), v + dt / 6 * (a1 + 2 * a2 + 2 * a3 + a4)
    until x <= 0
    local _, got = impact(l, k, R, m, v0, 0, 5e-8)
    near(-v, got, 1e-4)
  end)
  it("tsuji is exact with tension, and the published value when cut", function()
    local l = law.resolve { normal = "hertz", damping = "tsuji" }
    for e, out in pairs { [0.2] = 0.32486, [0.5] = 0.55028, [0.8] = 0.80810 } do -- validation A3
      for tension, expected in pairs { allowed = e, cut = out } do
        local k = l.derive({ young = 5e7, poisson = 0.2 }, rigid, { restitution = e, tension = tension, tangential_damping = 1 })
        for _, v in ipairs { 0.1, 2 } do
          local _, got = impact(l, k, R, m, v, 0, 1e-7 * v ^ -0.2)
          near(expected, got / v, 1e-3)
        end
      end
    end
  end)
end)

-- Chung and Ooi 4: e_t and spin by the angle, for each rule, from tiny-step integration (validation A4); and 5 (A5).
describe("mindlin's variants #physics", function()
  local tables = {
    mindlin = { [5] = { .95278, -16.05 }, [10] = { .69803, -204.5 }, [15] = { .62993, -373.5 }, [20] = { .62012, -506.7 },
      [25] = { .63813, -596.4 } },
    mindlin_force = { [5] = { .89032, -37.28 }, [10] = { .71344, -194.1 }, [15] = { .62751, -376.0 }, [20] = { .60972, -520.6 },
      [25] = { .62790, -613.3 } },
    mindlin_rescale = { [5] = { .86116, -47.19 }, [10] = { .71057, -196.0 }, [15] = { .63145, -372.0 }, [20] = { .62012, -506.7 },
      [25] = { .63813, -596.4 } },
  }
  local sliding = { [30] = { .68449, -615.25 }, [40] = { .78289, -544.26 }, [50] = { .84714, -456.69 } }
  local oxide = { young = 3.8e11, poisson = 0.23 }
  for name, own in pairs(tables) do
    it("rebound as they should: " .. name, function()
      local l, R = law.resolve { normal = "hertz", damping = "tsuji", tangential = name }, 0.0025
      local k = l.derive(oxide, rigid, { restitution = 0.98, friction = 0.092, tension = "allowed", tangential_damping = 0 })
      for _, list in ipairs { own, sliding } do
        for theta, expected in pairs(list) do
          local angle = math.rad(theta)
          local vx, _, w = impact(l, k, R, ball(R, 4000), 3.9, angle, 4e-9)
          local vt = 3.9 * math.sin(angle)
          assert.near(expected[1], vx / vt, 2e-3)
          assert.near(expected[2], -w, 2) -- the source counts the spin the other way
          assert.near(0, vx - vt + 0.4 * R * w, 1e-10) -- angular momentum about the contact point
        end
      end
    end)
  end
  -- R = 10 micrometres, v_n = 5 m/s, e = 1, mu = 0.3, steel on a rigid wall; x = v_t/(mu v_n), y1 = v_t'/(mu v_n), y2 = R w'/(mu v_n)
  local five = {
    mindlin = { { .667, -.238 }, { -.276, -1.626 }, { -1.001, -2.858 }, { -1.398, -3.856 }, { -1.436, -4.597 }, { -.981, -4.987 } },
    mindlin_force = { { .504, -.355 }, { -.176, -1.554 }, { -1.043, -2.888 }, { -1.560, -3.971 }, { -1.636, -4.740 }, { -1, -5 } },
  }
  for name, own in pairs(five) do
    it("turn a tiny sphere as they should: " .. name, function()
      local l, R, vn, mu = law.resolve { normal = "hertz", tangential = name }, 1e-5, 5, 0.3
      local k = l.derive({ young = 2.08e11, poisson = 0.3 }, rigid, { friction = mu })
      for x, expected in ipairs(own) do -- y1 is that of the contact patch
        local vt = x * mu * vn
        local vx, _, w = impact(l, k, R, ball(R, 7850), math.sqrt(vn * vn + vt * vt), math.atan2(vt, vn), 4e-11)
        assert.near(expected[1], (vx - R * w) / (mu * vn), 5e-3)
        assert.near(expected[2], -R * w / (mu * vn), 5e-3)
      end
      local vt = 8 * mu * vn
      local vx, _, w = impact(l, k, R, ball(R, 7850), math.sqrt(vn * vn + vt * vt), math.atan2(vt, vn), 4e-11)
      assert.near(8 - 7, (vx - R * w) / (mu * vn), 1e-3)
      assert.near(-5, -R * w / (mu * vn), 1e-3)
    end)
  end
end)

describe("coulomb friction #physics", function()
  it("slides with mu Fn, creeps below the slip speed, and never turns round", function()
    local l = law.resolve { normal = "linear", tangential = "coulomb" }
    local k = l.derive({}, {}, { stiffness = 1e4, friction = 0.3, slip_speed = 0.01 })
    local c = { overlap = 1e-5, n = { 0, 0, 1 }, v = { 0.5, 0, 0 }, R = 1e-3, m = 1e-2, dt = 1e-5 }
    near(-0.3 * 0.1, (l.evaluate(c, k)).x, 1e-14)
    c.v = { 0.002, 0, 0 }
    near(-0.2 * 0.3 * 0.1, (l.evaluate(c, k)).x, 1e-14)
    c.m, c.v = 1e-6, { 0.5, 0, 0 }
    c.dt = 1
    assert.is_true(math.abs((l.evaluate(c, k)).x) * c.dt <= c.m * 0.5 / 35 * 1.0001)
  end)
end)

-- A sphere that lies on a wall with its weight and spins: torque over inertia.
local function turning(options, pair, w, dt, steps, material)
  local R, m, g = 0.01, 0.005, 9.81
  local given = { normal = "hertz", tangential = "mindlin" }
  for key, value in pairs(options) do given[key] = value end
  local l = law.resolve(given)
  pair.friction = pair.friction or 0.5
  local k = l.derive(material or { young = 1e8, poisson = 0.3 }, rigid, pair)
  local overlap = (m * g / (4 / 3 * k.E * math.sqrt(R))) ^ (2 / 3)
  local h
  local spin = { w[1], w[2], w[3] }
  for _ = 1, steps do -- its centre is held, so that rolling is not sliding: v at the contact point is left out
    local _, torque
    local c = { overlap = overlap, n = { 0, 0, 1 }, w = spin, R = R, m = m, dt = dt }
    _, torque, h = l.evaluate(c, k, h)
    for i, axis in ipairs { "x", "y", "z" } do spin[i] = spin[i] + torque[axis] / (0.4 * m * R * R) * dt end
  end
  return spin, overlap, R, m, g
end

describe("rolling and twisting #physics", function()
  it("marshall decays at 5 mu a g / (3 R^2)", function() -- validation A19
    local steps, dt = 1000, 1e-5
    local spin, overlap, R, _, g = turning({ twisting = "marshall" }, {}, { 0, 0, 100 }, dt, steps)
    near(5 * 0.5 * math.sqrt(overlap * R) * g / (3 * R * R), (100 - spin[3]) / (steps * dt), 1e-2) -- the spring winds up first
    assert.equal(0, spin[1])
  end)
  it("sds decays at 5 mu_t g / (2 R^2)", function()
    local steps, dt, mu_t = 1000, 1e-5, 1e-4
    local spin, _, R, _, g = turning({ twisting = "sds" },
      { twisting_stiffness = 1e-2, twisting_damping = 0, twisting_friction = mu_t }, { 0, 0, 100 }, dt, steps)
    near(5 * mu_t * g / (2 * R * R), (100 - spin[3]) / (steps * dt), 1e-2)
  end)
  it("marshall's spring is k_t a^2/2 below its limit", function()
    local l = law.resolve { normal = "hertz", tangential = "mindlin", twisting = "marshall" }
    local k = l.derive({ young = 1e8, poisson = 0.3 }, rigid, { friction = 0.5 })
    local c = { overlap = 1e-5, n = { 0, 0, 1 }, w = { 0, 0, 2 }, R = 1e-2, m = 1e-3, dt = 1e-6 }
    local f, m = l.evaluate(c, k)
    local a2 = 1e-7
    near(-8 * k.G * math.sqrt(a2) * a2 / 2 * 2e-6, m.z, 1e-12)
    c.dt = 1
    m = select(2, l.evaluate(c, k))
    near(-2 / 3 * math.sqrt(a2) * 0.5 * f.z, m.z, 1e-12)
  end)
  it("the spring of sds comes to rest", function()
    local spin = turning({ twisting = "sds" }, { twisting_stiffness = 1e-3, twisting_damping = 2e-5, twisting_friction = 1e-4 },
      { 0, 0, 1 }, 2e-5, 40000)
    assert.is_true(math.abs(spin[3]) < 1e-9)
  end)
  it("epsd2 has the stiffness k_t R^2 and the limit mu_r R Fn", function()
    local l = law.resolve { normal = "linear", tangential = "linear", rolling = "epsd2" }
    local k = l.derive({}, {}, { stiffness = 1e4, friction = 0.5, tangential_ratio = 0.5, rolling_friction = 0.1 })
    local c = { overlap = 1e-5, n = { 0, 0, 1 }, w = { 1, 0, 7 }, R = 1e-3, m = 1e-6, dt = 1e-5 }
    local _, m = l.evaluate(c, k)
    near(-0.5e4 * 1e-6 * 1e-5, m.x, 1e-13)
    c.w = { 1e5, 0, 0 }
    m = select(2, l.evaluate(c, k))
    near(-0.1 * 1e-3 * 0.1, m.x, 1e-13)
    assert.equal(0, m.z)
  end)
  it("viscous decays exponentially", function()
    local c_r, dt, steps = 2, 1e-5, 2000
    local spin, _, _, _, g = turning({ rolling = "viscous" }, { rolling_viscosity = c_r }, { 10, 0, 0 }, dt, steps)
    near(10 * math.exp(-2.5 * c_r * g * steps * dt), spin[1], 1e-3) -- I w' = -c_r m g R^2 w
  end)
end)

describe("plastic contacts #physics", function()
  local R, m = 1e-3, 1e-5
  it("hysteretic: e = sqrt(k1/k2) at every speed, residual overlap (1 - k1/k2) of the largest", function() -- validation A20 (a)
    local l = law.resolve { normal = "hysteretic" }
    for _, e in ipairs { 0.3, 0.7, 1 } do
      local k = l.derive({}, {}, { stiffness = 1e4, restitution = e })
      for _, v in ipairs { 0.01, 1 } do
        local _, out = impact(l, k, R, m, v, 0, 1e-7)
        near(e, out / v, 1e-3)
      end
      assert.near(1e4 / e ^ 2, l.stiffness(k, R, 1e-5), 1e-3 * 1e4 / e ^ 2)
      local c = { overlap = 1e-5, n = { 0, 0, 1 }, R = R, m = m, dt = 1 }
      local _, _, h = l.evaluate(c, k)
      c.overlap = 1e-5 * (1 - e ^ 2) * (1 - 1e-12)
      assert.equal(0, (l.evaluate(c, k, h)).z)
      c.overlap = 1e-5 * (1 - e ^ 2) + 1e-7
      near(1e4 / e ^ 2 * 1e-7, (l.evaluate(c, k, h)).z, 1e-9)
    end
  end)
  it("luding: loads on k1, unloads on k2, pulls on kc, and loads again from there", function() -- validation A20 (b)
    local k1, k2, kc, phi = 1e4, 5e4, 2e4, 0.05
    local l = law.resolve { normal = "luding" }
    local k = l.derive({}, {}, { stiffness = k1, unloading_ratio = k2 / k1, cohesion_stiffness = kc, plasticity_depth = phi })
    local h
    local function at(x)
      local f, _
      f, _, h = l.evaluate({ overlap = x, n = { 0, 0, 1 }, R = R, m = m, dt = 1 }, k, h)
      return f.z, h.deepest
    end
    local full = k2 / (k2 - k1) * phi * 2 * R
    near(k1 * 0.5 * full, (at(0.5 * full)), 1e-12)
    local middle = k1 + 0.5 * (k2 - k1) -- the stiffness is half-way between
    near(k1 * 0.5 * full - middle * 0.1 * full, (at(0.4 * full)), 1e-12)
    near(k1 * 0.9 * full, (at(0.9 * full)), 1e-12) -- loads again along the same line, and on
    for _, x in ipairs { 1.1, 1.3, 1.2, 1.4, 1 } do near(k1 * full + k2 * (x - 1) * full, (at(x * full)), 1e-12) end -- the limit branch
    local rest = full * (1 - k1 / k2)
    assert.near(0, at(rest), 1e-9 * k1 * full)
    local limit = k2 * rest / (k2 + kc) -- where k2 (x - rest) = -kc x
    near(-kc * limit, (at(limit)), 1e-9)
    local x = 0.9 * limit
    near(-kc * x, (at(x)), 1e-12) -- on the limit
    local f = at(x * (1 + 1e-6))
    local stiffness = (f + kc * x) / (x * 1e-6) -- loads again on an unloading line
    assert.is_true(stiffness > k1 and stiffness <= k2 * (1 + 1e-6), stiffness)
    for i = 899, 1, -1 do at(i * 1e-3 * limit) end
    near(-kc * 0.001 * limit, (at(0.001 * limit)), 1e-9)
  end)
  it("luding: impacts faster than sqrt(k1/m) overlap* lose what the plastic part costs, and no more", function()
    local k1, k2, phi = 1e4, 5e4, 0.01
    local l = law.resolve { normal = "luding" }
    local k = l.derive({}, {}, { stiffness = k1, unloading_ratio = k2 / k1, cohesion_stiffness = 0, plasticity_depth = phi })
    local full = k2 / (k2 - k1) * phi * 2 * R
    local fastest = full * math.sqrt(k1 / m) -- of those that stay below overlap*
    local plastic = 0.5 * k1 * full * full * (1 - k1 / k2)
    for _, ratio in ipairs { 1, 1.5, 4 } do
      local v = ratio * fastest
      local _, out = impact(l, k, R, m, v, 0, 2e-8)
      near(math.sqrt(v * v - 2 * plastic / m), out, 1e-3, "at " .. ratio)
    end
    local v = 0.5 * fastest -- below, the stiffness is half-way between
    local _, out = impact(l, k, R, m, v, 0, 2e-8)
    near(v * math.sqrt(k1 / (0.5 * (k1 + k2))), out, 1e-3)
  end)
  it("luding: what it dissipates is what a cycle costs", function()
    local l = law.resolve { normal = "luding" }
    local k = l.derive({}, {}, { stiffness = 1e4, unloading_ratio = 5, cohesion_stiffness = 2e4, plasticity_depth = 0.05 })
    local dissipated, stored, least, dt = 0, 0, 0, 1e-7
    local _, out = impact(l, k, R, m, 0.3, 0, dt, function(c, h)
      local part = l.evaluate_measure(c, k, h)[1]
      dissipated = dissipated - part.power * dt - (part.energy - stored)
      least, stored = math.min(least, -part.power * dt), part.energy
    end)
    near(0.5 * m * (0.3 ^ 2 - out ^ 2), dissipated, 1e-3)
    assert.is_true(out < 0.3 and least < 0)
  end)
  it("eepa: the branches of Thakur et al. 2014 along a path", function()
    for _, n in ipairs { 1, 1.5, 2 } do
      for _, s in ipairs { { 0.6, 0.5, 2e-3 }, { 0.2, 3, 0 }, { 0.9, 0, 1e-2 }, { 0, 0.5, 0 } } do
        local plastic, adhesion, f0 = s[1], s[2], -s[3]
        local l = law.resolve { normal = "eepa" }
        local E = 1e7
        local k = l.derive({ young = E, poisson = 0 }, rigid, { overlap_exponent = n, plasticity_ratio = plastic, adhesion_ratio = adhesion,
          pull_off_force = -f0 })
        local k1 = 4 / 3 * E * R ^ (2 - n)
        local k2, k_adh = k1 / (1 - plastic), k1 * adhesion
        local h, deepest = nil, 0 -- the paper's own state: largest overlap
        local function at(x)
          local f, _
          f, _, h = l.evaluate({ overlap = x, n = { 0, 0, 1 }, R = R, m = m, dt = 1 }, k, h)
          deepest = math.max(deepest, x)
          local function line() return k2 * (x ^ n - plastic * deepest ^ n) end
          local expected
          if line() >= k1 * x ^ n then expected = k1 * x ^ n
          elseif line() > -k_adh * x ^ n then expected = line()
          else
            expected = -k_adh * x ^ n
            deepest = ((1 + k_adh / k2) * x ^ n / plastic) ^ (1 / n) -- the line through this point
          end
          assert.near(f0 + expected, f.z, 1e-12 * (k1 * deepest ^ n - f0))
          return f.z
        end
        near(f0 + k1 * 1e-15 ^ n, at(1e-15), 1e-9, "touch")
        for i = 1, 20 do at(i * 1e-6) end
        local least, x_least = math.huge, nil
        for i = 2000, 1, -1 do
          local f = at(i * 1e-8)
          if f < least then least, x_least = f, i * 1e-8 end
        end
        -- largest pull: where the unloading line meets the adhesive branch
        local meet = (plastic / (1 + k_adh / k2)) ^ (1 / n) * 2e-5
        if plastic > 0 and adhesion > 0 then
          near(f0 - k_adh * meet ^ n, least, 5e-3, "pull-off")
          assert.near(meet, x_least, 1.1e-8)
        end
        at(5e-6) -- again: half-way up on k2, back, and beyond the largest overlap
        at(4e-6)
        for i = 1, 25 do at(i * 1e-6) end
      end
    end
  end)
  it("eepa: restitution, and what is dissipated, by the integrals of its branches", function()
    local E, v = 1e7, 0.2
    for _, s in ipairs { { 1.5, 0, 0, 0 }, { 1.5, 0.5, 0, 0 }, { 1, 0.5, 0, 0 }, { 1.5, 0.5, 0.1, 0 }, { 1, 0.4, 0.2, 1e-3 },
      { 2, 0.4, 0.1, 2e-3 } } do
      local n, plastic, adhesion, f0 = unpack(s)
      local l = law.resolve { normal = "eepa" }
      local k = l.derive({ young = E, poisson = 0 }, rigid, { overlap_exponent = n, plasticity_ratio = plastic, adhesion_ratio = adhesion,
        pull_off_force = f0 })
      -- over k1 x_m^(n+1): loading costs 1/(n+1); back down the line to q, then along the adhesive branch. f0 takes what it gave.
      local ratio, r = 1 / (1 - plastic), plastic ^ (1 / n)
      local q = (plastic * ratio / (ratio + adhesion)) ^ (1 / n)
      local back = ratio * ((1 - q ^ (n + 1)) / (n + 1) - plastic * (1 - q)) - adhesion * q ^ (n + 1) / (n + 1)
      -- the largest overlap follows from the energy: k1 x^(n+1)/(n+1) - f0 x = m v^2/2
      local k1, lo, hi = 4 / 3 * E * R ^ (2 - n), 0, R
      for _ = 1, 200 do
        local x = 0.5 * (lo + hi)
        if k1 * x ^ (n + 1) / (n + 1) - f0 * x < 0.5 * m * v * v then lo = x else hi = x end
      end
      local lost = k1 * lo ^ (n + 1) * (1 / (n + 1) - back)
      local dissipated, stored, dt = 0, 0, 1e-7
      local largest = 0
      local _, out = impact(l, k, R, m, v, 0, dt, function(c, h)
        local part = l.evaluate_measure(c, k, h)[1]
        dissipated = dissipated - part.power * dt - (part.energy - stored)
        stored, largest = part.energy, math.max(largest, c.overlap)
      end)
      near(lo, largest, 1e-3, "largest overlap")
      near(math.sqrt(v * v - 2 * lost / m), out, 1e-3, "rebound")
      if adhesion == 0 then -- closed form
        near(math.sqrt((1 - (n + 1) * r ^ n + n * r ^ (n + 1)) / (1 - plastic)), out / v, 1e-3, "restitution")
      end
      assert.near(lost, dissipated, 2e-3 * 0.5 * m * v * v)
    end
  end)
  it("thornton_ning: restitution by Thornton's formula", function()
    local l = law.resolve { normal = "thornton_ning" }
    local E, py, density = 7e10, 1e9, 2700
    R, m = 0.01, ball(0.01, density)
    local k = l.derive({ young = E, poisson = 0 }, rigid, { yield_pressure = py })
    local vy = math.sqrt(math.pi ^ 5 * py ^ 5 * R ^ 3 / (30 * E ^ 4 * m)) -- impact speed that just yields
    local _, elastic = impact(l, k, R, m, 0.9 * vy, 0, 1e-7)
    near(0.9 * vy, elastic, 1e-4)
    for _, ratio in ipairs { 2, 10, 100 } do
      local v, q = ratio * vy, 1 / ratio
      local e = math.sqrt(6 * math.sqrt(3) / 5) * math.sqrt(1 - q * q / 6) * (q / (q + 2 * math.sqrt(6 / 5 - q * q / 5))) ^ 0.25
      local _, out = impact(l, k, R, m, v, 0, 2e-8)
      near(e, out / v, 1e-3, "at " .. ratio)
    end
    R, m = 1e-3, 1e-5
  end)
end)

-- Validation A21: R* = 0.5 mm, E* = 1e7 Pa, w = 0.1 J/m^2
describe("jkr #physics", function()
  local l, R, w = law.resolve { normal = "jkr" }, 0.5e-3, 0.1
  local k = l.derive({ young = 1e7, poisson = 0 }, rigid, { work_of_adhesion = w })
  local tear = 5.926767e-7
  it("has the published forces", function()
    near(-2.094395e-4, after_touch(l, k, R, 0), 1e-6, "touch")
    near(-2.356194e-4, after_touch(l, k, R, -2.84929e-7), 1e-6, "pull-off")
    assert.near(0, after_touch(l, k, R, 7.179767e-7), 1e-10)
    near(-1.308997e-4, after_touch(l, k, R, -tear * 0.999999), 3e-3, "tear-off") -- the slope is infinite there
    near(tear, l.reach(k, R), 2e-5)
    local f = after_touch(l, k, R, -tear * 1.0001)
    assert.equal(0, f)
    near(4 / 3 * 1e7 * math.sqrt(R) * 1e-4 ^ 1.5, after_touch(l, k, R, 1e-4), 0.02) -- deep: Hertz
  end)
  it("solves both equations at any overlap", function()
    for i = -999, 4000, 7 do
      local x = i / 1000 * tear
      local F = after_touch(l, k, R, x)
      -- the contact radius from the overlap by bisection on its growing branch
      local lo, hi = (math.pi * w * R * R / (8 * 1e7)) ^ (1 / 3), 1e-3
      for _ = 1, 200 do
        local a = 0.5 * (lo + hi)
        if a * a / R - math.sqrt(2 * math.pi * w * a / 1e7) < x then lo = a else hi = a end
      end
      near(4 * 1e7 * lo ^ 3 / (3 * R) - math.sqrt(8 * math.pi * w * 1e7 * lo ^ 3), F, 1e-6, "at " .. x)
    end
  end)
  it("attracts only once it has touched, and not again after the tear-off", function()
    local c = { overlap = -0.5 * tear, n = { 0, 0, 1 }, R = R, m = 1, dt = 1 }
    local f, _, h = l.evaluate(c, k)
    assert.equal(0, f.z)
    assert.equal(0, h.joined)
    local _, after = after_touch(l, k, R, -1.01 * tear)
    assert.equal(0, after.joined)
    f = l.evaluate(c, k, after)
    assert.equal(0, f.z)
  end)
  it("costs 1.306394e-10 J from the touch to the tear-off", function()
    local m, v = 1e-6, 0.02
    local _, out = impact(l, k, R, m, v, 0, 5e-8)
    near(1.306394e-10, 0.5 * m * (v * v - out * out), 2e-3)
    local _, h0 = after_touch(l, k, R, 0)
    local function energy(x) return l.evaluate_measure({ overlap = x, n = { 0, 0, 1 }, R = R, m = 1, dt = 1 }, k, h0)[1].energy end
    near(1.306394e-10, energy(-tear * (1 - 1e-6)) - energy(0), 1e-5)
    for _, x in ipairs { -0.5 * tear, 0.3 * tear, 1e-5 } do -- its slope is the force
      local step = 1e-4 * tear
      near(after_touch(l, k, R, x), (energy(x + step) - energy(x - step)) / (2 * step), 1e-5)
    end
  end)
  it("is Hertz without adhesion", function()
    local none = l.derive({ young = 1e7, poisson = 0 }, rigid, { work_of_adhesion = 0 })
    near(4 / 3 * 1e7 * math.sqrt(R) * 1e-6 ^ 1.5, after_touch(l, none, R, 1e-6), 1e-12)
    assert.equal(0, l.reach(none, R))
  end)
  it("presses with twice the pull-off force more", function() -- Thornton 1991: sliding at mu (F + 2 F_po)
    local sliding = law.resolve { normal = "jkr", tangential = "mindlin" }
    local q = sliding.derive({ young = 1e7, poisson = 0 }, rigid, { work_of_adhesion = w, friction = 0.4 })
    local f = sliding.evaluate({ overlap = 1e-6, n = { 0, 0, 1 }, v = { 1, 0, 0 }, R = R, m = 1, dt = 1 }, q, { slip = { 1, 0, 0 } })
    near(-0.4 * (f.z + 2 * 2.356194e-4), f.x, 1e-6)
    local apart = sliding.evaluate({ overlap = -1e-7, n = { 0, 0, 1 }, v = { 1, 0, 0 }, R = R, m = 1, dt = 1 }, q, { slip = { 1, 0, 0 } })
    assert.same({ 0, 0, 0 }, { apart.x, apart.y, apart.z })
    local neck, _, h = sliding.evaluate({ overlap = -1e-7, n = { 0, 0, 1 }, v = { 1, 0, 0 }, R = R, m = 1, dt = 1 }, q,
      { slip = { 1, 0, 0 }, joined = 1 })
    near(-0.4 * (neck.z + 2 * 2.356194e-4), neck.x, 1e-6) -- friction lives in the neck
    assert.is_true(h.slip.x > 0)
  end)
end)

describe("simple cohesion #physics", function()
  local glass, R = { young = 1e7, poisson = 0 }, 0.5e-3
  it("dmt pulls with 4 pi gamma R at the touch", function() -- validation A21
    local l = law.resolve { normal = "hertz", cohesion = "dmt" }
    local k = l.derive(glass, rigid, { work_of_adhesion = 0.1 })
    near(-4 * math.pi * 0.05 * R, after_touch(l, k, R, 1e-14), 1e-6)
  end)
  it("sjkr pulls with k_c times the area of intersection", function()
    local l = law.resolve { normal = "hertz", cohesion = "sjkr" }
    local k, none = l.derive(glass, rigid, { cohesion_density = 1e5 }), l.derive(glass, rigid, { cohesion_density = 0 })
    local function pull(R1, R2, x)
      local c = { overlap = x, n = { 0, 0, 1 }, R = R2 > 0 and R1 * R2 / (R1 + R2) or R1, R1 = R1, R2 = R2, m = 1, dt = 1 }
      local h = c
      return (l.evaluate(c, none)).z - (l.evaluate(c, k)).z, h
    end
    for _, s in ipairs { { 1e-3, 1e-3, 1e-4 }, { 1e-3, 2.5e-3, 1e-5 } } do
      local r1, r2, d = s[1], s[2], s[1] + s[2] - s[3]
      local A = math.pi * (d - r1 - r2) * (d + r1 - r2) * (d - r1 + r2) * (d + r1 + r2) / (4 * d * d)
      near(-1e5 * A, pull(r1, r2, s[3]), 1e-9)
    end
    near(1e5 * math.pi * (1e-3 ^ 2 - (1e-3 - 1e-5) ^ 2), pull(1e-3, 0, 1e-5), 1e-9) -- a wall cuts a cap off
    local c = { overlap = 1e-4, n = { 0, 0, 1 }, R = 0.5e-3, R1 = 1e-3, R2 = 1e-3, m = 1, dt = 1 }
    local function energy(x) c.overlap = x return l.evaluate_measure(c, k)[2].energy end
    near(-pull(1e-3, 1e-3, 1e-4), (energy(1.001e-4) - energy(0.999e-4)) / 2e-7, 1e-6)
    local two = law.resolve { normal = "hertz", cohesion = "sjkr2" }
    local q = two.derive(glass, rigid, { cohesion_density = 1e5 })
    near(4 / 3 * 1e7 * math.sqrt(R) * 1e-5 ^ 1.5 - 1e5 * 2 * math.pi * 1e-5 * 2 * R, after_touch(two, q, R, 1e-5), 1e-12)
  end)
  it("simplified_jkr is JKR's attraction with Hertz's radius", function()
    local l = law.resolve { normal = "simplified_jkr" }
    local k, x = l.derive(glass, rigid, { work_of_adhesion = 0.1 }), 1e-6
    local a = math.sqrt(R * x)
    near(4 * 1e7 * a ^ 3 / (3 * R) - math.sqrt(8 * math.pi * 0.1 * 1e7 * a ^ 3), after_touch(l, k, R, x), 1e-12)
  end)
end)

-- Validation A22: R = 1 mm (two spheres of 1 mm: R* = 0.5 mm), gamma = 0.0728 N/m, V = 1e-12 m^3
describe("capillary bridges #physics", function()
  local gaps = { 1e-6, 1e-5, 3e-5, 6e-5, 9e-5 }
  local published = {
    willett_analytic = { 4.416474e-4, 2.891306e-4, 1.077257e-4, 3.814267e-5, 1.887158e-5 },
    willett = { 4.161519e-4, 2.841426e-4, 1.167684e-4, 4.487702e-5, 2.322944e-5 },
    rabinovich = { 4.503047e-4, 2.966769e-4, 1.115456e-4, 3.808925e-5, 1.856602e-5 },
  }
  local stiff = { young = 1e7, poisson = 0 }
  local function derive(name, angle)
    local l = law.resolve { normal = "hertz", cohesion = name }
    return l, l.derive(stiff, rigid, { surface_tension = 0.0728, contact_angle = angle, bridge_volume = 1e-12 })
  end
  for name, forces in pairs(published) do
    it(name .. " has the published forces", function()
      local l, k = derive(name, 0)
      for i, s in ipairs(gaps) do near(-forces[i], after_touch(l, k, 0.5e-3, -s), 1e-6, "gap " .. s) end
    end)
    it(name .. " forms at the touch and breaks at the rupture distance", function()
      for angle, rupture in pairs { [0] = 1.01e-4, [math.rad(20)] = 1.186278e-4 } do
        local l, k = derive(name, angle)
        near(rupture, l.reach(k, 0.5e-3), 2e-5)
        local c = { overlap = -1e-6, n = { 0, 0, 1 }, R = 0.5e-3, m = 1, dt = 1 }
        assert.equal(0, (l.evaluate(c, k)).z) -- never touched
        assert.is_true(after_touch(l, k, 0.5e-3, -rupture * 0.9999) < 0)
        local f, h = after_touch(l, k, 0.5e-3, -rupture * 1.000001)
        assert.equal(0, f)
        assert.equal(0, h.bridge)
        assert.equal(0, (l.evaluate(c, k, h)).z) -- broken
      end
    end)
  end
  for _, name in ipairs { "willett_analytic", "rabinovich" } do
    it(name .. " stores the integral of its force", function()
      for angle, rupture in pairs { [0] = 1.01e-4, [0.2] = 1.111e-4, [1.2] = 1.616e-4 } do
        local l, k = derive(name, angle)
        local function energy(x) -- of a bridge
          return l.evaluate_measure({ overlap = x, n = { 0, 0, 1 }, R = 0.5e-3, m = 1, dt = 1 }, k, { bridge = 1 })[2].energy
        end
        for _, x in ipairs { -8e-5, -1e-5, -1e-6 } do
          near(after_touch(l, k, 0.5e-3, x), (energy(x + 1e-8) - energy(x - 1e-8)) / 2e-8, 1e-4)
        end
        near(after_touch(l, k, 0.5e-3, 0), (energy(1e-6) - energy(0)) / 1e-6, 1e-9) -- touching, the pull is that of the touch
        assert.near(0, energy(-rupture * (1 - 1e-9)), 1e-15)
        local work, step = 0, 1e-8 -- of a cycle: what the bridge costs from the touch to the rupture
        for s = 0.5e-8, rupture, step do work = work - after_touch(l, k, 0.5e-3, -s) * step end
        near(-work, energy(0), 1e-3)
      end
    end)
  end
  it("pull as much at the touch as beyond it", function()
    for name in pairs(published) do
      local l, k = derive(name, 0.3)
      near(after_touch(l, k, 0.5e-3, -1e-12), after_touch(l, k, 0.5e-3, 0), 1e-5, name)
    end
  end)
end)

describe("liquid_bridge #physics", function()
  local l = law.resolve { normal = "hertz", cohesion = "liquid_bridge" }
  local k = l.derive({ young = 1e7, poisson = 0 }, rigid, { surface_tension = 0.0728, contact_angle = 0, bridge_limit = 1e-10 })
  local function contact(overlap)
    return { overlap = overlap, n = { 0, 0, 1 }, R = 2 / 3 * 1e-3, R1 = 1e-3, R2 = 2e-3, m1 = 1e-5, m2 = 8e-5, m = 1, dt = 1e-5,
      liquid1 = 2e-6, liquid2 = 1e-6 }
  end
  it("takes what lies on the caps, pulls as Rabinovich's, and shares when it breaks", function()
    local f, _, h = l.evaluate(contact(1e-9), k)
    local give1 = 1e-5 * 2e-6 / 2 * (1 - math.sqrt(1 - 4 / 9))
    local give2 = 8e-5 * 1e-6 / 2 * (1 - math.sqrt(1 - 1 / 9))
    near(give1 + give2, h.bridge, 1e-12)
    near(give1, h.share, 1e-12)
    local fixed = law.resolve { normal = "hertz", cohesion = "rabinovich" }
    local q = fixed.derive({ young = 1e7, poisson = 0 }, rigid, { surface_tension = 0.0728, contact_angle = 0, bridge_volume = h.bridge })
    near((fixed.evaluate(contact(1e-9), q)).z, f.z, 1e-12)
    local rupture = fixed.reach(q, 2 / 3 * 1e-3) / 1.00001
    assert.is_true(rupture < l.reach(k, 2 / 3 * 1e-3))
    local _, _, on, flux = l.evaluate(contact(-0.999 * rupture), k, h)
    assert.same({ h.bridge, 0 }, { on.bridge, flux.liquid })
    f, _, on, flux = l.evaluate(contact(-1.001 * rupture), k, h)
    assert.same({ 0, 0, 0 }, { f.z, on.bridge, on.share })
    near((0.5 * h.bridge - h.share) / 1e-5, flux.liquid, 1e-12)
    _, _, on, flux = l.evaluate(contact(-1e-9), k, on) -- broken
    assert.same({ 0, 0 }, { on.bridge, flux.liquid })
  end)
  it("stores the work that parting costs", function()
    local h = { bridge = 3e-12, share = 1e-12 }
    local fixed = law.resolve { normal = "hertz", cohesion = "rabinovich" }
    local q = fixed.derive({ young = 1e7, poisson = 0 }, rigid, { surface_tension = 0.0728, contact_angle = 0, bridge_volume = 3e-12 })
    for _, x in ipairs { 1e-6, 0, -1e-5, -1e-4 } do
      local expected = fixed.evaluate_measure(contact(x), q, { bridge = 1 })[2].energy
      near(expected, l.evaluate_measure(contact(x), k, h)[2].energy, 1e-9)
    end
    assert.equal(0, l.evaluate_measure(contact(-1e-3), k, h)[2].energy) -- broken
  end)
  it("is no larger than its limit, and gives a wall nothing", function()
    local small = l.derive({ young = 1e7, poisson = 0 }, rigid, { surface_tension = 0.0728, contact_angle = 0, bridge_limit = 1e-12 })
    local _, _, h = l.evaluate(contact(1e-9), small)
    near(1e-12, h.bridge, 1e-12)
    local c = contact(1e-9)
    c.R, c.R2, c.m2, c.liquid2 = 1e-3, 0, 0, 5
    _, _, h = l.evaluate(c, k)
    near(1e-11, h.bridge, 1e-12) -- half of all
    c.overlap = -1e-3
    local _, _, _, flux = l.evaluate(c, k, h)
    assert.equal(0, flux.liquid)
  end)
end)

describe("heat and charges #physics", function()
  it("conduction is H dT with H = 4 k1 k2/(k1 + k2) sqrt(R overlap)", function() -- validation A23
    for name, given in pairs { hertz_mindlin = "hertz_mindlin", linear = "linear" } do
      local l = law.resolve(given, { heat = "conduction" })
      assert.equal(name .. "/heat=conduction", l.name)
      local a = { young = 1e7, poisson = 0.2, conductivity = 2 }
      local b = { young = 1e7, poisson = 0.2, conductivity = 5 }
      local k = l.derive(a, b, { restitution = 0.5, friction = 0.3, tension = "cut", damping = "calibrated", tangential_damping = 1,
        stiffness = 1e4, tangential_ratio = 0.3 })
      local c = { overlap = 1e-5, n = { 0, 0, 1 }, R = 1e-3, m = 1, dt = 1, temperature1 = 300, temperature2 = 340 }
      local _, _, _, flux = l.evaluate(c, k)
      near(40 / 7 * math.sqrt(1e-8) * 40, flux.temperature, 1e-12)
    end
  end)
  it("charges repel by Coulomb's law up to the range", function()
    local l = law.resolve("hertz_mindlin", { far = "electrostatic" })
    assert.equal("reach", l.birth)
    local k = l.derive({ young = 1e7, poisson = 0.2 }, { young = 1e7, poisson = 0.2 }, { restitution = 0.5, friction = 0.3,
      tension = "cut", damping = "calibrated", tangential_damping = 1, range = 5e-3, permittivity = 1 })
    assert.equal(5e-3, l.reach(k, 1e-3))
    local c = { overlap = -2e-3, n = { 0, 0, 1 }, R = 0.5e-3, R1 = 1e-3, R2 = 1e-3, m = 1, dt = 1, charge1 = 1e-10, charge2 = -2e-10 }
    near(-8.9875517923e9 * 2e-20 / 16e-6, (l.evaluate(c, k)).z, 1e-9)
    local parts = l.evaluate_measure(c, l.measured.derive({ young = 1e7, poisson = 0.2 }, { young = 1e7, poisson = 0.2 },
      { restitution = 0.5, friction = 0.3, tension = "cut", damping = "calibrated", tangential_damping = 1, range = 5e-3,
        permittivity = 1 }))
    local names = {}
    for i, part in ipairs(parts) do names[i] = part.name end
    assert.same({ "normal", "damping", "far", "tangential" }, names)
    near(-8.9875517923e9 * 2e-20 * (1 / 4e-3 - 1 / 7e-3), parts[3].energy, 1e-9)
    c.overlap = -6e-3
    assert.equal(0, (l.evaluate(c, k)).z)
    parts = l.evaluate_measure(c, l.measured.derive({ young = 1e7, poisson = 0.2 }, { young = 1e7, poisson = 0.2 }, { restitution = 0.5,
      friction = 0.3, tension = "cut", damping = "calibrated", tangential_damping = 1, range = 5e-3, permittivity = 1 }))
    assert.equal(0, parts[3].energy) -- as where another part of the law reaches farther
    c.overlap, c.R2 = -2e-3, 0
    assert.equal(0, (l.evaluate(c, k)).z)
  end)
end)

describe("energy #physics", function()
  local glass, R, m, v = { young = 1e7, poisson = 0.2 }, 1e-3, 1e-5, 0.2
  local values = { stiffness = 1e3, tangential_ratio = 2 / 7, friction = 1e6, work_of_adhesion = 0.05, cohesion_density = 1e4,
    yield_pressure = 1e30, restitution = 1, tension = "cut", damping = "calibrated", tangential_damping = 1,
    overlap_exponent = 1.5, plasticity_ratio = 0, adhesion_ratio = 0, pull_off_force = 0 }
  -- Kinetic and stored energy in the course of an impact at 30 degrees against what there was before: the largest error.
  local function error_of(l, dt, k)
    local worst, I = 0, 0.4 * m * R * R
    impact(l, k, R, m, v, math.rad(30), dt, function(c, h)
      local stored = 0
      for _, part in ipairs(l.evaluate_measure(c, k, h)) do stored = stored + part.energy end
      local vx, vz, w = c.at_end[1], c.at_end[2], c.at_end[3]
      local all = 0.5 * m * (vx * vx + vz * vz) + 0.5 * I * w * w + stored
      worst = math.max(worst, math.abs(all / (0.5 * m * v * v) - 1))
    end)
    return worst
  end
  for _, given in ipairs { { normal = "linear" }, { normal = "hertz" }, { normal = "thornton_ning" }, { normal = "eepa" },
    { normal = "hertz", cohesion = "sjkr" }, { normal = "hertz", cohesion = "sjkr2" }, { normal = "linear", cohesion = "sjkr2" },
    { normal = "hertz", cohesion = "simplified_jkr" }, { normal = "linear", tangential = "linear" } } do
    local l = law.resolve(given)
    it("is conserved to second order: " .. l.name, function()
      local k = l.derive(glass, rigid, values)
      local coarse, fine = error_of(l, 4e-6, k), error_of(l, 1e-6, k)
      assert.is_true(fine < 1e-3 and coarse / fine > 10, ("errors %.3g and %.3g"):format(coarse, fine))
    end)
  end

  -- A spring of one angle: I w' = M, from w = 1 rad/s about the axis.
  local function turn(given, axis, dt)
    local l = law.resolve(given)
    local k = l.derive(glass, rigid, { stiffness = 1e3, tangential_ratio = 1, friction = 1e6, twisting_stiffness = 1e-5, twisting_damping = 0,
      twisting_friction = 1e6, rolling_friction = given.rolling == "epsd" and 0.5 or 1e6, rolling_damping = 0 })
    local I, w, torque, h, worst = 1e-9, 1, 0, nil, 0
    for _ = 1, math.floor(0.05 / dt + 0.5) do
      local foreseen, mean = w + torque / I * dt, w + 0.5 * torque / I * dt
      local function about(x) return { axis == "x" and x or 0, 0, axis == "z" and x or 0 } end
      local c = { overlap = 1e-4, n = { 0, 0, 1 }, w = about(foreseen), w_mean = about(mean), R = R, m = m, dt = dt }
      local stored = 0
      for _, part in ipairs(l.evaluate_measure(c, k, h)) do
        if part.name == "rolling" or part.name == "twisting" then stored = part.energy end
      end
      local _, moment
      _, moment, h = l.evaluate(c, k, h)
      torque = moment[axis]
      w = mean + 0.5 * torque / I * dt
      worst = math.max(worst, math.abs((0.5 * I * w * w + stored) / (0.5 * I) - 1))
    end
    return worst
  end
  for name, given in pairs { epsd = { { normal = "linear", rolling = "epsd" }, "x" }, -- whose stiffness goes with its friction
    epsd2 = { { normal = "linear", tangential = "linear", rolling = "epsd2" }, "x" },
    sds = { { normal = "linear", twisting = "sds" }, "z" },
    marshall = { { normal = "linear", tangential = "linear", twisting = "marshall" }, "z" } } do
    it("is conserved to second order by the spring of " .. name, function()
      local coarse, fine = turn(given[1], given[2], 1e-3), turn(given[1], given[2], 2.5e-4)
      assert.is_true(fine < 2e-2 and coarse / fine > 10, ("errors %.3g and %.3g"):format(coarse, fine))
    end)
  end

  for name, given in pairs { jkr = { { normal = "jkr" }, { joined = 1 } }, dmt = { { normal = "hertz", cohesion = "dmt" }, {} } } do
    it("is conserved to second order in the well of " .. name, function()
      local l = law.resolve(given[1])
      local k = l.derive(glass, rigid, { work_of_adhesion = 0.05 })
      local function oscillate(dt)
        local x, speed, force, h, first, worst = 1e-6, 0, nil, given[2], nil, 0
        for _ = 1, math.floor(2e-3 / dt + 0.5) do -- x: overlap
          if force then
            speed = speed - 0.5 * force / m * dt
            x = x + speed * dt
          end
          local c = { overlap = x, n = { 0, 0, 1 }, R = R, m = m, dt = dt }
          local stored = 0
          for _, part in ipairs(l.evaluate_measure(c, k, h)) do stored = stored + part.energy end
          local f
          local _
          f, _, h = l.evaluate(c, k, h)
          if force then speed = speed - 0.5 * f.z / m * dt end
          force = f.z
          local all = 0.5 * m * speed * speed + stored
          first = first or all
          worst = math.max(worst, math.abs(all - first))
        end
        return worst, math.abs(first)
      end
      local coarse, fine = oscillate(2e-5), oscillate(5e-6)
      assert.is_true(coarse / fine > 10, ("errors %.3g and %.3g J"):format(coarse, fine))
    end)
  end
end)
