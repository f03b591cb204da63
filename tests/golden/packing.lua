-- packing.lua -- hashes of the state of tests/determinism/packing.lua by step. Made by
--   luajit tests/determinism/golden.lua build/release/stage/bin/barchan > tests/golden/packing.lua
return {
  mixed = {
    [2500] = "fd731f22ae151aee",
    [5000] = "9ad06df1f8abc16e",
    [7500] = "ee038da3995b0e92",
    [10000] = "0ca2dfb12457d5b8",
    [12500] = "69aabc69c8218b7a",
    [15000] = "4db8d316b664ce90",
    [17500] = "148fff41baf4b4e6",
    [20000] = "f2e90545e9814d22",
  },
  double = {
    [2500] = "cd1efc38c8ac98aa",
    [5000] = "d381aaa4e39d22c2",
    [7500] = "2e70304218d03388",
    [10000] = "f420b44bed5f5955",
  },
}
