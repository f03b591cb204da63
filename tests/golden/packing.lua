-- packing.lua -- hashes of the state of tests/determinism/packing.lua by step. Made by
--   luajit tests/determinism/golden.lua build/release/stage/bin/barchan > tests/golden/packing.lua
return {
  mixed = {
    [2500] = "f3afcc0fa80b38ff",
    [5000] = "d6687d97cb1fdbe3",
    [7500] = "366bcfb9f4c25e39",
    [10000] = "873b9533c8ba8e26",
    [12500] = "b02263031df3dc53",
    [15000] = "84249713711b509d",
    [17500] = "2a1f49431eb695d6",
    [20000] = "6a1ee137f9fae385",
  },
  double = {
    [2500] = "15c8225d06a80248",
    [5000] = "cfa8c10b772d65eb",
    [7500] = "568d9f7e7b40fb0a",
    [10000] = "480a118d6a20d551",
  },
}
