-- emit_glsl.lua -- a traced law as GLSL: the values of emit_c.lua in the same order, for one contact. The text is compiled by a file
-- that defines REAL, NUMBER, DIV and SQRT (shaders/arith.glsl): what Vulkan rounds correctly is written out, division and square root are ours.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local emit_c = require "barchan.law.emit_c"
local graph = require "barchan.law.graph"

local emit = {}

--- Whether a law calls the engine's fixed mathematics: it then needs shaders/fixedmath.glsl.
function emit.calls(traced)
  local g = traced.graph
  local used = graph.uses(g, traced.results)
  for id = 1, g.count do
    if used[id] and graph.calls[g.op[id]] then return true end
  end
  return false
end

local bits = ffi.new "union { float f; double d; uint32_t u[2]; }"

-- Exact: the bits of the double, and of the float that it is rounded to once, as C's (REAL) does.
local function number(value)
  bits.d = value
  local lo, hi = bits.u[0], bits.u[1]
  bits.f = value
  return ("NUMBER(0x%08xu, 0x%08xu, 0x%08xu)"):format(bits.u[0], lo, hi)
end

local results_of = { "FX", "FY", "FZ", "MX", "MY", "MZ" }

--- The function of one law:
-- void law_function(const REAL row[BRC_IN_COUNT], inout REAL history[], out REAL result[], int pair). Coefficients come from
-- COEFFICIENT(row, pair), dt and time from BRC_DT and BRC_TIME.
function emit.law(law, traced)
  local g, results = traced.graph, traced.results
  local used = graph.uses(g, results)
  local lines = {}
  local function put(text, ...) lines[#lines + 1] = select("#", ...) > 0 and text:format(...) or text end
  local coefficient, history = {}, {}
  for i, name in ipairs(law.coefficients) do coefficient[name] = i - 1 end
  for i, name in ipairs(law.history) do history[name] = i - 1 end
  local function ref(id)
    if g.op[id] == "constant" then return number(g.value[id]) end
    if g.op[id] == "step" then return "BRC_" .. g.name[id]:upper() end
    return "t" .. id
  end
  put("void law_function(const REAL row[%s], inout REAL history[%d], out REAL result[LAW_RESULTS], const int pair)",
    law.rows or "BRC_IN_COUNT", math.max(#law.history, 1))
  put "{"
  for id = 1, g.count do
    if used[id] then
      local op, a, b = g.op[id], g.a[id], g.b[id]
      local text
      if op == "in" then text = ("row[%s]"):format(g.name[id])
      elseif op == "coefficient" then text = ("COEFFICIENT(%d, pair)"):format(coefficient[g.name[id]])
      elseif op == "history" then text = ("history[%d]"):format(history[g.name[id]])
      elseif op == "+" or op == "-" or op == "*" then text = ("%s %s %s"):format(ref(a), op, ref(b))
      elseif op == "/" then text = ("DIV(%s, %s)"):format(ref(a), ref(b))
      elseif op == "negate" then text = "-" .. ref(a)
      elseif op == "sqrt" then text = ("SQRT(%s)"):format(ref(a))
      elseif op == "abs" then text = ("abs(%s)"):format(ref(a))
      elseif op == "min" then text = ("%s < %s ? %s : %s"):format(ref(b), ref(a), ref(b), ref(a))
      elseif op == "max" then text = ("%s < %s ? %s : %s"):format(ref(a), ref(b), ref(b), ref(a))
      elseif graph.calls[op] == 1 then text = ("REAL(brc_%s(double(%s)))"):format(op, ref(a))
      elseif graph.calls[op] == 2 then text = ("REAL(brc_%s(double(%s), double(%s)))"):format(op, ref(a), ref(b))
      elseif op:sub(1, 6) == "where " then
        text = ("%s %s %s ? %s : %s"):format(ref(a), op:sub(7), ref(b), ref(g.c[id]), ref(g.d[id]))
      elseif op ~= "constant" and op ~= "step" then
        error("no GLSL form of " .. op)
      end
      if text then put("    const REAL t%d = %s;", id, text) end
    end
  end
  for i = 1, law.outputs or #results_of do put("    result[%d] = %s;", i - 1, ref(results[i])) end
  local at = 6 + #law.history
  for j, field in ipairs(law.fields) do
    local gives = law.flux[field.name]
    if gives then at = at + 1 end
    put("    result[%d] = %s;", 5 + j, gives and ref(results[at]) or "0.0")
  end
  for i = 1, #law.history do put("    history[%d] = %s;", i - 1, ref(results[6 + i])) end
  put "}"
  return table.concat(lines, "\n") .. "\n"
end

--- What shaders/particle.comp includes for a kernel of particles: names of its parameters, its trace.
function emit.kernel(names, traced)
  return "#define LAW_RESULTS 3\n" .. emit.law({ rows = "BRC_PARTICLE_COUNT", outputs = 3, coefficients = names, history = {}, fields = {} },
    traced)
end

--- Names of rows for GLSL, from a table of names and numbers.
function emit.rows(numbers)
  local names, lines = {}, {}
  for name in pairs(numbers) do names[#names + 1] = name end
  table.sort(names, function(a, b) return numbers[a] < numbers[b] end)
  for _, name in ipairs(names) do lines[#lines + 1] = ("#define %s %d"):format(name, numbers[name]) end
  return table.concat(lines, "\n") .. "\n"
end

--- What a kernel includes for one law: how many numbers of history it has, which rows it reads (READS_BRC_IN_...), its function.
function emit.whole(law, traced)
  local lines = { ("#define LAW_HISTORY %d\n#define LAW_FIELDS %d\n#define LAW_RESULTS %d"):format(#law.history, #law.fields, 6 + #law.fields) }
  for _, name in ipairs(emit_c.inputs(traced)) do lines[#lines + 1] = ("#define READS_%s"):format(name) end
  return table.concat(lines, "\n") .. "\n" .. emit.law(law, traced)
end

return emit
