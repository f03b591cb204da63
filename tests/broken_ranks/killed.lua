-- killed.lua -- rank 1 is killed by the system.
-- expect: exit=137 warning="rank 0 has waited" warning="for rank 1, which was last seen at" warning="sim:insert{"
local barchan, scene = require "barchan", require "scene"
local sim = scene.sim
scene.fill()
if barchan.rank == 1 then
  local ffi = require "ffi"
  ffi.cdef "int getpid(void); int kill(int process, int signal);"
  ffi.C.kill(ffi.C.getpid(), 9)
end
sim:run { steps = 10 }
