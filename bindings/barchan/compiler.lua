-- compiler.lua -- laws and kernels of particles as machine code: their C goes to the system's compiler in the background, into a
-- cache folder, and from there into the process. A file's name is the hash of the text, the flags, the compiler and the interface; a
-- sealed checksum says whether it is whole. Whatever is missing (a compiler, a folder to write to), the interpreter goes on: the bits
-- are the same.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local native = require "barchan.native"
local settings = require "barchan.settings"
local code = require "barchan.law.code"
local C = native.C

local compiler = {}

local isa_flags = { { "-msse2" }, { "-mavx2" }, { "-mavx512f", "-mavx512dq", "-mavx512vl", "-mavx512bw" } }
-- Those of the engine's own kernels: no contraction, no reassociation.
local flags = { "-std=c17", "-O3", "-ffp-contract=off", "-fno-fast-math", "-fno-math-errno", "-fno-trapping-math", "-fopenmp-simd", "-fPIC",
  "-shared", "-w", "-x", "c" }

local function last_error() return (ffi.string(C.brc_last_error()):gsub(" %[[%w_%.]+:%d+ [%w_]+%]$", "")) end

--- The command of the C compiler as a list of words: $CC ("ccache gcc", "gcc -m64"), or cc.
function compiler.command()
  local words = {}
  for word in (os.getenv "CC" or ""):gmatch "%S+" do words[#words + 1] = word end
  if not words[1] then words[1] = "cc" end
  return words
end

local identities = {}
-- What tells this compiler from another, or nil when there is none: the words, and the files of those that are programs.
local function identity(command)
  local all = table.concat(command, " ")
  if identities[all] == nil then
    local parts = { all }
    for i, word in ipairs(command) do
      local text = ffi.new("char[4400]")
      if C.brc_program_identity(word, text, 4400) == 1 then
        parts[#parts + 1] = ffi.string(text)
      elseif i == 1 then
        parts = nil
        break
      end
    end
    identities[all] = parts and table.concat(parts, "\n") or false
  end
  return identities[all]
end

--- Where compiled laws are kept, or nil where the environment names no home.
function compiler.folder()
  local base = os.getenv "XDG_CACHE_HOME"
  if base and base:sub(1, 1) == "/" then return base .. "/barchan" end
  local home = os.getenv "HOME"
  return home and home:sub(1, 1) == "/" and home .. "/.cache/barchan" or nil
end

local jobs = {} -- by path: { state = "ready" | "running" | "failed", code =, message =, ... }

local function load(job)
  local library = ffi.new("void*[1]")
  if tonumber(C.brc_code_load(job.path, job.key, library)) ~= 0 then return false end
  local bind, run = C.brc_code_symbol(library[0], "barchan_bind"), C.brc_code_symbol(library[0], job.symbol)
  if bind == nil or run == nil then return false end
  C.brc_code_bind(bind)
  job.state, job.code = "ready", run
  return true
end

local function fail(job, message)
  job.state, job.message = "failed", message
end

local function read(path)
  local file = io.open(path, "rb")
  local text = file and file:read("*a") or ""
  if file then file:close() end
  return text
end

local count = 0
-- What no other process, and no other job of this one, puts into the name of a file.
local function unique()
  count = count + 1
  return native.core.process() .. "-" .. count
end

local function start(job)
  local temporary = ("%s.%s"):format(job.path, unique())
  job.source, job.object, job.log = temporary .. ".c", temporary .. ".tmp", temporary .. ".log"
  local file, message = io.open(job.source, "w")
  if not file then return fail(job, message) end
  local written = file:write(job.text)
  written = file:close() and written
  if not written then
    os.remove(job.source)
    return fail(job, job.source .. " cannot be written")
  end
  local arguments = { unpack(job.command) }
  for _, flag in ipairs(job.flags) do arguments[#arguments + 1] = flag end
  for _, word in ipairs { "-o", job.object, job.source } do arguments[#arguments + 1] = word end
  local list = ffi.new("const char*[?]", #arguments + 1)
  for i, word in ipairs(arguments) do list[i - 1] = word end
  local scratch = ffi.new("const char*[3]", { job.source, job.object, job.log })
  local child = ffi.new("int32_t[1]")
  if tonumber(C.brc_child_start(list, job.log, scratch, 3, child)) ~= 0 then
    os.remove(job.source)
    return fail(job, last_error())
  end
  job.state, job.child = "running", child[0]
end

local ended, exit_code = ffi.new("int32_t[1]"), ffi.new("int32_t[1]")

local function finish(job, wait)
  if tonumber(C.brc_child_look(job.child, wait and 1 or 0, ended, exit_code)) ~= 0 then
    fail(job, last_error())
  elseif ended[0] == 0 then
    return
  elseif exit_code[0] ~= 0 then
    local first = read(job.log):match "[^\n]+" or "no message"
    fail(job, ("%s ended with %d: %s"):format(table.concat(job.command, " "), exit_code[0], first))
  elseif tonumber(C.brc_code_seal(job.object, job.path, job.key)) ~= 0 or not load(job) then
    fail(job, last_error())
  end
  os.remove(job.source)
  os.remove(job.log)
  if job.state == "failed" then os.remove(job.object) end
end

--- The compiled form of what code.text takes: a job { state, code or message }. isa: 1 to 3; precision: "mixed" or "double". What lies
-- in the cache is ready at once; otherwise the job's state is "asked", and poll starts the compiler.
function compiler.request(c, isa, precision)
  local folder, command = compiler.folder(), compiler.command()
  local who = identity(command)
  if not folder then return { state = "failed", message = "neither XDG_CACHE_HOME nor HOME names a folder for compiled laws" } end
  if not who then return { state = "failed", message = ("there is no C compiler '%s' on PATH"):format(command[1]) } end
  local own = { unpack(flags) }
  for _, flag in ipairs(isa_flags[isa]) do own[#own + 1] = flag end
  local text, symbol = code.text(c, precision)
  local all = table.concat({ text, table.concat(own, " "), who, tonumber(C.BRC_ABI_VERSION) }, "\0")
  local key = ffi.new("uint64_t[2]")
  C.brc_checksum(all, #all, key)
  local name = ("%08x%08x%08x%08x"):format(tonumber(key[0] / 2 ^ 32), tonumber(key[0] % 2 ^ 32), tonumber(key[1] / 2 ^ 32),
    tonumber(key[1] % 2 ^ 32))
  local path = ("%s/%s-%s.so"):format(folder, c.law and "law" or "kernel", name)
  local job = jobs[path]
  if job then return job end
  job = { state = "asked", path = path, key = key, symbol = symbol, text = text, flags = own, command = command, folder = folder }
  jobs[path] = job
  load(job)
  return job
end

--- Moves a job on: starts the compiler, or looks whether it has ended. wait: until it has.
function compiler.poll(job, wait)
  if job.state == "asked" then
    if tonumber(C.brc_folder_make(job.folder)) ~= 0 then return fail(job, last_error()) end
    start(job)
  end
  if job.state == "running" then finish(job, wait) end
end

local said = {}
--- Says once why laws, or kernels, stay with the interpreter. kind: "contact laws" or "kernels".
function compiler.warn(job, kind)
  if said[job.message] then return end
  said[job.message] = true
  settings.warn(kind .. " of the script are interpreted, which is slower and gives the same results: " .. job.message)
end

return compiler
