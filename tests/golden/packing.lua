-- packing.lua -- hashes of the state of tests/determinism/packing.lua by step. Made by
--   luajit tests/determinism/golden.lua build/release/stage/bin/barchan > tests/golden/packing.lua
return {
  mixed = {
    [2500] = "8029565d6d5e79e6",
    [5000] = "caec7123d88119f2",
    [7500] = "1f416983d95167c8",
    [10000] = "2ffb12bb5abd9124",
    [12500] = "b2c7eb4534af5da7",
    [15000] = "22be731e7b5b1298",
    [17500] = "cbe8a7a3747379e6",
    [20000] = "b93fcf0e73de7630",
  },
  double = {
    [2500] = "440497d20e059a43",
    [5000] = "6337fb4d729d2d12",
    [7500] = "547d818424def1c0",
    [10000] = "c29a8636784afebd",
  },
}
