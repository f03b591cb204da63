-- generate.lua -- at build time: every composition of the built-in laws as C and as GLSL, and the operations of programs as GLSL.
--   luajit generate.lua ROOT OUTDIR
--   luajit generate.lua ROOT --list     the numbers and names of the laws that devices take
local ffi = require "ffi"
local root, outdir = arg[1], arg[2]
package.path = root .. "/bindings/?.lua;" .. package.path
local emit = require "barchan.law.emit_c"
local emit_glsl = require "barchan.law.emit_glsl"
local law = require "barchan.law"
law.folder = root .. "/scripts/laws/"

local compositions = law.compositions()
if outdir == "--list" then
  compositions[#compositions + 1] = law.bond().name
  for i, name in ipairs(compositions) do compositions[i] = i - 1 .. "=" .. name end
  io.write(table.concat(compositions, ";"))
  return
end

-- Written under another name first: an interrupted build must not leave half a file that looks whole.
local function write(path, text)
  local file = assert(io.open(path .. ".new", "w"))
  assert(file:write(text))
  assert(file:close())
  assert(os.rename(path .. ".new", path))
end

local texts = {
  "// laws.inc -- generated from scripts/laws: included by a file that defines REAL, SQRT, ABS and BRC_LAW_NAME.",
  emit.prologue,
}
local laws = {}

-- The numbers of the rows, from the header that has them.
local header = assert(io.open(root .. "/engine/law.h")):read("*a"):match("/%*@cdef%-begin%*/(.-)/%*@cdef%-end%*/")
header = header:gsub("//[^\n]*", "")
ffi.cdef(header)
local numbers = {}
for name in header:gmatch("BRC_IN_%w+") do numbers[name] = tonumber(ffi.C[name]) end

local glsl = { "// laws.glsl -- generated from scripts/laws: the law of number BRC_LAW as a function of GLSL.",
  emit_glsl.rows(numbers) }
local all = {}
for i, name in ipairs(compositions) do all[i] = law.resolve(name) end
all[#all + 1] = law.bond()
for _, l in ipairs(all) do
  local traced = law.trace(l)
  local text, operations = emit.law(l, traced)
  texts[#texts + 1] = ("// %s: %d operations, %d paths\n%s"):format(l.name, operations, traced.paths, text)
  laws[#laws + 1] = { law = l, inputs = emit.inputs(traced) }
  assert(not emit_glsl.calls(traced), "shaders of the build do not include fixedmath.glsl")
  glsl[#glsl + 1] = ("#if BRC_LAW == %d // %s\n%s#endif\n"):format(#laws - 1, l.name, emit_glsl.whole(l, traced))
end
write(outdir .. "/laws.glsl", table.concat(glsl, "\n"))

-- What each instruction of a program computes, for shaders/program.glsl: engine/operations.def in the words of GLSL, with our division.
local cases, order = { "// operations.glsl -- generated from engine/operations.def." }, {}
for name in assert(io.open(root .. "/engine/barchan.h")):read("*a"):gmatch "\n    BRC_OP_([%w_]+)" do
  order[name], order[#order + 1] = #order, name
end
for line in io.lines(root .. "/engine/operations.def") do
  local kind, name, value = line:match "^(%u+)%((%u[%w_]*), (.+)%)$"
  if kind then
    value = value:gsub("^(.+) / (.+)$", "DIV(%1, %2)"):gsub("%(double%)(%u)", "double(%1)"):gsub("^ABS", "abs")
    local how = kind == "CALL" and ("if (CALLS) value[to] = REAL(%s);"):format(value) or ("value[to] = %s;"):format(value)
    cases[#cases + 1] = ("case %d: %s break; // %s"):format(assert(order[name], name), how, name)
  end
end
write(outdir .. "/operations.glsl", table.concat(cases, "\n") .. "\n")
write(outdir .. "/laws.inc", table.concat(texts, "\n"))
write(outdir .. "/registry.c", emit.registry(laws))
