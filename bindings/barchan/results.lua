-- results.lua -- results as files that others read: the table of a campaign as CSV and HDF5, and result.json. Readers find the old file or
-- the whole new one.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local api = require "barchan.api"
local cases = require "barchan.cases"
local checks = require "barchan.checks"
local errors = require "barchan.errors"
local files = require "barchan.files"
local items = require "barchan.items"
local json = require "barchan.json"
local native = require "barchan.native"
local settings = require "barchan.settings"
local C, core = native.C, native.core

local results = {}

--- A number as the shortest text that reads back to it.
function results.number(x)
  for digits = 15, 17 do
    local text = ("%." .. digits .. "g"):format(x)
    if tonumber(text) == x or x ~= x then return text == "-nan" and "nan" or text end
  end
end

local function cell(value)
  if value == nil then return "" end
  if type(value) == "number" then return results.number(value) end
  local text = tostring(value):gsub("[%c]", " ")
  return text:find '[",]' and '"' .. text:gsub('"', '""') .. '"' or text
end

--- The table as CSV text. columns: { name =, unit = }; rows: tables by name.
function results.csv(columns, rows)
  local lines, names = {}, {}
  for k, c in ipairs(columns) do names[k] = c.name end
  lines[1] = table.concat(names, ",")
  for i, row in ipairs(rows) do
    local parts = {}
    for k, name in ipairs(names) do parts[k] = cell(row[name]) end
    lines[i + 1] = table.concat(parts, ",")
  end
  return table.concat(lines, "\n") .. "\n"
end

local function is_numbers(rows, name)
  local any = false
  for _, row in ipairs(rows) do
    local value = row[name]
    if value ~= nil and type(value) ~= "number" then return false end
    any = any or value ~= nil
  end
  return any
end

--- Writes the table as PATH.csv and, where there is HDF5, PATH.h5. Answers nil, or what went wrong.
function results.write(path, columns, rows, provenance)
  local ok, message = core.replace(path .. ".csv", results.csv(columns, rows))
  if not ok then return ("cannot write '%s.csv': %s"):format(path, message) end
  if C.brc_has("hdf5") ~= 1 then return nil end
  local out = items.list()
  out.text("provenance", provenance) -- a text as large as a script does not fit into an attribute
  for _, c in ipairs(columns) do
    local name = c.name
    if is_numbers(rows, name) then
      local values = ffi.new("double[?]", #rows)
      for i, row in ipairs(rows) do values[i - 1] = row[name] or 0 / 0 end
      out.add(name, "d", values, #rows, 1, c.unit)
    else
      local texts = {}
      for i, row in ipairs(rows) do
        texts[i] = row[name] == nil and "" or type(row[name]) == "number" and results.number(row[name]) or tostring(row[name])
      end
      out.texts(name, texts, c.unit)
    end
  end
  if tonumber(out.write(path .. ".h5")) ~= 0 then
    return (ffi.string(C.brc_last_error()):gsub(" %[[%w_%.]+:%d+ [%w_]+%]$", ""))
  end
  return nil
end

--- Checks what a run gives: a number, or a table of numbers, texts and booleans by name; nil: nothing. Answers a table.
function results.check(what, given, at)
  if given == nil then return {} end
  if type(given) == "number" then given = { result = given } end
  if type(given) ~= "table" or getmetatable(given) then
    errors.raise_at(at, ("%s: expected a number or a table of numbers by name, got %s"):format(what, checks.show(given)))
  end
  local out = {}
  for name, value in pairs(given) do
    if type(name) ~= "string" or not name:find "^[%a_][%w_]*$" or cases.taken[name] then
      errors.raise_at(at, ("%s: %s cannot be the name of a result: letters, digits and _%s"):format(what, checks.show(name),
        cases.taken[name] and ", and not a word of the table of results" or ""))
    end
    if type(value) ~= "number" and type(value) ~= "string" and type(value) ~= "boolean" then
      errors.raise_at(at, ("%s: %s must be a number, a text, true or false, got %s"):format(what, name, checks.show(value)))
    end
    out[name] = value
  end
  return out
end

--- barchan.result(values, file): the results of this run for who drives it.
function results.result(values, file)
  local what = "barchan.result"
  local p = api.calls[what].parameters
  checks.value(what, p[1], values)
  local given = results.check(what, values)
  if file ~= nil then checks.value(what, p[2], file) end
  if settings.results then -- within a case of a campaign: they are the case's
    for name, value in pairs(given) do settings.results[name] = value end
    if not file then return end
  end
  local path = files.place(file or p[2].default)
  if files.only_check(what, path) or not settings.speaks then return end
  local text = json.encode { results = next(given) and given or nil, set = next(settings.values) and settings.values or nil,
    script = settings.script and settings.script.path, version = ffi.string(C.brc_version()), date = os.date "!%Y-%m-%dT%H:%M:%SZ" }
  local ok, message = core.replace(path, text .. "\n")
  if not ok then errors.raise(("%s: cannot write '%s': %s"):format(what, path, message), errors.FILE) end
end

return results
