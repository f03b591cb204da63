-- packing.lua -- hashes of the state of tests/determinism/packing.lua by step. Made by
--   luajit tests/determinism/golden.lua build/release/stage/bin/barchan > tests/golden/packing.lua
return {
  mixed = {
    [2500] = "26efc70e90aab522",
    [5000] = "13328fa136af9470",
    [7500] = "12799a4bc9f8c5b5",
    [10000] = "7c00b655f39230bc",
    [12500] = "b67a4fdee28505e4",
    [15000] = "f0250b16fd045cff",
    [17500] = "0811fa59920b3b23",
    [20000] = "bb0ada09ec30259f",
  },
  double = {
    [2500] = "55469f265d932ef6",
    [5000] = "5f84e8ee0d42b2f4",
    [7500] = "6c6556bbf1eda610",
    [10000] = "be5c7eae53165107",
  },
}
