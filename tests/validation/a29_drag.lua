-- a29_drag.lua -- spheres fall through a fluid until their drag carries them: forces of the script in every step.
--
-- Case: A29. Spheres of 0.05 to 1 mm, 2500 kg/m^3, in water (1000 kg/m^3, 1 mPa s) without buoyancy, g = 9.81. Linear drag gamma v:
-- v_t = m g / gamma, approached as v_t (1 - exp(-gamma t / m)). Schiller and Naumann: C_d = 24 / Re (1 + 0.15 Re^0.687), Re up to 300.
local barchan = require "barchan"
local lab = require "lab"
local test = require "case" { id = "A29", title = "drag and terminal velocity", source = "[F]" }

local density, fluid, viscosity, g = 2500, 1000, 1e-3, 9.81
local radii = { 5e-5, 1e-4, 2e-4, 5e-4 }

-- Lets the spheres fall for `time` under a drag coefficient(R, speed) [N s/m]; answers their speeds by radius.
local function fall(time, dt, coefficient)
  local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 }, periodic = "xyz" }, gravity = { 0, 0, -g },
    dt = dt, precision = test.precision, threads = 1 }
  local a = sim:material { name = "a", density = density }
  sim:law "linear"
  sim:pair(a, a, { stiffness = 1, restitution = 0.9, friction = 0 })
  for i, R in ipairs(radii) do sim:insert { material = a, radius = R, x = { 0.02 * i, 0.05, 0.05 }, id = { i } } end
  local fz, vz, R = sim.force.z, sim.v.z, sim.radius
  sim:run { time = time, each_step = function(s)
    for i = 1, s.count do fz[i] = fz[i] - coefficient(R[i], math.abs(vz[i])) * vz[i] end
  end }
  local out = {}
  for i, r in ipairs(radii) do out[r] = -sim:particle(i).v.z end
  local t = sim.time
  sim:close()
  return out, t
end

local rate = 50 -- gamma / m [1/s]
local curve = test:worst("linear drag: speed after 0.2, 1 and 10 / rate, over the formula's", 1e-4)
for _, times in ipairs { 0.2, 1, 10 } do
  local v, t = fall(times / rate, 1e-5, function(R) return rate * lab.ball(R, density) end)
  for _, R in ipairs(radii) do curve:absolute(("R = %g mm"):format(R * 1e3), v[R] / (g / rate * (1 - math.exp(-rate * t))), 1) end
end
curve:done()

local function drag(R, v)
  local re = 2 * R * v * fluid / viscosity
  return 6 * math.pi * viscosity * R * (1 + 0.15 * re ^ 0.687) -- C_d rho v^2 / 2 pi R^2 over v
end
local v = fall(1.5, 5e-5, drag)
local terminal = test:worst("Schiller and Naumann: terminal speed", 1e-6, "m/s", "[F] Schiller and Naumann 1933")
for _, R in ipairs(radii) do
  local low, high = 0, 10 -- m g = drag v, by bisection
  for _ = 1, 100 do
    local middle = 0.5 * (low + high)
    if drag(R, middle) * middle > lab.ball(R, density) * g then high = middle else low = middle end
  end
  terminal:relative(("R = %g mm, Re = %.3g"):format(R * 1e3, 2 * R * low * fluid / viscosity), v[R], low)
end
terminal:done()
return test:done()
