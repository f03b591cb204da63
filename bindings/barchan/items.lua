-- items.lua -- what an HDF5 file is to hold, gathered one by one and written at once: readers find the old file or the whole new one.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local native = require "barchan.native"
local C = native.C

local items = {}

--- The arrays of numbers by the type of an item.
items.ctypes = { d = "double[?]", l = "int64_t[?]", i = "int32_t[?]" }

--- A list without items, with what adds to it. path: "group/name" of a dataset, or of an attribute of that group.
function items.list()
  local out = { keep = {} }

  --- rows of `width` numbers of a type of ctypes, or rows of texts of `width` bytes (type "t"); rows -1: a single one.
  function out.add(path, type, data, rows, width, unit, attribute)
    local item = ffi.new "brc_item"
    item.path, item.unit, item.type, item.columns, item.rows = path, unit or "", type:byte(), width or 1, rows
    item.data, item.attribute = ffi.cast("const void*", data), attribute and 1 or 0
    out[#out + 1] = item
    table.insert(out.keep, { path, unit, data })
  end

  function out.number(path, type, value, unit, attribute)
    out.add(path, type, ffi.new(items.ctypes[type], 1, { value }), -1, 1, unit, attribute)
  end

  function out.text(path, text, attribute) out.add(path, "t", text, -1, math.max(1, #text), nil, attribute) end

  function out.texts(path, list, unit)
    local width = 1
    for _, text in ipairs(list) do width = math.max(width, #text) end
    local all = ffi.new("char[?]", math.max(1, #list * width))
    for i, text in ipairs(list) do ffi.copy(all + (i - 1) * width, text, #text) end
    out.add(path, "t", all, #list, width, unit)
  end

  --- Answers the engine's status.
  function out.write(path)
    local all = ffi.new("brc_item[?]", #out)
    for i, item in ipairs(out) do all[i - 1] = item end
    return C.brc_items_write(path, #out, all)
  end

  return out
end

return items
