-- campaign_word_taken.lua -- A parameter that is called as a column of the table of results.
-- expect: exit=1 line=5 text="barchan.cases.grid: 'seconds' is a word of the table of results: give the parameter another name"
local barchan = require "barchan"
barchan.campaign { run = function() return 1 end, cases =
  barchan.cases.grid { seconds = { 1, 2 } } }
