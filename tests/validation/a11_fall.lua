-- a11_fall.lua -- a sphere falls and bounces once on a linear spring and dashpot; its whole way is known.
--
-- Case: MFIX DEM01. R = 0.1 m, 2600 kg/m^3, dropped from 0.5 m under g = 9.80665; k = 1e4 to 1e5 N/m, e = 1 to 0.6, no friction. Free
-- fall, damped oscillation about the sag m g / k, free flight. The distance from the formula up to the next touch is held to 0.1 % of
-- the height (the first-order scheme of MFIX shows up to 0.57 %), and falls with dt^2.
local lab = require "lab"
local test = require "case" { id = "A11", title = "free fall and bounce of MFIX DEM01", source = "[F] piecewise exact" }

local fall = lab.fall
local R, g, h0 = fall.R, fall.g, fall.h0
local touch = math.sqrt(2 * (h0 - R) / g) -- [s]

-- Largest distance from the formula up to the next touch, over h0. The dashpot's force jumps at the touch and at the end: the scheme
-- is of second order when both fall in the middle of a step, which is so for dt = duration / parts and a start at the right time.
-- any: starts at t = 0 instead, wherever the touch falls.
local function largest(k, e, parts, any)
  local at, duration = fall.contact(k, e, g * touch)
  local dt = duration / parts
  local t0 = any and 0 or touch - dt * (math.floor(touch / dt - 0.5) + 0.5)
  local scene = fall.start(k, e, dt, t0)
  local _, out = at(duration)
  local worst, n, steps = 0, 0, math.floor((touch + duration + 2 * out / g) / dt) - 2
  local z = scene.sim.x.z
  scene.sim:run { steps = steps, each_step = function()
    n = n + 1
    local t = t0 + n * dt
    local expected
    if t < touch then expected = h0 - 0.5 * g * t ^ 2
    elseif t < touch + duration then expected = at(t - touch)
    else
      local s = t - touch - duration
      expected = R + out * s - 0.5 * g * s ^ 2
    end
    worst = math.max(worst, math.abs(z[1] - expected))
  end }
  scene.sim:close()
  return worst / h0
end

for _, k in ipairs { 1e4, 2.5e4, 5e4, 1e5 } do
  local off = test:worst(("k = %g, largest error / h0 at tc/50"):format(k), 1e-3)
  for _, e in ipairs(k == 1e4 and { 0.9, 0.8, 0.7, 0.6 } or { 1, 0.9, 0.8, 0.7, 0.6 }) do off:absolute("e = " .. e, largest(k, e, 50), 0) end
  off:done()
end
if not test.mixed then
  local order = test:worst("order of convergence", 0.1, nil, "[F] velocity Verlet")
  local anywhere = test:worst("touch anywhere in a step, largest error / h0 at tc/50", 1e-3)
  for _, k in ipairs { 1e4, 5e4 } do
    for _, e in ipairs { 0.9, 0.7, 0.6 } do
      local a, b, c = largest(k, e, 50), largest(k, e, 100), largest(k, e, 200)
      local at = ("k = %g, e = %g at tc/"):format(k, e)
      order:absolute(at .. 100, math.log(a / b) / math.log(2), 2)
      order:absolute(at .. 200, math.log(b / c) / math.log(2), 2)
      anywhere:absolute(("k = %g, e = %g"):format(k, e), largest(k, e, 50, true), 0)
    end
  end
  order:done()
  anywhere:done()
end
return test:done()
