-- golden.lua -- writes tests/golden/packing.lua: the hashes of packing.lua in both precisions, from one thread of the program given.
--   luajit tests/determinism/golden.lua build/release/stage/bin/barchan > tests/golden/packing.lua
-- They change when the arithmetic of the engine, of a law or of an insertion changes, and then the commit says why.
local program = arg[1] or "build/release/stage/bin/barchan"
local steps = { mixed = 20000, double = 10000 }

local function run(precision)
  local list = {}
  local pipe = assert(io.popen(("%s run tests/determinism/packing.lua --quiet --threads 1 --precision %s --set steps=%d")
    :format(program, precision, steps[precision])))
  for line in pipe:lines() do
    local step, hash = line:match("^STEP (%d+) hash (%x+)")
    if step then list[#list + 1] = ("    [%s] = \"%s\",\n"):format(step, hash) end
  end
  pipe:close()
  assert(#list > 0, "no hashes")
  return table.concat(list)
end

io.write(([[
-- packing.lua -- hashes of the state of tests/determinism/packing.lua by step. Made by
--   luajit tests/determinism/golden.lua build/release/stage/bin/barchan > tests/golden/packing.lua
return {
  mixed = {
%s  },
  double = {
%s  },
}
]]):format(run "mixed", run "double"))
