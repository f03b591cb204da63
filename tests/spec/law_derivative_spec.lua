-- Stiffness and damping of laws by differentiation of their graphs: against the formulas of the textbooks, against differences of
-- the force itself for every sub-model, and their units.
-- luacheck: globals sqrt dot exp log pow sin cos atan2 min max abs where gt quantity
require "barchan"
local law = require "barchan.law"
local tools = require "law_tools"
local expect = require "tools.expect"
local near = expect.near

local glass = { young = 7e10, poisson = 0.22, density = 2500 }

describe("stiffness by differentiation", function()
  it("of Hertz is 2 E* sqrt(R overlap)", function()
    local l = law.resolve "hertz_mindlin"
    local k = l.derive(glass, glass, { restitution = 0.7, friction = 0.3, tension = "cut", damping = "calibrated", tangential_damping = 1 })
    for _, overlap in ipairs { 1e-9, 1e-6, 1e-4 } do
      near(2 * k.E * math.sqrt(1e-3 * overlap), l.stiffness(k, 1e-3, overlap), 1e-14)
    end
    assert.is_truthy(l.at_rest().stiffness.text():find("sqrt(overlap * R)", 1, true), l.at_rest().stiffness.text())
  end)
  it("of the linear spring is its constant, and its dashpot is 2 z sqrt(k m)", function()
    local l = law.resolve "linear"
    local k = l.derive({}, {}, { stiffness = 1e4, tangential_ratio = 2 / 7, restitution = 0.5, friction = 0.5, tension = "allowed",
      damping = "calibrated", tangential_damping = 1 })
    near(1e4, l.stiffness(k, 1e-3, 1e-5), 1e-15)
    local z = -math.log(0.5) / math.sqrt(math.pi ^ 2 + math.log(0.5) ^ 2)
    near(2 * z * math.sqrt(1e4 * 1e-6), l.damping_at(k, 1e-3, 1e-6, 1e-5), 1e-12)
  end)
  it("of damped Hertz is sqrt(5) z sqrt(S m) with S = 2 E* sqrt(R overlap)", function()
    local l = law.resolve "hertz_mindlin"
    local k = l.derive(glass, glass, { restitution = 0.5, friction = 0.3, tension = "allowed", damping = "tsuji", tangential_damping = 1 })
    local z = -math.log(0.5) / math.sqrt(math.pi ^ 2 + math.log(0.5) ^ 2)
    local S = 2 * k.E * math.sqrt(1e-3 * 1e-6)
    near(2 * math.sqrt(5 / 6) * z * math.sqrt(S * 1e-5), l.damping_at(k, 1e-3, 1e-5, 1e-6), 1e-12)
  end)
  it("knows every function of the language", function()
    local given = law.contact_law { name = "all", coefficients = { kn = "N/m", q = "1" }, derive = function() return {} end,
      force = function(c, k)
        local x = c.overlap / c.R
        local f = exp(-x) + log(1 + x) + sin(3 * x) * cos(x) + atan2(x, k.q) + pow(x, 1 / 3) + pow(1 + x, x) + sqrt(x) / (1 + x)
        f = f + abs(x - k.q) + min(x, k.q) + max(x * x, k.q) + where(gt(x, k.q), x * x * x, 2 * x) - -x
        return k.kn * c.R * f * c.n
      end }
    local l = law.compose(given)
    for _, q in ipairs { 1e-4, 0.3 } do
      local k = { kn = 1000, q = q }
      for _, overlap in ipairs { 1e-6, 1.3e-5, 1e-4 } do
        local h = overlap * 1e-4
        local slope = (l.force_at(k, 1e-3, 1, overlap + h) - l.force_at(k, 1e-3, 1, overlap - h)) / (2 * h)
        near(slope, l.stiffness(k, 1e-3, overlap), 1e-6)
      end
    end
  end)
  it("of every sub-model is the slope of its force", function()
    local tried = 0
    local function check(l)
      for _ = 1, 20 do
        local k = tools.coefficients(l)
        local R = tools.decades(1e-4, 1e-2)
        local overlap = R * tools.decades(1e-4, 0.05)
        local h = overlap * 1e-4
        local low, mid, high = l.force_at(k, R, 1, overlap - h), l.force_at(k, R, 1, overlap), l.force_at(k, R, 1, overlap + h)
        local left, right = (mid - low) / h, (high - mid) / h
        local got = l.at_rest().stiffness.at(k, R, 1, overlap)
        -- away from kinks; the difference of forces has their rounding
        local noise = 1e-13 * math.abs(mid) / h
        if math.abs(left - right) <= 1e-3 * math.abs(left + right) then
          local slope = (high - low) / (2 * h)
          assert.is_true(math.abs(got - slope) <= 1e-5 * math.abs(slope) + noise,
            ("%s: %.9g, expected %.9g"):format(l.name, got, slope))
          tried = tried + 1
        end
      end
    end
    for _, name in ipairs(law.compositions()) do check(law.resolve(name)) end
    for _, name in ipairs(law.slot "normal") do
      if name ~= "none" then
        check(law.resolve { normal = name })
        for _, other in ipairs(law.slot "cohesion") do
          local found, l = pcall(law.resolve, { normal = name, cohesion = other })
          if found then check(l) end
        end
      end
    end
    assert.is_true(tried > 100)
  end)
end)
