-- vector.lua -- three numbers with arithmetic: what sim.x[i], wall.force and the like return. A value, not a place: its
-- components cannot be assigned; write sim.v[i] = w or sim.v.x[i] = 0 instead.
local ffi = require "ffi"

local new
local methods = {}
-- The members carry an underscore so that an assignment to v.x comes to __newindex, which explains.
-- Results are wrapped in parentheses: tail calls count against the trace compiler's unrolling.
function methods.unpack(a) return a._x, a._y, a._z end
function methods.dot(a, b) return a._x * b._x + a._y * b._y + a._z * b._z end
function methods.norm(a) return (math.sqrt(a._x * a._x + a._y * a._y + a._z * a._z)) end
function methods.cross(a, b)
  return (new(a._y * b._z - a._z * b._y, a._z * b._x - a._x * b._z, a._x * b._y - a._y * b._x))
end

local errors = require "barchan.errors"

local function is_vector(a) return ffi.istype(new, a) end

local function both(a, b, what)
  if not (is_vector(a) and is_vector(b)) then
    errors.raise(("cannot %s a vector and a %s"):format(what, type(is_vector(a) and b or a)))
  end
end

new = ffi.metatype("struct { double _x, _y, _z; }", {
  __add = function(a, b) both(a, b, "add") return (new(a._x + b._x, a._y + b._y, a._z + b._z)) end,
  __sub = function(a, b) both(a, b, "subtract") return (new(a._x - b._x, a._y - b._y, a._z - b._z)) end,
  __unm = function(a) return (new(-a._x, -a._y, -a._z)) end,
  __mul = function(a, b)
    if type(a) == "number" then return (new(a * b._x, a * b._y, a * b._z)) end
    if type(b) == "number" then return (new(a._x * b, a._y * b, a._z * b)) end
    errors.raise("a vector can be multiplied by a number only; for two vectors there are a:dot(b) and a:cross(b)")
  end,
  __div = function(a, b)
    if type(b) ~= "number" then errors.raise("a vector can be divided by a number only") end
    return (new(a._x / b, a._y / b, a._z / b))
  end,
  __eq = function(a, b)
    return is_vector(a) and is_vector(b) and a._x == b._x and a._y == b._y and a._z == b._z
  end,
  __len = function() return 3 end,
  __tostring = function(a) return ("(%.10g, %.10g, %.10g)"):format(a._x, a._y, a._z) end,
  __index = function(a, key)
    if key == "x" or key == 1 then return a._x end
    if key == "y" or key == 2 then return a._y end
    if key == "z" or key == 3 then return a._z end
    local method = methods[key]
    if method then return method end
    errors.raise(errors.unknown("member of a vector", key, { "x", "y", "z", "norm", "dot", "cross", "unpack" }))
  end,
  __newindex = function()
    errors.raise("the components of a vector cannot be assigned (it is a copy); "
      .. "write to the simulation: sim.v[i] = {vx, vy, vz} or sim.v.x[i] = vx")
  end,
})

local vector = { new = new, is = is_vector }

--- x, y, z of a vector or of a table of three numbers; nil when it is neither.
function vector.components(v)
  if is_vector(v) then return v._x, v._y, v._z end
  if type(v) == "table" then
    local x, y, z = v[1], v[2], v[3]
    if x == nil and v.x ~= nil then x, y, z = v.x, v.y, v.z end
    if type(x) == "number" and type(y) == "number" and type(z) == "number" and v[4] == nil then return x, y, z end
  end
end

return vector
