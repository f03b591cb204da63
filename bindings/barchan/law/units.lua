-- units.lua -- units as vectors of exponents over m kg s K A. Equal units are the same Lua table, so they compare by identity.
-- Radians are 1. A unit of nil means "any": the literal 0, and laws that opt out of units.
jit.off(true, true) -- cold: see init.lua
local blame = require "barchan.law.blame"

local units = {}
local base = { "m", "kg", "s", "K", "A" }
local interned = {}

-- Exponents are multiples of 1/5040, so that (m^(1/3))^3 is m.
local function intern(exponents)
  for i, e in ipairs(exponents) do exponents[i] = math.floor(e * 5040 + 0.5) / 5040 + 0 end -- + 0: -0 would be another key
  local key = table.concat(exponents, ",")
  if not interned[key] then interned[key] = exponents end
  return interned[key]
end

local function make(m, kg, s, K, A)
  return intern { m or 0, kg or 0, s or 0, K or 0, A or 0 }
end

units.none = make()

local symbols = {
  m = make(1), kg = make(0, 1), s = make(0, 0, 1), K = make(0, 0, 0, 1), A = make(0, 0, 0, 0, 1),
  rad = units.none, N = make(1, 1, -2), Pa = make(-1, 1, -2), J = make(2, 1, -2), W = make(2, 1, -3),
  Hz = make(0, 0, -1), C = make(0, 0, 1, 0, 1), V = make(2, 1, -3, 0, -1),
}
local symbol_names = blame.keys(symbols)

function units.multiply(a, b, sign)
  if not a or not b then return nil end
  local r = {}
  for i = 1, #base do r[i] = a[i] + (sign or 1) * b[i] end
  return intern(r)
end

function units.divide(a, b)
  return units.multiply(a, b, -1)
end

function units.power(a, exponent)
  if not a then return nil end
  local r = {}
  for i = 1, #base do r[i] = a[i] * exponent end
  return intern(r)
end

--- "N/m", "kg m^2/s^2", "1/s", "1". A "/" divides by the one factor after it.
function units.parse(text)
  if type(text) ~= "string" then blame.fail("a unit must be a string such as \"N/m\", got %s", type(text)) end
  local result, rest, sign = units.none, text, 1
  rest = rest:gsub("^%s*1%s*$", ""):gsub("^%s*1%s*/", "/")
  while true do
    rest = rest:gsub("^[%s*]+", "")
    if rest == "" then return result end
    if rest:sub(1, 1) == "/" then
      sign, rest = -1, rest:sub(2):gsub("^%s+", "")
    end
    local symbol, after = rest:match("^(%a+)(.*)$")
    if not symbol then blame.fail("unit '%s' cannot be read at '%s'", text, rest) end
    if not symbols[symbol] then
      blame.fail("unknown unit '%s' in '%s'%s", symbol, text, blame.known(symbol, symbol_names))
    end
    local exponent, tail = after:match("^%^(%-?[%d.]+)(.*)$")
    if exponent and not tonumber(exponent) then blame.fail("unit '%s' has the exponent '%s'", text, exponent) end
    result = units.multiply(result, units.power(symbols[symbol], sign * (tonumber(exponent) or 1)))
    rest, sign = tail or after, 1
  end
end

local names = {}
for _, text in ipairs { "1", "m", "kg", "s", "K", "A", "N", "Pa", "N/m", "N m", "m/s", "m/s^2", "1/s", "N s/m", "kg/m^3",
  "W", "m^2", "m^3", "kg m^2" } do
  names[units.parse(text)] = text
end

--- How a message names a unit.
function units.name(unit)
  if not unit then return "any" end
  if names[unit] then return names[unit] end
  local above, below = {}, {}
  for i, symbol in ipairs(base) do
    local e = math.abs(unit[i])
    local factor = e == 1 and symbol or ("%s^%.6g"):format(symbol, e)
    if unit[i] > 0 then above[#above + 1] = factor end
    if unit[i] < 0 then below[#below + 1] = "/" .. factor end
  end
  return (#above > 0 and table.concat(above, " ") or "1") .. table.concat(below)
end

return units
