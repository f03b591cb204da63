-- record.lua -- notes which names of the schema a test gives: Lua runs this file at its start (LUA_INIT), in the process of a test and in
-- those that it starts. record_calls.lua, which is put around the module when that is loaded, says what is noted; exercised.lua reads the
-- notes of all tests. Each process has a file of its own in the folder that BARCHAN_RECORD names: names as names.lua spells them, one a line.
local folder = os.getenv "BARCHAN_RECORD"
if not folder or not rawget(_G, "jit") then return end
local ffi = require "ffi"
ffi.cdef "int getpid(void);"
local here = debug.getinfo(1, "S").source:match "^@(.*[/\\])" or ""

local seen = {}
-- Written at once: a process may be killed. The number of the process is looked up each time: MPI and a script may fork.
local function note(...)
  local name = table.concat({ ... })
  if seen[name] then return end
  seen[name] = true
  local file = io.open(("%s/%d"):format(folder, ffi.C.getpid()), "a")
  if file then
    file:write(name, "\n")
    file:close()
  end
end

-- What stands around the module bears a name in the module's folder: such frames are passed over where the user's line is looked for.
for _, name in ipairs { "barchan", "barchan.cli" } do
  package.preload[name] = function()
    package.preload[name] = nil
    local path = package.searchpath(name, package.path)
    local file = path and io.open(here .. "record_calls.lua")
    package.loaded[name] = nil -- require has marked it as being loaded
    if not file then return (require(name)) end
    local text = file:read "*a"
    file:close()
    return assert(loadstring(text, "@" .. path:match "^.*[/\\]" .. "record_calls.lua"))(name, note)
  end
end
