-- warned_on_one.lua -- a rank that does not speak has warned before the error
-- expect: exit=1 line=5 text="nothing poured" text="rank 2" warning="the chute is steep (on rank 1)"
local barchan = require "barchan"
if barchan.rank == 1 then require("barchan.settings").warn "the chute is steep" end
if barchan.rank == 2 then error "nothing poured" end
