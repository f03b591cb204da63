-- expect.lua -- what many specs ask: the message of an error, a part of a text, a number that is right but for a part of itself; and
-- tables as texts to be compared.
local assert = require "luassert"

local expect = {}

--- The message of the error that f(...) raises, with its "file:line: " (luassert's own error assertions drop that).
function expect.failure(f, ...)
  local ok, message = pcall(f, ...)
  assert.is_false(ok, "expected an error")
  return tostring(message)
end

--- The text holds the part, letter by letter.
function expect.has(text, part)
  assert.is_true(text:find(part, 1, true) ~= nil, ("expected '%s' in:\n%s"):format(part, text))
end

--- The text does not hold the part.
function expect.lacks(text, part)
  assert.is_nil(text:find(part, 1, true), ("'%s' is in:\n%s"):format(part, text))
end

--- |got - expected| <= tolerance |expected|.
function expect.near(expected, got, tolerance, what)
  local off = math.abs(got - expected)
  assert.is_true(off <= tolerance * math.abs(expected), ("%s: expected %.17g, got %.17g (off by %.2g of it, allowed %.2g)"):format(
    what or "value", expected, got, off / math.abs(expected), tolerance))
end

--- All numbers of a table, and of the tables in it, with all their digits.
function expect.numbers(at)
  local lines = {}
  for name, value in pairs(at) do
    lines[#lines + 1] = type(value) == "table" and ("%s: %s"):format(name, expect.numbers(value)) or ("%s %.17g"):format(name, value)
  end
  table.sort(lines)
  return "{ " .. table.concat(lines, ", ") .. " }"
end

return expect
