-- backend.lua -- what executes a law: code that was compiled with the engine; for any other law, and for the script's kernels of
-- particles, the engine's interpreter, until the system's compiler has made code of it.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local native = require "barchan.native"
local errors = require "barchan.errors"
local compiler = require "barchan.compiler"
local device_laws = require "barchan.device_laws"
local law = require "barchan.law"
local code = require "barchan.law.code"
local probe = require "barchan.law.probe"
local C = native.C

local backend = {}

-- Laws of the build by name, with their numbers.
local built
local function of_build(l)
  if not built then
    built = {}
    local info = ffi.new("brc_law_info")
    for i = 0, C.brc_law_count() - 1 do
      native.check(C.brc_law_get(i, info), "sim:law")
      local coefficients = {}
      for k = 1, info.coefficient_count do coefficients[k] = ffi.string(info.coefficients[k - 1]) end
      built[ffi.string(info.name)] = { number = i, coefficients = coefficients }
    end
  end
  local b = built[l.name]
  if not b then return nil end
  local found, same = pcall(law.resolve, l.name)
  if not (found and same == l) then return nil end -- a law of the script that bears the name of one of ours
  local fits = #b.coefficients == #l.coefficients
  for k, name in ipairs(b.coefficients) do fits = fits and name == l.coefficients[k] end
  if not fits then
    errors.raise(("sim:law: the engine's law '%s' is of another build: install anew"):format(l.name), errors.DEVICE)
  end
  return b.number
end

--- Whether the build holds this law.
function backend.of_build(l) return of_build(l) ~= nil end

--- The number under which a simulation's engine knows a law; the law is traced and handed over when it is not one of the build.
function backend.number(s, l)
  local number = of_build(l)
  if number then return number end
  s.own_laws = s.own_laws or {}
  if not s.own_laws[l] then
    local c = code.of(l) -- refuses a wrong law at its line
    local info, keep = code.info(l, c.traced)
    local packed, keep_program = code.pack(c.program)
    local out = ffi.new("int32_t[1]")
    native.check(C.brc_law_define(s.handle, info, packed, out), "sim:law")
    local number_ = out[0]
    s.own_laws[l] = { number = number_, code = c, kind = "law", name = l.name, packed = packed, keep, keep_program,
      attach = function(f32, f64) return C.brc_law_attach(s.handle, number_, f32, f64) end }
  end
  return s.own_laws[l].number
end

--- Refuses a law of the script that gives no usable forces with these coefficients. name: of the two materials.
function backend.probe(s, l, k, name, radius, density)
  local own = s.own_laws and s.own_laws[l]
  if not own then return end
  local parts = { name, ("%.17g"):format(radius) }
  for i, key in ipairs(l.coefficients) do parts[i + 2] = ("%.17g"):format(k[key]) end
  local key = table.concat(parts, " ")
  own.probed = own.probed or {}
  if own.probed[key] then return end
  local ok, message = pcall(probe.check, l, k, name, radius, 4 / 3 * math.pi * (radius * radius * radius) * density,
    math.min(s.options.overlap_limit, 1), own.packed)
  if not ok then errors.raise_text(message) end
  own.probed[key] = true
end

local profile = ffi.new("brc_profile")
local PATIENCE = 0.25 -- [s] of running before a compiler is started: it takes about as long itself

-- Hands compiled code to the engine when there is some; answers whether the job is over.
local function settle(s, own)
  local job = own.job
  if job.state == "ready" then
    local double = s.options.precision == "double"
    native.check(own.attach(not double and job.code or nil, double and job.code or nil), "sim:run")
    return true
  end
  if job.state == "failed" then
    compiler.warn(job, own.kind == "law" and "contact laws" or "kernels")
    return true
  end
  return false
end

local function prepare(s, own, what)
  C.brc_profile_get(s.handle, profile)
  own.job = compiler.request(own.code, profile.isa, s.options.precision)
  if s.options.laws == "cc" then
    while own.job.state == "asked" or own.job.state == "running" do compiler.poll(own.job, true) end
    if own.job.state == "failed" then
      errors.raise(("%s: laws = \"cc\", but the %s '%s' could not be compiled: %s"):format(what, own.kind, own.name, own.job.message),
        errors.DEVICE)
    end
  end
  own.done = settle(s, own)
  own.since = own.since or native.core.clock()
end

--- Before a step with a law or with kernels that are new: takes compiled code from the cache, or waits for it when the script asks for
-- that. s.kernels: list of { code, kind = "kernel", name, attach, removed }, as of laws.
function backend.prepare(s, what)
  local all, open = { unpack(s.kernels) }, {}
  s.compiling, s.stale_kernels = nil, false
  local own_law = s.own_laws and s.own_laws[s.law]
  all[#all + 1] = own_law
  for _, own in ipairs(s.options.backend == "vulkan" and all or {}) do
    if not own.on_device and not own.removed then device_laws.attach(s, own, what) end
    own.on_device = true
  end
  if s.options.laws == "interpreter" then return end
  for _, own in ipairs(all) do
    if not own.done and not own.removed then prepare(s, own, what) end
    if not own.done and not own.removed then open[#open + 1] = own end
  end
  if #open > 0 then s.compiling = open end
end

--- Between steps, while something waits for its code.
function backend.poll(s)
  local open = {}
  for _, own in ipairs(s.compiling) do
    if not own.removed then
      if own.job.state ~= "asked" or native.core.clock() - own.since >= PATIENCE then compiler.poll(own.job) end
      own.done = settle(s, own)
      if not own.done then open[#open + 1] = own end
    end
  end
  s.compiling = #open > 0 and open or nil
end

--- What executes the law of a simulation now: "engine", "interpreter" or "cc".
function backend.name(s)
  local own = s.own_laws and s.own_laws[s.law]
  return own and backend.executor(own) or "engine"
end

--- The same of one law of the script's, or kernel: "interpreter" or "cc".
function backend.executor(own)
  return own.job and own.job.state == "ready" and own.done and "cc" or "interpreter"
end

return backend
