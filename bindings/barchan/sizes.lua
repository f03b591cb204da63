-- sizes.lua -- what sim:insert takes as a radius, as the engine's size distribution.
jit.off(true, true) -- cold: see init.lua
local errors = require "barchan.errors"
local checks = require "barchan.checks"
local api = require "barchan.api"

local sizes = {}
local kinds = { single = 0, uniform = 1, normal = 2, lognormal = 3, discrete = 4, table = 5 }
local radius = { name = "radius", type = "number", unit = "m", above = 0 }

-- A checked description: { kind =, min =, max =, ... }, or { list = {...} } for a plain list of radii.
checks.define("sizes", function(where, name, _, v)
  if type(v) == "number" then
    return { kind = "single", min = checks.value(where, radius, v), max = v, plain = true }
  end
  if type(v) ~= "table" then
    errors.raise(("%s: %s must be a number > 0 m, {min, max} or a table with a distribution, got %s"):format(where, name,
      checks.show(v)))
  end
  local full = where .. ": " .. name
  if v.distribution == nil then
    for key in pairs(v) do
      if type(key) ~= "number" then
        errors.raise(("%s: distribution is missing beside '%s': one of uniform, normal, lognormal, discrete, table"):format(full,
          tostring(key)))
      end
    end
    if #v == 0 then errors.raise(full .. ": an empty table; give a number, {min, max} or a distribution") end
    local list = checks.value(where, { name = "radius", type = "list", of = "number", unit = "m", above = 0 }, v)
    return { list = list, kind = "uniform", min = list[1], max = list[2], plain = true }
  end
  local names = {}
  for kind in pairs(api.sizes) do names[#names + 1] = kind end
  table.sort(names)
  local kind = checks.value(full, { name = "distribution", type = "choice", choices = names }, v.distribution)
  local o = checks.options(full, api.sizes[kind], v)
  o.kind = kind
  return o
end)

--- The engine's form. anchor: a list that keeps C arrays alive.
function sizes.fill(where, o, c, anchor)
  if o.list then
    if #o.list ~= 2 then
      errors.raise(("%s: radius: {min, max} has two numbers, got %d; a list with one for each particle goes with x")
        :format(where, #o.list))
    end
    if o.min > o.max then
      errors.raise(("%s: radius: {min, max} must increase, got {%.6g, %.6g} m"):format(where, o.min, o.max))
    end
  end
  c.kind = kinds[o.kind]
  c.min, c.max = o.min or 0, o.max or 0
  if o.kind == "normal" then
    c.mean, c.sd = o.mean, o.sd
  elseif o.kind == "lognormal" then
    c.mean, c.sd = o.median, o.gsd
  elseif o.kind == "discrete" or o.kind == "table" then
    local shares = o.weights or o.cumulative
    if #shares ~= #o.radii then
      errors.raise(("%s: radius: %d radii but %d %s"):format(where, #o.radii, #shares,
        o.weights and "weights" or "cumulative shares"))
    end
    local r, w = checks.numbers(o.radii), checks.numbers(shares)
    anchor[#anchor + 1], anchor[#anchor + 2] = r, w
    c.radius, c.weight, c.count, c.by_mass = r, w, #o.radii, o.by == "mass" and 1 or 0
    o.min, o.max = math.min(unpack(o.radii)), math.max(unpack(o.radii))
  end
end

--- The radii as one list of `count` numbers, for particles that are given.
function sizes.each(where, o, count)
  if o.list then
    if #o.list ~= count then
      errors.raise(("%s: %d positions but %d radii"):format(where, count, #o.list))
    end
    return o.list
  end
  if o.kind ~= "single" then
    errors.raise(where .. ": with x, radius must be a number or a list with one for each particle")
  end
  local list = {}
  for i = 1, count do list[i] = o.min end
  return list
end

return sizes
