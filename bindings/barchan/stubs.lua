-- stubs.lua -- completion and checks in editors: the schema as LuaCATS annotations for lua-language-server. `barchan describe --stubs FILE`
-- writes them; `barchan new` puts them where .luarc.json says.
jit.off(true, true) -- cold: see init.lua
local api = require "barchan.api"
local describe = require "barchan.describe"
local environment = require "barchan.law.environment"
local ffi = require "ffi"
local law = require "barchan.law"
local materials = require "barchan.materials"
local native = require "barchan.native"
local units = require "barchan.units"

local stubs = {}

local plain = { number = "number", integer = "integer", boolean = "boolean", string = "string", ["function"] = "function", table = "table",
  any = "any", vector = "barchan.components", axes = "string", region = "barchan.region", material = "barchan.material",
  cases = "barchan.cases|table[]", sizes = "number|number[]|barchan.sizes", target = "number|number[][]|fun(t: number): number",
  load = "barchan.components|fun(t: number): barchan.components", ["vector or list"] = "barchan.components|barchan.components[]",
  ["number or list"] = "number|number[]", ["function or field"] = "barchan.view|fun(i: integer): number?" }

local function type_of(p, class)
  if p.choices then return '"' .. table.concat(p.choices, '"|"') .. '"' end
  if p.parameters then return class .. "." .. p.name end
  if p.type == "list" then return (p.of and plain[p.of] or "any") .. "[]" end
  return assert(plain[p.type], "stubs.lua knows no type '" .. tostring(p.type) .. "'")
end

-- The text of a parameter on one line: what it is, and what it may be.
local function text_of(p)
  local notes = describe.notes(p)
  if p.choices then table.remove(notes, 1) end
  return p.text .. (#notes > 0 and " (" .. table.concat(notes, ", ") .. ")" or "")
end

local function field_line(p, class)
  return ("---@field %s%s %s %s"):format(p.name, p.required and "" or "?", type_of(p, class), text_of(p))
end

-- Classes of options tables, those inside first.
local function options_class(put, class, parameters, more)
  for _, p in ipairs(parameters) do
    if p.parameters then options_class(put, class .. "." .. p.name, p.parameters) end
  end
  put("---@class %s", class)
  for _, p in ipairs(parameters) do put("%s", field_line(p, class)) end
  for _, line in ipairs(more or {}) do put("%s", line) end
  put ""
end

-- What the laws ask materials or pairs for, each name once.
local function law_values(kind)
  local lines, seen = {}, {}
  local function take(m)
    for _, p in ipairs(materials.parameters(m, kind)) do
      if not seen[p.name] then
        seen[p.name] = true
        lines[#lines + 1] = ("---@field %s? %s %s"):format(p.name, type_of(p, ""), text_of(p))
      end
    end
  end
  for _, name in ipairs(law.names()) do take(law.resolve(name)) end
  for _, slot in ipairs(law.slot()) do
    for _, choice in ipairs(law.slot(slot)) do
      if choice ~= "none" then take(law.sub_model(slot, choice)) end
    end
  end
  return lines
end

local function slots_class(put)
  put "---@class barchan.options.slots"
  for _, slot in ipairs(law.slot()) do
    put('---@field %s? "%s" %s', slot, table.concat(law.slot(slot), '"|"'), law.slot_text(slot))
  end
  put ""
end

-- The tables that sim:insert takes as a radius: all members of all kinds.
local function sizes_class(put)
  local kinds, seen = {}, { distribution = true }
  for kind in pairs(api.sizes) do kinds[#kinds + 1] = kind end
  table.sort(kinds)
  put '---A distribution of radii.\n---@class barchan.sizes'
  put('---@field distribution "%s"', table.concat(kinds, '"|"'))
  for _, kind in ipairs(kinds) do
    for _, p in ipairs(api.sizes[kind]) do
      if not seen[p.name] then
        seen[p.name] = true
        put("---@field %s? %s %s", p.name, type_of(p, ""), p.text)
      end
    end
  end
  put ""
end

local special = { -- parameters of positional calls that say more than their type
  ["sim:law"] = { name = function()
    return '"' .. table.concat(law.names(), '"|"') .. '"|barchan.options.slots|barchan.law'
  end, options = function() return "barchan.options.slots" end },
  ["sim:pair"] = { values = function() return "barchan.options.sim.pair" end },
}

local plain_results = { number = true, string = true }

local function call_stub(put, name)
  local entry = api.calls[name]
  put("---%s", entry.text)
  local words = {}
  local class = "barchan.options." .. name:gsub("^barchan%.", ""):gsub("[:.]", ".")
  if entry.values then
    for _, p in ipairs(entry.parameters) do
      local own = special[name] and special[name][p.name]
      put("---@param %s%s %s %s", p.name, (p.required or p.name == "...") and "" or "?", own and own() or type_of(p, class), text_of(p))
      words[#words + 1] = p.name
    end
  else
    put("---@param options%s %s", #entry.parameters == 0 and "?" or "", class)
    words[1] = "options"
  end
  local result = api.returns[name]
  if result then put("---@return %s", plain_results[result] and result or "barchan." .. result)
  else put "---@return any" end
  local shape = name:match "^sim:(%w+)$" -- with a dot, sim.box{...}, a region
  if shape and api.calls["barchan.region." .. shape] then put("---@overload fun(options: barchan.options.region.%s): barchan.region", shape) end
  put("function %s(%s) end", name, table.concat(words, ", "))
  put ""
end

local function class(put, name, text, members, extra)
  put("---%s", text)
  put("---@class barchan.%s", name)
  for _, p in ipairs(members) do
    local kind = (p.unit == "" or name == "vector") and "any" or "number"
    put("---@field %s %s %s%s", p.name, kind, p.text, p.unit ~= "" and p.unit ~= "1" and " [" .. p.unit .. "]" or "")
  end
  for _, line in ipairs(extra or {}) do put("%s", line) end
  put("local %s = {}", name)
  put ""
end

--- Words that only the functions of laws and kernels see: for the editor's list of globals.
function stubs.globals()
  local names, seen = {}, {}
  for _, word in ipairs(environment.words) do
    for name in word[1]:gsub("%b()", ""):gmatch "[%a_][%w_]*" do
      if not _G[name] and name ~= "if" and name ~= "for" and not seen[name] then
        seen[name] = true
        names[#names + 1] = name
      end
    end
  end
  table.sort(names)
  return names
end

--- The annotations of all calls, fields and options, as one Lua file that nothing runs.
function stubs.text()
  local lines = {}
  local function put(text, ...) lines[#lines + 1] = select("#", ...) > 0 and text:format(...) or text end
  put("---@meta barchan")
  put("-- barchan.lua -- what editors (lua-language-server) know of Barchan %s. Made by `barchan describe --stubs FILE`; nothing runs it.",
    ffi.string(native.C.brc_version()))
  put "-- luacheck: ignore"
  put ""
  put "---Three numbers, or a vector.\n---@alias barchan.components number[]|barchan.vector"
  put "---A field as a view of the engine's own array: view[i], #view; of vectors also view.x[i].\n---@alias barchan.view any"
  put ""
  local fields = {}
  for i, f in ipairs(describe.fields()) do
    fields[i] = ("---@field %s barchan.view %s%s%s"):format(f.name, f.text, f.unit ~= "1" and " [" .. f.unit .. "]" or "",
      f.writable and "" or " (read only)")
  end
  put "---Factors to SI.\n---@class barchan.units"
  local names = {}
  for name in pairs(units) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do put("---@field %s number", name) end
  put ""
  slots_class(put)
  sizes_class(put)
  options_class(put, "barchan.options.sim.pair", {}, law_values "pair")
  for _, name in ipairs(api.order) do
    local entry = api.calls[name]
    if not entry.values then
      options_class(put, "barchan.options." .. name:gsub("^barchan%.", ""):gsub("[:.]", "."), entry.parameters,
        name == "sim:material" and law_values "material" or entry.ranges and { "---@field [string] any " .. entry.ranges }
          or entry.fields and { "---@field [string] any a field that the script has added" } or nil)
    else
      for _, p in ipairs(entry.parameters) do
        if p.parameters then
          options_class(put, "barchan.options." .. name:gsub("^barchan%.", ""):gsub("[:.]", ".") .. "." .. p.name, p.parameters)
        end
      end
    end
  end
  for _, object in ipairs(api.objects) do
    class(put, object.name, object.text, object.members, object.name == "particle" and fields
      or (object.name == "network" or object.name == "fields") and { "---@field [string] barchan.view a column" } or nil)
  end
  class(put, "wall", "A wall: what sim:plane, sim:mesh and the like answer.", api.wall_properties,
    { "---@field [string] any a field that the script has added" })
  fields[#fields + 1] = "---@field [string] any a field that the script has added"
  class(put, "sim", "A simulation.", api.properties, fields)
  put "---@class barchan"
  for _, p in ipairs(api.values) do put("---@field %s any %s", p.name, p.text) end
  put "---@field units barchan.units factors to SI"
  put "local barchan = { region = {}, cases = {}, lab = {} }"
  put ""
  for _, name in ipairs(api.order) do call_stub(put, name) end
  put "return barchan"
  return table.concat(lines, "\n") .. "\n"
end

return stubs
