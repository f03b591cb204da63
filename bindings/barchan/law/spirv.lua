-- spirv.lua -- marks every floating-point operation of a SPIR-V module NoContraction, before anything has optimised it.
-- GLSL's `precise` does not reach into functions that are called, and an optimiser that finds an unmarked a * b + c may make one
-- operation of it, which rounds once.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"

local spirv = {}

-- OpFNegate, OpFAdd, OpFSub, OpFMul, OpFDiv, OpFRem, OpFMod, and those of vectors and matrices (OpVectorTimesScalar ... OpDot)
local marked = { [127] = true, [129] = true, [131] = true, [133] = true, [136] = true, [140] = true, [141] = true }
for op = 142, 148 do marked[op] = true end
local OP_DECORATE, NO_CONTRACTION, OP_EXT_INST = 71, 42, 12
local first_of_types = 19 -- OpTypeVoid: decorations stand before types, constants and variables
local GLSL_FMA = 50

--- Whether a text is a module of this machine's byte order.
function spirv.is(text)
  return #text % 4 == 0 and #text > 20 and ffi.cast("const uint32_t*", text)[0] == 0x07230203
end

--- The marked module, and how many words it has. name: for messages.
function spirv.mark(text, name)
  assert(spirv.is(text), name .. " is no SPIR-V of this machine")
  local words, count = ffi.cast("const uint32_t*", text), #text / 4
  local decorate, done, types = {}, {}, nil
  local at = 5
  while at < count do
    local length, op = bit.rshift(words[at], 16), bit.band(words[at], 0xffff)
    assert(length > 0, name .. " is damaged")
    if op == OP_DECORATE and words[at + 2] == NO_CONTRACTION then done[words[at + 1]] = true end
    if not types and op >= first_of_types and op <= 39 then types = at end
    if marked[op] then decorate[#decorate + 1] = words[at + 2] end
    assert(not (op == OP_EXT_INST and words[at + 4] == GLSL_FMA), name .. " has a fused operation")
    at = at + length
  end
  local more = {}
  for _, id in ipairs(decorate) do
    if not done[id] then more[#more + 1] = id end
  end
  local total = count + 3 * #more
  local out = ffi.new("uint32_t[?]", total)
  ffi.copy(out, words, 4 * types)
  for i, id in ipairs(more) do
    out[types + 3 * i - 3], out[types + 3 * i - 2], out[types + 3 * i - 1] = bit.lshift(3, 16) + OP_DECORATE, id, NO_CONTRACTION
  end
  ffi.copy(out + types + 3 * #more, words + types, 4 * (count - types))
  return ffi.string(out, 4 * total), total
end

return spirv
