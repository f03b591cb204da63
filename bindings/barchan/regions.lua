-- regions.lua -- volumes to insert particles into: barchan.region.box{...} and so on, also sim.box{...} with a dot.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local errors = require "barchan.errors"
local checks = require "barchan.checks"
local api = require "barchan.api"

local regions = {}
local Region = { __tostring = function(r) return "region (" .. r.shape .. ")" end }

checks.define("region", function(where, name, _, v)
  if type(v) ~= "table" or getmetatable(v) ~= Region then
    local hint = type(v) == "table" and getmetatable(v) and tostring(v):match("^wall ") and
      "; sim:box{...} with a colon makes a wall, sim.box{...} with a dot a region" or ""
    errors.raise(("%s: %s must be a region (sim.box{...} or barchan.region.box{...}), got %s%s"):format(where,
      name, checks.show(v), hint))
  end
  return v
end)

local function define(name, kind, fill)
  local what = "barchan.region." .. name
  regions[name] = function(options)
    if type(options) == "table" and options.material ~= nil then
      errors.raise(("sim.%s{...} with a dot makes a region, which has no material; a wall is sim:%s{...} with a "
        .. "colon"):format(name, name))
    end
    local o = checks.options(what, api.calls[what].parameters, options)
    local r = ffi.new("brc_region")
    r.kind = kind
    fill(r, o)
    return setmetatable({ shape = name, def = r }, Region)
  end
end

define("box", 0, function(r, o)
  checks.put(r.lo, o.lo)
  checks.put(r.hi, o.hi)
  for k, axis in ipairs { "x", "y", "z" } do
    if not (o.lo[k] <= o.hi[k]) then
      errors.raise(("barchan.region.box: lo must not be above hi: along %s they are %.6g and %.6g m"):format(axis,
        o.lo[k], o.hi[k]))
    end
  end
end)
define("cylinder", 1, function(r, o)
  checks.put(r.lo, o.from)
  checks.put(r.hi, o.to)
  r.radius = o.radius
end)
define("sphere", 2, function(r, o)
  checks.put(r.lo, o.center)
  r.radius = o.radius
end)
define("cone", 3, function(r, o)
  checks.put(r.lo, o.from)
  checks.put(r.hi, o.to)
  r.radius, r.radius2 = o.radius_from, o.radius_to
end)

return setmetatable(regions, { __index = function(_, key)
  errors.raise("barchan.region: " .. errors.unknown("region", key, { "box", "cylinder", "sphere", "cone" }))
end })
