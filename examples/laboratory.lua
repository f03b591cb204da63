-- laboratory.lua -- the data sheet of a powder: what seven tests of a laboratory would say of it, each with its uncertainty.
--
-- barchan.lab has the tests; each runs a scene a few times with other random numbers. --set friction=0.3 and the like make another powder,
-- --set test=shear runs one test only, --set grains=2 takes twice as many grains (and time), --set picture=1 draws
-- laboratory_TEST.png. result.json has the numbers, so that other programs
-- can use this script, and barchan.campaign { script = "laboratory.lua", cases = ... } makes a table of many powders.
--
-- What to look at: the angle in the drum, the angle of repose and the friction in shear are three names of nearly one thing, the last is
-- lower as nothing avalanches in it; loading is softer than unloading; Beverloo's constant is near his 0.58. The defaults are glass beads of 2
-- mm, a thousand times too soft, which these tests hardly see, but for compression. Three minutes of one core.
local barchan = require "barchan"
local lab, set = barchan.lab, barchan.set

local part = tonumber(set.grains or 1)
local powder = { friction = set.friction or 0.5, rolling_friction = set.rolling_friction or 0.05, young = set.young or 2e6,
  restitution = set.restitution or 0.5, density = set.density or 2500, repeats = set.repeats or 2, seed = set.seed or 1 }

-- Runs a test with these options besides the powder's, prints the value and the other numbers that are named, and keeps them.
local results, pictures = {}, {}
local function measure(name, grains, more, others, least)
  if set.test and set.test ~= name then return end
  local o = { grains = math.max(least or 200, math.floor(part*grains)) }
  for key, value in pairs(powder) do o[key] = value end
  if set.picture then -- of the first run: the blade on its way, else the end
    local blade = name == "rheometer"
    o.watch = function(sim, stage)
      if pictures[name] or stage ~= (blade and "begin" or "end") then return end
      pictures[name] = true
      sim:render { file = "laboratory_" .. name .. ".png", cut = blade and { "y<0" } or nil, eye = blade and { 0.035, -0.075, 0.05 } or nil,
        target = blade and { 0.004, 0, 0.011 } or nil, walls = blade and 0.6 or 0.3, width = 340, height = 260, shades = 24 }
    end
  end
  for key, value in pairs(more) do o[key] = value end
  local m = lab[name](o)
  print(("%-15s %s"):format(name, tostring(m)))
  results[name], results[name .. "_uncertainty"] = m.value, m.uncertainty
  for _, other in ipairs(others) do
    print(("%15s %-13s %.4g%s"):format("", other, m[other], m.errors[other] and (" +- %.2g"):format(m.errors[other]) or ""))
    results[name .. "_" .. other] = m[other]
  end
end

measure("bulk_density", 1000, { taps = part < 1 and 2 or 30 }, { "fraction", "tapped", "hausner" })
measure("repose_static", 2000, {}, { "height" }, 400)
measure("repose_dynamic", 1000, part < 1 and { froude = 0.02, before = 0.1, turns = 0.1 } or {}, { "centre_angle" })
measure("shear", 600, { strain = part < 1 and 0.5 or 3 }, { "friction", "cohesion", "fraction" })
measure("compression", 800, { repeats = math.max(2, powder.repeats), pressures = { 500, 1000, 2000 } }, { "unloading", "k0" })
measure("rheometer", 1500, part < 1 and { tip_speed = 0.4, helix = 0.5 } or { tip_speed = 0.2, helix = 0.1 }, { "specific", "torque" }, 500)
measure("hopper_flow", 3000, { orifice = part < 1 and 8e-3 or 12e-3 }, { "constant", "beverloo" })
assert(next(results), ("there is no test '%s'"):format(tostring(set.test)))
if part >= 1 and not (set.friction or set.rolling_friction or set.test) then
  assert(results.bulk_density_hausner > 1 and results.repose_static > math.rad(24) and results.repose_static < math.rad(38)
    and results.shear_friction > 0.34 and results.shear_friction < 0.5 and results.hopper_flow_constant > 0.48, "this is not such a powder")
end
barchan.result(results)
