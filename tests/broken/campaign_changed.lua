-- campaign_changed.lua -- A campaign that is gone on with other cases than it was begun with.
-- expect: exit=1 line=7 text="'sweep' holds another campaign: case 2 had friction = 0.2, and has friction = 0.3"
local barchan = require "barchan"
local function run(case) return case.friction end
barchan.campaign { folder = "sweep", cases = { { friction = 0.1 }, { friction = 0.2 } }, run = run }
require("barchan.campaign").used = {} -- as if the program had been started again
barchan.campaign { folder = "sweep", cases = { { friction = 0.1 }, { friction = 0.3 } }, run = run }
