-- block.lua -- contacts given to the engine's interpreter of a law's program, in double precision: the numbers of trace.evaluate, many
-- at a time and without running the law's function for each.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local native = require "barchan.native"
local trace = require "barchan.law.trace"
local C = native.C

local block = {}
block.size = tonumber(C.BRC_BLOCK)

local ROOM = block.size + 16 -- the interpreter fills up whole vectors

--- A block for a law with the coefficients k. packed: its program (code.pack).
function block.make(l, packed, k)
  local b, anchor = { law = l }, {}
  local function rows(count)
    local list, pointers = {}, ffi.new("void*[?]", math.max(count, 1))
    for i = 0, count - 1 do
      local memory = ffi.new("double[?]", ROOM + 8)
      local address = ffi.cast("uintptr_t", memory)
      list[i] = ffi.cast("double*", address + (64 - address % 64) % 64)
      anchor[#anchor + 1], pointers[i] = memory, list[i]
    end
    anchor[#anchor + 1] = pointers
    return list, pointers
  end
  local inputs, in_ = rows(tonumber(C.BRC_IN_COUNT))
  local history, history_ = rows(#l.history)
  local out, out_ = rows(tonumber(C.BRC_OUT_COUNT))
  local P, pair, uniform = ffi.new("double[?]", math.max(#l.coefficients, 1)), ffi.new("int32_t[?]", ROOM), ffi.new "double[2]"
  for i, name in ipairs(l.coefficients) do P[i - 1] = k[name] end
  local call = ffi.new("brc_law_call", { program = packed, law = -1, isa = 1, precision = C.BRC_DOUBLE,
    ["in"] = ffi.cast("const void* const*", in_), history = history_, out = ffi.cast("void* const*", out_), coefficients = P, pair = pair,
    uniform = uniform, pair_count = 1 })
  b.anchor = { anchor, packed, P, pair, uniform }
  local named = {}
  for _, input in ipairs(trace.inputs) do
    if input.rows then
      local to = { name = input.name, mean_of = input.mean_of }
      for j, row in ipairs(input.rows) do to[j] = inputs[tonumber(C[row])] end
      named[#named + 1] = to
    end
  end
  local first_field = tonumber(C.BRC_IN_FIELDS)

  --- Contact number i (from 0), as trace.evaluate takes it.
  function b.put(i, c)
    for _, to in ipairs(named) do
      local value = c[to.name] or to.mean_of and c[to.mean_of]
      if #to == 1 then
        to[1][i] = value
      else
        for j = 1, 3 do to[j][i] = value and value[j] or 0 end
      end
    end
    for j, field in ipairs(l.fields) do
      for side = 0, 1 do inputs[first_field + 2 * (j - 1) + side][i] = c[field.name .. side + 1] end
    end
    uniform[0], uniform[1] = c.dt, c.time
  end

  --- Evaluates n contacts; histories go on from what the last call left, and are zero at first.
  function b.run(n)
    call.count = n
    native.check(C.brc_law_run(call), "law_run")
  end

  b.force, b.moment = { out[0], out[1], out[2] }, { out[3], out[4], out[5] }
  local results = { out[0], out[1], out[2], out[3], out[4], out[5] }
  for i = 0, #l.history - 1 do results[#results + 1] = history[i] end
  for j, field in ipairs(l.fields) do
    if l.flux[field.name] then results[#results + 1] = out[tonumber(C.BRC_OUT_FLUX) + j - 1] end
  end
  --- Whether all results of n contacts are numbers.
  function b.finite(n)
    for _, row in ipairs(results) do
      for i = 0, n - 1 do
        if row[i] - row[i] ~= 0 then return false end
      end
    end
    return true
  end
  return b
end

return block
