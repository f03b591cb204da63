-- names.lua -- every name that the schema holds, for the tests that look whether each is written down (manual_spec.lua) and is exercised
-- (exercised.lua).
require "barchan"
local api = require "barchan.api"
local pages = require "barchan.describe"
local environment = require "barchan.law.environment"
local law = require "barchan.law"
local units = require "barchan.units"

local names = {}

-- visit(kind, name, parent, path): kinds call, parameter, choice (of a parameter), property, field, unit, law, sub-model, word. path: of a
-- parameter within a table its whole way, "domain.lo".
function names.each(visit)
  local function parameters(list, call, way)
    for _, p in ipairs(list) do
      visit("parameter", p.name, call, way .. p.name)
      for _, choice in ipairs(p.choices or {}) do visit("choice", choice, call, ("%s%s = %s"):format(way, p.name, choice)) end
      if p.parameters then parameters(p.parameters, call, way .. p.name .. ".") end
    end
  end
  for _, call in ipairs(api.order) do
    visit("call", call)
    parameters(api.calls[call].parameters, call, "")
  end
  for kind, list in pairs(api.sizes) do parameters(list, "sim:insert", "radius." .. kind .. ".") end
  for _, p in ipairs(api.properties) do visit("property", p.name, "sim") end
  for _, p in ipairs(api.wall_properties) do visit("property", p.name, "wall") end
  for _, object in ipairs(api.objects) do
    for _, p in ipairs(object.members) do visit("property", p.name, object.name) end
  end
  for _, p in ipairs(api.values) do visit("property", p.name, "barchan") end
  for _, f in ipairs(pages.fields()) do visit("field", f.name) end
  for name in pairs(units) do visit("unit", name) end
  for _, name in ipairs(law.names()) do visit("law", name) end
  for _, slot in ipairs(law.slot()) do
    for _, choice in ipairs(law.slot(slot)) do
      if choice ~= "none" then visit("sub-model", choice, slot) end
    end
  end
  for _, word in ipairs(environment.words) do
    for name in word[1]:gsub("%b()", ""):gmatch "[%a_][%w_]*" do visit("word", name) end
  end
end

--- The name as record_calls.lua notes it.
function names.noted(kind, name, parent, path)
  if kind == "parameter" or kind == "choice" then return ("%s %s: %s"):format(kind, parent, path) end
  if kind == "property" then return ("property %s.%s"):format(parent, name) end
  if kind == "sub-model" then return ("sub-model %s = %s"):format(parent, name) end
  return kind .. " " .. name
end

--- visit(noted) for each command and option of the executable. list: of cli.lua
function names.each_option(list, visit)
  for _, command in ipairs(list) do
    visit("command " .. command.name)
    for _, option in ipairs(command.options) do visit(("option %s --%s"):format(command.name, option[1])) end
  end
end

return names
