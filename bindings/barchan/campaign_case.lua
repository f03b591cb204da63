-- campaign_case.lua -- one case of a campaign on the ranks of a group: its folder, its log, its errors, and what is left of it.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local native = require "barchan.native"
local checkpoint = require "barchan.checkpoint"
local errors = require "barchan.errors"
local journal = require "barchan.journal"
local meet = require "barchan.meet"
local json = require "barchan.json"
local ranks = require "barchan.ranks"
local results = require "barchan.results"
local settings = require "barchan.settings"
local simulation = require "barchan.simulation"
local status = require "barchan.status"
local C, core = native.C, native.core

local case = {}

--- The folder of a case.
function case.folder(c, number) return ("%s/case-%04d"):format(c.folder, number) end

--- The file that a crash leaves in it.
function case.crash_file(c, number) return case.folder(c, number) .. "/crashed" end

-- Is there what sim:checkpoint has written? Only then an interrupted case is resumed; else it begins anew.
local function has_checkpoint(folder)
  for _, name in ipairs(core.list(folder) or {}) do
    if name:find "%.[12]$" then
      local file = io.open(folder .. "/" .. name, "rb")
      local head = file and file:read(4)
      if file then file:close() end
      if head == "\137HDF" then return true end
    end
  end
  return false
end

-- Sums over the simulations of the case, when they are closed.
local function tally_into(t)
  return function(s)
    local q = simulation.summary(s, true)
    t.simulations = t.simulations + 1
    t.lost = t.lost + tonumber(q.lost)
    t.inserted = t.inserted + tonumber(q.inserted)
    t.removed = t.removed + tonumber(q.removed)
    t.steps = t.steps + s.step
  end
end

local ended = {} -- what os.exit raises in a case
local caught

local function on_error(message)
  if message == ended then return message end
  message = errors.placed(message, "the case")
  caught = errors.traceback(message, settings.debug)
  return message
end

local kept = { "folder", "tally", "results", "resume", "status", "show", "values", "speaks", "warn" }

-- What the case sees of the program, and back.
local function enter(folder, resume, values)
  local old = { settings = {}, exit = os.exit }
  for _, key in ipairs(kept) do old.settings[key] = settings[key] or false end
  old.mark = simulation.mark()
  old.journal = { running = journal.running, replaying = journal.replaying, decided = journal.decided }
  local t = { simulations = 0, lost = 0, inserted = 0, removed = 0, steps = 0, warnings = 0 }
  settings.folder, settings.tally, settings.results, settings.resume, settings.status = folder, tally_into(t), {}, resume, nil
  settings.show, settings.speaks = not settings.quiet, ranks.index() == 0
  if values then settings.values = values end
  local warn = settings.warn
  settings.warn = function(text)
    t.warnings = t.warnings + 1
    warn(text)
  end
  journal.running, journal.replaying, journal.decided = nil, 0, false
  checkpoint.forget()
  status.afresh()
  os.exit = function(code) -- luacheck: ignore 122
    ended.code = code
    error(ended, 0)
  end
  return old, t
end

local function leave(old)
  for _, key in ipairs(kept) do settings[key] = old.settings[key] end
  settings.status = old.settings.status or nil
  settings.folder, settings.tally, settings.results = old.settings.folder or nil, old.settings.tally or nil, old.settings.results or nil
  journal.running, journal.replaying, journal.decided = old.journal.running, old.journal.replaying, old.journal.decided
  os.exit = old.exit -- luacheck: ignore 122
  checkpoint.forget()
  status.afresh()
end

-- How it ended: state, reason, error.
local function judge(ok, message, failure)
  if message == ended and ended.code ~= nil and ended.code ~= true and ended.code ~= 0 then
    return "failed", "error", ("the case ended with os.exit(%s)"):format(tostring(ended.code))
  end
  if not ok and message ~= ended then
    local kind = errors.kind(message)
    local signal = C.brc_interrupted()
    if kind == "interrupted" or signal ~= 0 and kind then return "stopped", signal == 2 and "SIGINT" or "SIGTERM", message end
    if kind == "walltime" then return "stopped", "walltime", message end
    return "failed", kind or "error", message
  end
  if failure then return "failed", errors.kind(failure) or "file", failure end
  return "done", "done"
end

local ROOM = 1000 -- [B] of what a rank tells the others of its group

-- The ranks of a group end a case in the same way: the worst of what they say, in the words of the first who says it.
local function agree(state, reason, message)
  local n = ranks.count()
  if n == 1 then return state, reason, message end
  local mine, all = ffi.new("char[?]", ROOM), ffi.new("char[?]", n * ROOM)
  ffi.copy(mine, ("%s\n%s\n%s"):format(state, reason, message or ""):sub(1, ROOM - 1))
  native.check(C.brc_comm_collect(ranks.comm(), mine, ROOM, all), "barchan.campaign")
  for _, worse in ipairs { "stopped", "failed" } do
    if state == worse then break end
    for rank = 0, n - 1 do
      local s, r, text = ffi.string(all + rank * ROOM):match "^([^\n]*)\n([^\n]*)\n(.*)$"
      if s == worse then return s, r, ("on rank %d of the group: %s"):format(rank, text) end
    end
  end
  return state, reason, message
end

local function write_result(folder, record, parameters)
  core.replace(folder .. "/result.json", json.encode { case = record.case, parameters = parameters, results = next(record.results)
    and record.results or nil, state = record.state, reason = record.reason, error = record.error, seconds = record.seconds } .. "\n")
end

--- Runs one case: order = { case = number, attempt =, parameters =, again = it was running when the campaign ended }. Answers its record.
-- c: { what =, folder =, run = function(case) -> results, values = the parameters are --set values of a script }.
function case.run(c, order)
  local folder = case.folder(c, order.case)
  local made, why = core.folder(folder)
  local first = ranks.index() == 0
  local state, reason, message = "done", "done"
  if not made then state, reason, message = "failed", "file", ("%s: cannot make the folder '%s': %s"):format(c.what, folder, why) end
  state, reason, message = agree(state, reason, message) -- all ranks of a group begin a case, or none
  if state ~= "done" then
    return { case = order.case, attempt = order.attempt, state = state, reason = reason, results = {}, seconds = 0, tally = {},
      error = message }
  end
  local resume = order.again and has_checkpoint(folder) or false
  local given = { number = order.case, folder = folder, attempt = order.attempt }
  for name, value in pairs(order.parameters) do given[name] = value end
  local old, tally = enter(folder, resume, c.values and order.parameters)
  core.divert(folder .. "/log.txt")
  core.mark_crash(case.crash_file(c, order.case))
  math.randomseed(order.case) -- a case draws the same numbers whatever ran before it
  if first and (order.attempt > 1 or order.again) then
    settings.say(("barchan: attempt %d%s\n"):format(order.attempt, order.again and ", after the campaign was stopped" or ""))
  end
  local since = core.clock()
  local ok, value = xpcall(c.run, on_error, given)
  local meeting = ranks.meeting()
  if meeting then -- the case ends on all ranks of the group with what went wrong on any
    local failed = not ok and value ~= ended
    local text = meet.ending(meeting, failed and value or nil, failed and errors.exit_code(value) or 0)
    if text and text ~= value then ok, value = false, text end
  end
  local collected = settings.results
  if ok then
    ok, value = xpcall(function() return (results.check(c.what .. ": what run returns", value, c.where)) end, on_error)
    if ok then for name, v in pairs(value) do collected[name] = v end end
  end
  if ok or value == ended then
    for name in pairs(order.parameters) do
      if collected[name] ~= nil then
        ok, value = false, ("%s: %s: '%s' is a parameter and cannot be a result, too"):format(c.where or "?", c.what, name)
      end
    end
  end
  local failure = simulation.close_all(old.mark)
  meet.apart = nil
  state, reason, message = judge(ok, value, failure)
  if value == "stack overflow" then message = (c.where or "?") .. ": stack overflow" end
  state, reason, message = agree(state, reason, message)
  local record = { case = order.case, attempt = order.attempt, state = state, reason = reason, error = message,
    results = state == "done" and collected or {}, seconds = math.floor(1e6 * (core.clock() - since) + 0.5) / 1e6, tally = tally }
  if message then
    settings.say(("barchan: %s\n"):format(message))
    if caught and #caught > 1 then settings.say("stack traceback:\n" .. table.concat(caught, "\n", 1, math.min(12, #caught)) .. "\n") end
    caught = nil
  end
  core.mark_crash()
  core.divert()
  leave(old)
  if first then write_result(folder, record, order.parameters) end
  collectgarbage()
  return record
end

return case
