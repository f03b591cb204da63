-- checks.lua -- checks arguments against the schema (api.lua): unknown keys, types, ranges, missing values. What passes comes
-- back as a fresh table with defaults filled in; what fails raises at the user's line with name, value, unit and what is allowed.
jit.off(true, true) -- cold: see init.lua
local errors = require "barchan.errors"
local vector = require "barchan.vector"
local ffi = require "ffi"

local checks = {}

--- A value as a message shows it.
function checks.show(value)
  local kind = type(value)
  if kind == "string" then
    return #value > 60 and ("'%s...'"):format(value:sub(1, 57)) or ("'%s'"):format(value)
  elseif kind == "number" then
    return ("%.10g"):format(value)
  elseif value == nil then
    return "nil"
  elseif kind == "boolean" then
    return tostring(value)
  elseif kind == "table" then
    local meta = getmetatable(value)
    if meta and meta.__tostring then return tostring(value) end
    if #value > 0 and #value <= 4 then
      local parts = {}
      for i, v in ipairs(value) do parts[i] = type(v) == "table" and "{...}" or checks.show(v) end
      return "{" .. table.concat(parts, ", ") .. "}"
    end
    return next(value) == nil and "{}" or "a table"
  elseif vector.is(value) then
    return tostring(value)
  end
  return "a " .. kind
end

local function with_unit(p)
  return p.unit and p.unit ~= "1" and " " .. p.unit or ""
end

--- The range of a parameter in words: "> 0 m", "between 0 and 1", "" when everything is allowed.
function checks.range(p)
  local low = p.above and ("> %.10g"):format(p.above) or p.min and (">= %.10g"):format(p.min)
  local high = p.below and ("< %.10g"):format(p.below) or p.max and ("<= %.10g"):format(p.max)
  if low and high then
    if p.min and p.max then return ("between %.10g and %.10g%s"):format(p.min, p.max, with_unit(p)) end
    return low .. " and " .. high .. with_unit(p)
  end
  local one = low or high
  return one and one .. with_unit(p) or ""
end

local function fail(where, name, text, at)
  errors.raise_at(at, ("%s: %s %s"):format(where, name, text))
end

local function in_range(p, v)
  return v == v and math.abs(v) < math.huge and (not p.min or v >= p.min) and (not p.max or v <= p.max)
    and (not p.above or v > p.above) and (not p.below or v < p.below)
end

local function check_number(where, name, p, v, at)
  if type(v) ~= "number" then
    fail(where, name, ("must be a number%s, got %s"):format(p.unit and p.unit ~= "1" and " [" .. p.unit .. "]" or "",
      checks.show(v)), at)
  end
  if not in_range(p, v) then
    local range = checks.range(p)
    if range == "" then range = "a finite number" .. (with_unit(p) ~= "" and " [" .. p.unit .. "]" or "") end
    fail(where, name, ("must be %s, got %s%s"):format(range, checks.show(v), v == v and with_unit(p) or ""), at)
  end
  return v
end

local types = {}
types.number = check_number

function types.integer(where, name, p, v, at)
  if type(v) == "number" and v == v and math.abs(v) < math.huge and v ~= math.floor(v) or type(v) ~= "number" then
    fail(where, name, ("must be a whole number, got %s"):format(checks.show(v)), at)
  end
  return (check_number(where, name, p, v, at))
end

function types.boolean(where, name, _, v, at)
  if type(v) ~= "boolean" then fail(where, name, "must be true or false, got " .. checks.show(v), at) end
  return v
end

function types.string(where, name, _, v, at)
  if type(v) ~= "string" or v == "" then fail(where, name, "must be a text, got " .. checks.show(v), at) end
  return v
end

types["function"] = function(where, name, _, v, at)
  if type(v) ~= "function" then fail(where, name, "must be a function, got " .. checks.show(v), at) end
  return v
end

function types.table(where, name, p, v, at)
  if type(v) ~= "table" then fail(where, name, "must be a table, got " .. checks.show(v), at) end
  if p.parameters then return (checks.options(where .. ": " .. name, p.parameters, v, at)) end
  return v
end

function types.choice(where, name, p, v, at)
  for _, choice in ipairs(p.choices) do
    if v == choice then return v end
  end
  local near = type(v) == "string" and errors.nearest(v, p.choices)
  fail(where, name, ("must be one of '%s', got %s%s"):format(table.concat(p.choices, "', '"), checks.show(v),
    near and "; did you mean '" .. near .. "'?" or ""), at)
end

function types.vector(where, name, p, v, at)
  local x, y, z = vector.components(v)
  if not x then
    fail(where, name, ("must be a vector of three numbers%s like {0, 0, 1}, got %s"):format(
      p.unit and p.unit ~= "1" and " [" .. p.unit .. "]" or "", checks.show(v)), at)
  end
  check_number(where, name .. "[1]", p, x, at)
  check_number(where, name .. "[2]", p, y, at)
  check_number(where, name .. "[3]", p, z, at)
  if p.nonzero and x == 0 and y == 0 and z == 0 then
    fail(where, name, "must have a direction, got {0, 0, 0}", at)
  end
  return { x, y, z }
end

-- What a right element of a list becomes; nil for one that is to be refused. Lists are long, and an error's text is made only for one.
local right = {}
function right.number(p, v) return type(v) == "number" and in_range(p, v) and v or nil end
function right.vector(p, v)
  local x, y, z = vector.components(v)
  if not x or p.nonzero then return nil end
  return right.number(p, x) and right.number(p, y) and right.number(p, z) and { x, y, z }
end

-- A list of numbers, or of vectors, or of whatever p.of says.
function types.list(where, name, p, v, at)
  if type(v) ~= "table" then fail(where, name, "must be a list, got " .. checks.show(v), at) end
  if #v < (p.least or 0) then
    fail(where, name, ("must have at least %d element%s, got %d"):format(p.least, p.least == 1 and "" or "s", #v), at)
  end
  local one, quick, out = types[p.of], right[p.of], {}
  for i = 1, #v do out[i] = quick and quick(p, v[i]) or one(where, ("%s[%d]"):format(name, i), p, v[i], at) end
  return out
end

-- One value for all or a list with one for each.
types["number or list"] = function(where, name, p, v, at)
  if type(v) == "table" then return (types.list(where, name, setmetatable({ of = "number" }, { __index = p }), v, at)) end
  return (check_number(where, name, p, v, at))
end

types["vector or list"] = function(where, name, p, v, at)
  if type(v) == "table" and (type(v[1]) == "table" or vector.is(v[1])) then
    return (types.list(where, name, setmetatable({ of = "vector" }, { __index = p }), v, at))
  end
  return (types.vector(where, name, p, v, at))
end

function types.any(_, _, _, v) return v end

--- Objects of the API: types.material and the like, added by the modules that make them.
function checks.object(name, metatable, hint)
  types[name] = function(where, key, _, v, at)
    if type(v) ~= "table" or getmetatable(v) ~= metatable then
      fail(where, key, ("must be a %s (%s), got %s"):format(name, hint, checks.show(v)), at)
    end
    return v
  end
end

--- A type with its own check: fn(where, name, parameter, value, at) -> the value to keep.
function checks.define(name, fn) types[name] = fn end

--- One value against one parameter of the schema.
function checks.value(where, p, v, at)
  return (types[p.type](where, p.name, p, v, at))
end

local function names_of(parameters)
  local names = {}
  for i, p in ipairs(parameters) do names[i] = p.name end
  return names
end

--- A table of options against a list of parameters. at: the place to blame, default the user's line.
function checks.options(where, parameters, options, at)
  if options == nil then options = {} end
  if type(options) ~= "table" then
    local call = where:match("^[%a_.:]+$") or ""
    errors.raise_at(at, ("%s: expected a table of options, %s{ %s = ... }, got %s"):format(where, call,
      parameters[1] and parameters[1].name or "", checks.show(options)))
  end
  local known = {}
  for _, p in ipairs(parameters) do known[p.name] = true end
  for key in pairs(options) do
    if not known[key] then
      local extra = ""
      if type(key) == "number" then
        extra = (" (%s stands in the table without a name)"):format(checks.show(options[key]))
      end
      errors.raise_at(at, where .. ": " .. errors.unknown("key", key, names_of(parameters)) .. extra)
    end
  end
  local out = {}
  for _, p in ipairs(parameters) do
    local v = options[p.name]
    if v ~= nil then
      out[p.name] = types[p.type](where, p.name, p, v, at)
    elseif p.required then
      errors.raise_at(at, ("%s: %s is missing: %s%s"):format(where, p.name, p.text,
        p.unit and p.unit ~= "1" and " [" .. p.unit .. "]" or ""))
    elseif p.default ~= nil then
      out[p.name] = p.default
    end
  end
  return out
end

--- Exactly (exact = true) or at most one of these keys must be given; returns the one.
function checks.one_of(where, o, names, exact)
  local found
  for _, name in ipairs(names) do
    if o[name] ~= nil then
      if found then
        errors.raise(("%s: %s and %s exclude each other%s"):format(where, found, name,
          #names > 2 and ": give one of " .. table.concat(names, ", ") or ""))
      end
      found = name
    end
  end
  if exact and not found then
    errors.raise(("%s: give one of %s"):format(where, table.concat(names, ", ")))
  end
  return found
end

--- Copies a vector into a C array of three doubles.
function checks.put(target, v)
  if v then target[0], target[1], target[2] = v[1], v[2], v[3] end
end

--- A list of vectors as a C array [count][3], of numbers as [count].
function checks.vectors(list)
  local out = ffi.new("double[?]", 3 * #list)
  for i = 1, #list do
    local v, k = list[i], 3 * (i - 1)
    out[k], out[k + 1], out[k + 2] = v[1], v[2], v[3]
  end
  return out
end

function checks.numbers(list)
  local out = ffi.new("double[?]", #list)
  for i = 1, #list do out[i - 1] = list[i] end
  return out
end
jit.on(checks.vectors) -- as long as there are particles
jit.on(checks.numbers)

return checks
