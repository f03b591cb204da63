-- json.lua -- JSON as text and back: what the files' provenance and the answers for machines are written in. Reading trusts nothing.
jit.off(true, true) -- cold: see init.lua
local json = {}

local escapes = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }
local function quoted(text)
  return '"' .. text:gsub('[%c"\\]', function(c) return escapes[c] or ("\\u%04x"):format(c:byte()) end) .. '"'
end

--- JSON of numbers, texts, booleans, lists, and tables with text keys (in alphabetical order).
function json.encode(value)
  local kind = type(value)
  if kind == "string" then return quoted(value) end
  if kind == "number" then return value - value == 0 and ("%.17g"):format(value) or "null" end
  if kind == "boolean" then return tostring(value) end
  if kind ~= "table" then return "null" end
  local parts = {}
  if next(value) == nil then return "[]" end
  if #value > 0 then
    for i, v in ipairs(value) do parts[i] = json.encode(v) end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  local keys = {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys)
  for i, key in ipairs(keys) do parts[i] = quoted(key) .. ":" .. json.encode(value[key]) end
  return "{" .. table.concat(parts, ",") .. "}"
end

local DEEPEST = 50
local short = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }

local function bad() error("no JSON", 0) end

local function utf8(n)
  if n < 0x80 then return string.char(n) end
  if n < 0x800 then return string.char(0xc0 + math.floor(n / 64), 0x80 + n % 64) end
  return string.char(0xe0 + math.floor(n / 4096), 0x80 + math.floor(n / 64) % 64, 0x80 + n % 64)
end

local function text_at(text, at)
  local parts = {}
  while true do
    local plain, stop = text:match('^([^"\\]*)()', at)
    parts[#parts + 1] = plain
    local c = text:sub(stop, stop)
    if c == '"' then return table.concat(parts), stop + 1 end
    if c ~= "\\" then bad() end
    local e = text:sub(stop + 1, stop + 1)
    at = stop + 2
    if e == "u" then
      local hex = text:match("^%x%x%x%x", at)
      if not hex then bad() end
      parts[#parts + 1], at = utf8(tonumber(hex, 16)), at + 4
    elseif e == "" then bad()
    else parts[#parts + 1] = short[e] or e end
  end
end

local words = { { "true", true }, { "false", false }, { "null", nil } }

local function take(text, at, depth)
  if depth > DEEPEST then bad() end
  at = text:match("^%s*()", at)
  local c = text:sub(at, at)
  if c == '"' then return text_at(text, at + 1) end
  if c == "{" or c == "[" then
    local out, closing, n = {}, c == "{" and "}" or "]", 0
    at = text:match("^%s*()", at + 1)
    if text:sub(at, at) == closing then return out, at + 1 end
    while true do
      local key, value
      if closing == "}" then
        at = text:match('^%s*"()', at) or bad()
        key, at = text_at(text, at)
        at = text:match("^%s*:()", at) or bad()
      end
      value, at = take(text, at, depth + 1)
      n = n + 1
      out[key or n] = value
      local mark
      mark, at = text:match("^%s*([,%]}])()", at)
      if mark == closing then return out, at end
      if mark ~= "," then bad() end
    end
  end
  for _, word in ipairs(words) do
    if text:sub(at, at + #word[1] - 1) == word[1] then return word[2], at + #word[1] end
  end
  local number = text:match("^[-+.%deE]+", at)
  if not number or not tonumber(number) then bad() end
  return tonumber(number), at + #number
end

--- The value of a text; nil when it is none.
function json.decode(text)
  local ok, value, at = pcall(take, text, 1, 0)
  if ok and not text:find("%S", at) then return value end
end

return json
