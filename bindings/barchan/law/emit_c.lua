-- emit_c.lua -- a traced law as C: one named value per node, in the order in which the law computes them. The text is compiled
-- once per instruction set and precision by a file that defines REAL, SQRT, ABS and BRC_LAW_NAME (engine/kernels.c).
jit.off(true, true) -- cold: see init.lua
local graph = require "barchan.law.graph"

local emit = {}

-- Rows of the outputs in the order of the results, history left out.
local function outputs_of(law)
  local list = { "BRC_OUT_FX", "BRC_OUT_FY", "BRC_OUT_FZ", "BRC_OUT_MX", "BRC_OUT_MY", "BRC_OUT_MZ" }
  for j, field in ipairs(law.fields) do
    if law.flux[field.name] then list[#list + 1] = "BRC_OUT_FLUX" .. j - 1 end
  end
  return list
end

--- "hertz_mindlin/epsd" -> "brc_law_hertz_mindlin_epsd"
function emit.symbol(name)
  return "brc_law_" .. name:gsub("[^%w]", "_")
end

-- Exact bits: a hexadecimal double, rounded once to REAL.
local function number(value)
  local text = ("%a"):format(value)
  return "(REAL)" .. (text:sub(1, 1) == "-" and "(" .. text .. ")" or text)
end

-- "BRC_IN_OVERLAP" -> "OVERLAP", "BRC_PARTICLE_X" -> "X"
local function bare(name) return (name:gsub("^BRC_%u+_", "")) end

local arguments = "(int n, const REAL* const* in, REAL* const* history, REAL* const* out, const REAL* P,\n"
  .. "    int pair_count, const int32_t* pair, const REAL* uniform)"

-- One loop over the block. uniform: all contacts are of one material pair and the coefficients are scalars; else they are
-- gathered.
local function loop(law, g, results, used, uniform, put)
  local coefficient_row = {}
  for i, name in ipairs(law.coefficients) do coefficient_row[name] = i - 1 end
  local function ref(id)
    if g.op[id] == "constant" then return number(g.value[id]) end
    if g.op[id] == "step" then return "u_" .. g.name[id] end
    return "t" .. id
  end

  put("static BRC_LAW_LOOP void BRC_LAW_NAME(%s_%s)%s", emit.symbol(law.name), uniform and "uniform" or "mixed", arguments)
  put "{"
  for id = 1, g.count do
    if used[id] and g.op[id] == "in" then
      put("    const REAL* restrict row_%s = in[%s];", bare(g.name[id]), g.name[id])
    elseif used[id] and g.op[id] == "coefficient" then
      local row = coefficient_row[g.name[id]]
      if uniform then
        put("    const REAL t%d = P[%d * pair_count + pair[0]]; // %s", id, row, g.name[id])
      else
        put("    const REAL* restrict k_%s = P + %d * pair_count;", g.name[id], row)
      end
    elseif used[id] and g.op[id] == "step" then
      put("    const REAL u_%s = uniform[BRC_UNIFORM_%s];", g.name[id], g.name[id]:upper())
    end
  end
  for i, name in ipairs(law.history) do put("    REAL* restrict h_%s = history[%d];", name, i - 1) end
  local written = law.outputs or outputs_of(law)
  for _, name in ipairs(written) do put("    REAL* restrict o_%s = out[%s];", name:sub(9), name) end
  put("    (void)P, (void)pair_count, (void)pair, (void)history, (void)uniform; // not every law uses all")
  local calls = false
  for id = 1, g.count do calls = calls or used[id] and graph.calls[g.op[id]] end
  if not calls then put "#pragma omp simd" end -- a loop with calls is not vectorised, and clang would say so
  put "    for (int i = 0; i < n; i++) {"

  local binary = { ["+"] = true, ["-"] = true, ["*"] = true, ["/"] = true }
  local operations = 0
  for id = 1, g.count do
    if used[id] then
      local op, a, b = g.op[id], g.a[id], g.b[id]
      local text
      if op == "in" then
        text = ("row_%s[i]"):format(bare(g.name[id]))
      elseif op == "coefficient" then
        text = not uniform and ("k_%s[pair[i]]"):format(g.name[id])
      elseif op == "history" then
        text = ("h_%s[i]"):format(g.name[id])
      elseif binary[op] then
        text = ("%s %s %s"):format(ref(a), op, ref(b))
      elseif op == "negate" then
        text = "-" .. ref(a)
      elseif op == "sqrt" then
        text = ("SQRT(%s)"):format(ref(a))
      elseif op == "abs" then
        text = ("ABS(%s)"):format(ref(a))
      elseif op == "min" then
        text = ("%s < %s ? %s : %s"):format(ref(b), ref(a), ref(b), ref(a))
      elseif op == "max" then
        text = ("%s < %s ? %s : %s"):format(ref(a), ref(b), ref(b), ref(a))
      elseif graph.calls[op] == 1 then
        text = ("(REAL)brc_%s((double)%s)"):format(op, ref(a))
      elseif graph.calls[op] == 2 then
        text = ("(REAL)brc_%s((double)%s, (double)%s)"):format(op, ref(a), ref(b))
      elseif op:sub(1, 6) == "where " then
        text = ("%s %s %s ? %s : %s"):format(ref(a), op:sub(7), ref(b), ref(g.c[id]), ref(g.d[id]))
      elseif op ~= "constant" and op ~= "step" then
        error("no C form of " .. op)
      end
      if text then
        put("        const REAL t%d = %s;", id, text)
        if a then operations = operations + 1 end
      end
    end
  end
  for i, name in ipairs(written) do
    put("        o_%s[i] = %s;", name:sub(9), ref(results[i <= 6 and i or i + #law.history]))
  end
  for i, name in ipairs(law.history) do put("        h_%s[i] = %s;", name, ref(results[6 + i])) end
  put "    }"
  put "}"
  return operations
end

--- What stands before the laws. Inlined into the dispatch, the gathering loop shares loads with it, and clang 14 then does not
-- vectorise it (16 ns for each contact instead of 2.5).
emit.prologue = [[
#if defined(__GNUC__)
#define BRC_LAW_LOOP __attribute__((noinline))
#else
#define BRC_LAW_LOOP
#endif
]]

--- Rows of the inputs that a traced law reads, in the order of their first use.
function emit.inputs(traced)
  local g, list = traced.graph, {}
  local used = graph.uses(g, traced.results)
  for id = 1, g.count do
    if used[id] and g.op[id] == "in" then list[#list + 1] = g.name[id] end
  end
  return list
end

--- The function of one law. Answers its text and the number of operations per contact.
-- A block whose contacts are all of one material pair takes its own loop: at 16 lanes the gathers cost as much as the law.
function emit.law(law, traced)
  local g, results = traced.graph, traced.results
  local used = graph.uses(g, results)
  local lines = {}
  local function put(text, ...) lines[#lines + 1] = select("#", ...) > 0 and text:format(...) or text end
  local symbol = emit.symbol(law.name)
  loop(law, g, results, used, true, put)
  local operations = loop(law, g, results, used, false, put)
  put("void BRC_LAW_NAME(%s)%s;", symbol, arguments)
  put("void BRC_LAW_NAME(%s)%s", symbol, arguments)
  put "{"
  put "    const int end = (n + 15) & ~15; // rows have room for whole vectors"
  put "    int32_t differs = 0;"
  put "#pragma omp simd reduction(| : differs)"
  put "    for (int i = 0; i < end; i++) differs |= pair[i] ^ pair[0];"
  put "    if (differs)"
  put("        BRC_LAW_NAME(%s_mixed)(end, in, history, out, P, pair_count, pair, uniform);", symbol)
  put "    else"
  put("        BRC_LAW_NAME(%s_uniform)(end, in, history, out, P, pair_count, pair, uniform);", symbol)
  put "}"
  return table.concat(lines, "\n") .. "\n", operations
end

--- The function of a kernel of particles, which the engine calls like a law of one pair: its text and its name. coefficients: names.
function emit.kernel(traced, coefficients)
  local lines = {}
  local function put(text, ...) lines[#lines + 1] = select("#", ...) > 0 and text:format(...) or text end
  local law = { name = "kernel", coefficients = coefficients, history = {}, outputs = { "BRC_OUT_FX", "BRC_OUT_FY", "BRC_OUT_FZ" } }
  local symbol = emit.symbol(law.name)
  loop(law, traced.graph, traced.results, graph.uses(traced.graph, traced.results), true, put)
  put("void BRC_LAW_NAME(%s)%s;", symbol, arguments)
  put("void BRC_LAW_NAME(%s)%s", symbol, arguments)
  put "{"
  put("    BRC_LAW_NAME(%s_uniform)((n + 15) & ~15, in, history, out, P, pair_count, pair, uniform); // whole vectors", symbol)
  put "}"
  return table.concat(lines, "\n") .. "\n", symbol
end

--- registry.c: the table of all laws: a list of { law =, inputs = rows that it reads }.
function emit.registry(laws)
  local lines = { "// registry.c -- generated from scripts/laws: the contact laws of this build.", "#include \"law.h\"", "",
    "#define ROW(r) ((uint64_t)1 << (r))" }
  local function put(text, ...) lines[#lines + 1] = text:format(...) end
  local function strings(name, list)
    if #list == 0 then return "0" end
    put("static const char* const %s[] = {\"%s\"};", name, table.concat(list, "\", \""))
    return name
  end
  local entries = {}
  for _, entry in ipairs(laws) do
    local law, fields, bits, fluxes = entry.law, {}, {}, {}
    for j, field in ipairs(law.fields) do
      fields[j] = field.name
      if law.flux[field.name] then fluxes[#fluxes + 1] = "1u << " .. j - 1 end
    end
    for i, name in ipairs(entry.inputs) do bits[i] = "ROW(" .. name .. ")" end
    local symbol = emit.symbol(law.name)
    for isa = 1, 3 do
      for _, precision in ipairs { { "f32", "float" }, { "f64", "double" } } do
        put("void %s_%d_%s(int n, const %s* const* in, %s* const* history, %s* const* out, const %s* P, int pair_count,\n"
          .. "    const int32_t* pair, const %s* uniform);", symbol, isa, precision[1], precision[2], precision[2], precision[2], precision[2],
          precision[2])
      end
    end
    local short = symbol:sub(9)
    local coefficients = strings("coefficients_" .. short, law.coefficients)
    local history = strings("history_" .. short, law.history)
    local field_names = strings("fields_" .. short, fields)
    entries[#entries + 1] = ("    {{\"%s\", %d, %d, %s, %s,\n      %s,\n      %d, %s, %s, %s},\n     {0, NAME_1_f32, NAME_2_f32, NAME_3_f32},\n"
      .. "     {0, NAME_1_f64, NAME_2_f64, NAME_3_f64}},"):format(law.name, #law.coefficients, #law.history, coefficients, history,
      #bits > 0 and table.concat(bits, " | ") or "0", #fields, field_names, #fluxes > 0 and table.concat(fluxes, " | ") or "0",
      law.birth == "reach" and "BRC_BIRTH_REACH" or "BRC_BIRTH_CONTACT")
      :gsub("NAME", symbol)
  end
  put("\nconst brc_law brc_laws[] = {\n%s\n};", table.concat(entries, "\n"))
  put("const int32_t brc_law_total = %d;", #laws)
  return table.concat(lines, "\n") .. "\n"
end

return emit
