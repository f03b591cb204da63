-- code.lua -- a resolved law in the form in which the engine takes one: what it says of itself, and its program.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local native = require "barchan.native"
local blame = require "barchan.law.blame"
local emit = require "barchan.law.emit_c"
local program = require "barchan.law.program"
local trace = require "barchan.law.trace"
local C = native.C

local code = {}

-- "MUL_ADD" -> its number
local function operation(name) return C["BRC_OP_" .. name] end

--- A program of program.lua as the engine's struct. Answers it and a table that keeps its memory alive.
function code.pack(p)
  local instructions = ffi.new("brc_instruction[?]", math.max(#p.instructions, 1))
  for i, instruction in ipairs(p.instructions) do
    local to = instructions[i - 1]
    to.op, to.to = operation(instruction[1]), instruction[2]
    for j = 3, #instruction do to.from[j - 3] = instruction[j] end
  end
  local constants = ffi.new("double[?]", math.max(#p.constants, 1), p.constants)
  local packed = ffi.new("brc_program", { inputs = p.inputs, history = p.history, outputs = p.outputs, uniforms = p.uniforms,
    coefficients = p.coefficients, constants = #p.constants, temporaries = p.temporaries, instruction_count = #p.instructions,
    instructions = instructions, constant = constants })
  return packed, { instructions, constants }
end

local outputs = { "FX", "FY", "FZ", "MX", "MY", "MZ" }

--- The program of a traced law (trace.law).
function code.program(law, traced)
  local rows = { inputs = C.BRC_IN_COUNT, history = #law.history, outputs = C.BRC_OUT_COUNT, uniforms = C.BRC_UNIFORM_COUNT,
    coefficients = #law.coefficients }
  local coefficient, history = {}, {}
  for i, name in ipairs(law.coefficients) do coefficient[name] = i - 1 end
  for i, name in ipairs(law.history) do history[name] = i - 1 end
  local results = {}
  for i, name in ipairs(outputs) do results[i] = { traced.results[i], "output", C["BRC_OUT_" .. name] } end
  for i = 1, #law.history do results[#results + 1] = { traced.results[6 + i], "history", i - 1 } end
  local at = 6 + #law.history
  for j, field in ipairs(law.fields) do
    if law.flux[field.name] then
      at = at + 1
      results[#results + 1] = { traced.results[at], "output", C.BRC_OUT_FLUX + j - 1 }
    end
  end
  return program.make(traced.graph, results, rows, function(kind, name)
    if kind == "in" then return (C[name]) end
    if kind == "history" then return history[name] end
    if kind == "coefficient" then return coefficient[name] end
    return (C["BRC_UNIFORM_" .. name:upper()])
  end)
end

local function strings(list, keep)
  local array = ffi.new("const char*[?]", math.max(#list, 1), list)
  keep[#keep + 1], keep[#keep + 2] = array, list
  return array
end

local known = setmetatable({}, { __mode = "k" })

--- All of a resolved law that the engine and the compiler need, made once: { law, traced, program, inputs }.
function code.of(law)
  local c = known[law]
  if not c then
    local traced = trace.law(law, true)
    if traced.unwritten then
      error(("%slaw: the history '%s' is declared and never written: set h.%s, or leave it out"):format(
        blame.definition(law.force_text), traced.unwritten, traced.unwritten), 0)
    end
    for _, list in ipairs { law.coefficients, law.history } do
      for _, name in ipairs(list) do
        if not name:find "^[%a_][%w_]*$" then
          error(("%slaw: '%s' must be a name of letters, digits and _, not beginning with a digit"):format(
            blame.definition(law.force_text), name), 0)
        end
      end
    end
    c = { law = law, traced = traced, program = code.program(law, traced) }
    known[law] = c
  end
  return c
end

--- What the engine must know of a law beside its code (brc_law_info), and a table that keeps its memory alive.
function code.info(law, traced)
  local keep, fields, fluxes, inputs = { law }, {}, 0, 0ULL
  for j, field in ipairs(law.fields) do
    fields[j] = field.name
    if law.flux[field.name] then fluxes = fluxes + 2 ^ (j - 1) end
  end
  for _, name in ipairs(emit.inputs(traced)) do inputs = inputs + 2ULL ^ C[name] end
  local info = ffi.new("brc_law_info", { name = law.name, coefficient_count = #law.coefficients, history_count = #law.history,
    coefficients = strings(law.coefficients, keep), history = strings(law.history, keep), inputs = inputs,
    field_count = #fields, fields = strings(fields, keep), fluxes = fluxes,
    birth = law.birth == "reach" and C.BRC_BIRTH_REACH or C.BRC_BIRTH_CONTACT })
  return info, keep
end

local text_head = [[
typedef %s REAL;
typedef int int32_t;
#define SQRT(x) __builtin_sqrt%s(x)
#define ABS(x) __builtin_fabs%s(x)
#define BRC_LAW_NAME(name) name
static double (*brc_exp)(double), (*brc_log)(double), (*brc_sin)(double), (*brc_cos)(double);
static double (*brc_atan2)(double, double), (*brc_pow)(double, double);
void barchan_bind(double (*const* one)(double), double (*const* two)(double, double));
void barchan_bind(double (*const* one)(double), double (*const* two)(double, double))
{
    brc_exp = one[0], brc_log = one[1], brc_sin = one[2], brc_cos = one[3];
    brc_atan2 = two[0], brc_pow = two[1];
}
]]

-- The body of a function with all that it needs from other files: types, the fixed mathematics, the numbers of the rows it names.
local function whole(title, body, precision)
  local named, rows = {}, {}
  for name in (body):gmatch("%f[%w_]BRC_[%u%d]+_[%w_]+") do
    if name ~= "BRC_LAW_NAME" and name ~= "BRC_LAW_LOOP" and not named[name] then
      named[name] = true
      rows[#rows + 1] = ("#define %s %d"):format(name, tonumber(C[name]))
    end
  end
  local float = precision == "mixed"
  return ("// %s\n"):format(title) .. text_head:format(float and "float" or "double", float and "f" or "", float and "f" or "")
    .. table.concat(rows, "\n") .. "\n" .. emit.prologue .. body
end

--- C of a law that needs no other file, for one precision ("mixed" or "double"), and the name of its function. The function's form
-- is that of engine/law.h; barchan_bind must be called first. c: code.of(law), or for a kernel of particles { traced, coefficients }.
function code.text(c, precision)
  if not c.law then
    local body, symbol = emit.kernel(c.traced, c.coefficients)
    return whole("a kernel of particles", body, precision), symbol
  end
  return whole(("the contact law '%s'"):format((c.law.name:gsub("[%c\\]", "?"))), emit.law(c.law, c.traced), precision),
    emit.symbol(c.law.name)
end

return code
