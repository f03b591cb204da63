-- a22_bridges.lua -- a liquid bridge between two spheres: forms at the touch, pulls, breaks at the rupture distance.
--
-- Case: A22. R = 1 mm, surface tension 0.0728 N/m, volume 1e-12 m^3, contact angles 0 and 20 degrees; gap s, S = s / 2 / sqrt(V / R).
-- Willett's closed form F = 2 pi R gamma cos / (1 + 2.1 S + 10 S^2), his fit to the numerical solution, and Rabinovich's; rupture at s =
-- R (1 + angle / 2) (V*^(1/3) + 0.1 V*^(2/3)), V* = V / R^3. Two heavy spheres come from a gap of 50 um, touch, and part by steps of
-- 10 nm.
local barchan = require "barchan"
local test = require "case" { id = "A22", title = "capillary bridges", source = "[X] Willett 2000, Rabinovich 2005" }

local R, gamma, V, step = 1e-3, 0.0728, 1e-12, 1e-8
local gaps = { 1e-6, 1e-5, 3e-5, 6e-5, 9e-5 }
local models = {
  { "willett_analytic", 4.416474e-4, 2.891306e-4, 1.077257e-4, 3.814267e-5, 1.887158e-5 },
  { "willett", 4.161519e-4, 2.841426e-4, 1.167684e-4, 4.487702e-5, 2.322944e-5 },
  { "rabinovich", 4.503047e-4, 2.966769e-4, 1.115456e-4, 3.808925e-5, 1.856602e-5 },
}

for _, model in ipairs(models) do
  for _, angle in ipairs { 0, 20 } do
    -- density: forces of 1e-3 N move it by less than 1e-14 m in the 0.2 ms of the run
    local v, name = 0.5, ("%s, %d degrees, "):format(model[1], angle)
    local sim = barchan.simulation { domain = { lo = { -0.01, -0.01, -0.01 }, hi = { 0.01, 0.01, 0.01 } }, gravity = { 0, 0, 0 },
      dt = step / (2 * v), precision = test.precision, threads = 1 }
    local a = sim:material { name = "a", young = 1e7, poisson = 0.2, density = 1e12 }
    sim:law { normal = "hertz", cohesion = model[1] }
    sim:pair(a, a, { surface_tension = gamma, contact_angle = math.rad(angle), bridge_volume = V })
    local start = 5000 -- steps of 10 nm to the touch
    local half = R + start * step / 2
    sim:insert { material = a, radius = R, id = { 1, 2 }, x = { { -half, 0, 0 }, { half, 0, 0 } },
      velocity = { { v, 0, 0 }, { -v, 0, 0 } } }
    local one, two = sim:particle(1), sim:particle(2)
    local function turn(speed)
      for i = 1, 2 do sim.v:set(i, sim.id[i] == 1 and speed or -speed, 0, 0) end
    end
    local most = 0
    sim:run { steps = start - 1, each_step = function() most = math.max(most, math.abs(one.force.x)) end }
    test:absolute(name .. "force before the touch", most, 0, 0, "N", "[F] no bridge yet")
    sim:run { steps = 101 } -- to an overlap of 1 um
    turn(-v)
    local force, last, work = {}, nil, 0
    sim:run { steps = 13000, each_step = function()
      local s, f = two.x.x - one.x.x - 2 * R, one.force.x
      local k = math.floor(s / step + 0.5)
      if k >= 0 then
        force[k] = f
        if f ~= 0 then last, work = s, work + f * step end
      end
    end }
    if angle == 0 then
      local worst = test:worst(name .. "force at five gaps", test.mixed and 1e-5 or 1e-6, "N")
      for i, s in ipairs(gaps) do worst:relative(("%g um"):format(s * 1e6), force[math.floor(s / step + 0.5)], model[1 + i]) end
      worst:done()
    end
    local volume = V / R ^ 3
    local rupture = R * (1 + math.rad(angle) / 2) * (volume ^ (1 / 3) + 0.1 * volume ^ (2 / 3))
    test:absolute(name .. "rupture distance", last, rupture, 1.01 * step, "m", "[F] Lian, Thornton and Adams 1993")
    test:relative(name .. "the same", last, angle == 0 and 1.01e-4 or 1.186278e-4, 2e-4, "m")
    if model[1] == "willett_analytic" then
      local sum, n = 0, 20000 -- the work of a cycle
      for i = 1, n do
        local s = (i - 0.5) / n * rupture
        local S = s / 2 / math.sqrt(V / R)
        sum = sum + 2 * math.pi * R * gamma * math.cos(math.rad(angle)) / (1 + 2.1 * S + 10 * S * S) * rupture / n
      end
      test:relative(name .. "work of a cycle", work, sum, 2e-3, "J", "[F] integral of the force")
    end
    sim:close()
  end
end
return test:done()
