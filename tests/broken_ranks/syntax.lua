-- syntax.lua -- a script that is none.
-- expect: exit=1 line=3 text="unfinished string"
local text = "
