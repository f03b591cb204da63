-- a12_bounces.lua -- a sphere bounces on and on: heights stay for e = 1, and fall as they should for e = 0.9.
--
-- Case: MFIX DEM02. The sphere of case A11; k = 5e4 to 5e6 N/m. Hard spheres rise to R + e^(2 k) (h0 - R); soft ones rise less high,
-- because gravity acts during the contact, by an amount that the formula of A11 gives from bounce to bounce.
local lab = require "lab"
local test = require "case" { id = "A12", title = "repeated bounces of MFIX DEM02", source = "[F] energy" }

local fall = lab.fall
local R, g, h0 = fall.R, fall.g, fall.h0

-- Heights of the first `count` apexes.
local function apexes(k, e, parts, count)
  local dt = math.pi / math.sqrt(k / fall.m) / parts
  local scene = fall.start(k, e, dt, 0)
  local sim, list, before = scene.sim, {}, -1
  local chunk = math.max(1, math.floor(0.02 / dt))
  local z, vz = sim.x.z, sim.v.z
  while #list < count do
    sim:run { steps = chunk }
    local v, x = vz[1], z[1]
    if x > R then -- in flight: every point of it tells the apex
      if v > 0 and before < 0 then list[#list + 1] = x + v * v / (2 * g) end
      before = v
    end
  end
  sim:close()
  return list
end

for _, k in ipairs { 5e4, 5e5, 5e6 } do
  local drift = test:worst(("k = %g, e = 1, 20 apexes / h0 at tc/100"):format(k), 1e-3)
  for i, h in ipairs(apexes(k, 1, 100, 20)) do drift:absolute("bounce " .. i, h / h0, 1) end
  drift:done()
end

-- The touch falls anywhere in a step here: an error of first order in dt.
for _, case in ipairs { { k = 5e4, parts = 1000 }, { k = 5e6, parts = 400 } } do
  local got, h = apexes(case.k, 0.9, case.parts, 10), h0
  local model = test:worst(("k = %g, e = 0.9, 10 apexes of the model / h0"):format(case.k), 1e-3, nil, "[F] A11 from bounce to bounce")
  for i = 1, 10 do
    local at, duration = fall.contact(case.k, 0.9, math.sqrt(2 * g * (h - R)))
    local _, out = at(duration)
    h = R + out ^ 2 / (2 * g)
    model:absolute("bounce " .. i, got[i] / h0, h / h0)
  end
  model:done()
  if case.k == 5e4 then
    for _, p in ipairs { { 1, .41931 }, { 5, .22627 }, { 10, .13637 } } do -- MFIX's own error is up to 0.57 % of h0
      test:absolute(("k = 5e4, e = 0.9, apex %d / h0"):format(p[1]), got[p[1]] / h0, p[2] / h0, 0.0057, nil, "[P] MFIX")
    end
  else
    -- [P] below the hard sphere's height by this part of it; the model itself gives 0.0011, 0.0053, 0.0081
    for _, p in ipairs { { 1, 0.0016 }, { 5, 0.0060 }, { 10, 0.0105 } } do
      local hard = R + 0.9 ^ (2 * p[1]) * (h0 - R)
      test:absolute(("k = 5e6, e = 0.9, apex %d / h0"):format(p[1]), got[p[1]] / h0, (1 - p[2]) * hard / h0, 1e-3, nil, "[P] MFIX")
    end
  end
end
return test:done()
