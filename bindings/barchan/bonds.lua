-- bonds.lua -- sim:bond{...}: contacts that persist between particles until they break; what has become of them.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local native = require "barchan.native"
local errors = require "barchan.errors"
local checks = require "barchan.checks"
local api = require "barchan.api"
local journal = require "barchan.journal"
local law = require "barchan.law"
local materials = require "barchan.materials"
local simulation = require "barchan.simulation"
local C = native.C

local bonds = {}
local WHAT = "sim:bond"

-- ---- the object that sim:bond returns -----------------------------------------------------------------------------------
local Bonds = {}
local methods = {}
local members = { made = true, count = "intact", broken = true, removed = true }

local function live(object, what)
  if type(object) ~= "table" or getmetatable(object) ~= Bonds then
    errors.raise(("%s must be called with a colon: bonds%s()"):format(what:gsub(":", "."), what:match ":.*"))
  end
  local b = rawget(object, "_")
  if b.state.closed then errors.raise(what .. ": the simulation is closed") end
  return b
end

--- The pairs of ids that are bonded now: { { id, id }, ... }, in the order of ids.
function methods.pairs(object)
  local b = live(object, "bonds:pairs")
  local n = tonumber(C.brc_bonds_list(b.state.handle, b.kind, 0, nil))
  local list, out = ffi.new("int64_t[?]", 2 * n + 1), {}
  C.brc_bonds_list(b.state.handle, b.kind, n, list)
  for i = 1, n do out[i] = { tonumber(list[2 * i - 2]), tonumber(list[2 * i - 1]) } end
  return out
end

--- What is gone, oldest first: { { id, id, step =, removed = true when a particle was removed }, ... }.
function methods.ends(object)
  local b = live(object, "bonds:ends")
  local list, out = ffi.new("const brc_bond_end*[1]"), {}
  for i = 0, tonumber(C.brc_bonds_ended(b.state.handle, list)) - 1 do
    local e = list[0][i]
    if e.kind == b.kind then
      out[#out + 1] = { tonumber(e.a), tonumber(e.b), step = tonumber(e.step), removed = e.removed ~= 0 }
    end
  end
  return out
end

function Bonds.__index(object, key)
  if methods[key] then return methods[key] end
  local b = rawget(object, "_")
  if not members[key] then
    errors.raise(errors.unknown("member of bonds", key, { "broken", "count", "ends", "made", "pairs", "removed" }))
  end
  if b.state.closed then errors.raise(("bonds.%s: the simulation is closed"):format(key)) end
  local state = ffi.new("brc_bond_state")
  native.check(C.brc_bonds_get(b.state.handle, b.kind, state), "bonds." .. key)
  return (tonumber(state[members[key] == true and key or members[key]]))
end

function Bonds.__newindex(_, key) errors.raise(("bonds.%s cannot be assigned"):format(tostring(key))) end

function Bonds.__tostring(object)
  local b = rawget(object, "_")
  if b.state.closed then return "bonds (closed)" end
  return ("%d bonds, %d broken"):format(object.count, object.broken)
end

journal.object(Bonds, methods, "bonds")

--- The object of the engine's set of bonds number `kind`, from 0.
function bonds.object(s, kind) return setmetatable({ _ = { state = s, kind = kind } }, Bonds) end

-- ---- making them --------------------------------------------------------------------------------------------------------
local function given_pairs(list)
  local out = ffi.new("int64_t[?]", 2 * #list + 1)
  for i, pair in ipairs(list) do
    if type(pair) ~= "table" or #pair ~= 2 then
      errors.raise(("%s: pairs[%d] must be two ids {1, 2}, got %s"):format(WHAT, i, checks.show(pair)))
    end
    for k = 1, 2 do
      out[2 * (i - 1) + k - 1] = checks.value(WHAT, { name = ("pairs[%d][%d]"):format(i, k), type = "integer", min = 1, max = 2 ^ 53 },
        pair[k])
    end
  end
  return out, #list
end

local function near_pairs(s, o)
  local pair_of, count = nil, ffi.new("int64_t[1]")
  if o.between then
    if #o.between ~= 2 then errors.raise(("%s: between must be two materials, got %d"):format(WHAT, #o.between)) end
    for _, m in ipairs(o.between) do materials.own(s, WHAT, m) end
    pair_of = ffi.new("int32_t[2]", o.between[1].index, o.between[2].index)
  end
  native.check(C.brc_bonds_near(s.handle, o.within, pair_of, 0, nil, count), WHAT)
  local n = tonumber(count[0])
  local list = ffi.new("int64_t[?]", 2 * n + 1)
  if n > 0 then native.check(C.brc_bonds_near(s.handle, o.within, pair_of, n, list, count), WHAT) end
  return list, n
end

-- The fastest oscillation [rad/s] of a pair on its bond, and the force [N] that the sums must hold: what the time step and the range
-- of the sums are chosen from.
local function measure(s, o, list, count)
  local m = { rate = 0, force = 0 }
  local sizes = ffi.new("double[?]", 4 * count + 1)
  native.check(C.brc_particle_sizes(s.handle, 2 * count, list, sizes), WHAT)
  local shear = o.young / (2 * (1 + o.poisson))
  for i = 0, count - 1 do
    local ra, ma, rb, mb = sizes[4 * i], sizes[4 * i + 1], sizes[4 * i + 2], sizes[4 * i + 3]
    local beam = o.radius > 0 and o.radius or o.radius_factor * math.min(ra, rb)
    local area, length = math.pi * beam * beam, ra + rb
    -- Turning against each other on the shear spring is as stiff as this for equal spheres.
    local k = math.max(o.young, 5 * shear) * area / length
    m.rate = math.max(m.rate, math.sqrt(k * (ma + mb) / (ma * mb)))
    local strain = math.min(0.02, 2 * math.max(o.tensile_strength, o.shear_strength) / o.young)
    m.force = math.max(m.force, o.young * area * strain)
  end
  return m
end

simulation.options_method("bond", function(s, o)
  if s.in_hook then errors.raise(WHAT .. ": not in the middle of a step (each_step); use call") end
  local how = checks.one_of(WHAT, o, { "pairs", "within" }, true)
  if o.between and how ~= "within" then errors.raise(WHAT .. ": between goes with within") end
  local list, count
  if how == "pairs" then list, count = given_pairs(o.pairs) else list, count = near_pairs(s, o) end
  local l, kind = law.bond(), ffi.new("int32_t[1]")
  local derived = l.derive({}, {}, o)
  local coefficients = ffi.new("double[?]", #l.coefficients)
  for i, name in ipairs(l.coefficients) do coefficients[i - 1] = derived[name] end
  native.check(C.brc_bonds_add(s.handle, l.name, coefficients, o.contact and 0 or 1, count, list, kind), WHAT)
  local scale, object = measure(s, o, list, count), bonds.object(s, kind[0])
  s.bonds[kind[0] + 1] = { rate = scale.rate, force = scale.force, object = object }
  s.stale_law, s.summary_valid = true, false
  return object
end)

-- The parameters of the beam come from its law.
do
  local parameters = api.calls[WHAT].parameters
  for _, p in ipairs(materials.parameters(law.bond(), "pair")) do parameters[#parameters + 1] = p end
end

return bonds
