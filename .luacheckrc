-- Lint settings: luacheck bindings scripts tests examples
std = "luajit"
max_line_length = 145
-- `not (a > b)` is how NaN is made to fail a check.
ignore = { "581" }
include_files = { "bindings/**/*.lua", "scripts/**/*.lua", "tests/**/*.lua", "examples/**/*.lua", "*.rockspec" }
exclude_files = { "tests/broken/syntax_error.lua", "tests/broken_ranks/syntax.lua" }
files["scripts/laws"] = { read_globals = { "barchan", "sqrt", "exp", "log", "pow", "sin", "cos", "atan2", "min", "max", "abs", "dot", "cross", "norm", "where",
  "lt", "le", "gt", "ge", "eq", "vec3", "pi", "quantity", "rotate_into_plane", "spring_dashpot", "bearable_resistance", "damping_ratio", "effective_young",
  "effective_shear", "across", "stick_or_slide", "stick_or_twist", "bridge_rupture", "rabinovich_pull", "rabinovich_work" } }
files["tests/broken/law_*.lua"] = { read_globals = { "dot", "norm" } }
files["tests/broken/motion_*.lua"] = { read_globals = { "vec3", "sqrt", "sin" } }
files["examples/ratchet.lua"] = { read_globals = { "vec3", "sin" } }
files["tests/determinism/everything.lua"] = { read_globals = { "dot", "max", "norm", "rotate_into_plane", "sqrt" } }
files["tests/determinism/device_parts.lua"] = { read_globals = { "dot", "max", "norm", "rotate_into_plane", "sqrt" } }
files["tests/spec"] = { std = "+busted" }
