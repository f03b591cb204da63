-- campaign_twice.lua -- Two campaigns in one folder.
-- expect: exit=1 line=6 text="barchan.campaign: the campaign at " text="has the folder 'sweep' already"
local barchan = require "barchan"
local function run(case) return case.friction end
barchan.campaign { folder = "sweep", cases = { { friction = 0.1 } }, run = run }
barchan.campaign { folder = "sweep", cases = { { friction = 0.2 } }, run = run }
