-- laboratory_calibrate.lua -- which grains behave in seven tests as a sample did: friction and rolling friction from all of them at once.
--
-- A single test often leaves a line of pairs of coefficients that all give the right number; several tests, weighted by how sure each is,
-- leave one. In place of a laboratory another sample is measured, whose coefficients the search is not told; the method `fit` draws surfaces
-- through the results near the estimate, as these have noise, and says how sure it is. Any of the tests can be left out: --set
-- tests=shear,hopper_flow.
--
-- What to look at: laboratory_calibrate-calibration/results.csv, a row for each pair that was tried. mpirun -n 5 tries four at once. On one core
-- that has nothing else to do it takes some seven minutes.
local barchan = require "barchan"
local lab, set = barchan.lab, barchan.set

local short = tonumber(set.short or 0) > 0          -- --set short=1: few grains, for a look; the answer is noise then
local hidden = { friction = set.friction or 0.35, rolling_friction = set.rolling_friction or 0.08 }
local names = { "bulk_density", "repose_static", "repose_dynamic", "shear", "compression", "rheometer", "hopper_flow" }
local wanted = "," .. (set.tests or table.concat(names, ",")) .. ","

local tests = {
  bulk_density   = { grains = short and 150 or 800 },
  repose_static  = { grains = short and 400 or 1000, lift = 1 },
  repose_dynamic = short and { grains = 150, froude = 0.1, before = 0.1, turns = 0.1 }
    or { grains = 600, froude = 0.01, before = 0.2, turns = 0.2 },
  shear          = short and { grains = 100, stresses = { 500 }, strain = 0.5, inertial_number = 0.05 }
    or { grains = 400, stresses = { 500, 1500 }, strain = 2 },
  compression    = { grains = short and 100 or 400, pressures = { 500, 1000, 2000 } },
  rheometer      = { grains = short and 500 or 600, tip_speed = 0.4, helix = short and 0.6 or 0.3 },
  hopper_flow    = { grains = short and 200 or 1000, orifice = short and 8e-3 or 10e-3, bin = short and 14e-3 or 20e-3 },
}

-- All tests of grains: values and uncertainties by name.
local function measure(p, seed, repeats)
  local values, errors = {}, {}
  for _, name in ipairs(names) do
    local options = tests[name]
    if wanted:find("," .. name .. ",", 1, true) then
      local o = { young = 1e6, friction = p.friction, rolling_friction = p.rolling_friction, seed = seed, repeats = repeats,
        simulation = { threads = 1 } }
      for key, value in pairs(options) do o[key] = value end
      if name == "compression" then o.repeats = math.max(2, repeats) end -- a single one would not say how sure it is
      local m = lab[name](o)
      values[name], errors[name] = m.value, m.uncertainty
    end
  end
  return values, errors
end

local sample, errors = measure(hidden, 1001, short and 1 or 4)
local weights = {} -- of relative errors: their inverse squares
for _, name in ipairs(names) do
  local value = sample[name]
  if value then weights[name] = 1/math.max(errors[name]/value, 0.005)^2 end
  print(value and ("%-15s %10.4g +- %.2g"):format(name, value, errors[name]) or name .. ": left out")
end
local found, how = barchan.calibrate {
  parameters = { friction = { 0.1, 0.8 }, rolling_friction = { 0, 0.2 } },
  target = sample, weights = weights, method = "fit", design = short and 6 or 12, evaluations = short and 7 or 24, tolerance = 0.03,
  run = function(p) return (measure(p, 1, 1)) end,
}
for _, name in ipairs { "friction", "rolling_friction" } do
  print(("%s %.3f +- %.3f (it was %g)"):format(name, found[name], how.errors[name], hidden[name]))
end
print(("after %d evaluations, ended by %s"):format(how.evaluations, how.why))
assert(short or math.abs(found.friction - hidden.friction) < 0.1, "the friction was not found")
