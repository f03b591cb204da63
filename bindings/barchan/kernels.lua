-- kernels.lua -- sim:kernel{...}: forces on every particle (drag, fields, thermostats) as a function that is traced like a law, checked
-- for units, and run by the engine on all cores within the step.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local native = require "barchan.native"
local errors = require "barchan.errors"
local blame = require "barchan.law.blame"
local code = require "barchan.law.code"
local explain = require "barchan.law.explain"
local simulation = require "barchan.simulation"
local trace = require "barchan.law.trace"
local traced = require "barchan.traced"
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

local methods = {}

function methods.remove(k)
  native.check(C.brc_kernel_remove(k.state.handle, k.number), "kernel:remove")
  k.removed = true
end

--- Prints what the kernel is made of; "c": its C.
function methods.explain(k, what)
  if what ~= nil and what ~= "c" then errors.raise(("kernel:explain takes nothing or \"c\", got %s"):format(tostring(what))) end
  if what == "c" then return print((code.text(k.code, k.state.options.precision))) end
  local function put(text, ...) print(text:format(...)) end
  local function list(title, entries) if #entries > 0 then put("  %-14s %s", title, table.concat(entries, ", ")) end end
  local reads, params = {}, {}
  for i, name in ipairs(k.kernel.reads) do reads[i] = ("%s [%s]"):format(name, trace.particle_inputs[name].unit) end
  for i, p in ipairs(k.kernel.params) do
    local value = p.columns == 3 and ("{%.6g, %.6g, %.6g}"):format(unpack(p.value)) or ("%.6g"):format(p.value)
    params[i] = ("%s = %s [%s]"):format(p.name, value, units.name(p.unit))
  end
  put("kernel %s", k.name)
  list("reads", reads)
  list("params", params)
  put("  %-14s %s", "adds", k.kernel.torque and "a torque [N m]" or "a force [N]")
  local kinds, total = explain.operations(k.code.traced)
  put("  %-14s %d for each particle: %s", "operations", total, kinds)
  put("  %-14s %d through its ifs", "paths", k.code.traced.paths)
  put("  %-14s %s", "runs as", k.job and explain.runs_as(k.job) or k.state.options.laws == "interpreter" and "interpreter, as the script asks"
    or "interpreter, until the C compiler has made code of it")
end

local Kernel = { __tostring = function(k) return "kernel '" .. rawget(k, "_").name .. "'" end }
function Kernel.__index(kernel, key)
  local k = rawget(kernel, "_")
  if key == "name" then return k.name end
  if not methods[key] then errors.raise(errors.unknown("member of a kernel", key, { "name", "explain", "remove" })) end
  return function(_, ...)
    if k.state.closed then errors.raise(("kernel:%s: the simulation is closed"):format(key)) end
    if k.removed then errors.raise(("kernel:%s: this kernel has been removed"):format(key)) end
    methods[key](k, ...)
  end
end

simulation.options_method("kernel", function(s, o)
  local kernel = { name = o.name, body = o.body, torque = o.adds == "torque", reads = reads_of(o.reads), params = traced.params(WHAT, o.params) }
  local ok, got = pcall(trace.kernel, kernel)
  local message = got
  if ok then ok, message = pcall(try, kernel) end
  if not ok then errors.raise_text(message) end -- it begins with the line in the function

  local names, values = traced.coefficients(kernel.params)
  local packed, keep = traced.program(got.graph, got.results, { inputs = C.BRC_PARTICLE_COUNT, uniforms = C.BRC_UNIFORM_COUNT }, names,
    function(kind, name) return (C[kind == "in" and name or "BRC_UNIFORM_" .. name:upper()]) end)
  local number = ffi.new("int32_t[1]")
  native.check(C.brc_kernel_add(s.handle, packed, ffi.new("double[?]", #values + 1, values), kernel.torque, number), WHAT)
  keep[#keep + 1] = packed -- until the call is over: the engine has its copy
  local own = { state = s, number = number[0], name = kernel.name, kind = "kernel", kernel = kernel,
    code = { traced = got, coefficients = names } }
  function own.attach(f32, f64) return C.brc_kernel_attach(s.handle, own.number, f32, f64) end
  s.kernels[#s.kernels + 1], s.stale_kernels = own, true
  return setmetatable({ _ = own }, Kernel)
end)

return {}
