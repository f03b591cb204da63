-- packing.lua -- hashes of the state of tests/determinism/packing.lua by step. Made by
--   luajit tests/determinism/golden.lua build/release/stage/bin/barchan > tests/golden/packing.lua
return {
  mixed = {
    [2500] = "72217105f705699f",
    [5000] = "46d24dd6ea8b5acc",
    [7500] = "9067c57fcf0250bb",
    [10000] = "4c1a7a5364631f9a",
    [12500] = "0b7d7f53ff83534c",
    [15000] = "746f98f5ccdef89c",
    [17500] = "5d5320e206872f2b",
    [20000] = "03c1e59574ef92d0",
  },
  double = {
    [2500] = "3f962bc2ebd67a3e",
    [5000] = "8c73c1b6d59b0271",
    [7500] = "1760436c7c3a69b0",
    [10000] = "dde94d713e112954",
  },
}
