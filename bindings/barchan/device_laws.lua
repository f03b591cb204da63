-- device_laws.lua -- laws that the build does not hold, and kernels of particles, for devices: their GLSL goes through glslangValidator
-- into a cache folder, and as SPIR-V to the engine. A file's name is the hash of the text, the precision and the compiler; what it
-- holds ends with a checksum.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local native = require "barchan.native"
local errors = require "barchan.errors"
local compiler = require "barchan.compiler"
local emit_glsl = require "barchan.law.emit_glsl"
local spirv = require "barchan.law.spirv"
local C = native.C

local device_laws = {}

local function checksum(text)
  local out = ffi.new("uint64_t[2]")
  C.brc_checksum(text, #text, out)
  return ffi.string(out, 16)
end

local function hexadecimal(text) return (text:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end

local function read(path)
  local file = io.open(path, "rb")
  local text = file and file:read("*a")
  if file then file:close() end
  return text
end

local function write(path, text)
  local file = io.open(path, "wb")
  local written = file and file:write(text)
  return file and file:close() and written
end

local function numbered(prefix, names)
  local numbers = {}
  for name in names:gmatch "%w+" do numbers[prefix .. name] = tonumber(C[prefix .. name]) end
  return emit_glsl.rows(numbers)
end

local device = ffi.new("brc_device_info")
local rows
-- The GLSL of the whole kernel of forces with one law. c: code.of(law).
local function text_of_law(c)
  rows = rows or numbered("BRC_IN_", "OVERLAP NX NY NZ VX VY VZ WX WY WZ UX UY UZ QX QY QZ R M R1 R2 M1 M2 F0A F0B F1A F1B F2A F2B F3A F3B "
    .. "SX SY SZ COUNT")
  return C.brc_law_device_text(), rows .. emit_glsl.whole(c.law, c.traced)
end

-- The same of a kernel of particles (kernels.lua).
local function text_of_kernel(c)
  return C.brc_kernel_device_text(),
    numbered("BRC_PARTICLE_", "X Y Z VX VY VZ WX WY WZ RADIUS MASS COUNT") .. emit_glsl.kernel(c.coefficients, c.traced)
end

local function text_of(own)
  local frame, text = (own.kind == "law" and text_of_law or text_of_kernel)(own.code)
  return (ffi.string(frame):gsub('#include "laws%.glsl"\n', function() return text end))
end

local function fail(what, own, text, ...)
  errors.raise(('%s: backend = "vulkan" needs the %s \'%s\' as a program for devices: '):format(what, own.kind, own.name)
    .. text:format(...), errors.DEVICE)
end

-- Runs the compiler on the text; answers its module.
local function compile(own, what, program, flags, text, path)
  if tonumber(C.brc_folder_make(compiler.folder())) ~= 0 then fail(what, own, "%s", ffi.string(C.brc_last_error())) end
  local base = path .. "." .. native.core.process()
  local source, object, log = base .. ".comp", base .. ".tmp", base .. ".log"
  local arguments = { program, "--quiet", "-V", "--target-env", "vulkan1.2" }
  for _, flag in ipairs(flags) do arguments[#arguments + 1] = flag end
  for _, word in ipairs { "-o", object, source } do arguments[#arguments + 1] = word end
  local list = ffi.new("const char*[?]", #arguments + 1)
  for i, word in ipairs(arguments) do list[i - 1] = word end
  local scratch = ffi.new("const char*[3]", { source, object, log })
  local child, ended, exit_code = ffi.new("int32_t[1]"), ffi.new("int32_t[1]"), ffi.new("int32_t[1]")
  if not write(source, text) then fail(what, own, "%s cannot be written", source) end
  local ok = tonumber(C.brc_child_start(list, log, scratch, 3, child)) == 0
    and tonumber(C.brc_child_look(child[0], 1, ended, exit_code)) == 0
  local message = ok and (read(log) or ""):match "ERROR[^\n]*" or not ok and ffi.string(C.brc_last_error()) or nil
  local module = read(object)
  os.remove(source) os.remove(object) os.remove(log)
  if not ok or exit_code[0] ~= 0 or not module or not spirv.is(module) then
    fail(what, own, "%s ended with %d: %s", program, exit_code[0], message or "no message")
  end
  return (spirv.mark(module, own.name))
end

--- Hands the SPIR-V of a law of the script, or of a kernel, to the engine. own: { kind, number, code, name } as in backend.lua.
function device_laws.attach(s, own, what)
  local program = os.getenv "BARCHAN_GLSLANG" or "glslangValidator"
  local folder, identity = compiler.folder(), ffi.new("char[4400]")
  local text, flags = text_of(own), {}
  if s.options.precision == "double" then flags[#flags + 1] = "-DBRC_DOUBLE" end
  native.check(C.brc_sim_device_get(s.handle, device), what)
  if device.access == C.BRC_ACCESS_ADDRESSES then flags[#flags + 1] = "-DBRC_ADDRESSES" end
  if emit_glsl.calls(own.code.traced) then flags[#flags + 1] = "-DLAW_CALLS" end
  if not folder then fail(what, own, "neither XDG_CACHE_HOME nor HOME names a folder for compiled laws") end
  if C.brc_program_identity(program, identity, 4400) ~= 1 then
    fail(what, own, "there is no '%s' on PATH. Install glslang-tools, or let BARCHAN_GLSLANG name it", program)
  end
  local key = checksum(table.concat({ text, table.concat(flags, " "), ffi.string(identity) }, "\0"))
  local path = ("%s/device-%s.spv"):format(folder, hexadecimal(key))
  local kept = read(path)
  local module = kept and #kept > 16 and checksum(kept:sub(1, -17) .. key) == kept:sub(-16) and kept:sub(1, -17)
  if not module then
    module = compile(own, what, program, flags, text, path)
    local temporary = path .. "." .. native.core.process() .. ".new" -- another process may do the same
    if not (write(temporary, module .. checksum(module .. key)) and os.rename(temporary, path)) then os.remove(temporary) end
  end
  local take = own.kind == "law" and C.brc_law_device or C.brc_kernel_device
  native.check(take(s.handle, own.number, ffi.cast("const uint32_t*", module), #module / 4), what)
end

return device_laws
