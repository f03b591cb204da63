-- sobol.lua -- points that fill a unit cube evenly: the sequence of I. M. Sobol' (1967) in Gray code order (Antonov and Saleev 1979), with
-- the direction numbers of S. Joe and F. Y. Kuo, SIAM J. Sci. Comput. 30 (2008) 2635-2654 (their table new-joe-kuo-6).
jit.off(true, true) -- cold: see init.lua
local bit = require "bit"

local sobol = {}
local BITS = 31 -- bit operations of LuaJIT have a sign

-- For each dimension from the second on: degree s of its primitive polynomial, the polynomial's inner coefficients a, m_1 ... m_s.
local table_of = {
  { 1, 0, 1 }, { 2, 1, 1, 3 }, { 3, 1, 1, 3, 1 }, { 3, 2, 1, 1, 1 }, { 4, 1, 1, 1, 3, 3 }, { 4, 4, 1, 3, 5, 13 },
  { 5, 2, 1, 1, 5, 5, 17 }, { 5, 4, 1, 1, 5, 5, 5 }, { 5, 7, 1, 1, 7, 11, 19 }, { 5, 11, 1, 1, 5, 1, 1 }, { 5, 13, 1, 1, 1, 3, 11 },
  { 5, 14, 1, 3, 5, 5, 31 }, { 6, 1, 1, 3, 3, 9, 7, 49 }, { 6, 13, 1, 1, 1, 15, 21, 21 }, { 6, 16, 1, 3, 1, 13, 27, 49 },
  { 6, 19, 1, 1, 1, 15, 7, 5 }, { 6, 22, 1, 3, 1, 15, 13, 25 }, { 6, 25, 1, 1, 5, 5, 19, 61 }, { 7, 1, 1, 3, 7, 11, 23, 15, 103 },
  { 7, 4, 1, 3, 7, 13, 13, 15, 69 }, { 7, 7, 1, 1, 3, 13, 7, 35, 63 }, { 7, 8, 1, 3, 5, 9, 1, 25, 53 },
  { 7, 14, 1, 3, 1, 13, 9, 35, 107 }, { 7, 19, 1, 3, 1, 5, 27, 61, 31 }, { 7, 21, 1, 1, 5, 11, 19, 41, 61 },
  { 7, 28, 1, 3, 5, 3, 3, 13, 69 }, { 7, 31, 1, 1, 7, 13, 1, 19, 1 }, { 7, 32, 1, 3, 7, 5, 13, 19, 59 },
  { 7, 37, 1, 1, 3, 9, 25, 29, 41 }, { 7, 41, 1, 3, 5, 13, 23, 1, 55 }, { 7, 42, 1, 3, 7, 3, 13, 59, 17 },
  { 7, 50, 1, 3, 1, 3, 5, 53, 69 }, { 7, 55, 1, 1, 5, 5, 23, 33, 13 }, { 7, 56, 1, 1, 7, 7, 1, 61, 123 },
  { 7, 59, 1, 1, 7, 9, 13, 61, 49 }, { 7, 62, 1, 3, 3, 5, 3, 55, 33 }, { 8, 14, 1, 3, 1, 15, 31, 13, 49, 245 },
  { 8, 21, 1, 3, 5, 15, 31, 59, 63, 97 }, { 8, 22, 1, 3, 1, 11, 11, 11, 77, 249 },
}

--- The most dimensions there are, and the most points.
sobol.DIMENSIONS, sobol.POINTS = #table_of + 1, 2 ^ BITS - 1

local function directions(dimension)
  local v = {}
  if dimension == 1 then
    for i = 1, BITS do v[i] = bit.lshift(1, BITS - i) end
    return v
  end
  local row = table_of[dimension - 1]
  local s, a = row[1], row[2]
  for i = 1, s do v[i] = bit.lshift(row[i + 2], BITS - i) end
  for i = s + 1, BITS do
    local x = bit.bxor(v[i - s], bit.rshift(v[i - s], s))
    for k = 1, s - 1 do
      if bit.band(bit.rshift(a, s - 1 - k), 1) == 1 then x = bit.bxor(x, v[i - k]) end
    end
    v[i] = x
  end
  return v
end

--- Point number `index` (0 is the origin) as a list of numbers in [0, 1).
function sobol.point(index, dimensions)
  local gray, point = bit.bxor(index, bit.rshift(index, 1)), {}
  for d = 1, dimensions do
    local v, x = directions(d), 0
    for i = 1, BITS do
      if bit.band(bit.rshift(gray, i - 1), 1) == 1 then x = bit.bxor(x, v[i]) end
    end
    point[d] = x / 2 ^ BITS
  end
  return point
end

return sobol
