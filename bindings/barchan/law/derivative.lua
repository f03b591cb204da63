-- derivative.lua -- how a law's normal force changes with the overlap and with the normal velocity, exactly: its graph at rest (no
-- velocity but along the normal, no history) as an expression, simplified and differentiated term by term, units included. It
-- bounds the time step of any law, and `barchan describe` and law:explain() show it as a formula. Motions of walls get their
-- velocities the same way.
jit.off(true, true) -- cold: see init.lua
local graph = require "barchan.law.graph"
local restitution = require "barchan.law.restitution"
local trace = require "barchan.law.trace"
local units = require "barchan.law.units"

local derivative = {}

-- ---- expressions: { op, a, b, c, d, value, name, unit }; equal ones are one table ------------------------------------------
local shared

local function make(op, unit, a, b, c, d, value, name)
  local key = table.concat({ op, a and a.id or "", b and b.id or "", c and c.id or "", d and d.id or "",
    value and ("%a"):format(value) or "", name or "", unit and units.name(unit) or "" }, ",")
  local e = shared[key]
  if not e then
    shared.count = shared.count + 1
    e = { id = shared.count, op = op, unit = unit, a = a, b = b, c = c, d = d, value = value, name = name }
    shared[key] = e
  end
  return e
end

local function number(value, unit) return (make("number", unit, nil, nil, nil, nil, value)) end
local function is(e, value) return e.op == "number" and e.value == value end

-- What is certainly > 0: radii, masses, the overlap, and what is made of them.
local positive
local function is_positive(e)
  if e.op == "number" then return e.value > 0 end
  if e.op == "positive" then return true end
  if e.op == "+" or e.op == "*" or e.op == "/" or e.op == "min" then return positive(e.a) and positive(e.b) end
  if e.op == "max" then return positive(e.a) or positive(e.b) end
  return e.op == "exp" or (e.op == "sqrt" or e.op == "abs") and positive(e.a)
end

function positive(e)
  if e.positive == nil then e.positive = is_positive(e) end
  return e.positive
end

local make_of = {}

local function both(f)
  return function(a, b)
    if a.op == "number" and b.op == "number" then return number(f(a.value, b.value), a.unit or b.unit) end
  end
end

local sum, difference = both(function(x, y) return x + y end), both(function(x, y) return x - y end)

make_of["+"] = function(a, b)
  if is(a, 0) then return b end
  if is(b, 0) then return a end
  return sum(a, b) or make("+", a.unit or b.unit, a, b)
end

make_of.negate = function(a)
  if a.op == "number" then return number(0 - a.value, a.unit) end
  if a.op == "negate" then return a.a end
  return make("negate", a.unit, a)
end

make_of["-"] = function(a, b)
  if is(b, 0) then return a end
  if is(a, 0) then return make_of.negate(b) end
  if a == b then return number(0, a.unit) end
  return difference(a, b) or make("-", a.unit or b.unit, a, b)
end

make_of["*"] = function(a, b)
  local unit = units.multiply(a.unit, b.unit)
  if is(a, 0) or is(b, 0) then return number(0) end
  if b.op == "number" then a, b = b, a end
  if a.op == "number" then
    if b.op == "number" then return number(a.value * b.value, unit) end
    if a.value == 1 and (a.unit == nil or a.unit == units.none) then return b end
    if b.op == "*" and b.a.op == "number" then return make_of["*"](number(a.value * b.a.value, units.multiply(a.unit, b.a.unit)), b.b) end
  end
  if a.op == "/" and is(a.a, 1) then return make_of["/"](b, a.b) end
  if b.op == "/" and is(b.a, 1) then return make_of["/"](a, b.b) end
  return make("*", unit, a, b)
end

make_of["/"] = function(a, b)
  local unit = units.divide(a.unit, b.unit)
  if is(a, 0) and not is(b, 0) then return number(0) end
  if a.op == "number" and b.op == "number" then return number(a.value / b.value, unit) end
  if is(b, 1) and (b.unit == nil or b.unit == units.none) then return a end
  return make("/", unit, a, b)
end

make_of.sqrt = function(a)
  local unit = units.power(a.unit, 0.5)
  if a.op == "number" then return number(math.sqrt(a.value), unit) end
  return make("sqrt", unit, a)
end

make_of.abs = function(a)
  if a.op == "number" then return number(math.abs(a.value), a.unit) end
  if positive(a) then return a end
  return make("abs", a.unit, a)
end

-- Whether a < b, a <= b or a == b: true, false, or nil when it depends.
local function holds(op, a, b)
  if a == b then return op ~= "<" end
  if a.op == "number" and b.op == "number" then
    if op == "<" then return a.value < b.value end
    if op == "<=" then return a.value <= b.value end
    return a.value == b.value
  end
  if a.op == "number" and a.value <= 0 and positive(b) then return op ~= "==" end
  if b.op == "number" and b.value <= 0 and positive(a) then return false end
end

local function where(op, a, b, x, y)
  local known = holds(op, a, b)
  if known ~= nil then return known and x or y end
  if x == y then return x end
  return make("where " .. op, x.unit or y.unit, a, b, x, y)
end
make_of.where = where

make_of.min = function(a, b) return where("<", b, a, b, a) end
make_of.max = function(a, b) return where("<", a, b, b, a) end

local calls = { exp = 1, log = 1, sin = 1, cos = 1, atan2 = 2, pow = 2 }
for name, arguments in pairs(calls) do
  make_of[name] = function(a, b, unit)
    if a.op == "number" and (arguments == 1 or b.op == "number") then
      local f = restitution.math[name]
      return number(arguments == 1 and f(a.value) or f(a.value, b.value), unit)
    end
    return make(name, unit, a, b)
  end
end

-- ---- from the graph ---------------------------------------------------------------------------------------------------------
-- Inputs at rest; what is not here is 0. A contact as law.lua's force_at has it: with a wall.
local at_rest = { BRC_IN_OVERLAP = "overlap", BRC_IN_R = "R", BRC_IN_M = "m", BRC_IN_R1 = "R", BRC_IN_M1 = "m" }

-- input: makes the expression of an input, in place of those of a contact at rest.
local function expression(g, result, input)
  local place = {}
  local function of(id)
    if place[id] then return place[id] end
    local op = g.op[id]
    local e
    local a, b = g.a[id] and of(g.a[id]), g.b[id] and of(g.b[id])
    if op == "in" and input then e = input(g.name[id], g.unit[id])
    elseif op == "in" then
      local name = g.name[id]
      if at_rest[name] then e = make("positive", g.unit[id], nil, nil, nil, nil, nil, at_rest[name])
      elseif name == "BRC_IN_NX" then e = number(1, g.unit[id])
      elseif name == "BRC_IN_VX" or name == "BRC_IN_UX" then e = make("velocity", g.unit[id], nil, nil, nil, nil, nil, "v")
      else e = number(0, g.unit[id]) end
    elseif op == "coefficient" then e = make("coefficient", g.unit[id], nil, nil, nil, nil, nil, g.name[id])
    elseif op == "history" or op == "step" then e = number(0, g.unit[id]) -- dt -> 0: no displacement within a step
    elseif op == "constant" then e = number(g.value[id], g.unit[id])
    elseif op:sub(1, 6) == "where " then e = where(op:sub(7), a, b, of(g.c[id]), of(g.d[id]))
    else e = make_of[op](a, b, g.unit[id]) end
    place[id] = e
    return e
  end
  return of(result)
end

-- ---- the derivative -------------------------------------------------------------------------------------------------------
local add, sub, mul, div, neg = make_of["+"], make_of["-"], make_of["*"], make_of["/"], make_of.negate

local function differentiate(e, name)
  local done = {}
  local zero = number(0)
  local d
  local rules = {
    ["+"] = function(x) return add(d(x.a), d(x.b)) end,
    ["-"] = function(x) return sub(d(x.a), d(x.b)) end,
    ["*"] = function(x) return add(mul(d(x.a), x.b), mul(x.a, d(x.b))) end,
    ["/"] = function(x) return sub(div(d(x.a), x.b), mul(div(x, x.b), d(x.b))) end,
    negate = function(x) return neg(d(x.a)) end,
    sqrt = function(x) return div(d(x.a), mul(number(2, units.none), x)) end,
    abs = function(x) return where("<", x.a, zero, neg(d(x.a)), d(x.a)) end,
    exp = function(x) return mul(x, d(x.a)) end,
    log = function(x) return div(d(x.a), x.a) end,
    sin = function(x) return mul(make_of.cos(x.a, nil, x.unit), d(x.a)) end,
    cos = function(x) return neg(mul(make_of.sin(x.a, nil, x.unit), d(x.a))) end,
    atan2 = function(x) return div(sub(mul(x.b, d(x.a)), mul(x.a, d(x.b))), add(mul(x.a, x.a), mul(x.b, x.b))) end,
    pow = function(x)
      if x.b.op == "number" then
        local lower = number(x.b.value - 1, x.b.unit)
        return mul(mul(x.b, make_of.pow(x.a, lower, units.divide(x.unit, x.a.unit))), d(x.a))
      end
      return mul(x, add(mul(d(x.b), make_of.log(x.a, nil, units.none)), div(mul(x.b, d(x.a)), x.a)))
    end,
  }
  function d(x)
    if done[x] then return done[x] end
    local r = zero
    if x.name == name and (x.op == "positive" or x.op == "velocity" or x.op == "variable") then r = number(1, units.none)
    elseif x.op:sub(1, 6) == "where " then r = where(x.op:sub(7), x.a, x.b, d(x.c), d(x.d))
    elseif rules[x.op] then r = rules[x.op](x) end
    done[x] = r
    return r
  end
  return d(e)
end

-- Leaves the velocity 0 in an expression.
local function still(e)
  local done = {}
  local function of(x)
    if not x then return nil end
    if done[x] then return done[x] end
    local r = x
    if x.op == "velocity" then r = number(0, x.unit)
    elseif x.op:sub(1, 6) == "where " then r = where(x.op:sub(7), of(x.a), of(x.b), of(x.c), of(x.d))
    elseif x.a then r = make_of[x.op](of(x.a), of(x.b), x.unit) end
    done[x] = r
    return r
  end
  return of(e)
end

-- ---- numbers and text -------------------------------------------------------------------------------------------------------
local numeric = {
  ["+"] = function(a, b) return a + b end, ["-"] = function(a, b) return a - b end, ["*"] = function(a, b) return a * b end,
  ["/"] = function(a, b) return a / b end, negate = function(a) return -a end, sqrt = math.sqrt, abs = math.abs,
}

local function evaluate(e, values, coefficients)
  local done = {}
  local function of(x)
    if done[x] then return done[x] end
    local r
    if x.op == "number" then r = x.value
    elseif x.op == "positive" then r = values[x.name]
    elseif x.op == "coefficient" then r = coefficients[x.name]
    elseif x.op:sub(1, 6) == "where " then
      local a, b, op = of(x.a), of(x.b), x.op:sub(7)
      local yes = op == "<" and a < b or op == "<=" and a <= b or op == "==" and a == b
      r = of(yes and x.c or x.d) -- the other may not be a number here
    elseif calls[x.op] == 1 then r = restitution.math[x.op](of(x.a)) -- math.log would take a nil for its base
    elseif calls[x.op] then r = restitution.math[x.op](of(x.a), of(x.b))
    else r = numeric[x.op](of(x.a), x.b and of(x.b)) end
    done[x] = r
    return r
  end
  return of(e)
end

local levels = { ["+"] = 1, ["-"] = 1, ["*"] = 2, ["/"] = 2, negate = 1 }
local function text_of(e)
  local function of(x, level)
    if x.op == "number" then return ("%.6g"):format(x.value) end
    if x.name then return x.op == "coefficient" and "k." .. x.name or x.name end
    if x.op:sub(1, 6) == "where " then
      return ("(%s %s %s ? %s : %s)"):format(of(x.a, 1), x.op:sub(7), of(x.b, 1), of(x.c, 0), of(x.d, 0))
    end
    local mine = levels[x.op]
    if not mine then return ("%s(%s%s)"):format(x.op, of(x.a, 0), x.b and ", " .. of(x.b, 0) or "") end
    local text
    if x.op == "negate" then text = "-" .. of(x.a, 2)
    else text = ("%s %s %s"):format(of(x.a, mine), x.op, of(x.b, (x.op == "-" or x.op == "/") and mine + 1 or mine)) end
    return mine < level and "(" .. text .. ")" or text
  end
  return of(e, 0)
end

local function result(e, expected, what)
  if expected and e.unit and e.unit ~= expected then
    error(("the derivative of the %s came out in %s"):format(what, units.name(e.unit)), 0)
  end
  local text
  return {
    --- The number for radius R [m], mass m [kg], overlap [m] and the law's coefficients.
    at = function(coefficients, R, m, overlap) return (evaluate(e, { R = R, m = m, overlap = overlap }, coefficients)) end,
    --- The formula, or nil when it is too long to read.
    text = function()
      if not text then
        local size = 0
        local function count(x) -- as it would be written: shared parts again
          size = size + 1
          if size < 60 and x.a then count(x.a) end
          if size < 60 and x.b then count(x.b) end
          if size < 60 and x.c then count(x.c) end
          if size < 60 and x.d then count(x.d) end
        end
        count(e)
        text = size < 60 and text_of(e) or false
      end
      return text or nil
    end,
  }
end

--- For a law: { force, stiffness, damping } at rest: F_n [N], dF_n/d overlap [N/m], -dF_n/d v_n [N s/m], each { at(k, R, m, overlap),
-- text() }. v_n is the speed at which the two part; the normal is that of a contact with a wall.
function derivative.of(law, traced)
  traced = traced or trace.law(law)
  shared = { count = 0 }
  local moving = expression(traced.graph, traced.results[1])
  local force = still(moving)
  local stiffness, damping = differentiate(force, "overlap"), still(neg(differentiate(moving, "v")))
  shared = nil
  return { force = result(force, law.units and units.parse "N", "force"),
    stiffness = result(stiffness, law.units and units.parse "N/m", "stiffness"),
    damping = result(damping, law.units and units.parse "N s/m", "damping") }
end

local two = { ["+"] = graph.add, ["-"] = graph.subtract, ["*"] = graph.multiply, ["/"] = graph.divide }

-- An expression as a node of the graph that is being made.
local function node_of(e, place)
  local function of(x)
    if place[x] then return place[x] end
    local r
    if x.op == "number" then r = graph.constant(x.value, x.unit)
    elseif x.op == "variable" then r = graph.input("in", x.name, x.unit)
    elseif x.op == "coefficient" then r = graph.input("coefficient", x.name, x.unit)
    elseif x.op:sub(1, 6) == "where " then
      local a, b = of(x.a), of(x.b)
      r = graph.select(graph.compare(x.op:sub(7), a, b), of(x.c), of(x.d))
    elseif two[x.op] then r = two[x.op](of(x.a), of(x.b))
    elseif calls[x.op] then r = graph.call(x.op, of(x.a), x.b and (x.b.op == "number" and x.b.value or of(x.b)))
    else r = graph[x.op](of(x.a)) end -- negate, sqrt, abs
    place[x] = r
    return r
  end
  return of(e)
end

--- Appends to a traced graph the derivatives of its results by the one input that it has, of that name; `unit`: the input's. Answers
-- their nodes in the order of the results.
function derivative.append(traced, name, unit)
  shared = { count = 0 }
  graph.resume(traced.graph)
  local ok, rates = pcall(function()
    local list, place = {}, {}
    for i, id in ipairs(traced.results) do
      local e = expression(traced.graph, id, function(input, u) return make("variable", u, nil, nil, nil, nil, nil, input) end)
      local rate = node_of(differentiate(e, name), place)
      local got, expected = graph.unit(rate), units.divide(traced.graph.unit[id], unit)
      if got and expected and got ~= expected then
        error(("the derivative of a result in %s came out in %s"):format(units.name(traced.graph.unit[id]), units.name(got)), 0)
      end
      list[i] = rate.id
    end
    return list
  end)
  shared = nil
  graph.finish()
  if not ok then error(rates, 0) end
  return rates
end

return derivative
