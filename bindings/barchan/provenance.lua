-- provenance.lua -- where a result comes from, as JSON text for the files: script, arguments, versions, machine, settings.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local json = require "barchan.json"
local native = require "barchan.native"
local settings = require "barchan.settings"
local C = native.C

local provenance = {}

local function line_of(path, pattern)
  local file = io.open(path)
  if not file then return nil end
  for line in file:lines() do
    local found = line:match(pattern)
    if found then
      file:close()
      return found
    end
  end
  file:close()
end

-- The script: told by the command line, or what plain luajit runs.
local function script()
  if settings.script then return settings.script end
  local path = type(arg) == "table" and arg[0]
  local file = path and io.open(path, "rb")
  if not file then return {} end
  local text = file:read("*a")
  file:close()
  return { path = path, text = text }
end

--- The text for a file of this simulation.
function provenance.text(s)
  local source = script()
  local materials = {}
  for i, m in ipairs(s.materials) do
    materials[i] = {}
    for key, value in pairs(m.values) do materials[i][key] = value end
  end
  local arguments = {}
  for i, value in ipairs(settings.command or type(arg) == "table" and arg or {}) do arguments[i] = tostring(value) end
  return (json.encode {
    program = "barchan", version = ffi.string(C.brc_version()), compiler = ffi.string(C.brc_compiler()),
    lua = jit.version,
    script = source.path, script_text = source.text, arguments = arguments,
    set = next(settings.values) and settings.values or nil,
    date = os.date("!%Y-%m-%dT%H:%M:%SZ"), machine = line_of("/proc/sys/kernel/hostname", "(.+)"),
    processor = line_of("/proc/cpuinfo", "^model name%s*:%s*(.+)"), system = jit.os .. " " .. jit.arch,
    seed = s.options.seed, precision = s.options.precision, threads = s.threads, law = s.law and s.law.name or nil,
    materials = materials,
  })
end

return provenance
