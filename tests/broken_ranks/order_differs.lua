-- order_differs.lua -- the same calls in another order.
-- expect: exit=1 line=9 text="ranks 0, 2 are at" text="sim:stress" text="rank 1 is at" text="sim:hash()"
local barchan, scene = require "barchan", require "scene"
local sim = scene.sim
scene.fill()
local calls = { "stress", "hash" }
if barchan.rank == 1 then calls = { "hash", "stress" } end
for _, name in ipairs(calls) do
  sim[name](sim)
end
