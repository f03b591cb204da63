-- packing.lua -- hashes of the state of tests/determinism/packing.lua by step. Made by
--   luajit tests/determinism/golden.lua build/release/stage/bin/barchan > tests/golden/packing.lua
return {
  mixed = {
    [2500] = "bc66e39f2c1be5a0",
    [5000] = "f5d098cec1a75f17",
    [7500] = "da2be2a4670d1e22",
    [10000] = "90e25756c2593672",
    [12500] = "81717dd085200f0f",
    [15000] = "fe22cbbd34e59190",
    [17500] = "284a56a8a8c301cd",
    [20000] = "1c983d6b491cc0c5",
  },
  double = {
    [2500] = "63e0cfa466f7f7a4",
    [5000] = "d79744b4a947ec23",
    [7500] = "40b2dbd3cedeefeb",
    [10000] = "0fca40a3e3439b4f",
  },
}
