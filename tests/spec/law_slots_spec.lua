-- Sub-models and their slots: what fits together and what does not, names and aliases, the same bits as the complete laws, and what
-- the parts of a law do and store. Plain Lua throughout.
-- luacheck: globals dot
require "barchan" -- the engine's exp, log, pow, sin, cos, atan2
local law = require "barchan.law"
local expect = require "tools.expect"
local failure, contains = expect.failure, expect.has

local state = 4711
local function random(lo, hi) -- minstd: the same numbers everywhere
  state = (state * 48271) % 2147483647
  return lo + (hi - lo) * (state / 2147483647)
end

local function direction(size)
  local x, y, z = random(-1, 1), random(-1, 1), random(-1, 1)
  local f = size / math.sqrt(x * x + y * y + z * z)
  return { x * f, y * f, z * f }
end

local glass = { young = 5e7, poisson = 0.25 }
local values = { restitution = 0.6, friction = 0.4, tension = "cut", damping = "calibrated", tangential_damping = 0.7,
  stiffness = 1e4, tangential_ratio = 2 / 7, rolling_friction = 0.02, rolling_damping = 0.3 }

describe("a composition", function()
  it("has one name, whatever order or alias it was asked by", function()
    local name = "normal=hertz/damping=calibrated/tangential=mindlin/rolling=epsd"
    assert.equal(name, law.resolve { rolling = "epsd", tangential = "mindlin", damping = "calibrated", normal = "hertzian" }.name)
    assert.equal(name, law.resolve(name).name)
    assert.equal(law.resolve(name), law.resolve { rolling = "epsd", tangential = "mindlin", damping = "calibrated", normal = "hertz" })
    assert.equal("normal=linear/damping=calibrated/tangential=linear",
      law.resolve { normal = "spring_dashpot", tangential = "spring_coulomb" }.name)
    assert.equal("normal=hertz", law.resolve { normal = "hertz", rolling = "none" }.name)
    assert.equal("hertz_mindlin/epsd", law.resolve("hertzian", { rolling = "epsd" }).name)
    assert.equal("normal=hertz/damping=calibrated/tangential=linear/rolling=epsd",
      law.resolve("hertz_mindlin", { tangential = "linear", rolling = "epsd" }).name)
    assert.equal("normal=hertz/tangential=mindlin", law.resolve("hertz_mindlin", { damping = "none" }).name)
  end)
  it("gives the bits of the complete law that it equals", function()
    for _, name in ipairs { "hertz_mindlin", "linear" } do
      local whole = law.resolve(name, { rolling = "epsd" })
      local same = law.sub_model and whole.parts[1].same_as
      local parts = law.resolve { normal = same.normal, damping = same.damping, tangential = same.tangential, rolling = "epsd" }
      local k, q = whole.derive(glass, glass, values), parts.derive(glass, glass, values)
      for _, key in ipairs(whole.coefficients) do assert.equal(k[key], q[key]) end
      for _ = 1, 2000 do
        local c = { overlap = random(0, 1e-4), n = direction(1), v = direction(random(0, 1)), w = direction(random(0, 100)),
          v_mean = direction(random(0, 1)), w_mean = direction(random(0, 100)), R = 1e-3, m = 1e-5, dt = 1e-6 }
        local h = { slip = direction(random(0, 1e-5)), roll = direction(random(0, 1e-7)) }
        local f, m, after = whole.evaluate(c, k, h)
        local f2, m2, after2 = parts.evaluate(c, q, h)
        for _, axis in ipairs { "x", "y", "z" } do
          assert.equal(f[axis], f2[axis])
          assert.equal(m[axis], m2[axis])
          assert.equal(after.slip[axis], after2.slip[axis])
          assert.equal(after.roll[axis], after2.roll[axis])
        end
      end
    end
  end)
  it("is refused where its parts do not fit", function()
    contains(failure(law.resolve, { normal = "linear", tangential = "mindlin" }),
      'tangential = "mindlin" needs contact_radius, which normal = "linear" does not offer')
    contains(failure(law.resolve, { tangential = "mindlin" }), "a composition needs a normal model; there are: linear, hertz, ")
    contains(failure(law.resolve, { normal = "herz" }), "unknown normal model 'herz'; did you mean 'hertz'?")
    contains(failure(law.resolve, { normal = "hertz", tangental = "mindlin" }), "unknown slot 'tangental'; did you mean 'tangential'?")
    contains(failure(law.resolve, { normal = "hertz" }, { rolling = "epsd" }), "takes no second table")
  end)
  it("takes sub-models made in a script", function()
    local soft = law.normal_model { name = "soft", coefficients = { q = "N/m^2" }, pair = { quadratic = { "N/m^2", 0 } },
      derive = function(_, _, pair) return { q = pair.quadratic } end,
      offers = { normal_stiffness = "N/m", normal_tangent = "N/m" },
      force = function(c, k)
        c.normal_stiffness, c.normal_tangent = k.q * c.overlap, 2 * k.q * c.overlap
        return k.q * c.overlap * c.overlap
      end }
    local l = law.resolve { normal = soft, tangential = "linear" }
    assert.equal("normal=soft/tangential=linear", l.name)
    local k = l.derive({}, {}, { quadratic = 1e8, friction = 0.5, tangential_ratio = 2 / 7 })
    assert.near(0.01, l.force_at(k, 1e-3, 1, 1e-5), 1e-16)
    contains(failure(law.resolve, { tangential = soft }), "tangential is given a normal model")
    contains(failure(law.resolve, { normal = soft, damping = "calibrated" }),
      'damping = "calibrated" gives an asked restitution only with a spring that has no losses of its own')
    local plain = law.contact_law { name = "plain", coefficients = { q = "N/m" }, derive = function() return { q = 1 } end,
      force = function(c, q) return q.q * c.overlap * c.n end }
    contains(failure(law.compose_with, plain, { rolling = "viscous" }),
      'rolling = "viscous" needs normal_force, which the law plain does not offer')
    contains(failure(law.compose_with, plain, { tangential = "coulomb" }),
      'the law plain has forces of its own where tangential = "coulomb" would go')
    assert.equal("plain/cohesion=dmt", law.compose_with(plain, { cohesion = "dmt" }).name)
    local bad = law.normal_model { name = "bad", coefficients = {}, derive = function() return {} end, offers = {},
      force = function(c) return c.overlap end }
    contains(failure(function() law.trace(law.resolve { normal = bad }) end), "result 'the elastic force' must be N but is m")
  end)
  it("takes coefficients from the pair where nothing is derived", function()
    local function spring(coefficients)
      return law.contact_law { name = "spring", pair = { stiffness = { "N/m", 0 } }, coefficients = coefficients,
        force = function(c, k) return k.stiffness * c.overlap * c.n end }
    end
    local l = law.compose_with(spring { stiffness = "N/m" })
    assert.same({ stiffness = 300 }, l.derive({}, {}, { stiffness = 300 }))
    assert.same({ stiffness = 300 }, law.compose_with(spring()).derive({}, {}, { stiffness = 300 })) -- all of the pair's numbers
    contains(failure(spring, { stifness = "N/m" }), "coefficient 'stifness' is not derived and no value of the pair has its name; "
      .. "did you mean 'stiffness'?")
    contains(failure(spring, { stiffness = "N" }), "coefficient 'stiffness' is N, but the pair's value is N/m: derive it")
  end)
end)

describe("the measure of a law", function()
  local c = { overlap = 1e-5, n = { 0, 0, 1 }, v = { 0.1, 0, -0.2 }, w = { 3, 0, 5 }, R = 1e-3, m = 1e-5, dt = 1e-7 }
  local h = { slip = { 1e-8, 0, 0 } }
  it("splits force and moment into the power of its parts", function()
    for _, name in ipairs { "hertz_mindlin/epsd", "linear/constant_torque",
      "normal=hertz/damping=calibrated/tangential=linear/rolling=epsd" } do
      local l = law.resolve(name)
      local k = l.derive(glass, glass, values)
      local f, m = l.evaluate(c, k, h)
      local parts = l.evaluate_measure(c, l.measured.derive(glass, glass, values), h)
      local names, power = {}, 0
      for i, part in ipairs(parts) do names[i], power = part.name, power + part.power end
      assert.same({ "normal", "damping", "tangential", "rolling" }, names)
      assert.near(1, power / (f.x * 0.1 - f.z * 0.2 + m.x * 3 + m.z * 5), 1e-13)
      local traced = law.trace_measure(l)
      assert.same(names, traced.names)
      assert.equal(4 * 8, #traced.results) -- power, energy, three of force, three of moment
    end
  end)
  it("knows the energy that is stored", function()
    local l = law.resolve "hertz_mindlin"
    local k = l.derive(glass, glass, values)
    local parts = l.evaluate_measure(c, k, h)
    assert.near(1, parts[1].energy / (8 / 15 * k.E * math.sqrt(1e-3) * 1e-5 ^ 2.5), 1e-13)
    local _, _, after = l.evaluate(c, k, h)
    assert.near(1, parts[3].energy / (4 * k.G * math.sqrt(1e-3 * 1e-5) * after.slip.x ^ 2), 1e-13)
    assert.equal(0, parts[2].energy)
  end)
end)
