-- native.lua -- finds the engine: in this process (the barchan executable) or in barchan/core.so (plain luajit), and makes
-- sure that the declarations belong to it.
local ffi = require "ffi"

ffi.cdef(require "barchan.cdef")

local embedded = pcall(function() return ffi.C.brc_abi_version() end)
local C, core
if embedded then
  C, core = ffi.C, require "barchan.core"
else
  local path, tried = package.searchpath("barchan.core", package.cpath)
  if not path then error("barchan: the engine (barchan/core.so) is not on package.cpath; looked for:" .. tried, 0) end
  ffi.cdef "int setenv(const char* name, const char* value, int overwrite);"
  if not os.getenv "OMP_WAIT_POLICY" then -- as main.c does: waiting threads spin shortly, then sleep
    ffi.C.setenv("OMP_WAIT_POLICY", "passive", 0)
    ffi.C.setenv("GOMP_SPINCOUNT", "8000", 0)
  end
  core = require "barchan.core"
  C = ffi.load(path) -- the same file again: the system keeps one copy of it
end

local function refuse(what)
  error("barchan: the Lua files and the engine are of different builds (" .. what .. "); install both anew", 0)
end
if C.brc_abi_version() ~= C.BRC_ABI_VERSION then
  refuse(("interface %d against %d"):format(C.BRC_ABI_VERSION, C.brc_abi_version()))
end
local number, size = 0, ffi.new("int64_t[1]")
local name = C.brc_struct(number, size)
while name ~= nil do
  local text = ffi.string(name)
  local known, ours = pcall(ffi.sizeof, text)
  local theirs = tonumber(size[0])
  if not known or ours ~= theirs then refuse(("%s has %s bytes against %d"):format(text, known and tostring(ours) or "no", theirs)) end
  number = number + 1
  name = C.brc_struct(number, size)
end

local errors = require "barchan.errors"

local native = { C = C, core = core, embedded = embedded }

--- The engine's last error: its words, and " [file:line function]", where it noticed.
function native.last_error()
  local text = ffi.string(C.brc_last_error())
  local words, place = text:match "^(.-)(%s*%[[%w_.]+:%d+ [%w_]+%])$"
  return words or text, place or ""
end

--- Raise the engine's last error at the user's line unless the status is BRC_OK. what: the call, "sim:insert"; hint: what to do.
function native.check(status, what, hint)
  status = tonumber(status)
  if status == 0 then return end
  local text, place = native.last_error()
  local last = what:match("%a+$")
  if last and text:sub(1, #last + 2) == last .. ": " then text = text:sub(#last + 3) end -- sim:box: box: ...
  errors.raise(what .. ": " .. text .. (hint and "; " .. hint or "") .. place, status)
end

--- The first of these libraries that is here and has a function of this name; false: none.
function native.library(names, has)
  for _, file in ipairs(names) do
    local ok, found = pcall(ffi.load, file)
    if ok and pcall(function() return found[has] end) then return found end
  end
  return false
end

local sum = ffi.new("uint64_t[2]")
--- 16 hexadecimal digits that stand for a text.
function native.checksum(text)
  C.brc_checksum(text, #text, sum)
  return ("%08x%08x"):format(tonumber(sum[0] / 2 ^ 32), tonumber(sum[0] % 2 ^ 32))
end

return native
