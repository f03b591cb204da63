-- graph.lua -- the expression graph of a law: nodes with a unit, equal nodes shared, nothing reassociated.
--
-- A traced scalar is FFI data, not a table: then `2 * x`, `x < 1e-6` and `x == 0` with a plain number on either side reach our
-- metamethods (Lua 5.1 raises on table < number and answers table == number with a silent false). Every operation here also
-- takes plain numbers and answers with a plain number: the same law text is then its own oracle.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local blame = require "barchan.law.blame"
local units = require "barchan.law.units"

local graph = {}
local fail = blame.fail

local scalar = ffi.typeof "struct { int32_t id; }"
local current -- the graph being traced

function graph.is_scalar(x)
  return type(x) == "cdata" and ffi.istype(scalar, x)
end
local is_scalar = graph.is_scalar

--- Start a graph. `decide(condition)` answers comparisons that Lua itself asks (`if x < y`).
function graph.begin(decide, check_units)
  current = { count = 0, op = {}, a = {}, b = {}, c = {}, d = {}, value = {}, unit = {}, name = {}, shared = {}, decide = decide,
    check_units = check_units }
  return current
end

function graph.finish()
  current = nil
end

--- Go on with a graph that was finished: nothing asks Lua's comparisons of it any more.
function graph.resume(g)
  current = g
end

--- Nodes that the results need, and how many times each is read.
function graph.uses(g, results)
  local uses = {}
  local function visit(id)
    if not id then return end
    uses[id] = (uses[id] or 0) + 1
    if uses[id] == 1 then visit(g.a[id]) visit(g.b[id]) visit(g.c[id]) visit(g.d[id]) end
  end
  for _, id in ipairs(results) do visit(id) end
  return uses
end

local function node(op, unit, a, b, c, d)
  local key = op .. "," .. (a or "") .. "," .. (b or "") .. "," .. (c or "") .. "," .. (d or "")
  local id = current.shared[key]
  if not id then
    id = current.count + 1
    current.count = id
    current.op[id], current.a[id], current.b[id], current.c[id], current.d[id] = op, a, b, c, d
    current.unit[id] = unit
    current.shared[key] = id
  end
  return scalar(id)
end

local function need_graph()
  if not current then fail("a traced value was kept and used outside its law") end
end

--- A named input of the law (a row, a coefficient, a history value, the time step).
function graph.input(kind, name, unit)
  local x = node(kind .. " " .. name, current.check_units and unit or nil)
  current.op[x.id], current.name[x.id] = kind, name
  return x
end

--- A constant with a unit. Zero without a unit fits anywhere; other plain numbers are pure.
function graph.constant(value, unit)
  if value ~= value or math.abs(value) == math.huge then fail("a law must not use the constant %s", tostring(value)) end
  if not unit and value ~= 0 then unit = units.none end
  if not current.check_units then unit = nil end
  -- 17 digits tell doubles apart; the sign of zero is kept
  local digits = value == 0 and (1 / value < 0 and "-0" or "0") or ("%.17g"):format(value)
  local x = node("constant " .. digits .. " " .. (unit and units.name(unit) or "any"), unit)
  current.op[x.id], current.value[x.id] = "constant", value
  return x
end

--- A number or a traced scalar as a node.
function graph.lift(x, what)
  if is_scalar(x) then
    need_graph()
    return x
  end
  if type(x) == "number" then return graph.constant(x) end
  if type(x) == "table" then fail("%s needs a number, got a vector", what) end
  fail("%s needs a number, got %s", what, type(x))
end
local lift = graph.lift

function graph.unit(x)
  return current.unit[x.id]
end

local function same_unit(x, y, doing)
  local u, v = current.unit[x.id], current.unit[y.id]
  if u and v and u ~= v then fail("law: %s mixes units: %s and %s", doing, units.name(u), units.name(v)) end
  return u or v
end

local function commutative(op, unit, x, y) -- a + b and b + a have the same bits
  if x.id > y.id then x, y = y, x end
  return node(op, unit, x.id, y.id)
end

function graph.add(x, y)
  x, y = lift(x, "+"), lift(y, "+")
  return commutative("+", same_unit(x, y, "adding"), x, y)
end

function graph.subtract(x, y)
  x, y = lift(x, "-"), lift(y, "-")
  return node("-", same_unit(x, y, "subtracting"), x.id, y.id)
end

function graph.multiply(x, y)
  x, y = lift(x, "*"), lift(y, "*")
  return commutative("*", units.multiply(graph.unit(x), graph.unit(y)), x, y)
end

function graph.divide(x, y)
  x, y = lift(x, "/"), lift(y, "/")
  return node("/", units.divide(graph.unit(x), graph.unit(y)), x.id, y.id)
end

function graph.negate(x)
  if type(x) == "number" then return -x end
  x = lift(x, "-")
  return node("negate", graph.unit(x), x.id)
end

function graph.sqrt(x)
  if type(x) == "number" then return math.sqrt(x) end
  x = lift(x, "sqrt")
  return node("sqrt", units.power(graph.unit(x), 0.5), x.id)
end

function graph.abs(x)
  if type(x) == "number" then return math.abs(x) end
  x = lift(x, "abs")
  return node("abs", graph.unit(x), x.id)
end

local function pure(x, what)
  local unit = current.unit[x.id]
  if unit and unit ~= units.none then fail("law: %s of a quantity with unit %s", what, units.name(unit)) end
end

-- exp, log, sin, cos, atan2, pow: every back end computes them in double with the engine's fixed functions and rounds once. A
-- plain number is made a node too: folding it here would bring the C library's bits into the text that is compiled.
graph.calls = { exp = 1, log = 1, sin = 1, cos = 1, atan2 = 2, pow = 2 } -- name -> arguments

--- While tracing: one of graph.calls. pow(x, y) takes an x with a unit when y is a plain number.
function graph.call(name, x, y)
  if not graph.calls[name] then fail("law: no function '%s'", name) end
  local u = lift(x, name)
  if graph.calls[name] == 1 then
    pure(u, name)
    return node(name, current.check_units and units.none or nil, u.id)
  end
  local v = lift(y, name)
  local unit = current.check_units and units.none or nil
  if name == "atan2" then
    same_unit(u, v, "atan2")
  elseif type(y) == "number" then
    unit = units.power(current.unit[u.id], y)
  else
    pure(u, "pow with a computed exponent")
    pure(v, "the exponent of pow")
  end
  return node(name, unit, u.id, v.id)
end

-- Smallest and largest: NaN in the first argument stays, NaN in the second is passed over; of two zeros the first.
function graph.min(x, y)
  if type(x) == "number" and type(y) == "number" then return y < x and y or x end
  x, y = lift(x, "min"), lift(y, "min")
  return node("min", same_unit(x, y, "min"), x.id, y.id)
end

function graph.max(x, y)
  if type(x) == "number" and type(y) == "number" then return x < y and y or x end
  x, y = lift(x, "max"), lift(y, "max")
  return node("max", same_unit(x, y, "max"), x.id, y.id)
end

-- A condition is { op, a, b } with op "<", "<=" or "==".
function graph.compare(op, x, y)
  x, y = lift(x, "a comparison"), lift(y, "a comparison")
  same_unit(x, y, "comparing")
  return { op = op, a = x.id, b = y.id }
end

function graph.select(condition, x, y)
  if type(x) == "number" and type(y) == "number" and x == y and x ~= 0 then return x end
  x, y = lift(x, "where"), lift(y, "where")
  if x.id == y.id then return x end
  return node("where " .. condition.op, same_unit(x, y, "where"), condition.a, condition.b, x.id, y.id)
end

local function decide(op, x, y)
  if type(x) == "nil" or type(y) == "nil" then return false end -- `x == nil` comes here too
  return current.decide(graph.compare(op, x, y))
end

-- A vector on the other side of an operator has its own metamethods.
local function or_vector(name, f)
  return function(x, y)
    local other = is_scalar(x) and y or x
    local meta = type(other) == "table" and getmetatable(other)
    if meta and meta[name] then return meta[name](x, y) end
    need_graph()
    return f(x, y)
  end
end

ffi.metatype(scalar, {
  __add = or_vector("__add", graph.add),
  __sub = or_vector("__sub", graph.subtract),
  __mul = or_vector("__mul", graph.multiply),
  __div = or_vector("__div", graph.divide),
  -- LuaJIT's own x^2 is x * x in compiled code and the C library's pow in the interpreter: not the same bits
  __pow = function() fail("law: ^ is not offered in a law: write x * x, sqrt(x) or pow(x, y)") end,
  __mod = function() fail("law: %% is not offered in a law") end,
  __unm = function(x) need_graph() return graph.negate(x) end,
  __lt = function(x, y) need_graph() return decide("<", x, y) end,
  __le = function(x, y) need_graph() return decide("<=", x, y) end,
  __eq = function(x, y) need_graph() return decide("==", x, y) end,
  __tostring = function(x)
    if not current then return "traced value" end
    return "traced value [" .. units.name(current.unit[x.id]) .. "]"
  end,
  __concat = function() fail("law: a traced value has no digits yet; it cannot be put into a string") end,
  __index = function(_, key) fail("law: a scalar has no field '%s'", tostring(key)) end,
})

return graph
