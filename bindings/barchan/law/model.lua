-- model.lua -- what a law file says, checked and made uniform. Sub-models and their composition: slots.lua.
jit.off(true, true) -- cold: see init.lua
local blame = require "barchan.law.blame"
local environment = require "barchan.law.environment"
local units = require "barchan.law.units"

local model = { makers = {} } -- makers: the functions of `barchan` that a law's file may call, by name
model.field_limit = 4 -- BRC_MAX_LAW_FIELDS of engine/law.h
local fail = blame.fail

--- Checks a table against the keys allowed: { key = "type" or "type?" (optional) }.
function model.check(given, what, allowed)
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

-- What derive does where there is none: coefficients are the pair's values of the same names; all numbers of the pair where they
-- are not listed. Answers derive and the units.
local function same_names(given, what)
  if given.derive then
    if not given.coefficients then fail("%s: 'coefficients' is missing: what derive answers, name = unit", what) end
    return given.derive, given.coefficients
  end
  local coefficients = given.coefficients
  if not coefficients then
    coefficients = {}
    for name, spec in pairs(given.pair or {}) do
      if type(spec) ~= "table" then coefficients[name] = spec elseif not spec.choices then coefficients[name] = spec[1] end
    end
  end
  for name, unit in pairs(coefficients) do
    local spec = (given.pair or {})[name]
    local of_pair = type(spec) == "table" and spec[1] or spec
    if not of_pair then
      fail("coefficient '%s' is not derived and no value of the pair has its name%s", tostring(name),
        blame.known(name, blame.keys(given.pair or {})))
    end
    if units.parse(unit) ~= units.parse(of_pair) then
      fail("coefficient '%s' is %s, but the pair's value is %s: derive it", tostring(name), unit, of_pair)
    end
  end
  return function(_, _, pair)
    local out = {}
    for name in pairs(coefficients) do out[name] = pair[name] end
    return out
  end, coefficients
end

--- What laws and sub-models have in common. function_name: the key of the function that is traced.
function model.part(given, function_name)
  local check = given.units ~= false
  local derive, coefficients = same_names(given, given.name)
  local m = {
    name = given.name, about = given.about, units = check, material = parameters(given.material, "material"),
    pair = parameters(given.pair, "pair"), derive = derive, coefficients = blame.keys(coefficients),
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
  for name, unit in pairs(coefficients) do m.coefficient_units[name] = check and units.parse(unit) or nil end
  for name, unit in pairs(given.offers or {}) do m.offers[name] = field(name, unit, check) end
  m.energy = given.energy
  for _, f in ipairs { m.force, given.derive or m.force, m.reach or m.force, m.energy or m.force } do setfenv(f, environment.make()) end
  return m
end

--- barchan.contact_law{...}: a law that can stand alone. `offers` names what it hands to sub-models by setting fields of c;
-- `same_as` the sub-models of which it is made, for a law that is also a composition: { normal = "hertz", ... }.
function model.makers.contact_law(given)
  model.check(given, "contact_law", { name = "string", about = "string?", material = "table?", pair = "table?", derive = "function?",
    coefficients = "table?", history = "table?", force = "function", offers = "table?", units = "boolean?", fields = "table?",
    flux = "table?", reach = "function?", birth = "string?", energy = "function?", same_as = "table?" })
  local m = model.part(given, "force")
  m.kind, m.same_as = "law", given.same_as
  return m
end

--- Units of a history vector in a law's tables.
function model.makers.vec3(unit)
  units.parse(unit)
  return { vec3 = unit }
end

--- Load a law's file. It sees only the language of laws and `barchan`.
function model.load(path)
  local chunk, message = loadfile(path)
  if not chunk then error(message, 0) end
  setfenv(chunk, environment.make { barchan = model.makers })
  local m = chunk()
  if type(m) ~= "table" or not m.kind then
    error(path .. ": a law's file must return barchan.contact_law{...} or a sub-model", 0)
  end
  return m
end

--- Names of history scalars in order: vectors give _x _y _z.
function model.scalars(list)
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

return model
