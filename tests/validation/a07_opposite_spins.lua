-- a07_opposite_spins.lua -- two spheres meet whose surfaces roll on each other: only the normal velocities may change.
--
-- Case: Chung and Ooi 2011, test 7. R = 0.1 m, 0.2 m/s each, opposite spins of 2 tan(5 k degrees), k = 1 to 17; aluminium alloy and
-- copper. Spins stay, tangential velocities stay zero, the normal velocity is reversed by e. Then equal spins: friction turns both
-- spheres, and linear and angular momentum stay.
local lab = require "lab"
local test = require "case" { id = "A7", title = "two spheres with opposite spins", source = "[F] no slip, no friction" }

local R, v, e = 0.1, 0.2, 0.5
local materials = { { "Al alloy", young = 7e10, poisson = 0.33, density = 2700 },
  { "copper", young = 1.2e11, poisson = 0.35, density = 8900 } }

for _, material in ipairs(materials) do
  local a = { young = material.young, poisson = material.poisson, density = material.density, restitution = e, friction = 0.4 }
  local _, _, time = lab.hertz(R / 2, lab.ball(R, a.density) / 2, lab.modulus(a, a), 2 * v)
  local name = material[1] .. ", "
  local function meet(w1, w2)
    local hit = lab.collide { radius = R, speed = v, a = a, dt = time / 200, time = 1.5 * time, spin_a = { 0, 0, w1 },
      spin_b = { 0, 0, w2 } }
    hit.sim:close()
    return hit
  end
  local spin = test:worst(name .. "spin after / before", 1e-10)
  local across = test:worst(name .. "tangential velocity", 1e-10, "m/s")
  local normal = test:worst(name .. "normal velocity", 1e-3, "m/s", "[F] e v")
  for k = 1, 17 do
    local w = 2 * math.tan(math.rad(5 * k))
    local hit, at = meet(w, -w), 5 * k .. " degrees"
    spin:absolute(at, hit.w[1].z / w, 1)
    spin:absolute(at, hit.w[2].z / -w, 1)
    for _, speed in ipairs { hit.v[1].y, hit.v[1].z, hit.v[2].y, hit.v[2].z, hit.w[1].x, hit.w[1].y } do across:absolute(at, speed, 0) end
    normal:absolute(at, hit.v[1].x, -e * v)
    normal:absolute(at, hit.v[2].x, e * v)
  end
  for _, list in ipairs { spin, across, normal } do list:done() end

  local w, exact = 1, test.mixed and 1e-6 or 1e-12 -- equal spins slip by 2 w R
  local hit = meet(w, w)
  local x1, x2, v1, v2 = hit.x[1], hit.x[2], hit.v[1], hit.v[2]
  local L = 0.4 * R * R * (hit.w[1].z + hit.w[2].z) + x1.x * v1.y - x1.y * v1.x + x2.x * v2.y - x2.y * v2.x
  test:must(name .. "equal spins: friction acts", v1.y < -1e-3 and hit.w[1].z < 1 - 1e-3, "[F]")
  test:absolute(name .. "equal spins: sum of tangential velocities", v1.y + v2.y, 0, 0, "m/s", "[F] action and reaction")
  test:absolute(name .. "equal spins: difference of spins", hit.w[1].z - hit.w[2].z, 0, exact, "rad/s", "[F] symmetry")
  test:relative(name .. "equal spins: angular momentum / m", L, 0.8 * R * R * w, hit.steps * exact, "m^2/s", "[F] conserved")
end
return test:done()
