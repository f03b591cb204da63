-- explain.lua -- what a law is made of, for people: coefficients, history and inputs with their units, operations, paths, force and
-- stiffness at rest as formulas, what runs it, and its C.
jit.off(true, true) -- cold: see init.lua
local native = require "barchan.native"
local backend = require "barchan.backend"
local code = require "barchan.law.code"
local compiler = require "barchan.compiler"
local graph = require "barchan.law.graph"
local law = require "barchan.law"
local trace = require "barchan.law.trace"
local units = require "barchan.law.units"

local explain = {}

local leaves = { ["in"] = true, history = true, step = true, coefficient = true, constant = true }
local words = { ["+"] = "additions", ["-"] = "subtractions", ["*"] = "products", ["/"] = "divisions", sqrt = "square roots", min = "min",
  max = "max", abs = "abs", negate = "signs" }

local function listed(counts)
  local list, total = {}, 0
  for word, n in pairs(counts) do
    list[#list + 1] = { word, n }
    total = total + n
  end
  table.sort(list, function(a, b) return a[2] > b[2] or a[2] == b[2] and a[1] < b[1] end)
  for i, entry in ipairs(list) do list[i] = entry[2] .. " " .. entry[1] end
  return table.concat(list, ", "), total
end

--- What a traced function computes: "3 products, 1 square roots", and how many operations that is.
function explain.operations(traced)
  local g, counts = traced.graph, {}
  for id in pairs(graph.uses(g, traced.results)) do
    local op = g.op[id]
    if not leaves[op] then
      local word = op:find "^where" and "choices" or words[op] or op
      counts[word] = (counts[word] or 0) + 1
    end
  end
  return listed(counts)
end

--- What runs code (code.of) that is not of the build, by its job at the compiler.
function explain.runs_as(job)
  return job.state == "ready" and "compiled code from " .. job.path or job.state == "failed" and "interpreter: " .. job.message
    or "interpreter, until the C compiler has made code of it"
end

--- The page of a resolved law as a list of lines.
function explain.lines(l)
  local c = code.of(l)
  local g, seen = c.traced.graph, graph.uses(c.traced.graph, c.traced.results)
  local lines = {}
  local function put(text, ...) lines[#lines + 1] = select("#", ...) > 0 and text:format(...) or text end
  local function group(title, list)
    if #list > 0 then put("  %-14s %s", title, table.concat(list, ", ")) end
  end

  local read, coefficients, history = {}, {}, {}
  local rows = {}
  for id = 1, g.count do
    if seen[id] then
      local op = g.op[id]
      if op == "in" then rows[g.name[id]] = true
      elseif op == "step" then rows[g.name[id]] = true end
    end
  end
  for _, input in ipairs(trace.inputs) do
    local used = rows[input.name]
    for _, row in ipairs(input.rows or {}) do used = used or rows[row] end
    if used then read[#read + 1] = ("%s [%s]"):format(input.name, input.unit) end
  end
  for _, field in ipairs(l.fields) do read[#read + 1] = ("%s [%s] of both"):format(field.name, field.unit) end
  for _, name in ipairs(l.coefficients) do
    coefficients[#coefficients + 1] = ("%s [%s]"):format(name, units.name(l.coefficient_units[name]))
  end
  for _, field in ipairs(l.history_fields) do
    history[#history + 1] = ("%s [%s]%s"):format(field.name, units.name(field.unit), field.columns == 3 and " (a vector)" or "")
  end
  put("law %s", l.name)
  if l.about and l.about ~= "" then put("  %s", l.about) end
  group("reads", read)
  group("coefficients", coefficients)
  group("history", history)
  for name, unit in pairs(l.flux) do put("  %-14s %s [%s]", "flux", name, unit) end
  if l.reach then put("  %-14s beyond touching, %s", "acts", l.birth == "reach" and "from where it reaches" or "once the two have touched") end
  local kinds, total = explain.operations(c.traced)
  put("  %-14s %d for each contact: %s", "operations", total, kinds)
  put("  %-14s %d through its ifs", "paths", c.traced.paths)
  put("  %-14s %d instructions, %d rows of temporaries", "interpreter", #c.program.instructions, c.program.temporaries)
  local rest = l.at_rest()
  for _, entry in ipairs { { "force", "force at rest", "N" }, { "stiffness", "stiffness", "N/m" }, { "damping", "damping", "N s/m" } } do
    put("  %-14s %s [%s]", entry[2], rest[entry[1]].text() or "by differentiation; too long to show as a formula", entry[3])
  end
  if backend.of_build(l) then
    put("  %-14s code that was compiled with the engine", "runs as")
  else
    put("  %-14s %s", "runs as", explain.runs_as(compiler.request(c, native.C.brc_isa_best(), "mixed")))
  end
  return lines
end

--- The C of a law, for one precision: "mixed" (float) or "double".
function explain.c(l, precision)
  return (code.text(code.of(l), precision or "mixed"))
end

--- law:explain(): prints the page; law:explain "c" prints the C instead.
function explain.print(l, what)
  if what ~= nil and what ~= "c" then
    require("barchan.errors").raise(("law:explain takes nothing or \"c\", got %s"):format(tostring(what)))
  end
  if what == "c" then print(explain.c(l)) else print(table.concat(explain.lines(l), "\n")) end
end

local own = { explain = function(m, what) explain.print(law.compose_with(m), what) end }
local meta = { __index = own, __tostring = function(m) return "contact law '" .. m.name .. "'" end }

--- barchan.contact_law: as a law's file has it, with a method explain.
function explain.contact_law(given)
  local m = law.contact_law(given)
  return setmetatable(m, meta)
end

return explain
