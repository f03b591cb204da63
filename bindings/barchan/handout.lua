-- handout.lua -- who runs which case: the ranks are split into groups, and the first rank of all, which runs none, hands the next case to
-- the group that is free. Where there are not ranks enough for that, one group runs all cases, one after the other.
--
-- A job: next() -> order, "wait" (cases that run must end first) or nil (there are no more); begun(order, group); ended(record);
-- look(): called every so often; run(order) -> record, on the ranks of a group; result() -> plain value that all ranks get at the end.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local native = require "barchan.native"
local plain = require "barchan.plain"
local ranks = require "barchan.ranks"
local C, core = native.C, native.core

local handout = {}

local TAG = 7411      -- of messages between the coordinator and the groups
local PAUSE = 0.002   -- [s] between two looks for messages: the coordinator leaves its core to others

local from, tag, bytes = ffi.new("int32_t[1]"), ffi.new("int32_t[1]"), ffi.new("int64_t[1]")

local function send(world, value, to)
  local text = plain.encode(value, "the message")
  native.check(C.brc_comm_send(world, text, #text, to, TAG), "barchan.campaign")
end

-- The next message, and the rank it is from; nil when none has come.
local function take(world)
  native.check(C.brc_comm_poll(world, from, tag, bytes), "barchan.campaign")
  if from[0] < 0 then return nil end
  local rank, size = from[0], tonumber(bytes[0])
  local text = ffi.new("char[?]", size + 1)
  native.check(C.brc_comm_receive(world, text, size, rank, tag[0]), "barchan.campaign")
  return plain.decode(ffi.string(text, size)), rank
end

local function await(world)
  while true do
    local message, rank = take(world)
    if message ~= nil then return message, rank end
    core.sleep(PAUSE)
  end
end

-- The same value on all ranks of comm, from its first.
local function share(comm, value)
  local size = ffi.new("int64_t[1]")
  local text = C.brc_comm_rank(comm) == 0 and plain.encode(value, "the message") or nil
  if text then size[0] = #text end
  native.check(C.brc_comm_broadcast(comm, size, 8, 0), "barchan.campaign")
  local room = ffi.new("char[?]", tonumber(size[0]) + 1)
  if text then ffi.copy(room, text, #text) end
  native.check(C.brc_comm_broadcast(comm, room, size[0], 0), "barchan.campaign")
  return plain.decode(ffi.string(room, size[0]))
end

handout.share = share

--- How many groups of this many ranks run cases at once, and whether the first rank only hands them out.
function handout.groups(size, ranks_per_case)
  local groups = math.floor((size - 1) / ranks_per_case)
  if groups > 0 and size > 1 then return groups, true end
  return size >= ranks_per_case and 1 or 0, false
end

-- All in one group, the first rank in it: together through the cases.
local function together(job, world, group)
  local first = C.brc_comm_rank(world) == 0
  while true do
    local order
    if first then
      job.look()
      order = job.next()
      if order == "wait" then error("a case waits for others, and none runs", 0) end
      if order then job.begun(order, 1) end
    end
    if C.brc_comm_size(world) > 1 then order = share(world, order or false) or nil end
    if not order then break end
    if group then
      local before = ranks.use(group)
      local record = job.run(order)
      ranks.use(before)
      if first then job.ended(record) end
    end
  end
end

local function coordinate(job, world, groups, ranks_per_case)
  local free, busy, over = {}, 0, false
  for g = groups, 1, -1 do free[#free + 1] = g end
  while true do
    while not over and #free > 0 do
      local order = job.next()
      if order == "wait" then break end
      if not order then
        over = true
        break
      end
      local g = table.remove(free)
      job.begun(order, g)
      busy = busy + 1
      for k = 1, ranks_per_case do send(world, order, (g - 1) * ranks_per_case + k) end
    end
    if busy == 0 and (over or #free == groups) then break end
    local record, rank = take(world)
    if record then
      busy = busy - 1
      free[#free + 1] = math.floor((rank - 1) / ranks_per_case) + 1
      job.ended(record)
    else
      job.look()
      core.sleep(PAUSE)
    end
  end
  for rank = 1, C.brc_comm_size(world) - 1 do send(world, false, rank) end
end

local function work(job, world, group)
  while true do
    local order = await(world)
    if not order then return end
    local before = ranks.use(group)
    local record = job.run(order)
    ranks.use(before)
    if C.brc_comm_rank(group) == 0 then send(world, record, 0) end
  end
end

--- Runs a job on all ranks; each of them calls this. Answers job.result() of the first rank.
function handout.run(job, ranks_per_case)
  local world = ranks.comm()
  local rank, size = C.brc_comm_rank(world), C.brc_comm_size(world)
  local groups, apart = handout.groups(size, ranks_per_case)
  local mine = apart and (rank == 0 and -1 or math.floor((rank - 1) / ranks_per_case)) or math.floor(rank / ranks_per_case)
  if mine >= groups then mine = -1 end
  local out = ffi.new("brc_comm*[1]")
  native.check(C.brc_comm_split(world, mine, out), "barchan.campaign")
  local group = out[0] ~= nil and out[0] or nil
  local ok, message = pcall(function()
    if not apart then together(job, world, group)
    elseif rank == 0 then coordinate(job, world, groups, ranks_per_case)
    else work(job, world, group) end
  end)
  if not ok then
    if size > 1 then -- the other ranks wait for this one
      io.stderr:write("barchan: " .. tostring(message) .. "\n")
      C.brc_comm_abort(world, require("barchan.errors").exit_code(message))
    end
    error(message, 0)
  end
  if group and group ~= world then ranks.drop(group) end
  if size == 1 then return job.result() end
  return share(world, rank == 0 and job.result() or false)
end

return handout
