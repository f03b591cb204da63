-- generate.lua -- at build time: every composition of the built-in laws as C.  luajit generate.lua ROOT OUTDIR
local root, outdir = arg[1], arg[2]
package.path = root .. "/bindings/?.lua;" .. package.path
local emit = require "barchan.law.emit_c"
local law = require "barchan.law"
law.folder = root .. "/scripts/laws/"

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
local all = {}
for i, name in ipairs(law.compositions()) do all[i] = law.resolve(name) end
all[#all + 1] = law.bond()
for _, l in ipairs(all) do
  local traced = law.trace(l)
  local text, operations = emit.law(l, traced)
  texts[#texts + 1] = ("// %s: %d operations, %d paths\n%s"):format(l.name, operations, traced.paths, text)
  laws[#laws + 1] = { law = l, inputs = emit.inputs(traced) }
end
write(outdir .. "/laws.inc", table.concat(texts, "\n"))
write(outdir .. "/registry.c", emit.registry(laws))
