-- materials.lua -- materials, the contact law, and what holds between two materials; turned into the engine's table of
-- coefficients before a run. The law says which values it needs (law.lua); everything is checked against that.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local native = require "barchan.native"
local errors = require "barchan.errors"
local checks = require "barchan.checks"
local api = require "barchan.api"
local backend = require "barchan.backend"
local explain = require "barchan.law.explain"
local book = require "barchan.book"
local law = require "barchan.law"
local simulation = require "barchan.simulation"
local timestep = require "barchan.timestep"
local user_fields = require "barchan.user_fields"
local C = native.C

local materials = {}

law.set_math { sqrt = math.sqrt, pi = math.pi,
  log = function(x) return C.brc_log(x) end, exp = function(x) return C.brc_exp(x) end,
  sin = function(x) return C.brc_sin(x) end, cos = function(x) return C.brc_cos(x) end,
  atan2 = function(y, x) return C.brc_atan2(y, x) end, pow = function(x, y) return C.brc_pow(x, y) end }

local Material = { __tostring = function(m) return "material '" .. m.name .. "'" end }

-- A material is read through its inner table, so that an assignment, which would change nothing, comes to __newindex.
function Material.__index(m, key)
  local inner = rawget(m, "_")
  if inner[key] ~= nil then return inner[key] end
  local names = {}
  for name in pairs(inner.values) do names[#names + 1] = name end
  table.sort(names)
  errors.raise(errors.unknown("value of material '" .. inner.name .. "'", key, names))
end

function Material.__newindex(m, key)
  errors.raise(("%s: %s cannot be assigned: its values are given to sim:material{...}"):format(tostring(m), tostring(key)))
end
checks.object("material", Material, "what sim:material{...} returns")

-- The law's description of a value as a parameter of checks.lua.
local function parameter(name, spec, required)
  local p = { name = name, type = spec.choices and "choice" or "number", unit = spec.unit, choices = spec.choices,
    text = spec.text or name, default = spec.default, required = required and spec.default == nil }
  if spec.exclusive then p.above, p.below = spec.min, spec.max else p.min, p.max = spec.min, spec.max end
  return p
end

local function parameters(specs, required)
  local list = {}
  for name, spec in pairs(specs) do list[#list + 1] = parameter(name, spec, required) end
  table.sort(list, function(a, b) return a.name < b.name end)
  return list
end

--- The parameters that a law asks for: kind is "material" or "pair". Used by `barchan describe` too.
function materials.parameters(resolved, kind) return (parameters(resolved[kind], true)) end

-- What any law asks for: a misspelt key is found at its own line, before the law is chosen.
local all = {}
local function known(kind)
  if not all[kind] then
    all[kind] = parameters(law.values(kind), false)
    for _, p in ipairs(all[kind]) do p.default = nil end
  end
  return all[kind]
end

local function joined(first, second)
  local list = {}
  for _, p in ipairs(first) do list[#list + 1] = p end
  for _, p in ipairs(second) do list[#list + 1] = p end
  return list
end

simulation.method("material", function(s, options)
  if s.in_hook then errors.raise("sim:material: not in the middle of a step (each_step); use call") end
  local own = api.calls["sim:material"].parameters
  local values = checks.options("sim:material", joined(own, known "material"), options)
  for _, m in ipairs(s.materials) do
    if m.name == values.name then
      errors.raise(("sim:material: there is a material '%s' already (%s)"):format(values.name, m.where))
    end
  end
  if values.capacity then user_fields.check_capacity("sim:material", values.capacity) end
  local index = ffi.new("int32_t[1]")
  native.check(C.brc_material_add(s.handle, values.density, index), "sim:material")
  local inner = { name = values.name, density = values.density, values = values, index = index[0], state = s,
    where = errors.where() or "barchan" } -- the self-test has no script
  for key, value in pairs(values) do
    if inner[key] == nil then inner[key] = value end
  end
  local m = setmetatable({ _ = inner }, Material)
  s.materials[index[0] + 1] = m
  s.stale_law = true
  return m
end)

simulation.method("law", function(s, name, options)
  local p = api.calls["sim:law"].parameters
  if type(name) ~= "table" then checks.value("sim:law", p[1], name) end -- a table is a composition of sub-models
  if options ~= nil then checks.value("sim:law", p[2], options) end
  local known_law, resolved
  if type(name) == "function" or type(name) == "table" and not name.kind and type(rawget(name, "force")) == "function" then
    errors.raise(("sim:law: a law of the script's own is made with barchan.contact_law { name = ..., force = ... }, got a plain %s"):format(
      type(name)))
  end
  if type(name) == "table" and name.kind == "law" then
    known_law, resolved = pcall(law.compose_with, name, options)
  else
    known_law, resolved = pcall(law.resolve, name, options)
  end
  if not known_law then errors.raise("sim:law: " .. tostring(resolved):gsub("^.-:%d+: ", "")) end
  local traced, number = pcall(backend.number, s, resolved)
  if not traced then -- a law of the script: the message begins with the law's line
    errors.raise_text(number)
  end
  s.law, s.law_number, s.stale_law, s.law_slots = resolved, number, true, options
  resolved.explain = explain.print
  return resolved
end)

local function same_simulation(s, what, m)
  if m.state ~= s then
    errors.raise(("%s: material '%s' belongs to another simulation"):format(what, m.name))
  end
  return m
end
materials.own = same_simulation

simulation.method("pair", function(s, a, b, options)
  local p = api.calls["sim:pair"].parameters
  same_simulation(s, "sim:pair", checks.value("sim:pair", p[1], a))
  same_simulation(s, "sim:pair", checks.value("sim:pair", p[2], b))
  checks.value("sim:pair", p[3], options)
  local where = ("sim:pair(%s, %s)"):format(a.name, b.name)
  local known_values = s.law and materials.parameters(s.law, "pair") or known "pair"
  if s.law then -- a value of another law is worth a word of its own
    for key in pairs(options) do
      local here, elsewhere
      for _, q in ipairs(known_values) do here = here or q.name == key end
      for _, q in ipairs(known "pair") do elsewhere = elsewhere or q.name == key end
      if not here and elsewhere then
        errors.raise(("%s: the law %s does not use '%s'; it takes %s"):format(where, s.law.name, tostring(key),
          table.concat(api.names(known_values), ", ")))
      end
    end
  end
  local values = checks.options(where, known_values, options)
  local low, high = math.min(a.index, b.index), math.max(a.index, b.index)
  s.pairs[low .. "," .. high] = { values = values, given = options, where = errors.where(), a = a, b = b, law = s.law }
  s.stale_law = true
end)

--- Pairs of materials that can touch: both of particles, or one of particles and one of a wall. { a, b } with a <= b.
function materials.touching(s)
  local list = {}
  for a = 0, #s.materials - 1 do
    for b = a, #s.materials - 1 do
      local ua, ub = s.used[a], s.used[b]
      if (ua and (ub or s.on_walls[b])) or (ub and s.on_walls[a]) then list[#list + 1] = { a, b } end
    end
  end
  return list
end

-- A pair by its materials' names with the call that would set it.
local function suggestion(s, a, b)
  local names = {}
  for _, p in ipairs(materials.parameters(s.law, "pair")) do
    if p.required then names[#names + 1] = p.name .. " = ..." end
  end
  return ("sim:pair(%s, %s, { %s })"):format(s.materials[a + 1].name, s.materials[b + 1].name, table.concat(names, ", "))
end

--- Names of touching pairs without values: { "glass-steel", ... }, and the call that sets the first.
function materials.missing(s)
  local names, call = {}, nil
  for _, pair in ipairs(materials.touching(s)) do
    if not s.pairs[pair[1] .. "," .. pair[2]] then
      names[#names + 1] = s.materials[pair[1] + 1].name .. "-" .. s.materials[pair[2] + 1].name
      call = call or suggestion(s, pair[1], pair[2])
    end
  end
  return names, call
end

-- Checked values of a material or a pair against the law of now; they may have been given before it was chosen.
local function checked_material(s, index)
  local m = s.materials[index + 1]
  local own = {}
  for _, p in ipairs(materials.parameters(s.law, "material")) do own[p.name] = m.values[p.name] end
  return (checks.options(("material '%s' with the law %s"):format(m.name, s.law.name),
    materials.parameters(s.law, "material"), own, m.where))
end

local function checked_pair(s, key)
  local entry = s.pairs[key]
  if entry.law ~= s.law then
    local where = ("sim:pair(%s, %s) with the law %s"):format(entry.a.name, entry.b.name, s.law.name)
    entry.values = checks.options(where, materials.parameters(s.law, "pair"), entry.given, entry.where)
    entry.law = s.law
  end
  return entry.values
end

--- Derives the coefficients of all touching pairs: list of { a =, b =, k = coefficients }. Raises what is missing.
function materials.derive(s, what)
  if not s.law then
    errors.raise(("%s: no contact law: choose one with sim:law(name); there are: %s"):format(what,
      table.concat(law.names(), ", ")))
  end
  local names, call = materials.missing(s)
  if #names > 0 then
    errors.raise(("%s: no values for the pair%s %s; write %s"):format(what, #names > 1 and "s" or "",
      table.concat(names, ", "), call))
  end
  local list, values = {}, {}
  for _, pair in ipairs(materials.touching(s)) do
    local a, b = pair[1], pair[2]
    values[a] = values[a] or checked_material(s, a)
    values[b] = values[b] or checked_material(s, b)
    local between = checked_pair(s, a .. "," .. b)
    list[#list + 1] = { a = a, b = b, k = s.law.derive(values[a], values[b], between), values_a = values[a], values_b = values[b],
      pair = between }
  end
  return list, values
end

-- How a contact of the largest particles with walls of each material answers, at an overlap of 1 % of the radius, for servos: mass,
-- sqrt(mass * stiffness), and the speed at which the smallest come to that overlap.
local function set_contact_scales(s, derived, what)
  local scales = {}
  local function meet(d, particles, wall)
    local sizes, density = s.used[particles], s.materials[particles + 1].density
    if not (sizes and s.on_walls[wall]) then return end
    local scale = scales[wall] or { mass = 0, impedance = 0, speed = math.huge }
    local function at(R)
      return 4 / 3 * math.pi * (R * R * R) * density, s.law.stiffness(d.k, R, timestep.OVERLAP * R)
    end
    local mass, k = at(sizes.max)
    scale.mass, scale.impedance = math.max(scale.mass, mass), math.max(scale.impedance, math.sqrt(mass * math.max(k, 0)))
    mass, k = at(sizes.min)
    if k > 0 then scale.speed = math.min(scale.speed, timestep.OVERLAP * sizes.min * math.sqrt(k / mass)) end
    scales[wall] = scale
  end
  for _, d in ipairs(derived) do
    meet(d, d.a, d.b)
    if d.a ~= d.b then meet(d, d.b, d.a) end
  end
  for wall, scale in pairs(scales) do
    local speed = scale.speed < math.huge and scale.speed or 0
    native.check(C.brc_contact_scale_set(s.handle, wall, scale.mass, scale.impedance, speed), what)
  end
end

-- Largest gaps [m] at which the law acts, by pair of materials: over the effective radii that occur, walls' included.
local function reaches(s, derived)
  local M = #s.materials
  local out = ffi.new("double[?]", math.max(M * M, 1))
  if not s.law.reach then return out end
  for _, d in ipairs(derived) do
    local ua, ub = s.used[d.a], s.used[d.b]
    local low, high = math.huge, 0
    local function take(from, to) low, high = math.min(low, from), math.max(high, to) end
    if ua and ub then take(ua.min * ub.min / (ua.min + ub.min), ua.max * ub.max / (ua.max + ub.max)) end
    if ua and s.on_walls[d.b] then take(ua.min, ua.max) end
    if ub and s.on_walls[d.a] then take(ub.min, ub.max) end
    local most = 0
    for i = 0, high > 0 and 64 or -1 do -- it need not grow with the radius
      local R = i == 64 and high or low * (high / low) ^ (i / 64)
      local gap = s.law.reach(d.k, R)
      if type(gap) ~= "number" or not (gap >= 0 and gap < math.huge) then
        errors.raise(("the law %s gives a reach of %s m for %s and %s at an effective radius of %g m"):format(s.law.name,
          checks.show(gap), s.materials[d.a + 1].name, s.materials[d.b + 1].name, R))
      end
      most = math.max(most, gap)
    end
    out[d.a * M + d.b], out[d.b * M + d.a] = most, most
  end
  return out
end

--- Brings the engine's law, coefficients and time step up to date. what: the call, for messages.
function materials.prepare(s, what)
  if not s.stale_law then return end
  local derived, values = materials.derive(s, what)
  -- [radii] the overlap whose force the sums must hold: the guard for overlaps is to stop the run before the range does
  local M, largest, deep = #s.materials, 0, math.max(0.2, s.options.overlap_limit)
  for _, sizes in pairs(s.used) do largest = math.max(largest, sizes.max) end
  local count = #s.law.coefficients
  local table_ = ffi.new("double[?]", math.max(count * M * M, 1)) -- pairs that cannot touch stay 0
  local force = 0
  for _, d in ipairs(derived) do
    for k, name in ipairs(s.law.coefficients) do
      table_[(k - 1) * M * M + d.a * M + d.b] = d.k[name]
      table_[(k - 1) * M * M + d.b * M + d.a] = d.k[name]
    end
    local a = s.used[d.a] and d.a or d.b
    backend.probe(s, s.law, d.k, s.materials[d.a + 1].name .. " and " .. s.materials[d.b + 1].name, s.used[a].min,
      s.materials[a + 1].density)
    local density = math.max(s.materials[d.a + 1].density, s.materials[d.b + 1].density)
    local mass = density * 4 / 3 * math.pi * (largest * largest * largest)
    local spring = s.law.force_at(d.k, largest, mass, deep * largest)
    force = math.max(force, 2 * spring) -- the dashpot may double it
    -- A dashpot above critical stops what comes at deep c / m before it gets that deep, and pushes with c times that speed.
    local c = s.law.damping_at(d.k, largest, mass, timestep.OVERLAP * largest)
    if c * c > 4 * mass * s.law.stiffness(d.k, largest, timestep.OVERLAP * largest) then
      force = math.max(force, 2 * deep * largest * c * c / mass)
    end
  end
  for _, b in ipairs(s.bonds) do force = math.max(force, 2 * b.force) end
  local dt, bounds = timestep.choose(s, what, derived, values)
  if M > 0 then
    user_fields.prepare(s, what, derived, largest > 0 and largest or 1, deep)
    force = s.options.force_scale or (force > 0 and force or 1)
    book.before_change(s, what)
    native.check(C.brc_law_set(s.handle, s.law_number, M, table_, force, largest > 0 and largest or 1), what)
    native.check(C.brc_law_reach(s.handle, M, reaches(s, derived)), what)
  end
  set_contact_scales(s, derived, what)
  backend.prepare(s, what)
  simulation.set_dt(s, dt, what)
  if M > 0 then book.prepare(s, what, derived) end
  s.bounds, s.stale_law, s.summary_valid = bounds, false, false
end

return materials
