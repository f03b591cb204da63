-- barchan-scm-1.rockspec -- the module for LuaRocks: `luarocks --lua-version=5.1 make` in a checkout builds and installs it.
rockspec_format = "3.0"
package = "barchan"
version = "scm-1"
source = { url = "." } -- the checkout that this file lies in
description = {
  summary = "Granular matter by the discrete element method, scripted in Lua",
  detailed = [[
Barchan simulates grains: each one moves, turns and touches others and walls. A scenario is a Lua script; contact laws are Lua
functions that are compiled to vector code; a run's result depends on its script, seed and precision only, to the last bit.]],
  license = "MIT",
  labels = { "science", "simulation", "granular", "dem", "luajit" },
}
supported_platforms = { "linux" }
dependencies = { "lua == 5.1" } -- LuaJIT: the module says so when it meets another Lua
external_dependencies = {
  LUAJIT = { program = "luajit" },
  RANDOM123 = { header = "Random123/philox.h" },
  XXHASH = { header = "xxhash.h" },
}
build = {
  type = "cmake",
  variables = {
    CMAKE_BUILD_TYPE = "Release",
    CMAKE_INSTALL_PREFIX = "$(PREFIX)",
    BRC_INSTALL_BIN = "$(BINDIR)",
    BRC_INSTALL_LUA = "$(LUADIR)",
    BRC_INSTALL_CORE = "$(LIBDIR)",
    BRC_INSTALL_DOC = "$(PREFIX)/doc",
    BRC_LIBRARY = "OFF", -- libbarchan is for programs in C: cmake --install
    BRC_TESTS = "OFF",
  },
}
test = { type = "command", command = "scripts/test" }
