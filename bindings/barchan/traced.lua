-- traced.lua -- what functions of a script that are traced like laws, kernels of particles and motions of walls, have in common:
-- their parameters with units, and their way to the engine.
jit.off(true, true) -- cold: see init.lua
local errors = require "barchan.errors"
local blame = require "barchan.law.blame"
local code = require "barchan.law.code"
local program = require "barchan.law.program"
local units = require "barchan.law.units"

local traced = {}

--- { eta = { 1e-3, "Pa s" } } -> list of { name, unit, columns, value }, in the order of names
function traced.params(what, given)
  local list = {}
  for _, name in ipairs(blame.keys(given or {})) do
    local entry = given[name]
    local value = type(entry) == "table" and entry[1]
    local vector = type(value) == "table" and #value == 3
    for _, x in ipairs(vector and value or { value }) do
      if type(x) ~= "number" or not (math.abs(x) < 3e38) then value = nil end
    end
    if type(name) ~= "string" or not name:find "^[%a_][%w_]*$" or not value or type(entry[2]) ~= "string" then
      errors.raise(("%s: params.%s must be { value, unit }, the value a number or { x, y, z }, e.g. { 1e-3, \"Pa s\" }"):format(what,
        tostring(name)))
    end
    local known, unit = pcall(units.parse, entry[2])
    if not known then errors.raise(("%s: params.%s: %s"):format(what, name, (tostring(unit):gsub("^.-:%d+: ", "")))) end
    list[#list + 1] = { name = name, unit = unit, columns = vector and 3 or 1, value = value }
  end
  return list
end

--- Parameters as coefficients: their names and their values, in order.
function traced.coefficients(params)
  local names, values = {}, {}
  for _, p in ipairs(params) do
    for i, suffix in ipairs(p.columns == 3 and { "_x", "_y", "_z" } or { "" }) do
      names[#names + 1] = p.name .. suffix
      values[#values + 1] = p.columns == 3 and p.value[i] or p.value
    end
  end
  return names, values
end

--- The program of a graph whose results are all outputs, as the engine takes it (a brc_program), and what keeps its memory alive.
-- rows: { inputs =, uniforms = } counts; names: of the coefficients; row_of(kind, name): of inputs ("in") and uniforms ("step").
function traced.program(g, results, rows, names, row_of)
  local outputs, number = {}, {}
  for i, id in ipairs(results) do outputs[i] = { id, "output", i - 1 } end
  for i, name in ipairs(names) do number[name] = i - 1 end
  return code.pack(program.make(g, outputs, { inputs = rows.inputs, history = 0, outputs = #results, uniforms = rows.uniforms,
    coefficients = #names }, function(kind, name)
    if kind == "coefficient" then return number[name] end
    return row_of(kind, name)
  end))
end

return traced
