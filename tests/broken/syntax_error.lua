-- syntax_error.lua -- A parenthesis that is never closed.
-- expect: exit=1 line=5 text="')' expected"
local barchan = require "barchan"
print(barchan.version
