-- packing.lua -- hashes of the state of tests/determinism/packing.lua by step. Made by
--   luajit tests/determinism/golden.lua build/release/stage/bin/barchan > tests/golden/packing.lua
return {
  mixed = {
    [2500] = "77e83aa903e51546",
    [5000] = "9d7ad7f1957c963e",
    [7500] = "c6634667978b1f26",
    [10000] = "f3704cb769cb346a",
    [12500] = "ee832f4769db0c65",
    [15000] = "a424ceb1933dbfc5",
    [17500] = "62518a145c827da9",
    [20000] = "df46ef3e59ce3408",
  },
  double = {
    [2500] = "04a83a22dc6b214a",
    [5000] = "d2a654e6afbca79f",
    [7500] = "f7671acfc06814fc",
    [10000] = "4ac89726ef050492",
  },
}
