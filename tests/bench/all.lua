-- all.lua -- what a benchmark scene looks at, when several ranks share it: sums over all of numbers that each has of its own particles.
local ffi = require "ffi"
local ranks = require "barchan.ranks"
local C = require("barchan.native").C

local all = {}

--- The sums of these numbers over the ranks.
function all.sum(...)
  local n, size = select("#", ...), ranks.count()
  local mine, of_all, sums = ffi.new("double[?]", n, ...), ffi.new("double[?]", n * size), {}
  if tonumber(C.brc_comm_collect(ranks.comm(), mine, 8 * n, of_all)) ~= 0 then error(ffi.string(C.brc_last_error())) end
  for i = 1, n do
    sums[i] = 0
    for k = 0, size - 1 do sums[i] = sums[i] + of_all[k * n + i - 1] end
  end
  return unpack(sums)
end

--- Between two profiles: million particle-steps per second, seconds, and what ranks have to do with each other, as words of a row.
function all.speed(before, after)
  local seconds = after.seconds - before.seconds
  local text = ("mpsteps=%.3f seconds=%.4f"):format((after.particle_steps - before.particle_steps) / seconds * 1e-6, seconds)
  if after.ranks == 1 then return text end
  return text .. (" balance=%.3f communication=%.4f waiting=%.4f"):format(after.balance, after.communication, after.waiting)
end

return all
