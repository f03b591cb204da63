-- ranks.lua -- which rank of a run this process is: the ranks that mpirun started, or a group of them. The first of all prints.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local native = require "barchan.native"
local settings = require "barchan.settings"
local C = native.C

local ranks = {}
local world, current
local meeting       -- brc_meeting* of the current ranks, nil when this is the only one
local meetings = {} -- by the address of their brc_comm: { brc_meeting*, number of this rank in it }
local comms = {}    -- by the address of the brc_meeting

local function address(pointer) return tostring(ffi.cast("void*", pointer)) end

-- Where the ranks of a comm meet; the first time all of them come here.
local function meeting_of(comm)
  if C.brc_comm_size(comm) == 1 then return nil end
  local key = address(comm)
  if not meetings[key] then
    local out = ffi.new("brc_meeting*[1]")
    native.check(C.brc_meeting_open(comm, out), "ranks")
    meetings[key] = { out[0], C.brc_comm_rank(comm) }
    meetings[address(out[0])], comms[address(out[0])] = C.brc_comm_rank(comm), comm
  end
  return meetings[key][1]
end

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
  meeting = meeting_of(world)
  local print_here = print
  function print(...) -- luacheck: ignore 121
    if settings.speaks then print_here(...) end
  end
end

--- Before a rank that could not join the others ends: what has started them ends all of them as soon as one has ended with an error,
-- so the others wait while the first one says why.
function ranks.let_first_speak()
  if not settings.speaks then native.core.sleep(10) end -- [s]
end

--- brc_comm*: all ranks; those that share what the script makes now.
function ranks.world() return world end
function ranks.comm() return current end

--- Whether this rank is the one of these that writes files and asks the clock.
function ranks.is_first() return C.brc_comm_rank(current) == 0 end

--- The number of this rank among these, from 0, and how many there are.
function ranks.index() return C.brc_comm_rank(current) end
function ranks.count() return C.brc_comm_size(current) end

--- From now on the ranks of `comm` share what they make; all of them say so. Answers whose turn it was.
function ranks.use(comm)
  local before = current
  current, meeting = comm, meeting_of(comm)
  return before
end

--- All ranks of a group are done with it.
function ranks.drop(comm)
  local key = address(comm)
  local m = meetings[key]
  if m then
    C.brc_meeting_close(m[1])
    meetings[key], meetings[address(m[1])], comms[address(m[1])] = nil, nil, nil
  end
  C.brc_comm_destroy(comm)
end

--- Where all ranks of the program meet, nil when there is one only.
function ranks.world_meeting() return world and meeting_of(world) end

--- Where the current ranks meet (meet.lua), nil when this is the only one; the number of this rank there; who meet there.
function ranks.meeting() return meeting end
function ranks.number_in(m) return meetings[address(m)] end
function ranks.comm_of(m) return comms[address(m)] end

--- How many threads this rank takes unless told: its share of the cores, or those that mpirun has bound it to.
function ranks.threads()
  local cores = C.brc_max_threads()
  local beside = tonumber(os.getenv "OMPI_COMM_WORLD_LOCAL_SIZE" or nil)
  if not beside or os.getenv "OMPI_MCA_orte_bound_at_launch" then return cores end
  return math.max(1, math.floor(cores / beside))
end

-- Ends MPI, or leaves it running where the host of the module had started it. The last thing of a process.
function ranks.close()
  if not world then return end
  for _, m in pairs(meetings) do
    if type(m) == "table" then C.brc_meeting_close(m[1]) end
  end
  C.brc_comm_destroy(world)
  world, meeting, meetings = nil, nil, {}
end

-- The end of a Lua state whose host says nothing of it (luajit): this is collected after all else, because it is made first.
local last = newproxy(true)
getmetatable(last).__gc = function()
  if ranks.at_end then pcall(ranks.at_end) end -- init.lua
  ranks.close()
end
debug.getregistry()[ranks] = last

return ranks
