-- cut-cdef.lua -- cuts the declarations for LuaJIT's FFI out of the headers, so that they are written once.
-- luajit cut-cdef.lua OUT HEADER...: the text between the cdef marks, without BRC_API, as a Lua file that returns it.
local out = arg[1]
if not arg[2] then
  io.stderr:write("use: luajit cut-cdef.lua OUT HEADER...\n")
  os.exit(2)
end
local texts = {}
for i = 2, #arg do
  local file = assert(io.open(arg[i]))
  local text = file:read("*a")
  file:close()
  local cut = text:match("/%*@cdef%-begin%*/(.-)/%*@cdef%-end%*/")
  assert(cut, arg[i] .. ": the marks /*@cdef-begin*/ and /*@cdef-end*/ are missing")
  cut = cut:gsub("%f[%w_]BRC_API%f[^%w_]%s*", ""):gsub("//[^\n]*", ""):gsub("[ \t]+\n", "\n"):gsub("\n\n+", "\n")
  assert(not cut:find("^%s*#") and not cut:find("\n%s*#"), arg[i] .. ": a preprocessor line stands between the cdef marks")
  texts[#texts + 1] = cut
end
local target = assert(io.open(out, "w"))
assert(target:write("-- Made from engine/barchan.h and engine/law.h by cut-cdef.lua: do not edit.\nreturn [==[", table.concat(texts), "]==]\n"))
assert(target:close())
