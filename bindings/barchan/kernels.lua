-- kernels.lua -- sim:kernel{...}: forces on every particle (drag, fields, thermostats) as a function that is traced like a law, checked
-- for units, and run by the engine on all cores within the step.
local ffi = require "ffi"
local native = require "barchan.native"
local errors = require "barchan.errors"
local blame = require "barchan.law.blame"
local code = require "barchan.law.code"
local program = require "barchan.law.program"
local simulation = require "barchan.simulation"
local trace = require "barchan.law.trace"
local units = require "barchan.law.units"
local C = native.C

local WHAT = "sim:kernel"

local function fail(text, ...) errors.raise(WHAT .. ": " .. text:format(...)) end

-- { "v", "radius" } -> the list, checked
local function reads_of(given)
  local names = blame.keys(trace.particle_inputs)
  for _, name in ipairs(given) do
    if not (type(name) == "string" and trace.particle_inputs[name]) then
      fail("reads: %s", errors.unknown("value of a particle", name, names))
    end
  end
  if #given == 0 then fail("reads must be a list of names, e.g. { \"v\", \"radius\" }; there are: %s", table.concat(names, ", ")) end
  return given
end

-- { eta = { 1e-3, "Pa s" } } -> list of { name, unit, columns, value }, in the order of names
local function params_of(given)
  local list = {}
  for _, name in ipairs(blame.keys(given or {})) do
    local entry = given[name]
    local value = type(entry) == "table" and entry[1]
    local vector = type(value) == "table" and #value == 3
    for _, x in ipairs(vector and value or { value }) do
      if type(x) ~= "number" or not (math.abs(x) < 3e38) then value = nil end
    end
    if type(name) ~= "string" or not name:find "^[%a_][%w_]*$" or not value or type(entry[2]) ~= "string" then
      fail("params.%s must be { value, unit }, the value a number or { x, y, z }, e.g. { 1e-3, \"Pa s\" }", tostring(name))
    end
    local known, unit = pcall(units.parse, entry[2])
    if not known then fail("params.%s: %s", name, (tostring(unit):gsub("^.-:%d+: ", ""))) end
    list[#list + 1] = { name = name, unit = unit, columns = vector and 3 or 1, value = value }
  end
  return list
end

-- On plain numbers: at rest at the origin, and moving.
local function try(kernel)
  local params = {}
  for _, p in ipairs(kernel.params) do params[p.name] = p.value end
  for _, speed in ipairs { 0, 1 } do
    local all = { x = { 0, 0, 0 },
      v = { speed, 0, -speed }, angular_velocity = { 0, speed, 0 }, radius = 1e-3, mass = 1e-5, time = 0, dt = 1e-6 }
    local particle = {}
    for _, name in ipairs(kernel.reads) do particle[name] = all[name] end
    local f = trace.evaluate_kernel(kernel, particle, params)
    for _, axis in ipairs { "x", "y", "z" } do
      if f[axis] - f[axis] ~= 0 then
        error(("%skernel '%s' gives %g for the component %s of a particle of radius 1 mm %s"):format(blame.definition(kernel.body),
          kernel.name, f[axis], axis, speed == 0 and "at rest at the origin" or "that moves"), 0)
      end
    end
  end
end

local Kernel = { __tostring = function(k) return "kernel '" .. rawget(k, "_").name .. "'" end }
function Kernel.__index(kernel, key)
  local k = rawget(kernel, "_")
  if key == "name" then return k.name end
  if key ~= "remove" then errors.raise(errors.unknown("member of a kernel", key, { "name", "remove" })) end
  return function()
    if k.state.closed then errors.raise("kernel:remove: the simulation is closed") end
    if k.removed then errors.raise("kernel:remove: this kernel has been removed") end
    native.check(C.brc_kernel_remove(k.state.handle, k.number), "kernel:remove")
    k.removed = true
  end
end

simulation.options_method("kernel", function(s, o)
  local kernel = { name = o.name, body = o.body, torque = o.adds == "torque", reads = reads_of(o.reads), params = params_of(o.params) }
  local ok, traced = pcall(trace.kernel, kernel)
  local message = traced
  if ok then ok, message = pcall(try, kernel) end
  if not ok then errors.raise_text(message) end -- it begins with the line in the function

  local coefficients, values = {}, {}
  for _, p in ipairs(kernel.params) do
    for i, suffix in ipairs(p.columns == 3 and { "_x", "_y", "_z" } or { "" }) do
      coefficients[p.name .. suffix] = #values
      values[#values + 1] = p.columns == 3 and p.value[i] or p.value
    end
  end
  local results = {}
  for i = 1, 3 do results[i] = { traced.results[i], "output", i - 1 } end
  local text = program.make(traced.graph, results, { inputs = C.BRC_PARTICLE_COUNT, history = 0, outputs = 3,
    uniforms = C.BRC_UNIFORM_COUNT, coefficients = #values }, function(kind, name)
    if kind == "coefficient" then return coefficients[name] end
    return (C[kind == "in" and name or "BRC_UNIFORM_" .. name:upper()])
  end)
  local packed, keep = code.pack(text)
  local number = ffi.new("int32_t[1]")
  native.check(C.brc_kernel_add(s.handle, packed, ffi.new("double[?]", #values + 1, values), kernel.torque, number), WHAT)
  keep[#keep + 1] = packed -- until the call is over: the engine has its copy
  return setmetatable({ _ = { state = s, number = number[0], name = kernel.name } }, Kernel)
end)

return {}
