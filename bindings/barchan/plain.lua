-- plain.lua -- numbers, texts, booleans, vectors and nested tables of them as a text, exactly, and back. Reading runs no code: the
-- text may come from a stranger.
jit.off(true, true) -- cold: see init.lua
local vector = require "barchan.vector"

local plain = {}

local DEEPEST = 100

-- Appends the text of a value to parts. path: for messages.
local function put(parts, value, path, seen, depth)
  local kind = type(value)
  if kind == "number" then
    parts[#parts + 1] = (value == math.floor(value) and math.abs(value) < 2 ^ 53 and 1 / value ~= -math.huge) and ("n%.0f;"):format(value)
      or ("n%.17g;"):format(value)
  elseif kind == "string" then
    parts[#parts + 1] = ("s%d:"):format(#value)
    parts[#parts + 1] = value
  elseif kind == "boolean" then
    parts[#parts + 1] = value and "t" or "f"
  elseif value == nil then
    parts[#parts + 1] = "z"
  elseif vector.is(value) then
    local x, y, z = vector.components(value)
    parts[#parts + 1] = "v"
    for _, c in ipairs { x, y, z } do put(parts, c, path, seen, depth) end
  elseif kind == "table" and not getmetatable(value) then
    if seen[value] or depth > DEEPEST then
      error(path .. (seen[value] and " holds itself" or " is nested too deeply"), 0)
    end
    seen[value] = true
    parts[#parts + 1] = "{"
    local length = #value
    for i = 1, length do put(parts, value[i], ("%s[%d]"):format(path, i), seen, depth + 1) end
    parts[#parts + 1] = "|"
    local keys = {}
    for key in pairs(value) do
      local listed = type(key) == "number" and key >= 1 and key <= length and key == math.floor(key)
      if not listed then keys[#keys + 1] = key end
    end
    table.sort(keys, function(a, b) -- the same table gives the same text
      if type(a) ~= type(b) then return type(a) < type(b) end
      if type(a) == "boolean" then return a and not b end
      if type(a) ~= "number" and type(a) ~= "string" then return false end
      return a < b
    end)
    for _, key in ipairs(keys) do
      local name = type(key) == "string" and ("%s.%s"):format(path, key) or ("%s[%s]"):format(path, tostring(key))
      if type(key) == "table" or type(key) == "function" or type(key) == "cdata" or type(key) == "userdata" then
        error(("%s has a %s as a key"):format(path, type(key)), 0)
      end
      put(parts, key, name, seen, depth + 1)
      put(parts, value[key], name, seen, depth + 1)
    end
    parts[#parts + 1] = "}"
    seen[value] = nil
  else
    error(("%s is %s: only numbers, texts, booleans, vectors and tables of them can be kept"):format(path,
      kind == "table" and "an object" or "a " .. kind), 0)
  end
end

--- The text of a value; raises a message that begins with `path` where it holds something else.
function plain.encode(value, path)
  local parts = {}
  put(parts, value, path or "the value", {}, 0)
  return table.concat(parts)
end

--- Whether a value can be encoded.
function plain.is(value)
  return (pcall(put, {}, value, "", {}, 0))
end

local function bad() error("the text of values is damaged", 0) end

local special = { inf = math.huge, ["-inf"] = -math.huge, nan = 0 / 0, ["-nan"] = 0 / 0 }

local function take(text, at, depth)
  local kind = text:sub(at, at)
  if depth > DEEPEST + 1 then bad() end
  if kind == "n" then
    local stop = text:find(";", at, true)
    if not stop or stop - at > 40 then bad() end
    local word = text:sub(at + 1, stop - 1)
    local value = special[word]
    if value == nil then value = tonumber(word) end
    if value == nil then bad() end
    return value, stop + 1
  elseif kind == "s" then
    local length, first = text:match("^(%d+):()", at + 1)
    length = tonumber(length)
    if not length or length > #text - first + 1 then bad() end
    return text:sub(first, first + length - 1), first + length
  elseif kind == "t" or kind == "f" then
    return kind == "t", at + 1
  elseif kind == "z" then
    return nil, at + 1
  elseif kind == "v" then
    local c = {}
    at = at + 1
    for i = 1, 3 do
      c[i], at = take(text, at, depth + 1)
      if type(c[i]) ~= "number" then bad() end
    end
    return vector.new(c[1], c[2], c[3]), at
  elseif kind == "{" then
    local out, n = {}, 0
    at = at + 1
    while text:sub(at, at) ~= "|" do
      local value
      value, at = take(text, at, depth + 1)
      n = n + 1
      out[n] = value
    end
    at = at + 1
    while text:sub(at, at) ~= "}" do
      local key
      key, at = take(text, at, depth + 1)
      if key == nil or key ~= key or type(key) == "table" or type(key) == "cdata" then bad() end
      out[key], at = take(text, at, depth + 1)
    end
    return out, at + 1
  end
  bad()
end

--- The value of a text; raises a message when it is none.
function plain.decode(text)
  local value, at = take(text, 1, 0)
  if at ~= #text + 1 then bad() end
  return value
end

return plain
