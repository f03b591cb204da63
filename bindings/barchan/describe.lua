-- describe.lua -- `barchan describe NAME`: the manual page of a call, a law, the fields, the units, from the same tables that
-- check the arguments.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local api = require "barchan.api"
local checks = require "barchan.checks"
local errors = require "barchan.errors"
local explain = require "barchan.law.explain"
local environment = require "barchan.law.environment"
local law = require "barchan.law"
local materials = require "barchan.materials"
local simulation = require "barchan.simulation"
local trace = require "barchan.law.trace"

local describe = {}

local function default_text(p)
  local v = p.default
  if v == nil then return nil end
  if type(v) == "table" then
    local parts = {}
    for i, x in ipairs(v) do parts[i] = ("%.10g"):format(x) end
    return "{" .. table.concat(parts, ", ") .. "}"
  end
  return type(v) == "number" and ("%.6g"):format(v) or type(v) == "string" and '"' .. v .. '"' or tostring(v)
end

--- What a parameter may be, as a list of words: type or choices, range, unit, default, "required".
function describe.notes(p)
  local notes = {}
  if p.choices then
    notes[1] = '"' .. table.concat(p.choices, '" | "') .. '"'
  else
    notes[1] = p.of and p.type .. " of " .. p.of .. "s" or p.type
  end
  local range = checks.range({ min = p.min, max = p.max, above = p.above, below = p.below })
  if range ~= "" and not (p.max and p.max > 1e9) then notes[#notes + 1] = range end
  if p.unit and p.unit ~= "1" then notes[#notes + 1] = "[" .. p.unit .. "]" end
  local default = default_text(p)
  if default then notes[#notes + 1] = "default " .. default end
  if p.required then notes[#notes + 1] = "required" end
  return notes
end

local function parameter_lines(lines, parameters, indent)
  local widest = 0
  for _, p in ipairs(parameters) do widest = math.max(widest, #p.name) end
  for _, p in ipairs(parameters) do
    local notes = describe.notes(p)
    lines[#lines + 1] = ("%s%-" .. widest .. "s  %s"):format(indent, p.name, p.text)
    lines[#lines + 1] = indent .. (" "):rep(widest + 2) .. table.concat(notes, ", ")
    if p.parameters then parameter_lines(lines, p.parameters, indent .. (" "):rep(widest + 4)) end
  end
end

local function call_page(name)
  local entry = api.calls[name]
  local lines = { name, "  " .. entry.text, "" }
  parameter_lines(lines, entry.parameters, "  ")
  if name == "sim:insert" then
    local kinds = {}
    for kind in pairs(api.sizes) do kinds[#kinds + 1] = kind end
    table.sort(kinds)
    for _, kind in ipairs(kinds) do
      lines[#lines + 1] = ""
      lines[#lines + 1] = ('  radius = { distribution = "%s", ... }'):format(kind)
      local rest = {}
      for i = 2, #api.sizes[kind] do rest[#rest + 1] = api.sizes[kind][i] end
      parameter_lines(lines, rest, "    ")
    end
  elseif entry.ranges then
    lines[#lines + 1] = "  the parameters of the cases: " .. entry.ranges
  elseif entry.open then
    lines[#lines + 1] = ""
    lines[#lines + 1] = "  What each law asks for: barchan describe LAW, e.g. barchan describe " .. law.names()[1]
  end
  return lines
end

local function values_lines(lines, l, indent)
  for _, kind in ipairs { "material", "pair" } do
    local list = materials.parameters(l, kind)
    if #list > 0 then
      lines[#lines + 1] = indent .. (kind == "material" and "sim:material{ ... }" or "sim:pair(a, b, { ... })")
      parameter_lines(lines, list, indent .. "  ")
    end
  end
  for _, f in ipairs(l.fields) do
    lines[#lines + 1] = ("%sreads the field %s [%s] of particles"):format(indent, f.name, f.unit)
  end
end

local function law_page(name)
  local l = law.resolve(name)
  local lines = { "law " .. l.name, "  " .. (l.about or ""), "" }
  values_lines(lines, l, "  ")
  for i, line in ipairs(explain.lines(l)) do
    if i > 2 then lines[#lines + 1] = line end
  end
  lines[#lines + 1] = ('  Its slots can be filled: sim:law("%s", { rolling = "epsd" }); barchan describe laws lists the sub-models'):format(name)
  return lines
end

-- "tangential_mindlin", "tangential = mindlin", or "mindlin" where only one slot knows it.
local function sub_model_page(name)
  local found = {}
  for _, slot in ipairs(law.slot()) do
    for _, choice in ipairs(law.slot(slot)) do
      if choice ~= "none" and (name == slot .. "_" .. choice or name == slot .. "=" .. choice or name == choice) then
        found[#found + 1] = { slot, choice }
      end
    end
  end
  local lines = {}
  for _, f in ipairs(found) do
    local m = law.sub_model(f[1], f[2])
    lines[#lines + 1] = ('%s = "%s"'):format(f[1], f[2])
    lines[#lines + 1] = "  " .. (m.about or "")
    if #m.needs > 0 then lines[#lines + 1] = "  needs " .. table.concat(m.needs, ", ") end
    values_lines(lines, m, "  ")
  end
  return #found > 0 and lines or nil
end

local pages = {}

function pages.laws()
  local lines = { "laws: sim:law(name, { slot = sub-model, ... }), or sim:law { normal = ..., tangential = ..., ... }" }
  for _, name in ipairs(law.names()) do
    lines[#lines + 1] = ("  %-16s %s"):format(name, law.resolve(name).about or "")
  end
  for _, slot in ipairs(law.slot()) do
    lines[#lines + 1] = ("%s: %s"):format(slot, law.slot_text(slot))
    for _, choice in ipairs(law.slot(slot)) do
      if choice ~= "none" then
        lines[#lines + 1] = ("  %-16s %s"):format(choice, law.sub_model(slot, choice).about or "")
      end
    end
  end
  return lines
end

local field_list

--- The fields of particles: { name, unit, text, writable }.
function describe.fields()
  if field_list then return field_list end
  local list = {}
  local sim = simulation.new { domain = { lo = { 0, 0, 0 }, hi = { 1, 1, 1 } }, threads = 1 }
  local state = simulation.state(sim)
  for i, name in ipairs(state.field_names) do
    local f = state.fields[name]
    list[i] = { name = name, unit = ffi.string(f.unit), text = ffi.string(f.text), writable = f.writable ~= 0 }
  end
  sim:close()
  field_list = list
  return list
end

function pages.fields()
  local lines = { "fields: sim.NAME[i], i from 1 to sim.count; the components of vectors as views: sim.v.x[i]" }
  for _, f in ipairs(describe.fields()) do
    lines[#lines + 1] = ("  %-18s %-8s %s%s"):format(f.name, "[" .. f.unit .. "]", f.text, f.writable and "" or " (read only)")
  end
  return lines
end

function pages.properties()
  local lines = { "properties: sim.NAME" }
  local function list(properties)
    for _, p in ipairs(properties) do
      lines[#lines + 1] = ("  %-18s %-10s %s"):format(p.name, p.unit ~= "" and "[" .. p.unit .. "]" or "", p.text)
    end
  end
  list(api.properties)
  lines[#lines + 1] = "of a wall: wall.NAME"
  list(api.wall_properties)
  for _, object in ipairs(api.objects) do
    if #object.members > 0 then
      lines[#lines + 1] = ("of %s %s: %s.NAME"):format(object.name:find "^[aeiou]" and "an" or "a", object.name, object.name)
      list(object.members)
    end
  end
  lines[#lines + 1] = "of the module: barchan.NAME"
  list(api.values)
  return lines
end

-- What the functions of a law see.
function pages.language()
  local lines = { "language: what the functions of barchan.contact_law see; a law must give the same bits everywhere, so math and _G are others",
    "  force(c, k, h): k holds the coefficients, h the history of the contact (set it anew), c:" }
  local function put(name, text) lines[#lines + 1] = ("    %-42s %s"):format(name, text) end
  for _, input in ipairs(trace.inputs) do put(("%-8s [%s]"):format(input.name, input.unit), input.text) end
  put("NAME1, NAME2", "values of the first and of the second in a field of `fields`")
  lines[#lines + 1] = "  words:"
  for _, word in ipairs(environment.words) do put(word[1], word[2]) end
  lines[#lines + 1] = "  sub-models for the slots: barchan.normal_model, .damping_model, .cohesion_model, .far_model, .tangential_model,"
  lines[#lines + 1] = "  .rolling_model, .twisting_model, .heat_model, as in scripts/laws; what a slot needs and offers: the same files"
  return lines
end

function pages.units()
  local units, names = require "barchan.units", {}
  for name in pairs(units) do names[#names + 1] = name end
  table.sort(names)
  local lines = { "units: barchan.units.NAME, factors to SI" }
  for _, name in ipairs(names) do lines[#lines + 1] = ("  %-8s %.10g"):format(name, units[name]) end
  return lines
end

--- The index: every name that describe knows.
function describe.names()
  local names = { "laws", "language", "fields", "properties", "units" }
  for _, name in ipairs(law.names()) do names[#names + 1] = name end
  for _, name in ipairs(api.order) do names[#names + 1] = name end
  return names
end

function describe.index()
  local lines = { "barchan describe NAME, NAME one of:", "  laws  language  fields  properties  units" }
  lines[#lines + 1] = "  " .. table.concat(law.names(), "  ")
  for _, name in ipairs(api.order) do
    lines[#lines + 1] = ("  %-26s %s"):format(name, api.calls[name].text)
  end
  return lines
end

--- The C of a law by its name.
function describe.c(name)
  local known, resolved = pcall(law.resolve, name)
  if not known then return nil, ("describe: there is no law '%s' whose C could be shown"):format(name) end
  return { explain.c(resolved) }
end

-- Lines of a page that tell a property of `owner` (nil: of anything); the headings of that page are those of pages.properties.
local function property_lines(owner, bare)
  local found, whose = {}, nil
  for _, line in ipairs(pages.properties()) do
    local heading = line:match "^%S.*%f[%w](%w+)%.NAME$"
    whose = heading or whose
    if not heading and line:match "^%s+(%S+)" == bare and (not owner or owner == whose) then
      found[#found + 1] = ("%-10s %-26s %s"):format("property", whose .. "." .. bare, (line:gsub("^%s+%S+%s*", "")))
    end
  end
  return found
end

local function lines_of(page, kind, bare)
  local found = {}
  for i, line in ipairs(pages[page]()) do
    if i > 1 and line:match "^%s+(%S+)" == bare then found[#found + 1] = ("%-10s %s"):format(kind, line) end
  end
  return found
end

-- Fields that scripts and laws add have names of their own: what sim.temperature, wall.temperature_flux and the like are.
local function added_field_lines(owner, bare)
  if owner and owner ~= "sim" and owner ~= "wall" and owner ~= "particle" then return {} end
  local name, found = bare:match "^(.+)_flux$" or bare, {}
  local function reads(what, m)
    for _, f in ipairs(m.fields) do
      if f.name == name then found[#found + 1] = ("  %s reads %s [%s]"):format(what, name, f.unit) end
    end
  end
  for _, base in ipairs(law.names()) do reads("law " .. base, law.resolve(base)) end
  for _, slot in ipairs(law.slot()) do
    for _, choice in ipairs(law.slot(slot)) do
      if choice ~= "none" then reads(('%s = "%s"'):format(slot, choice), law.sub_model(slot, choice)) end
    end
  end
  if #found == 0 and not (owner == "wall" and name ~= bare) then return {} end
  table.insert(found, 1, ('%s is a field that sim:field { name = "%s" } adds: sim.%s[i] of a particle, wall.%s of a wall;'):format(name, name,
    name, name))
  table.insert(found, 2, ("%s_flux is the sum of the fluxes into it in the last step: sim.%s_flux[i], wall.%s_flux."):format(name, name, name))
  found[#found + 1] = "  barchan describe sim:field tells more"
  return found
end

-- Parameters of calls and values that laws ask for, by their name; those of one meaning on one line.
local function parameter_places(bare)
  local found, places = {}, {}
  local function put(what, p)
    local text = ("%s (%s)"):format(p.text, table.concat(describe.notes(p), ", "))
    if not places[text] then
      found[#found + 1], places[text] = text, {}
    end
    table.insert(places[text], what)
  end
  local function search(what, list)
    for _, p in ipairs(list) do
      if p.name == bare then put(what, p) end
      if p.parameters then search(what .. " " .. p.name, p.parameters) end
    end
  end
  local function calls(of_lab) -- the laboratory's recipes take what others take, and come last
    for _, call in ipairs(api.order) do
      if (call:find("^barchan%.lab%.") ~= nil) == of_lab then search(call, api.calls[call].parameters) end
    end
  end
  calls(false)
  local kinds = {}
  for kind in pairs(api.sizes) do kinds[#kinds + 1] = kind end
  table.sort(kinds)
  for _, kind in ipairs(kinds) do search(('sim:insert radius = { distribution = "%s" }'):format(kind), api.sizes[kind]) end
  local function asked(by, m)
    search(("sim:material (%s)"):format(by), materials.parameters(m, "material"))
    search(("sim:pair (%s)"):format(by), materials.parameters(m, "pair"))
  end
  for _, slot in ipairs(law.slot()) do
    for _, choice in ipairs(law.slot(slot)) do
      if choice ~= "none" then asked(("%s = %s"):format(slot, choice), law.sub_model(slot, choice)) end
    end
  end
  for _, base in ipairs(law.names()) do asked(base, law.resolve(base)) end
  calls(true)
  for i, text in ipairs(found) do
    local list = places[text]
    local more = #list > 3 and (", and %d more"):format(#list - 3) or ""
    found[i] = ("%-10s %s of %s%s: %s"):format("parameter", bare, table.concat(list, ", ", 1, math.min(3, #list)), more, text)
  end
  return found
end

-- A slot of laws, with what fills it: the part of pages.laws.
local function slot_page(name)
  local lines, inside
  for _, line in ipairs(pages.laws()) do
    if line:match "^(%w+):" then inside = line:match "^(%w+):" == name and line ~= pages.laws()[1] end
    if inside then lines = lines or {} lines[#lines + 1] = line end
  end
  return lines
end

--- The page of a name as lines; nil and a message when there is none. "insert" finds "sim:insert", "x" the line of the field, "wall.force"
-- the property of walls, "restitution" the calls that take it.
function describe.page(name)
  if pages[name] then return pages[name]() end
  if api.calls[name] then return call_page(name) end
  for _, base in ipairs(law.names()) do
    if base == name then return law_page(name) end
  end
  local owner, bare = name:match "^(.-)[.:]?([%w_]+)$"
  owner = owner and owner:match "[%w_]+$"
  bare = bare or name
  local found = property_lines(owner, bare)
  if #found > 0 and owner then
    if owner == "sim" then for _, line in ipairs(lines_of("fields", "field", bare)) do found[#found + 1] = line end end
    return found
  end
  for _, full in ipairs(api.order) do
    if full:match("[%w_]+$") == bare and (not owner or owner == "sim" or full:match "^%w+" == owner) then return call_page(full) end
  end
  if not owner or owner == "sim" or owner == "particle" then
    for i, line in ipairs(lines_of("fields", "field", bare)) do table.insert(found, i, line) end
  end
  if not owner or owner == "units" then
    for _, line in ipairs(lines_of("units", "unit", bare)) do found[#found + 1] = line end
  end
  for _, line in ipairs(added_field_lines(owner, bare)) do found[#found + 1] = line end
  if not owner then
    for _, line in ipairs(slot_page(bare) or {}) do found[#found + 1] = line end
    for _, line in ipairs(parameter_places(bare)) do found[#found + 1] = line end
  end
  if #found > 0 then
    local sub = sub_model_page(name) -- a word may be both
    for _, line in ipairs(sub or {}) do found[#found + 1] = line end
    return found
  end
  local known, resolved = pcall(law.resolve, name) -- an alias
  local sub = sub_model_page(name) -- "hertz" is both
  if known then
    local lines = law_page(resolved.name:match("^[^/]+"))
    for _, line in ipairs(sub or {}) do lines[#lines + 1] = line end
    return lines
  end
  if sub then return sub end
  local names = describe.names()
  for _, slot in ipairs(law.slot()) do
    for i, choice in ipairs(law.slot(slot)) do names[#names + 1] = i > 1 and choice or nil end
  end
  local near = errors.nearest(name, names)
  return nil, ("nothing is called '%s'%s"):format(name, near and "; did you mean '" .. near .. "'?"
    or "; barchan describe lists the names")
end

return describe
