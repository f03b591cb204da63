-- campaign_without_run.lua -- A campaign that does not say what a case does.
-- expect: exit=1 line=5 text="barchan.campaign: give one of run, script"
-- absent: campaign_without_run-campaign/journal
local barchan = require "barchan"
barchan.campaign { cases = barchan.cases.grid { friction = { 0.1, 0.2 } } }
