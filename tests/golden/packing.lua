-- packing.lua -- hashes of the state of tests/determinism/packing.lua by step. Made by
--   luajit tests/determinism/golden.lua build/release/stage/bin/barchan > tests/golden/packing.lua
return {
  mixed = {
    [2500] = "7bdef78985ee4b15",
    [5000] = "05b2d35655e1ae79",
    [7500] = "bce7bc07c4f38317",
    [10000] = "d5b12c2c5e34bc08",
    [12500] = "15b2111bd98552c7",
    [15000] = "940b2181ceb66d65",
    [17500] = "b6edbc02f317e7ba",
    [20000] = "44d16f6227a6cb50",
  },
  double = {
    [2500] = "7da5baece291dc1b",
    [5000] = "7d678f3ce0e63ff9",
    [7500] = "22ba24e236f81bfd",
    [10000] = "0a50d3a0a2598f6a",
  },
}
