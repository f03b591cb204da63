-- error_table.lua -- An error that is a table.
-- expect: exit=1 line=5 text="the script raised a table where a text is expected"
local barchan = require "barchan"
print(barchan.version)
error { code = 17 }
