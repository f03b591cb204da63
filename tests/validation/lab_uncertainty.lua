-- lab_uncertainty.lua -- is what barchan.lab tells as an uncertainty what its results scatter by?
--
-- Case: L1. Each recipe at a small size with ten seeds, a run of its own each. The scatter of the ten values, against the root of the mean
-- square of the uncertainties that the single runs tell: within a factor of two either way, which ten numbers from a normal distribution
-- miss by themselves in 1 of 100 cases where their uncertainty is right (chi-square of 9 degrees of freedom). What a single run cannot tell
-- (nil) must be among the numbers named here, and with two runs it must be told. --set recipe=NAME runs one.
local barchan = require "barchan"
local lab, set = barchan.lab, barchan.set
local test = require "case" { id = "L1", title = "uncertainties of the laboratory", source = "[F] statistics of ten runs", long = "3 minutes",
  precision = "mixed" }

local recipes = {
  { "bulk_density", { grains = 400, taps = 3 }, { "coordination" } },
  { "repose_static", { grains = 1000, lift = 1 }, { "height" } },
  { "repose_dynamic", { grains = 400, before = 0.2, turns = 0.2, froude = 0.01 }, {} },
  { "compression", { grains = 300, pressures = { 1e3, 2e3 }, repeats = 2 }, {} },
  { "shear", { grains = 300, stresses = { 500, 1000 }, strain = 2, inertial_number = 0.02 }, { "fraction", "peak" } },
  { "rheometer", { grains = 600, tip_speed = 0.4, helix = 0.3 }, { "depth" } },
  { "hopper_flow", { grains = 800, orifice = 9e-3, bin = 18e-3 }, { "beverloo", "bulk_density", "arches" } },
}
local seeds = tonumber(set.seeds or 10)

for _, recipe in ipairs(recipes) do
  local name, options, silent = unpack(recipe)
  if not set.recipe or set.recipe == name then
    local values, told, quiet = {}, {}, {}
    for _, quantity in ipairs(silent) do quiet[quantity] = true end
    local function run(seed, repeats)
      local o = { young = 1e6, density = 2000, repeats = options.repeats or repeats, seed = seed, simulation = { threads = test.threads,
        precision = test.precision } }
      for key, value in pairs(options) do o[key] = value end
      return (lab[name](o))
    end
    local function all(m)
      local list = {}
      for quantity in pairs(m.errors) do list[quantity] = true end
      for quantity in pairs(quiet) do list[quantity] = true end
      list.value = true
      return list
    end
    for k = 1, seeds do
      local m = run(100 * k, 1)
      for quantity in pairs(all(m)) do
        values[quantity], told[quantity] = values[quantity] or {}, told[quantity] or {}
        table.insert(values[quantity], m[quantity])
        table.insert(told[quantity], quantity == "value" and m.uncertainty or m.errors[quantity])
      end
    end
    local names = {}
    for quantity in pairs(values) do names[#names + 1] = quantity end
    table.sort(names)
    for _, quantity in ipairs(names) do
      local list = values[quantity]
      local scatter, mean_square = lab.bench.standard_error(list) * math.sqrt(#list), 0
      for _, error in ipairs(told[quantity]) do mean_square = mean_square + error ^ 2 / #told[quantity] end
      if quiet[quantity] then test:must(("%s, %s: a single run tells none"):format(name, quantity), #told[quantity] == 0)
      else
        assert(#told[quantity] == seeds, quantity)
        test:between(("%s, %s: uncertainty told / scatter"):format(name, quantity), math.sqrt(mean_square) / scatter, 0.5, 2)
      end
      test:remark("%s, %s: %.5g, scatter %.2g, told %.2g", name, quantity, lab.bench.mean(list), scatter, math.sqrt(mean_square))
    end
    if #silent > 0 then
      local m, complete = run(7, 2), true
      for quantity in pairs(quiet) do complete = complete and m.errors[quantity] ~= nil end
      test:must(name .. ": two runs tell all", complete)
    end
  end
end
return test:done()
