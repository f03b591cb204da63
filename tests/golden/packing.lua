-- packing.lua -- hashes of the state of tests/determinism/packing.lua by step. Made by
--   luajit tests/determinism/golden.lua build/release/stage/bin/barchan > tests/golden/packing.lua
return {
  mixed = {
    [2500] = "c803d9064c65a948",
    [5000] = "6f79bdd83b554454",
    [7500] = "e5050c1d4be45fea",
    [10000] = "21332307a014ff01",
    [12500] = "64f7563dc1f1efc5",
    [15000] = "05f8c2d903b0ab37",
    [17500] = "5c5b9cf2a0269503",
    [20000] = "2b6f65bef04a0e25",
  },
  double = {
    [2500] = "a8d8e94fe99c7b3d",
    [5000] = "5b7f18b9622fb2ba",
    [7500] = "22210cd81c52e3de",
    [10000] = "98bd547c8f9b34aa",
  },
}
