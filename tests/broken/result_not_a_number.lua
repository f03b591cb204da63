-- result_not_a_number.lua -- A result that no other program could read.
-- expect: exit=1 line=5 text="barchan.result: flow must be a number, a text, true or false, got {}"
-- absent: result.json
local barchan = require "barchan"
barchan.result { flow = {} }
