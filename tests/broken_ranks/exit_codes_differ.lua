-- exit_codes_differ.lua -- os.exit on all ranks, with different codes.
-- expect: exit=3 text="with the exit code 3, after"
local barchan, scene = require "barchan", require "scene"
scene.fill()
os.exit(barchan.rank == 1 and 3 or 0)
