-- bounce.lua -- one sphere falls on a plate and bounces; the heights follow the restitution.
--
-- What to look at: each apex is e^2 times the one before (plus the small time that a contact takes); bounce.csv has the path.
-- Hard-sphere limit: h_k = r + e^(2k) (h_0 - r).
local barchan = require "barchan"
local mm = barchan.units.mm

local e, r, h0 = 0.8, 5*mm, 100*mm
local sim = barchan.simulation {
  domain  = { lo = {-20*mm, -20*mm, -10*mm}, hi = {20*mm, 20*mm, 120*mm} },
  gravity = {0, 0, -9.81},
}
local glass = sim:material { name = "glass", young = 1e8, poisson = 0.25, density = 2500 }
sim:law("hertz_mindlin")
sim:pair(glass, glass, { restitution = e, friction = 0.3 })
sim:plane { point = {0, 0, 0}, normal = {0, 0, 1}, material = glass }
local id = sim:insert { x = {0, 0, h0}, radius = r, material = glass }.first_id
sim:log { file = "bounce.csv", every = 1e-3, columns = { "time", { "z", function(s) return s:particle(id).x[3] end } } }

local ball, apex, rising, bounces = sim:particle(id), 0, false, 0
sim:run { time = 0.6, every = 1e-4, call = function()
  local z, v = ball.x[3], ball.v[3]
  if v > 0 then rising, apex = true, math.max(apex, z) end
  if rising and v <= 0 then
    bounces = bounces + 1
    local expected = r + e^(2*bounces)*(h0 - r)
    print(("bounce %d: apex %.2f mm, hard sphere %.2f mm"):format(bounces, apex/mm, expected/mm))
    assert(math.abs(apex - expected) < 0.01*h0, "the bounce is not as high as the restitution says")
    rising, apex = false, 0
  end
end }
assert(bounces >= 2, "the sphere should have bounced")
