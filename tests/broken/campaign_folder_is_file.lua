-- campaign_folder_is_file.lua -- A campaign whose folder cannot be made.
-- expect: exit=4 line=5 text="barchan.campaign: cannot make the folder 'sweep': Not a directory"
-- prepare: touch sweep
local barchan = require "barchan"
barchan.campaign { folder = "sweep", cases = { { friction = 0.1 } }, run = function() return 1 end }
