-- lab_material_without_law.lua -- A recipe's material function that forgets a pair: told at the recipe's line, with what is missing.
-- expect: exit=1 line=4 text="grain-grain"
local barchan = require "barchan"
barchan.lab.bulk_density { grains = 100, repeats = 1, material = function(sim)
  sim:law "hertz_mindlin"
  return (sim:material { name = "grain", young = 1e7, poisson = 0.25, density = 2500 })
end }
