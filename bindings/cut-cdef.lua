-- cut-cdef.lua -- cuts the declarations for LuaJIT's FFI out of the public header, so that they are written once.
-- luajit cut-cdef.lua HEADER OUT: the text between the cdef marks, without BRC_API, as a Lua file that returns it.
local header, out = arg[1], arg[2]
if not (header and out) then
  io.stderr:write("use: luajit cut-cdef.lua HEADER OUT\n")
  os.exit(2)
end
local file = assert(io.open(header))
local text = file:read("*a")
file:close()
local cut = text:match("/%*@cdef%-begin%*/(.-)/%*@cdef%-end%*/")
assert(cut, header .. ": the marks /*@cdef-begin*/ and /*@cdef-end*/ are missing")
cut = cut:gsub("%f[%w_]BRC_API%f[^%w_]%s*", ""):gsub("//[^\n]*", ""):gsub("[ \t]+\n", "\n"):gsub("\n\n+", "\n")
assert(not cut:find("^%s*#") and not cut:find("\n%s*#"), header .. ": a preprocessor line stands between the cdef marks")
local target = assert(io.open(out, "w"))
assert(target:write("-- Made from engine/barchan.h by cut-cdef.lua: do not edit.\nreturn [==[", cut, "]==]\n"))
assert(target:close())
