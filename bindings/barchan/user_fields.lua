-- user_fields.lua -- numbers that a script adds to every particle and wall with sim:field: a temperature, a charge. They are read
-- and written like the engine's own fields; the contact law may read them and give fluxes into them.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local native = require "barchan.native"
local errors = require "barchan.errors"
local checks = require "barchan.checks"
local api = require "barchan.api"
local fields = require "barchan.fields"
local units = require "barchan.law.units"
local simulation = require "barchan.simulation"
local C = native.C

local user_fields = {}
local WHAT = "sim:field"

-- What the name of a field would hide; nil when nothing.
local function taken(s, name)
  if s.fields[name] then return "a field" end
  if simulation.methods[name] then return "a call" end
  for _, list in ipairs { api.properties, api.wall_properties } do
    for _, p in ipairs(list) do
      if p.name == name then return "a property" end
    end
  end
  for call, entry in pairs(api.calls) do
    for _, p in ipairs(entry.fields and entry.parameters or {}) do
      if p.name == name then return "a parameter of " .. call end
    end
  end
end

simulation.options_method("field", function(s, o)
  if s.in_hook then errors.raise(WHAT .. ": not in the middle of a step (each_step); use call") end
  if not o.name:find "^%l[%l_]*$" then
    errors.raise(("%s: name must be made of small letters and _, got %s"):format(WHAT, checks.show(o.name)))
  end
  for _, name in ipairs { o.name, o.name .. "_flux" } do
    local what = taken(s, name)
    if what then errors.raise(("%s: '%s' is %s already; choose another name"):format(WHAT, name, what)) end
  end
  local index = ffi.new("int32_t[1]")
  native.check(C.brc_user_field_add(s.handle, o.name, o.unit, o.default, index), WHAT)
  for _, name in ipairs { o.name, o.name .. "_flux" } do
    s.fields[name], s.field_names[#s.field_names + 1] = C.brc_field_find(s.handle, name), name
  end
  table.insert(s.user_fields, { name = o.name, unit = o.unit, default = o.default, flux_unit = o.flux_unit,
    flux_scale = o.flux_scale, index = index[0], min = o.default, max = o.default })
  s.stale_law = true
  return (fields.view(s, o.name))
end)

function user_fields.find(s, name)
  for _, u in ipairs(s.user_fields) do
    if u.name == name then return u end
  end
end

-- The values that occur: what the scale of fluxes is chosen from.
local function note(u, value)
  u.min, u.max = math.min(u.min, value), math.max(u.max, value)
end

-- ---- walls --------------------------------------------------------------------------------------------------------------
function user_fields.wall_set(s, wall, u, value, what)
  checks.value(what, { name = u.name, type = "number", unit = u.unit }, value)
  native.check(C.brc_wall_field_set(s.handle, wall, u.index, value), what)
  note(u, value)
end

--- The values that a new wall was given.
function user_fields.wall_made(s, wall, o, what)
  for _, u in ipairs(s.user_fields) do
    if o[u.name] then user_fields.wall_set(s, wall, u, o[u.name], what) end
  end
end

--- wall.temperature or wall.temperature_flux (into the wall, last step); nil when there is no such field.
function user_fields.wall_get(s, wall, key)
  local u = user_fields.find(s, key)
  local of_flux = not u and type(key) == "string" and key:match "^(.*)_flux$"
  u = u or of_flux and user_fields.find(s, of_flux)
  if not u then return nil end
  local value, flux = ffi.new("double[1]"), ffi.new("double[1]")
  native.check(C.brc_wall_field_get(s.handle, wall, u.index, value, flux), "wall." .. key)
  return of_flux and flux[0] or value[0]
end

-- ---- insertion ----------------------------------------------------------------------------------------------------------
--- Values of the particles that the coming insertion makes; lists of them follow in user_fields.inserted.
function user_fields.before_insert(s, o, what)
  for _, u in ipairs(s.user_fields) do
    local value = o[u.name]
    if type(value) == "table" and not o.x then
      errors.raise(("%s: %s must be one number here; a list goes with x"):format(what, u.name))
    end
    local count = o.x and (type(o.x[1]) == "table" and #o.x or 1)
    if type(value) == "table" and #value ~= count then
      errors.raise(("%s: %d positions but %d of %s"):format(what, count, #value, u.name))
    end
    if type(value) ~= "number" then value = u.default end
    native.check(C.brc_user_field_birth(s.handle, u.index, value), what)
    note(u, value)
  end
end

--- Values for each of the last `count` particles: lists that the script gave, or columns of a file (a brc_particle_file).
-- id(i): that of the i-th of them, of which several ranks have some each.
function user_fields.inserted(s, o, given, count, id, file)
  for j, u in ipairs(s.user_fields) do
    local list, here = o[u.name], tonumber(s.fields.id.count)
    local first, view = here - count, fields.view(s, u.name)
    local function put(i, value)
      local k = first + i
      if s.meeting then k = tonumber(C.brc_particle_slot(s.handle, id(i))) + 1 end
      if k >= 1 and k <= here then view[k] = value end
      note(u, value)
    end
    if type(list) == "table" then
      for i = 1, count do put(i, list[i]) end
    elseif file and file.more[j - 1] ~= nil and given[u.name] == nil then
      for i = 1, count do put(i, file.more[j - 1][i - 1]) end
    end
  end
end

--- Reads particles from a file, with a column for each field if it has one. step: of a dump, or 0.
function user_fields.read_particles(s, path, scale, step, file)
  local names = ffi.new("const char*[8]")
  for j, u in ipairs(s.user_fields) do names[j - 1] = u.name end
  local query = ffi.new("brc_particles_query", { scale = scale, step = step, more = #s.user_fields, names = names })
  return C.brc_particles_read(path, query, file)
end

-- ---- before a run -------------------------------------------------------------------------------------------------------
local function same_unit(a, b)
  local ok, x, y = pcall(function() return units.parse(a), units.parse(b) end)
  return ok and x == y
end

-- [flux unit] what the exact sums of a field must hold: the law's flux of the largest particles at the overlap `deep` [radii]
-- between the field's extreme values, with room for a thousand times as much.
local function flux_scale(s, u, derived, largest, deep)
  local most, low, high = 0, u.min, u.max
  if high - low < 1e-3 * math.max(math.abs(low), math.abs(high)) then high = low + 1e-3 * math.max(math.abs(low), math.abs(high)) end
  for _, d in ipairs(derived) do
    local density = math.max(s.materials[d.a + 1].density, s.materials[d.b + 1].density)
    local contact = { overlap = deep * largest, n = { 1, 0, 0 }, R = largest, dt = 1, time = 0,
      m = density * 4 / 3 * math.pi * largest * largest * largest }
    for _, f in ipairs(s.law.fields) do
      local other = user_fields.find(s, f.name)
      contact[f.name .. 1], contact[f.name .. 2] = other.min, other.max
    end
    contact[u.name .. 1], contact[u.name .. 2] = low, high
    local _, _, _, fluxes = s.law.evaluate(contact, d.k)
    local flux = math.abs(fluxes[u.name])
    if flux < math.huge then most = math.max(most, flux) end
  end
  return most > 0 and 1024 * most or 1
end

--- Checks the fields against the law and the materials, and sets their flux scales and capacities.
function user_fields.prepare(s, what, derived, largest, deep)
  for _, f in ipairs(s.law.fields) do
    local u = user_fields.find(s, f.name)
    if not u then
      errors.raise(("%s: the law %s reads the particle field '%s': declare it with sim:field{ name = \"%s\", unit = \"%s\" }")
        :format(what, s.law.name, f.name, f.name, f.unit))
    end
    if s.law.units and not same_unit(u.unit, f.unit) then
      errors.raise(("%s: the law %s reads the field '%s' in %s, but sim:field gave it the unit %s"):format(what, s.law.name,
        f.name, f.unit, u.unit))
    end
  end
  local capacity = ffi.new("double[?]", #s.materials)
  for _, u in ipairs(s.user_fields) do
    local of_law = s.law.flux[u.name]
    if of_law and u.flux_unit and not same_unit(u.flux_unit, of_law) then
      errors.raise(("%s: the law %s gives the flux of '%s' in %s, but sim:field gave it the unit %s"):format(what, s.law.name,
        u.name, of_law, u.flux_unit))
    end
    for i, m in ipairs(s.materials) do
      local given = m.values.capacity
      local value = given and given[u.name]
      if of_law and s.used[i - 1] and not value then
        errors.raise(("%s: %s has no capacity for the field '%s', into which the law %s gives a flux: "
          .. "sim:material{ capacity = { %s = ... } }, math.huge for a value that stays"):format(what, tostring(m), u.name,
          s.law.name, u.name))
      end
      capacity[i - 1] = value or math.huge
    end
    -- Without a flux of the law only hooks add to the sums: any range will do.
    local scale = u.flux_scale or (of_law and flux_scale(s, u, derived, largest, deep)) or 1e100
    native.check(C.brc_user_field_flux(s.handle, u.index,
      u.flux_unit or of_law or (u.unit == "1" and "kg/s" or u.unit .. " kg/s"), scale, capacity), what)
  end
  for _, m in ipairs(s.materials) do
    for name in pairs(m.values.capacity or {}) do
      if not user_fields.find(s, name) then
        local names = {}
        for i, u in ipairs(s.user_fields) do names[i] = u.name end
        errors.raise(("%s: capacity of %s: %s"):format(what, tostring(m), errors.unknown("field", name, names)))
      end
    end
  end
end

--- What sim:material was given as capacities: field -> number > 0, infinite for a value that stays.
function user_fields.check_capacity(what, given)
  for name, value in pairs(given) do
    if type(name) ~= "string" or type(value) ~= "number" or not (value > 0) then
      errors.raise(("%s: capacity must be a table of numbers > 0 like { temperature = 840 }, got %s = %s"):format(what,
        tostring(name), checks.show(value)))
    end
  end
  return given
end

return user_fields
