-- hosted.lua -- for plain luajit under mpirun: a program that starts and ends MPI itself, and uses Barchan in between.
-- luajit hosted.lua HOW: closed (MPI ends while Lua runs), left (after Lua's end), gone (rank 1 comes to its end before the others)
local ffi = require "ffi"
ffi.cdef "int MPI_Init(int*, char***); int MPI_Finalize(void); int MPI_Finalized(int*);"
local mpi = ffi.load(os.getenv "BARCHAN_MPI_LIBRARY", true)
mpi.MPI_Init(nil, nil)

-- Made before Barchan's own, so collected after them, when the Lua state ends.
local last = newproxy(true)
getmetatable(last).__gc = function()
  local flag = ffi.new("int[1]")
  mpi.MPI_Finalized(flag)
  if flag[0] == 0 then mpi.MPI_Finalize() end
end
debug.getregistry()[last] = true

package.path = arg[0]:match "^.*/" .. "../broken_ranks/?.lua;" .. package.path
local barchan, scene = require "barchan", require "scene"
local sim = scene.sim
scene.fill()
sim:run { steps = 10 }
print(("rank %d of %d: %s"):format(barchan.rank, barchan.ranks, sim:hash()))
if arg[1] == "closed" then
  sim:close()
  mpi.MPI_Finalize()
elseif arg[1] == "gone" and barchan.rank ~= 1 then
  for _ = 1, 2 do print(select(2, pcall(sim.run, sim, { steps = 10 }))) end
end
