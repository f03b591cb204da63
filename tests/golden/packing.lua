-- packing.lua -- hashes of the state of tests/determinism/packing.lua by step. Made by
--   luajit tests/determinism/golden.lua build/release/stage/bin/barchan > tests/golden/packing.lua
return {
  mixed = {
    [2500] = "51c6095b257dcd27",
    [5000] = "893d9142ddfceceb",
    [7500] = "97bbb93cb1543c04",
    [10000] = "17c8c852325d78d3",
    [12500] = "dba094230db3e50e",
    [15000] = "66d04df07e291818",
    [17500] = "1adc9d6c391ff132",
    [20000] = "da32fe7e960e56ad",
  },
  double = {
    [2500] = "1b4f47a2a2e3b818",
    [5000] = "14a89d7eb77060f6",
    [7500] = "4362e1d90f354f82",
    [10000] = "0e5c95ae0d9a5e5a",
  },
}
