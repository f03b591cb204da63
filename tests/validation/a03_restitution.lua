-- a03_restitution.lua -- a sphere that hits a wall comes back with the restitution asked for, at any speed and of any material.
--
-- Case: Chung and Ooi 2011, test 3. R = 2.5 mm, 3.9 m/s (and 0.1, 1, 10), aluminium oxide and cast iron on a rigid wall, e = 0.2 to 1.
-- Damping is that of Tsuji 1992 and Antypov and Elliott 2011. It gives e exactly when the force may pull at the end (tension =
-- "allowed"); when it is cut at zero it gives the table `clipped`, and damping = "calibrated" gives e again. So does the fit of
-- Thornton, Cummins and Cleary 2013.
local lab = require "lab"
local test = require "case" { id = "A3", title = "restitution", source = "[F] asked = achieved" }

local R = 0.0025
local clipped = { [0.2] = 0.32486, [0.4] = 0.47201, [0.5] = 0.55028, [0.6] = 0.63229, [0.7] = 0.71820, [0.8] = 0.80810,
  [0.9] = 0.90203 }
local materials = { -- largest force [N] and, tension allowed, duration [us] at 3.9 m/s, by e
  { name = "Al oxide", young = 3.8e11, poisson = 0.23, density = 4000,
    force = { [0.2] = 447.59, [0.4] = 448.04, [0.6] = 488.04, [0.8] = 546.06, [1] = 615.35 },
    time = { [0.2] = 7.911, [0.4] = 6.924, [0.6] = 6.495, [0.8] = 6.256, [1] = 6.105 } },
  { name = "cast iron", young = 1.0e11, poisson = 0.25, density = 7000,
    force = { [0.2] = 368.61, [0.4] = 368.97, [0.6] = 401.91, [0.8] = 449.70, [1] = 506.76 }, time = {} },
}

-- The fit is for F = 2 gamma sqrt(m* Sn) v; in the terms of the law's "tsuji" damping that is an asked restitution of:
local function thornton(e)
  local h = { -6.918798, -16.41105, 146.8049, -796.4559, 2928.711, -7206.864, 11494.29, -11342.18, 6276.757, -1489.915 }
  local a = 0
  for i = #h, 1, -1 do a = a * e + h[i] end
  local zeta = math.sqrt(1 / (1 - (1 + e) ^ 2 * math.exp(a * e)) - 1) / math.sqrt(5 / 6)
  return zeta < 1 and math.exp(-math.pi * zeta / math.sqrt(1 - zeta ^ 2)) or nil
end

local kinds = {
  { "pull allowed", tolerance = 1e-3, tension = "allowed", damping = "tsuji" },
  { "cut, calibrated", tolerance = 1e-3, tension = "cut", damping = "calibrated" },
  { "cut, not calibrated", tolerance = 1e-3, tension = "cut", damping = "tsuji", expected = clipped, source = "[X] tiny steps" },
  { "cut, fit of 2013", tolerance = 2e-3, tension = "cut", damping = "tsuji", asked = thornton,
    source = "[P] Thornton, Cummins and Cleary 2013" },
}

-- All restitutions and rules in one run, and one row for each rule.
local function drop(label, law, density, more, time, v)
  local spheres = {}
  for _, kind in ipairs(kinds) do
    for _, e in ipairs { 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1 } do
      local asked = e
      if kind.asked then asked = e < 1 and law == "hertz_mindlin" and kind.asked(e) or nil end
      local expected = kind.expected or { [e] = e }
      if asked and expected[e] then
        local sphere = { velocity = { 0, 0, -v }, friction = 0.1, restitution = asked, tension = kind.tension, damping = kind.damping,
          density = density, kind = kind, e = e, expected = expected[e] }
        for key, value in pairs(more) do sphere[key] = value end
        spheres[#spheres + 1] = sphere
      end
    end
  end
  local scene = lab.impact { radius = R, law = law, spheres = spheres, dt = time / 500, time = 2 * time }
  for _, kind in ipairs(kinds) do
    local worst, any = test:worst(("%s, %s, e"):format(label, kind[1]), kind.tolerance, nil, kind.source), false
    for _, hit in ipairs(scene.spheres) do
      if hit.given.kind == kind then
        any = true
        worst:absolute("e = " .. hit.given.e, hit.e, hit.given.expected)
      end
    end
    if any then worst:done() end
  end
  scene.sim:close()
  return scene.spheres
end

for _, given in ipairs(materials) do
  local elastic = { young = given.young, poisson = given.poisson }
  for _, v in ipairs { 3.9, 0.1, 1, 10 } do
    local _, _, time = lab.hertz(R, lab.ball(R, given.density), lab.modulus(elastic, lab.rigid), v)
    local hits = drop(("%s at %g m/s"):format(given.name, v), "hertz_mindlin", given.density, elastic, time, v)
    if v == 3.9 then
      local force = test:worst(given.name .. ", largest force", 1e-3, "N", "[X] tiny steps")
      local duration, known = test:worst(given.name .. ", duration", 1e-3, "us", "[X] tiny steps"), next(given.time)
      for _, hit in ipairs(hits) do
        local e = hit.given.e
        if hit.given.kind == kinds[1] and given.force[e] then
          force:relative("e = " .. e, hit.peak, given.force[e])
          if known then duration:relative("e = " .. e, hit.duration * 1e6, given.time[e]) end
        end
      end
      force:done()
      if known then duration:done() end
    end
  end
end
local k = 1e7 -- [N/m]; the same numbers hold for a linear spring and dashpot
drop("linear spring", "linear", 4000, { stiffness = k }, math.pi * math.sqrt(lab.ball(R, 4000) / k), 0.5)
return test:done()
