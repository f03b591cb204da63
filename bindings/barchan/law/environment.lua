-- environment.lua -- the names that the text of a law can use. Each takes plain numbers and traced values alike.
local blame = require "barchan.law.blame"
local graph = require "barchan.law.graph"
local mechanics = require "barchan.law.mechanics"
local restitution = require "barchan.law.restitution"
local units = require "barchan.law.units"
local vector = require "barchan.law.vector"

local fail = blame.fail
local names = {}

names.vec3, names.dot, names.cross, names.norm = vector.make, vector.dot, vector.cross, vector.norm
names.damping_ratio = restitution.damping_ratio

local function fold(f, what)
  return function(x, ...)
    if vector.is(x) then fail("%s needs numbers, got a vector", what) end
    for i = 1, select("#", ...) do x = f(x, (select(i, ...))) end
    return x
  end
end

names.abs, names.sqrt = graph.abs, graph.sqrt
names.min, names.max = fold(graph.min, "min"), fold(graph.max, "max")
names.pi, names.huge = math.pi, math.huge

for name, arguments in pairs(graph.calls) do
  names[name] = function(x, y)
    if names.tracing() then return graph.call(name, x, y) end
    for i = 1, arguments do
      local value = i == 1 and x or y
      if type(value) ~= "number" then fail("%s needs a number, got %s", name, vector.is(value) and "a vector" or type(value)) end
    end
    local f = restitution.math[name]
    if arguments == 1 then return (f(x)) end -- math.log would take a second argument, also nil, for its base
    return (f(x, y))
  end
end
names.floor = function(x)
  if graph.is_scalar(x) then fail("law: floor of a traced value is not offered") end
  return math.floor(x)
end

local function comparison(op, plain, swapped)
  return function(x, y)
    if swapped then x, y = y, x end
    if graph.is_scalar(x) or graph.is_scalar(y) then return graph.compare(op, x, y) end
    return plain(x, y)
  end
end
names.lt = comparison("<", function(x, y) return x < y end)
names.le = comparison("<=", function(x, y) return x <= y end)
names.gt = comparison("<", function(x, y) return x < y end, true)
names.ge = comparison("<=", function(x, y) return x <= y end, true)
names.eq = comparison("==", function(x, y) return x == y end)

--- Both values are computed, one is taken; unlike `if`, adds no path. Made for conditions from lt, le, gt, ge, eq.
function names.where(condition, x, y)
  if vector.is(x) ~= vector.is(y) then fail("where needs two numbers or two vectors") end
  if type(condition) == "boolean" then
    if condition then return x else return y end
  end
  if type(condition) ~= "table" or not condition.op then fail("where needs a condition such as lt(a, b), got %s", type(condition)) end
  if not vector.is(x) then return graph.select(condition, x, y) end
  return vector.make(graph.select(condition, x.x, y.x), graph.select(condition, x.y, y.y), graph.select(condition, x.z, y.z))
end

--- A constant with a unit: quantity(1e-30, "N").
function names.quantity(value, unit)
  local u = units.parse(unit)
  if not names.tracing() then return value end
  return graph.constant(value, u)
end

mechanics(names)

for _, name in ipairs { "type", "tostring", "tonumber", "ipairs", "pairs", "select", "error", "assert", "unpack" } do
  names[name] = _G[name]
end

local math_names = {}
for _, name in ipairs { "abs", "sqrt", "min", "max", "exp", "log", "pow", "sin", "cos", "atan2", "floor", "pi", "huge" } do
  math_names[name] = names[name]
end

local function guarded(t, what)
  return setmetatable({}, {
    __index = function(_, key)
      local value = t[key]
      if value == nil then fail("unknown name '%s%s'%s", what, tostring(key), blame.known(key, blame.keys(t))) end
      return value
    end,
    __newindex = function(_, key)
      fail("%s'%s' must not be set: a law may only change its own locals and h", what == "" and "global " or what, tostring(key))
    end,
  })
end
names.math = guarded(math_names, "math.")

local environment = {
  --- The words of the language and what they are, in the order of the manual; "NAME(...)" or "NAME, NAME".
  words = {
    { "+ - * /", "of numbers, and of vectors with numbers; x * x for a square: there is no ^" },
    { "if, for", "Lua's own: an if runs the function once for each outcome; a loop may not depend on traced values" },
    { "sqrt abs min max", "of numbers" },
    { "exp log sin cos atan2 pow", "of pure numbers; pow(x, y) of any x with a plain y" },
    { "pi huge floor", "floor of plain numbers only" },
    { "dot(a, b) cross(a, b) norm(v)", "of vectors" }, { "vec3(x, y, z)", "a vector; its parts are v.x v.y v.z" },
    { "across(v, n)", "the part of v across the unit vector n" },
    { "rotate_into_plane(v, n)", "that part drawn out to the length of v: how a tangential displacement follows its contact" },
    { "lt(x, y) le gt ge eq", "conditions for where" },
    { "where(condition, x, y)", "x or y; both are computed, and no path is added" },
    { "quantity(1e-9, \"N\")", "a number with a unit; a plain number has none, 0 has any" },
    { "effective_young(a, b)", "E* [Pa] of two materials with young and poisson, for derive" },
    { "effective_shear(a, b)", "G* [Pa], as Mindlin's spring 8 G* a needs it" },
    { "damping_ratio(e, tension, damping)", "that gives the restitution e; \"cut\" or \"allowed\"; \"calibrated\" or \"tsuji\"" },
    { "spring_dashpot(c, F, S, g)", "normal force [N] of a spring F [N] of stiffness S [N/m] with a dashpot g [N s/m]" },
    { "stick_or_slide(c, x, limit, g, S)", "friction of a spring x [m] of stiffness S [N/m], or x [N] without S: force, and x to be kept" },
    { "stick_or_twist(c, x, limit, g, S)", "the same about the normal, x [rad], S [N m]: moment, and x to be kept" },
    { "bearable_resistance(c, g)", "the dashpot g [N s/m], at most what a tangential spring bears in one step" },
    { "bridge_rupture(V, angle)", "lengths a [m] and b [m^2]: a liquid bridge breaks at the gap a + b/(2 R)" },
    { "rabinovich_pull(V, R, s, angle, cosine)", "of a liquid bridge, over 2 pi gamma R" },
    { "rabinovich_work(V, R, s, angle, cosine)", "its integral over the gap [m]" },
    { "type tostring tonumber ipairs pairs select error assert unpack math", "as in Lua; math holds the functions above" },
  },
}

--- Tells whether a trace is running; set by trace.lua.
names.tracing = function() return false end
function environment.set_tracing(f)
  names.tracing = f
end

--- The environment of a law's functions; `more` adds names (the barchan table for a law's file).
function environment.make(more)
  local t = {}
  for key, value in pairs(names) do t[key] = value end
  t.tracing = nil
  for key, value in pairs(more or {}) do t[key] = value end
  return guarded(t, "")
end

--- Gives a function of the script the language of laws.
function environment.adopt(f)
  setfenv(f, environment.make())
end

return environment
