-- a16_spring_dashpot.lua -- two spheres meet on a linear spring and dashpot, whose motion is known exactly.
--
-- Case: R = 10 mm, 2800 kg/m^3, k = 1e6 N/m, 0.5 m/s each. With zeta = -ln e / sqrt(pi^2 + ln^2 e): duration pi / wd, depth v / w0
-- exp(-zeta / sqrt(1 - zeta^2) acos zeta), restitution e. To 1e-4 at a hundredth of the contact time.
local lab = require "lab"
local test = require "case" { id = "A16", title = "linear spring and dashpot", source = "[F] damped oscillator" }

local R, density, k, v = 0.01, 2800, 1e6, 0.5
local w0 = math.sqrt(k / (lab.ball(R, density) / 2))

-- Restitution, and depth and duration over those of the formula, at tc / parts.
local function collide(e, parts, tension, damping)
  local z = lab.ratio(e)
  local time, depth = math.pi / (w0 * math.sqrt(1 - z * z)), 2 * v / w0 * math.exp(-z / math.sqrt(1 - z * z) * math.acos(z))
  local hit = lab.collide { law = "linear", radius = R, speed = v, dt = time / parts, time = 1.2 * time,
    a = { density = density, stiffness = k, restitution = e, friction = 0.3, tension = tension or "allowed", damping = damping or "tsuji" } }
  hit.sim:close()
  return hit.e, hit.depth / depth, hit.duration / time
end
local restitution, depth = test:worst("e at tc/100", 1e-4), test:worst("depth over the formula's at tc/100", 1e-4)
local duration, order = test:worst("duration over the formula's at tc/100", 1e-4), test:worst("order of convergence of the depth", 0.1)
local cut = test:worst("pull cut, calibrated: e at tc/100", 1e-4)
for _, e in ipairs { 1, 0.95, 0.9, 0.8, 0.6, 0.4, 0.2 } do
  local got, d, t = collide(e, 100)
  local at = "e = " .. e
  restitution:absolute(at, got, e)
  depth:absolute(at, d, 1)
  duration:absolute(at, t, 1)
  if e <= 0.8 then
    local _, fine = collide(e, 200)
    order:absolute(at, math.log((d - 1) / (fine - 1)) / math.log(2), 2)
    cut:absolute(at, collide(e, 100, "cut", "calibrated"), e)
  end
end
for _, list in ipairs { restitution, depth, duration, order, cut } do list:done() end
test:absolute("e = 1 at tc/100: energy after over before", collide(1, 100) ^ 2, 1, 1e-6, nil, "[F] conserved")
return test:done()
