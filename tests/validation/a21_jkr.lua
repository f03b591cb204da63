-- a21_jkr.lua -- an adhesive sphere is pressed against a wall and pulled off: JKR's curve with its neck; and DMT and SJKR.
--
-- Case: A21. R* = 0.5 mm, E* = 1e7 Pa, work of adhesion w = 0.1 J/m^2. F = 4 E* a^3 / (3 R) - sqrt(8 pi w E* a^3), overlap = a^2 / R -
-- sqrt(2 pi w a / E*). Nothing before the touch; the pull-off force -3/2 pi w R, 8/9 of it at the touch, tear-off at -3/4 (pi^2 w^2 R
-- / E*^2)^(1/3) with 5/9 of it; work from the touch to the tear-off 7.092 (w^5 R^4 / E*^2)^(1/3). A heavy sphere (so that forces do not
-- turn it) moves at 1 mm/s. DMT: -4 pi gamma R* at the touch; SJKR: -k_c times the area in which two spheres intersect.
local barchan = require "barchan"
local lab = require "lab"
local test = require "case" { id = "A21", title = "JKR, DMT, SJKR", source = "[F] Johnson, Kendall and Roberts 1971" }

local R, E, w = 0.5e-3, 1e7, 0.1
local tear = -5.926767e-7 -- overlap [m]
local step = 1e-10 -- way in a step [m]

-- Moves a sphere against the wall to `deep` and back by `away`; answers { overlap, force } on both ways.
local function press(law, values, deep, away)
  local v = 1e-3
  local sphere = { young = E, poisson = 0, density = 1e13, gap = 20 * step, velocity = { 0, 0, -v } }
  for key, value in pairs(values) do sphere[key] = value end
  local scene = lab.over_plane { law = law, radius = R, spheres = { sphere }, dt = step / v, room = 0.01 }
  local z, f, ways = scene.sim.x.z, scene.sim.force.z, { {}, {} }
  for i, way in ipairs(ways) do
    scene.sim.v:set(1, 0, 0, i == 1 and -v or v)
    scene.sim:run { steps = math.floor(20 + (i == 1 and deep or deep + away) / step + 0.5), each_step = function()
      way[#way + 1] = { R - z[1], f[1] }
    end }
  end
  scene.sim:close()
  return ways[1], ways[2]
end
-- Force at an overlap on the branch of the larger contact radius.
local function jkr(overlap)
  local low, high = (math.pi * w * R * R / (8 * E)) ^ (1 / 3), 1e-3
  for _ = 1, 100 do
    local a = 0.5 * (low + high)
    if a * a / R - math.sqrt(2 * math.pi * w * a / E) < overlap then low = a else high = a end
  end
  return 4 * E * low ^ 3 / (3 * R) - math.sqrt(8 * math.pi * w * E * low ^ 3)
end
local function at(way, overlap) -- by a straight line between two steps
  for i = 2, #way do
    local a, b = way[i - 1], way[i]
    if (a[1] - overlap) * (b[1] - overlap) <= 0 then return a[2] + (b[2] - a[2]) * (overlap - a[1]) / (b[1] - a[1]) end
  end
  error(("the way does not pass the overlap %g"):format(overlap))
end

local there, back = press({ normal = "jkr" }, { work_of_adhesion = w }, 2e-6, 8e-7)
local before, curve = test:worst("approach: force before the touch", 0, "N"), test:worst("force / pull-off force on both ways", 1e-3)
local after = test:worst("force after the tear-off", 0, "N")
local pull, torn, work, last = 0, nil, 0, nil
for i, way in ipairs { there, back } do
  for _, c in ipairs(way) do
    local name = ("overlap %.4g m"):format(c[1])
    if i == 1 and c[1] < 0 then before:absolute(name, c[2], 0)
    elseif c[1] < tear then after:absolute(name, c[2], 0)
    -- next to the tear-off the curve is steep
    elseif c[1] > 0.999 * tear then curve:absolute(name, c[2] / 2.356194e-4, jkr(c[1]) / 2.356194e-4) end
    pull = math.min(pull, c[2])
  end
end
for _, c in ipairs(back) do
  if c[2] == 0 and last[2] < 0 then torn = 0.5 * (c[1] + last[1]) end
  if last and c[1] <= 0 and last[2] < 0 then work = work - 0.5 * (c[2] + last[2]) * (last[1] - c[1]) end
  last = c
end
for _, list in ipairs { before, curve, after } do list:done() end
test:relative("pull-off force", pull, -2.356194e-4, 1e-3, "N")
test:relative("pull-off force / (3/2 pi w R)", -pull / (1.5 * math.pi * w * R), 1, 1e-3)
test:relative("force at the touch", at(back, 0), -2.094395e-4, 1e-3, "N")
test:relative("overlap at the tear-off", torn, tear, 1e-3, "m")
test:absolute("force at no load / pull-off force", at(back, 7.179767e-7) / 2.356194e-4, 0, 1e-3)
test:relative("overlap of the pull-off", (function()
  for _, c in ipairs(back) do if c[2] == pull then return c[1] end end
end)(), -2.84929e-7, 0.02, "m")
test:relative("work from the touch to the tear-off", work, 1.306394e-10, 1e-3, "J")

test:from "[F] Derjaguin, Muller and Toporov 1975"
there = press({ normal = "hertz", cohesion = "dmt" }, { work_of_adhesion = w }, 1e-8, 1e-9)
test:relative("DMT: force at the touch", at(there, 2 * step) - 4 / 3 * E * math.sqrt(R) * (2 * step) ^ 1.5, -4 * math.pi * w / 2 * R, 1e-4, "N")

test:from "[F] area of intersection of two spheres"
for _, c in ipairs { { 1e-3, 1e-3, 1e-4 }, { 1e-3, 2.5e-3, 1e-5 } } do
  local r1, r2, d, density, f = c[1], c[2], c[1] + c[2] - c[3], 1e5, {}
  for i, cohesion in ipairs { "sjkr", "none" } do
    local sim = barchan.simulation { domain = { lo = { -0.01, -0.01, -0.01 }, hi = { 0.01, 0.01, 0.01 } }, gravity = { 0, 0, 0 },
      dt = 1e-7, precision = test.precision, threads = 1, overlap_limit = 1 }
    local a = sim:material { name = "a", young = E, poisson = 0, density = 2500 }
    sim:law { normal = "hertz", cohesion = cohesion }
    sim:pair(a, a, i == 1 and { cohesion_density = density } or {})
    sim:insert { material = a, x = { { 0, 0, 0 }, { d, 0, 0 } }, radius = { r1, r2 }, allowed_overlap = 1, id = { 1, 2 } }
    sim:run { steps = 1, each_step = function(s) f[i] = s:particle(1).force.x end }
    sim:close()
  end
  local A = math.pi * (d - r1 - r2) * (d + r1 - r2) * (d - r1 + r2) * (d + r1 + r2) / (4 * d * d)
  test:relative(("SJKR: spheres of %g and %g mm"):format(r1 * 1e3, r2 * 1e3), f[2] - f[1], density * A, test.mixed and 1e-4 or 1e-6, "N")
end
return test:done()
