-- Random and edge contacts through a law in all its forms: plain Lua, the interpreter, the C of the build, C that a compiler makes
-- here. For law_parity_spec.lua and for timings.
local ffi = require "ffi"
require "barchan"
local native = require "barchan.native"
local blame = require "barchan.law.blame"
local code = require "barchan.law.code"
local emit = require "barchan.law.emit_c"
local law = require "barchan.law"
local C = native.C

local tools = {}
local BLOCK = tonumber(C.BRC_BLOCK)
ffi.cdef "int memcmp(const void*, const void*, size_t);"

--- Bit for bit, but one NaN is as good as another.
function tools.same(a, b)
  if a ~= a and b ~= b then return true end
  if a ~= b then return false end
  return a ~= 0 or 1 / a == 1 / b
end

-- xorshift128: the same numbers everywhere
local s0, s1, s2, s3 = 123456789, 362436069, 521288629, 88675123
local bit = require "bit"
function tools.random(lo, hi)
  local t = bit.bxor(s0, bit.lshift(s0, 11))
  s0, s1, s2 = s1, s2, s3
  s3 = bit.bxor(s3, bit.rshift(s3, 19), t, bit.rshift(t, 8))
  return lo + (hi - lo) * ((s3 % 2 ^ 32) / 2 ^ 32)
end
local random = tools.random
local function decades(lo, hi) return lo * math.exp(random(0, math.log(hi / lo))) end
local function chance(p) return random(0, 1) < p end
tools.decades, tools.chance = decades, chance

local function direction(size)
  local x, y, z = random(-1, 1), random(-1, 1), random(-1, 1)
  local f = size / math.sqrt(x * x + y * y + z * z)
  return { x * f, y * f, z * f }
end

-- Typical sizes of a value by its unit.
local ranges = { Pa = { 1e6, 1e11 }, ["N/m"] = { 1e2, 1e6 }, ["J/m^2"] = { 1e-3, 10 }, ["N/m^3"] = { 1e5, 1e9 }, m = { 1e-6, 1e-4 },
  ["m^3"] = { 1e-15, 1e-10 }, K = { 200, 2000 }, ["N s/m"] = { 1e-4, 1e2 }, ["Pa s"] = { 1e-4, 10 }, ["m/s"] = { 1e-3, 10 },
  N = { 1e-6, 1 }, ["W/m/K"] = { 1e-2, 1e3 } }

--- A value that a law's parameter allows.
function tools.value(spec)
  if spec.choices then return spec.choices[1 + math.floor(random(0, #spec.choices - 1e-9))] end
  local lo, hi = spec.min, spec.max
  if spec.unit ~= "1" then
    local r = ranges[spec.unit] or { 1e-3, 1e3 }
    return math.min(math.max(decades(r[1], r[2]), lo or 0), hi or math.huge)
  end
  lo, hi = lo or 0, hi or (lo or 0) + 1
  if not spec.exclusive and chance(0.1) then return lo end
  return random(lo, hi)
end

--- Coefficients of a pair of materials drawn at random.
function tools.coefficients(l)
  local a, b, pair = {}, {}, {}
  for _, name in ipairs(blame.keys(l.material)) do -- in the order of names: pairs() has another one in each process
    a[name], b[name] = tools.value(l.material[name]), tools.value(l.material[name])
  end
  for _, name in ipairs(blame.keys(l.pair)) do pair[name] = tools.value(l.pair[name]) end
  a.density, b.density = 2500, 2500
  return l.derive(a, b, pair)
end

--- A contact for trace.evaluate, and its history: random, and at the edges now and then. Bonds hold particles only.
function tools.contact(l, dt)
  local R1, wall = decades(1e-5, 1e-1), l ~= law.bond() and chance(0.2)
  local R2 = wall and 0 or R1 * decades(0.1, 10)
  local R = wall and R1 or R1 * R2 / (R1 + R2)
  local speed = decades(1e-6, 10)
  local n = chance(0.1) and { 0, 0, chance(0.5) and 1 or -1 } or direction(1)
  local overlap = R * (chance(0.05) and 1e-12 or decades(1e-7, 0.2))
  if l.reach and chance(0.3) then overlap = -overlap end
  local m1, m2 = 1e4 * R1 ^ 3, wall and 0 or 1e4 * R2 ^ 3
  local function some(size) return chance(0.1) and { 0, 0, 0 } or direction(size) end
  local c = { overlap = overlap, n = n, v = some(speed), w = some(speed / R), v_mean = some(speed), w_mean = some(speed / R), R = R,
    m = wall and m1 or m1 * m2 / (m1 + m2), R1 = R1, R2 = R2, m1 = m1, m2 = m2, spin = some(speed / R), dt = dt, time = 0.25 }
  for _, field in ipairs(l.fields) do
    for side = 1, 2 do c[field.name .. side] = tools.value { unit = field.unit } end
  end
  local history, slip = {}, math.abs(overlap) * decades(1e-4, 10)
  for _, field in ipairs(l.history_fields) do
    if field.columns == 3 then
      local v = chance(0.2) and { 0, 0, 0 } or chance(0.05) and { n[1] * slip, n[2] * slip, n[3] * slip } or direction(slip)
      history[field.name] = v
    else
      history[field.name] = chance(0.3) and 0 or chance(0.5) and random(0, 1) or slip
    end
  end
  if l == law.bond() then history.rest = overlap + random(-0.01, 0.01) * R end -- a bond has a length
  return c, history
end

local axes = { x = 1, y = 2, z = 3 }
local function component(v, axis) return v[axis] or v[axes[axis]] end

--- Results of l.evaluate in the order of a trace.
function tools.flat(l, force, moment, after, fluxes)
  local out = { force.x, force.y, force.z, moment.x, moment.y, moment.z }
  for _, field in ipairs(l.history_fields) do
    local value = after[field.name]
    if field.columns == 3 then
      for _, axis in ipairs { "x", "y", "z" } do out[#out + 1] = component(value, axis) end
    else
      out[#out + 1] = value
    end
  end
  for _, field in ipairs(l.fields) do
    if l.flux[field.name] then out[#out + 1] = fluxes[field.name] end
  end
  return out
end

-- rows of the inputs, by the names of trace.inputs
local input_rows = { overlap = { "OVERLAP" }, n = { "NX", "NY", "NZ" }, v = { "VX", "VY", "VZ" }, w = { "WX", "WY", "WZ" },
  v_mean = { "UX", "UY", "UZ" }, w_mean = { "QX", "QY", "QZ" }, R = { "R" }, m = { "M" }, R1 = { "R1" }, R2 = { "R2" },
  m1 = { "M1" }, m2 = { "M2" }, spin = { "SX", "SY", "SZ" } }

--- A block of rows for a law: kind "float" or "double". block.put(i, contact, history) fills one contact, block.begin() takes the
-- histories that were put back for another run, block.call(...) runs a form, block.keep() keeps its results as those to expect,
-- block.differs(n) tells where later ones differ, block.get(i) -> those to expect of a contact, as a list like tools.flat's.
function tools.block(l, kind, pair_count)
  local b = { l = l, kind = kind, pair_count = pair_count, anchor = {} }
  local function rows(count)
    local p = ffi.new("void*[?]", math.max(count, 1))
    local list = {}
    for i = 0, count - 1 do
      local memory = ffi.new(kind .. "[?]", BLOCK + 64)
      local address = ffi.cast("uintptr_t", memory)
      list[i] = ffi.cast(kind .. "*", address + (64 - address % 64) % 64)
      b.anchor[#b.anchor + 1], p[i] = memory, list[i]
    end
    return p, list
  end
  local size = ffi.sizeof(kind)
  b.in_, b.input = rows(C.BRC_IN_COUNT)
  b.history_, b.history = rows(#l.history)
  b.out_, b.out = rows(C.BRC_OUT_COUNT)
  local _, past = rows(#l.history)
  b.P = ffi.new(kind .. "[?]", math.max(#l.coefficients * pair_count, 1))
  b.pair = ffi.new("int32_t[?]", BLOCK)
  b.uniform = ffi.new(kind .. "[2]")
  function b.coefficients(p, k)
    for i, name in ipairs(l.coefficients) do b.P[(i - 1) * pair_count + p] = k[name] end
  end
  local numbers, vectors = {}, {}
  for name, list in pairs(input_rows) do
    local to = { name }
    for j, row in ipairs(list) do to[j + 1] = b.input[tonumber(C["BRC_IN_" .. row])] end
    if #list == 1 then numbers[#numbers + 1] = to else vectors[#vectors + 1] = to end
  end
  for j, field in ipairs(l.fields) do
    for side = 1, 2 do
      numbers[#numbers + 1] = { field.name .. side, b.input[tonumber(C.BRC_IN_FIELDS) + 2 * (j - 1) + side - 1] }
    end
  end
  function b.put(i, c, history)
    for _, to in ipairs(numbers) do to[2][i] = c[to[1]] end
    for _, to in ipairs(vectors) do
      local v = c[to[1]]
      to[2][i], to[3][i], to[4][i] = v[1], v[2], v[3]
    end
    local row = 0
    for _, field in ipairs(l.history_fields) do
      local value = history[field.name]
      for axis = 1, field.columns do
        past[row][i] = field.columns == 3 and value[axis] or value
        row = row + 1
      end
    end
    b.uniform[0], b.uniform[1] = c.dt, c.time
  end
  function b.begin()
    for row = 0, #l.history - 1 do ffi.copy(b.history[row], past[row], BLOCK * size) end
  end
  local results = {} -- rows in the order of tools.flat
  for k = 0, 5 do results[k + 1] = b.out[k] end
  for k = 0, #l.history - 1 do results[#results + 1] = b.history[k] end
  for j, field in ipairs(l.fields) do
    if l.flux[field.name] then results[#results + 1] = b.out[tonumber(C.BRC_OUT_FLUX) + j - 1] end
  end
  local _, expected = rows(#results)
  function b.keep()
    for k, row in ipairs(results) do ffi.copy(expected[k - 1], row, BLOCK * size) end
  end
  function b.differs(n)
    for k, row in ipairs(results) do
      if ffi.C.memcmp(expected[k - 1], row, n * size) ~= 0 then
        for i = 0, n - 1 do
          if not tools.same(expected[k - 1][i], row[i]) then
            return ("contact %d: result %d is %a, expected %a"):format(i, k, row[i], expected[k - 1][i])
          end
        end
      end
    end
  end
  function b.get(i)
    local list = {}
    for k = 1, #results do list[k] = expected[k - 1][i] end
    return list
  end
  --- how: { program = packed } or { law = number }, with isa.
  function b.call(how, isa, n)
    local c = ffi.new("brc_law_call", { program = how.program, law = how.law or -1, isa = isa, precision = kind == "double" and 1 or 0,
      count = n, ["in"] = ffi.cast("const void* const*", b.in_), history = b.history_, out = b.out_, coefficients = b.P,
      pair = b.pair, uniform = b.uniform, pair_count = pair_count })
    native.check(C.brc_law_run(c), "law_run")
  end
  --- A compiled function of the signature of law.h.
  function b.call_function(f, n)
    f(n, ffi.cast("const " .. kind .. "* const*", b.in_), ffi.cast(kind .. "* const*", b.history_), ffi.cast(kind .. "* const*", b.out_),
      b.P, pair_count, b.pair, b.uniform)
  end
  return b
end

--- The number of a law of the build, or nil.
function tools.number(l)
  local info = ffi.new "brc_law_info"
  for i = 0, C.brc_law_count() - 1 do
    C.brc_law_get(i, info)
    if ffi.string(info.name) == l.name then return i end
  end
end

--- { law =, traced =, program = packed struct } of a resolved law.
function tools.forms(l)
  local traced = law.trace(l)
  local text = code.program(l, traced)
  local packed, keep = code.pack(text)
  return { l = l, traced = traced, text = text, program = packed, keep = keep, number = tools.number(l) }
end

local flags = { "-msse2", "-mavx2", "-mavx512f -mavx512dq -mavx512vl -mavx512bw" }

--- Compiles laws with a compiler for an instruction set into FOLDER; answers name -> function for that kind, anchored by `lib`.
function tools.compile(list, folder, source, compiler, isa, kind)
  local tag = ("%s_%d_%s"):format(compiler:gsub("%W", "_"), isa, kind)
  local path = folder .. "/" .. tag
  local file = assert(io.open(path .. ".c", "w"))
  local double = kind == "double"
  file:write(('#include "law.h"\n#include <math.h>\n#define REAL %s\n#define SQRT(x) %s(x)\n#define ABS(x) %s(x)\n')
    :format(kind, double and "sqrt" or "sqrtf", double and "fabs" or "fabsf"))
  file:write("#define BRC_LAW_NAME(name) name##_" .. tag .. "\n", emit.prologue)
  for _, f in ipairs(list) do file:write((emit.law(f.l, f.traced))) end
  file:write(('#include "%s/engine/fixedmath.c"\n'):format(source))
  file:close()
  local command = ("%s -std=c17 -O3 %s -ffp-contract=off -fno-math-errno -fno-trapping-math -fopenmp-simd -shared -fPIC -I'%s/engine' "
    .. "-o '%s.so' '%s.c' -lm"):format(compiler, flags[isa], source, path, path)
  assert(os.execute(command) == 0, command)
  local lib, functions = ffi.load(path .. ".so"), {}
  for _, f in ipairs(list) do
    local symbol = emit.symbol(f.l.name) .. "_" .. tag
    ffi.cdef((("void %s(int n, const T* const* in, T* const* history, T* const* out, const T* P, int pair_count, const int32_t* pair, "
      .. "const T* uniform);"):format(symbol):gsub("%f[%w]T%f[%W]", kind)))
    functions[f.l.name] = lib[symbol]
  end
  return functions, lib -- which must be kept: its memory goes with it
end

return tools
