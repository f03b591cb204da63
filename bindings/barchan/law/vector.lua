-- vector.lua -- three components, each a plain number or a traced scalar. The order of every sum is x, y, z from the left.
local blame = require "barchan.law.blame"
local graph = require "barchan.law.graph"

local vector = {}
local fail = blame.fail
local meta = {}

local function new(x, y, z)
  local v = setmetatable({ x = x, y = y, z = z }, meta)
  return v
end
vector.new = new

function vector.is(x)
  return getmetatable(x) == meta
end
local is = vector.is

local function number(x, what)
  if type(x) ~= "number" and not graph.is_scalar(x) then fail("%s needs a number, got %s", what, is(x) and "a vector" or type(x)) end
  return x
end

local function need(v, what)
  if not is(v) then fail("%s needs a vector, got %s", what, graph.is_scalar(v) and "a scalar" or type(v)) end
  return v
end

-- Both sides of a sum.
local function need_two(a, b, what)
  if is(a) and is(b) then return end
  local odd = is(a) and b or a
  fail("%s a vector and %s: %s", what, (graph.is_scalar(odd) or type(odd) == "number") and "a number" or type(odd),
    "take dot(v, n), norm(v) or a component of the one, or multiply the other by a vector such as c.n")
end

function vector.make(x, y, z)
  return new(number(x, "vec3"), number(y, "vec3"), number(z, "vec3"))
end

function meta.__add(a, b)
  need_two(a, b, "adding")
  return new(a.x + b.x, a.y + b.y, a.z + b.z)
end

function meta.__sub(a, b)
  need_two(a, b, "subtracting")
  return new(a.x - b.x, a.y - b.y, a.z - b.z)
end

function meta.__mul(a, b)
  if is(a) and is(b) then fail("vector * vector is not defined: use dot(a, b) or cross(a, b)") end
  if is(a) then
    number(b, "vector *")
    return new(a.x * b, a.y * b, a.z * b)
  end
  number(a, "vector *")
  return new(a * b.x, a * b.y, a * b.z)
end

function meta.__div(a, b)
  need(a, "a quotient with a vector below")
  number(b, "vector /")
  return new(a.x / b, a.y / b, a.z / b)
end

function meta.__unm(a)
  return new(-a.x, -a.y, -a.z)
end

function meta.__index(_, key)
  fail("a vector has no field '%s'; there are: x y z", tostring(key))
end

function meta.__newindex(_, key)
  fail("a vector has no field '%s'; there are: x y z", tostring(key))
end

meta.__lt = function() fail("vectors cannot be compared: compare norm(v) or a component") end
meta.__le = meta.__lt

function vector.dot(a, b)
  need(a, "dot") need(b, "dot")
  return a.x * b.x + a.y * b.y + a.z * b.z
end

function vector.cross(a, b)
  need(a, "cross") need(b, "cross")
  return new(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
end

function vector.norm(a)
  need(a, "norm")
  return graph.sqrt(a.x * a.x + a.y * a.y + a.z * a.z)
end

return vector
