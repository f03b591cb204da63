-- deep_recursion.lua -- A function that calls itself without an end.
-- expect: exit=1 text="stack overflow"
local barchan = require "barchan"
local function deeper(n) return 1 + deeper(n + 1) end
print(barchan.version, deeper(1))
