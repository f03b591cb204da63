-- a01_elastic_pair.lua -- two equal spheres meet head-on and part with the speed they came with.
--
-- Case: Chung and Ooi 2011, test 1. R = 10 mm, 10 m/s each, glass and limestone, e = 1, friction 0.35. Largest force, largest
-- overlap and duration are Hertz's: depth^5 = (15 m* v^2 / (16 E* sqrt R*))^2, F = 4/3 E* sqrt(R*) depth^1.5, t = 2.94328 depth / v.
local lab = require "lab"
local test = require "case" { id = "A1", title = "elastic impact of two spheres",
  source = "[X] Hertz; Chung and Ooi 2011, test 1" }

local materials = { -- E* [Pa], largest force [N], overlap [um], duration [us]; the force of limestone is also [P] 7108 N
  { name = "glass", young = 4.8e10, poisson = 0.20, density = 2800, modulus = 2.5e10, force = 10696.89, depth = 274.113, time = 40.342 },
  { name = "limestone", young = 2.0e10, poisson = 0.25, density = 2500, modulus = 1.06667e10, force = 7108.24, depth = 368.304,
    time = 54.204 },
}
local R, v = 0.010, 10

for _, given in ipairs(materials) do
  local a = { young = given.young, poisson = given.poisson, density = given.density, restitution = 1, friction = 0.35 }
  local E, name = lab.modulus(a, a), given.name .. ", "
  local depth, force, time = lab.hertz(R / 2, lab.ball(R, a.density) / 2, E, 2 * v)
  local function collide(parts)
    local hit = lab.collide { radius = R, speed = v, a = a, dt = time / parts, time = 1.2 * time }
    hit.sim:close()
    return hit
  end

  local hit = collide(200)
  test:relative(name .. "E*", E, given.modulus, 1e-5, "Pa")
  test:relative(name .. "largest force", hit.peak, given.force, 1e-3, "N")
  test:relative(name .. "largest overlap", hit.depth * 1e6, given.depth, 1e-3, "um")
  test:relative(name .. "duration", hit.duration * 1e6, given.time, 1e-3, "us")
  test:relative(name .. "rebound / approach", hit.e, 1, 1e-3, nil, "[F]")
  test:absolute(name .. "sum of velocities: action and reaction to the last bit", hit.v[1].x + hit.v[2].x, 0, 0, "m/s", "[F]")

  local fine = collide(1000) -- dt = t / 1000
  test:relative(name .. "largest force at t/1000", fine.peak, force, 1e-6, "N", "[F] Hertz")
  test:relative(name .. "largest overlap at t/1000", fine.depth, depth, 1e-6, "m", "[F] Hertz")
  test:relative(name .. "duration at t/1000", fine.duration, time, 1e-6, "s", "[F] Hertz")

  if not test.mixed then -- the error of the force falls as dt^2; in floats it is at their rounding by then
    local order, last = test:worst(name .. "order of convergence", 0.05, nil, "[F] velocity Verlet")
    for _, parts in ipairs { 50, 100, 200, 400 } do
      local off = collide(parts).peak / force - 1
      if last then order:absolute("t/" .. parts, math.log(last / off) / math.log(2), 2) end
      last = off
    end
    order:done()
  end
end
return test:done()
