-- first_is_late.lua -- rank 0, which prints, is the one that keeps the others waiting: another one says so.
-- expect: exit=0 warning="rank 1 has waited for" warning="for rank 0, which was last seen at"
local barchan, scene = require "barchan", require "scene"
if barchan.rank == 0 then os.execute "sleep 7" end
scene.fill()
scene.sim:run { steps = 10 }
