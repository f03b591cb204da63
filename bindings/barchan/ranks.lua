-- ranks.lua -- which rank of a run this process is: the ranks that mpirun started, or a group of them. The first of all prints.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local native = require "barchan.native"
local settings = require "barchan.settings"
local C = native.C

local ranks = {}
local world, current

--- Joins the other ranks that mpirun has started, if it has. Answers nil, or why that cannot be.
function ranks.open()
  local out = ffi.new("brc_comm*[1]")
  local library = package.searchpath("barchan.mpi", package.cpath)
  if tonumber(C.brc_comm_world(library, out)) ~= 0 then
    ranks.failure = ffi.string(C.brc_last_error())
    settings.speaks = (os.getenv "OMPI_COMM_WORLD_RANK" or os.getenv "PMIX_RANK" or os.getenv "PMI_RANK" or "0") == "0"
    return ranks.failure
  end
  world, current = out[0], out[0]
  if C.brc_comm_size(world) == 1 then return end
  settings.speaks = C.brc_comm_rank(world) == 0
  local print_here = print
  function print(...) -- luacheck: ignore 121
    if settings.speaks then print_here(...) end
  end
end

--- brc_comm*: all ranks; those that share what the script makes now.
function ranks.world() return world end
function ranks.comm() return current end

--- The number of this rank among these, from 0, and how many there are.
function ranks.index() return C.brc_comm_rank(current) end
function ranks.count() return C.brc_comm_size(current) end

--- From now on the ranks of `comm` share what they make; all of them say so. Answers whose turn it was.
function ranks.use(comm)
  local before = current
  current = comm
  return before
end

--- How many threads this rank takes unless told: its share of the cores, or those that mpirun has bound it to.
function ranks.threads()
  local cores = C.brc_max_threads()
  local beside = tonumber(os.getenv "OMPI_COMM_WORLD_LOCAL_SIZE" or nil)
  if not beside or os.getenv "OMPI_MCA_orte_bound_at_launch" then return cores end
  return math.max(1, math.floor(cores / beside))
end

-- MPI ends with the process: this is collected last, because it is made first. It is left running where the host of the module had started it.
local last = newproxy(true)
getmetatable(last).__gc = function()
  if world then C.brc_comm_destroy(world) end
  world = nil
end
debug.getregistry()[ranks] = last

return ranks
