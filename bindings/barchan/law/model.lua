-- model.lua -- what a law file says, checked and made uniform; and the composition of a law with the sub-models in its slots.
local blame = require "barchan.law.blame"
local environment = require "barchan.law.environment"
local units = require "barchan.law.units"

local model = {}
model.field_limit = 4 -- BRC_MAX_LAW_FIELDS of engine/law.h
local fail = blame.fail

local function options(given, what, allowed)
  if type(given) ~= "table" then fail("%s needs a table", what) end
  for key in pairs(given) do
    if not allowed[key] then fail("%s: unknown key '%s'%s", what, tostring(key), blame.known(key, blame.keys(allowed))) end
  end
  for key, kind in pairs(allowed) do
    local optional = kind:sub(-1) == "?"
    kind = kind:gsub("?$", "")
    if given[key] == nil then
      if not optional then fail("%s: '%s' is missing", what, key) end
    elseif type(given[key]) ~= kind then
      fail("%s: '%s' must be a %s, got %s", what, key, kind, type(given[key]))
    end
  end
end

-- "Pa" or {"Pa", min, max, exclusive = true, default = 1, choices = {...}, text = "..."} -> { unit, min, max, ... }
local function parameter(given, what)
  if type(given) == "string" then given = { given } end
  if type(given) ~= "table" then fail("%s must be a unit or a table, got %s", what, type(given)) end
  local spec = { min = given[2], max = given[3], exclusive = given.exclusive, default = given.default, choices = given.choices,
    text = given.text }
  if not spec.choices then
    units.parse(given[1])
    spec.unit = given[1]
  end
  return spec
end

local function parameters(given, what)
  local specs = {}
  for name, value in pairs(given or {}) do specs[name] = parameter(value, what .. " '" .. name .. "'") end
  return specs
end

-- Unit or {vec3 = unit} -> { name, unit, columns }
local function field(name, given, check)
  local is_vector = type(given) == "table" and given.vec3
  local unit = units.parse(is_vector or given)
  return { name = name, unit = check and unit or nil, columns = is_vector and 3 or 1 }
end

local function fields(given, check)
  local list = {}
  for _, name in ipairs(blame.keys(given or {})) do list[#list + 1] = field(name, given[name], check) end
  return list
end

-- { temperature = "K" } -> { { name =, unit = } } in the order of names. What a flux changes must be among them.
local function particle_fields(given, flux)
  local list = {}
  for _, name in ipairs(blame.keys(given or {})) do
    units.parse(given[name])
    list[#list + 1] = { name = name, unit = given[name] }
  end
  for name in pairs(flux or {}) do
    if not (given or {})[name] then fail("flux of '%s', which is not among the fields", tostring(name)) end
  end
  if #list > model.field_limit then fail("a law can have %d fields, got %d", model.field_limit, #list) end
  return list
end

local function common(given, function_name)
  local check = given.units ~= false
  local m = {
    name = given.name, about = given.about, units = check, material = parameters(given.material, "material"),
    pair = parameters(given.pair, "pair"), derive = given.derive, coefficients = blame.keys(given.coefficients),
    coefficient_units = {}, history_fields = fields(given.history, check), force = given[function_name],
    force_text = given[function_name], offers = {}, flux = {}, reach = given.reach, birth = given.birth or "contact",
  }
  m.fields = particle_fields(given.fields, given.flux)
  for name, unit in pairs(given.flux or {}) do
    units.parse(unit)
    m.flux[name] = unit
  end
  if m.birth ~= "contact" and m.birth ~= "reach" then fail("birth must be \"contact\" or \"reach\", got '%s'", m.birth) end
  if m.birth == "reach" and not m.reach then fail("birth = \"reach\" needs a function reach(k, R)") end
  if m.reach then setfenv(m.reach, environment.make()) end
  for name, unit in pairs(given.coefficients) do m.coefficient_units[name] = check and units.parse(unit) or nil end
  return m
end

--- barchan.contact_law{...}: a law that can stand alone. `offers` names what it hands to sub-models by setting fields of c.
function model.contact_law(given)
  options(given, "contact_law", { name = "string", about = "string?", material = "table?", pair = "table?", derive = "function",
    coefficients = "table", history = "table?", force = "function", offers = "table?", units = "boolean?", fields = "table?",
    flux = "table?", reach = "function?", birth = "string?" })
  local m = common(given, "force")
  m.kind = "law"
  for name, unit in pairs(given.offers or {}) do m.offers[name] = field(name, unit, m.units) end
  setfenv(given.force, environment.make())
  setfenv(given.derive, environment.make())
  return m
end

--- barchan.rolling_model{...}: fills the slot "rolling". Its moment [N m] on the first particle is added to the law's.
-- It may read c.normal_force [N] and c.normal_stiffness [N/m], which every law with this slot offers.
function model.rolling_model(given)
  options(given, "rolling_model", { name = "string", about = "string?", material = "table?", pair = "table?", derive = "function",
    coefficients = "table", history = "table?", moment = "function", units = "boolean?" })
  local m = common(given, "moment")
  m.kind, m.slot = "sub-model", "rolling"
  setfenv(given.moment, environment.make())
  setfenv(given.derive, environment.make())
  return m
end

--- Units of a history vector in a law's tables.
function model.vec3(unit)
  units.parse(unit)
  return { vec3 = unit }
end

--- Load a law's file. It sees only the language of laws and `barchan`.
function model.load(path)
  local chunk, message = loadfile(path)
  if not chunk then error(message, 0) end
  local barchan = { contact_law = model.contact_law, rolling_model = model.rolling_model, vec3 = model.vec3 }
  setfenv(chunk, environment.make { barchan = barchan })
  local m = chunk()
  if type(m) ~= "table" or not m.kind then
    error(path .. ": a law's file must return barchan.contact_law{...} or a sub-model", 0)
  end
  return m
end

-- Names of history scalars in order: vectors give _x _y _z.
local function scalars(list)
  local names = {}
  for _, f in ipairs(list) do
    if f.columns == 3 then
      for _, axis in ipairs { "x", "y", "z" } do names[#names + 1] = f.name .. "_" .. axis end
    else
      names[#names + 1] = f.name
    end
  end
  return names
end

local function join(target, more, what, law, sub)
  for key, value in pairs(more) do
    if target[key] ~= nil then fail("%s '%s' is in both %s and %s", what, tostring(key), law.name, sub.name) end
    target[key] = value
  end
end

-- Fields that several parts name are one field; its unit must be the same.
local function join_fields(whole, part)
  for _, f in ipairs(part.fields) do
    local there
    for _, g in ipairs(whole.fields) do there = there or g.name == f.name and g end
    if there and there.unit ~= f.unit then
      fail("field '%s' is %s in %s and %s elsewhere", f.name, f.unit, part.name, there.unit)
    end
    if not there then whole.fields[#whole.fields + 1] = f end
  end
  table.sort(whole.fields, function(a, b) return a.name < b.name end)
  if #whole.fields > model.field_limit then fail("a law can have %d fields, got %d", model.field_limit, #whole.fields) end
  for name, unit in pairs(part.flux) do whole.flux[name] = unit end
end

--- A law with its sub-models (a list, perhaps empty) as one law.
function model.compose(law, subs)
  local whole = { name = law.name, about = law.about, units = law.units, material = {}, pair = {}, coefficients = {},
    coefficient_units = {}, history_fields = {}, offers = law.offers, force_text = law.force_text, fields = {}, flux = {},
    birth = "contact" }
  local parts = { law, unpack(subs) }
  for i, part in ipairs(parts) do
    if i > 1 then
      whole.name = whole.name .. "/" .. part.name
      whole.units = whole.units and part.units
    end
    for key, value in pairs(part.material) do whole.material[key] = whole.material[key] or value end
    join(whole.pair, part.pair, "pair value", law, part)
    join(whole.coefficient_units, part.coefficient_units, "coefficient", law, part)
    for _, name in ipairs(part.coefficients) do whole.coefficients[#whole.coefficients + 1] = name end
    for _, f in ipairs(part.history_fields) do whole.history_fields[#whole.history_fields + 1] = f end
    join_fields(whole, part)
    if part.birth == "reach" then whole.birth = "reach" end
    if part.reach then
      --- Largest gap [m] at which a pair with coefficients k and effective radius R [m] acts; nil where only touching pairs do.
      function whole.reach(k, R)
        local most = 0
        for _, p in ipairs(parts) do most = p.reach and math.max(most, p.reach(k, R)) or most end
        return most
      end
    end
  end
  whole.history = scalars(whole.history_fields)

  function whole.force(c, k, h)
    local force, moment, flux = law.force(c, k, h)
    for _, sub in ipairs(subs) do
      local more = sub.force(c, k, h)
      moment = moment and moment + more or more
    end
    return force, moment, flux
  end

  --- Coefficients of a pair of materials: name -> number.
  function whole.derive(a, b, pair)
    local all = {}
    for _, part in ipairs(parts) do
      local got = part.derive(a, b, pair)
      for _, name in ipairs(part.coefficients) do
        local value = got[name]
        if type(value) ~= "number" or value ~= value then
          error(("%sderive gave the coefficient '%s' as %s"):format(blame.definition(part.derive), name, tostring(value)), 0)
        end
        all[name] = value
      end
      for name in pairs(got) do
        if all[name] == nil then
          error(("%sderive gave '%s', which is not among the coefficients"):format(blame.definition(part.derive), tostring(name)), 0)
        end
      end
    end
    return all
  end
  return whole
end

return model
