-- meet.lua -- what keeps the ranks of a script together: at each collective call they tell each other the call, its place and its
-- arguments, and go on when these are the same; else all of them raise an error that shows who is where. The end of the script and an
-- error are such places too. With one rank nothing of this happens.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local native = require "barchan.native"
local checks = require "barchan.checks"
local errors = require "barchan.errors"
local fields = require "barchan.fields"
local ranks = require "barchan.ranks"
local settings = require "barchan.settings"
local vector = require "barchan.vector"
local C, core = native.C, native.core

local meet = {}

-- What a rank is at: a call, a place within one, its end, an error that it ends with, an error that all will raise, a function of the script
-- that needs all of them.
local CALL, STOP, ENDED, FAILED, TROUBLE, HELP = 0, 1, 2, 3, 4, 5
local WARN = 5   -- [s] after which a rank that waits says so; then after six times as long each
local GIVE_UP = 10 -- [s] that a rank which has failed waits for the others before it ends them

-- ---- arguments as a number, and as a text -------------------------------------------------------------------------------
local numbers = ffi.new("double[?]", 1024)
local function fingerprint(...)
  local parts, n = {}, 0
  local function flush()
    if n > 0 then parts[#parts + 1], n = ffi.string(numbers, 8 * n), 0 end
  end
  local function text(t)
    flush()
    parts[#parts + 1] = t
    parts[#parts + 1] = "\0"
  end
  local function walk(value, depth)
    local kind = type(value)
    if kind == "number" then
      if n == 1024 then flush() end
      numbers[n], n = value, n + 1
    elseif vector.is(value) then
      local x, y, z = vector.components(value)
      walk(x) walk(y) walk(z)
    elseif kind == "function" then
      local info = debug.getinfo(value, "S")
      text(("function %s:%d"):format(info.source, info.linedefined))
    elseif kind ~= "table" then
      text(kind == "cdata" and (fields.name_of(value) or "cdata") or kind .. " " .. tostring(value))
    elseif getmetatable(value) then
      local meta = getmetatable(value)
      if ffi.istype("brc_region", rawget(value, "def")) then text(ffi.string(value.def, ffi.sizeof("brc_region")))
      else text(meta.__tostring and not rawget(value, "_") and tostring(value) or "object") end
    elseif depth > 8 then
      text "..."
    else
      text(("{%d"):format(#value))
      for i = 1, #value do walk(value[i], depth + 1) end
      local keys = {}
      for key in pairs(value) do
        if not (type(key) == "number" and key >= 1 and key <= #value) then keys[#keys + 1] = key end
      end
      table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
      for _, key in ipairs(keys) do
        text(tostring(key))
        walk(value[key], depth + 1)
      end
    end
  end
  for i = 1, select("#", ...) do walk((select(i, ...)), 0) end
  flush()
  local all = table.concat(parts)
  return C.brc_meet_hash(all, #all)
end

meet.fingerprint = fingerprint

local function show(value, depth)
  if type(value) ~= "table" or getmetatable(value) then
    if type(value) == "number" then return ("%.10g"):format(value) end
    if type(value) == "function" then return ("function at line %d"):format(debug.getinfo(value, "S").linedefined) end
    return type(value) == "table" and rawget(value, "_") and "an object" or fields.name_of(value) or checks.show(value)
  end
  local parts, keys = {}, {}
  for i = 1, math.min(#value, 3) do parts[i] = depth > 2 and "..." or show(value[i], depth + 1) end
  if #value > 3 then parts[#parts + 1] = ("... (%d of them)"):format(#value) end
  for key in pairs(value) do
    if type(key) ~= "number" then keys[#keys + 1] = key end
  end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  for _, key in ipairs(keys) do
    parts[#parts + 1] = ("%s = %s"):format(tostring(key), depth > 2 and "..." or show(value[key], depth + 1))
  end
  return "{" .. table.concat(parts, ", ") .. "}"
end

--- "sim:run{time = 1}", "sim:pair('glass', 2)"
function meet.text(name, ...)
  local n, parts = select("#", ...), {}
  if n == 0 then return name .. "()" end
  local only = ...
  if name:find "=$" then return name .. " " .. show(only, 0) end
  if n == 1 and type(only) == "table" and not getmetatable(only) then return name .. show(only, 0) end
  for i = 1, n do parts[i] = show((select(i, ...)), 0) end
  return name .. "(" .. table.concat(parts, ", ") .. ")"
end

-- ---- who is where ---------------------------------------------------------------------------------------------------------
-- "rank 0", "ranks 1-3, 5"
local function names(groups)
  local parts, known, count = {}, 0, 0
  for _, g in ipairs(groups) do
    count = count + g.count
    for _, r in ipairs(g.ranges) do
      parts[#parts + 1], known = r, known + r[2] - r[1] + 1
    end
  end
  table.sort(parts, function(a, b) return a[1] < b[1] end)
  local texts = {}
  for _, r in ipairs(parts) do
    local last = texts[#texts]
    if last and last[2] + 1 == r[1] then last[2] = r[2] else texts[#texts + 1] = { r[1], r[2] } end
  end
  for i, r in ipairs(texts) do texts[i] = r[1] == r[2] and tostring(r[1]) or ("%d-%d"):format(r[1], r[2]) end
  local list = table.concat(texts, ", ")
  if known < count then list = ("%s and %d more"):format(list, count - known) end
  return (count == 1 and "rank " or "ranks ") .. list, count > 1
end

-- The groups of the last answer, lowest rank first.
local function groups_of(meeting)
  local list, more = ffi.new("const brc_meet_group*[1]"), ffi.new("int32_t[1]")
  local out = {}
  for i = 0, C.brc_meet_groups(meeting, list, more) - 1 do
    local g = list[0][i]
    local ranges = {}
    for k = 0, g.ranges - 1 do ranges[k + 1] = { g.range[2 * k], g.range[2 * k + 1] } end
    out[i + 1] = { kind = g.kind, count = g.count, ranges = ranges, text = ffi.string(g.text) }
  end
  table.sort(out, function(a, b) return a.ranges[1][1] < b.ranges[1][1] end)
  out.more = more[0]
  return out
end

-- What has gone apart, the same text on every rank.
local function describe(groups)
  local of = { [CALL] = {}, [ENDED] = {}, [FAILED] = {} }
  for _, g in ipairs(groups) do
    local list = of[g.kind == STOP and CALL or g.kind == TROUBLE and FAILED or g.kind]
    list[#list + 1] = g
  end
  local failed, ended, here = of[FAILED], of[ENDED], of[CALL]
  local function places(list)
    local parts = {}
    for i, g in ipairs(list) do parts[i] = ("%s %s at %s"):format(names { g }, g.count > 1 and "are" or "is", g.text) end
    if groups.more > 0 then parts[#parts + 1] = ("%d more elsewhere"):format(groups.more) end
    return table.concat(parts, "; ")
  end
  if #failed > 0 then
    local parts = {}
    for i, g in ipairs(failed) do parts[i] = ("%s (on %s)"):format(g.text, (names { g })) end
    local text = table.concat(parts, "; ")
    if #here > 0 then text = text .. "; " .. places(here) end
    if #ended > 0 then text = ("%s; %s ended the script"):format(text, (names(ended))) end
    return text
  end
  local place = here[1] and here[1].text:match "^(.-:%d+): " or nil
  local text
  if #ended > 0 then
    local parts = {}
    for i, g in ipairs(ended) do
      local who, many = names { g }
      parts[i] = ("%s %s at the end of the script, %s"):format(who, many and "are" or "is", g.text)
    end
    text = table.concat(parts, "; ") .. (#here > 0 and ", while " .. places(here) or "")
  else
    text = places(here)
  end
  return ("%sthe ranks of the script have gone apart: %s"):format(place and place .. ": " or "", text)
end

-- ---- meeting --------------------------------------------------------------------------------------------------------------
local about, answer, missing = ffi.new("brc_meet"), ffi.new("int32_t[1]"), ffi.new("int32_t[1]")
local last = "its begin" -- the last call of this rank

local function warn_waiting(meeting, here, waited)
  local seen = ffi.string(C.brc_meet_missing(meeting, missing))
  if missing[0] < 0 then return end
  local speaks = settings.speaks
  settings.speaks = speaks or missing[0] == 0 -- who else would
  settings.warn(("rank %d has waited for %.0f s at %s for rank %d, which was last seen at %s"):format(ranks.number_in(meeting), waited, here,
    missing[0], seen ~= "" and seen or "its begin"))
  settings.speaks = speaks
end

-- Tells the others what this rank is at and waits for them. most: up to seven numbers of which the largest of all ranks are wanted.
-- limit: [s] to wait at most. Answers whether they are at the same, false with the groups, or nil when the limit is over.
local HELPED, NO_HELP = 7, 2 ^ 52 -- of the numbers that ranks compare the one for whom help is wanted; who has ended gives none
local function wait_once(meeting, hash, kind, text, most, limit)
  if meet.gone then errors.raise_text(meet.gone, errors.STATE) end -- one that has left takes no part any more
  about.hash, about.kind, about.text = hash, kind, text
  for k = 0, C.BRC_MEET_VALUES - 1 do about.most[k] = most and most[k + 1] or -2 ^ 53 end
  if kind == ENDED or kind == FAILED then about.most[HELPED] = NO_HELP end
  if tonumber(C.brc_meet_begin(meeting, about)) ~= 0 then errors.raise(ffi.string(C.brc_last_error()), errors.STATE) end
  local begun, warn, told = core.clock(), WARN, false
  repeat
    if tonumber(C.brc_meet_wait(meeting, math.min(0.3, limit or 1), answer)) ~= 0 then
      errors.raise(ffi.string(C.brc_last_error()), errors.DEVICE)
    end
    if answer[0] ~= C.BRC_MEET_WAITS then break end
    local waited = core.clock() - begun
    if waited >= warn or C.brc_interrupted() ~= 0 and not told then -- perhaps because another rank has died
      warn_waiting(meeting, text, waited)
      warn, told = 6 * math.max(warn, waited), true
    end
    if C.brc_interrupted() ~= 0 and waited > GIVE_UP then -- nobody else will come to know
      settings.speaks = true
      settings.say(("barchan: rank %d was stopped by signal %d at %s, where it waited for the others\n"):format(ranks.number_in(meeting),
        C.brc_interrupted(), text))
      C.brc_comm_abort(ranks.world(), 128 + C.brc_interrupted())
    end
  until limit and waited >= limit
  if answer[0] == C.BRC_MEET_SAME then return true end
  if answer[0] == C.BRC_MEET_WAITS then return nil end
  return false, groups_of(meeting)
end

-- Wherever ranks meet while one of them is in meet.help they do what it needs, and meet again.
local function wait(meeting, hash, kind, text, most, limit)
  while true do
    local same, groups = wait_once(meeting, hash, kind, text, most, limit)
    local wanted = same ~= nil and tonumber(C.brc_meet_most(meeting)[HELPED]) or 0
    if wanted <= 0 or wanted >= NO_HELP then return same, groups end
    meet.helps(meeting, wanted)
    if kind == HELP and most[HELPED + 1] == wanted then return true end
  end
end

local CODE = 6 -- of the numbers that ranks compare the last is an exit code
local status_of_code = { [3] = errors.GUARD, [4] = errors.FILE, [5] = errors.DEVICE, [6] = errors.WALLTIME, [130] = errors.INTERRUPTED,
  [143] = errors.INTERRUPTED }

-- Raises what has gone apart. The exit code is that of the ranks that have failed.
local function raise_apart(meeting, groups)
  local text = describe(groups)
  meet.raised = true
  if C.brc_comm_hosted(ranks.world()) ~= C.BRC_MPI_OURS and text:find "at the end of the script" then meet.gone = text end
  errors.raise_text(text, status_of_code[tonumber(C.brc_meet_most(meeting)[CODE])] or errors.STATE)
end

--- Begins the collective call `name(...)`.
function meet.call(meeting, name, ...)
  local where = errors.where() or "?"
  last = where .. ": " .. meet.text(name, ...)
  local same, groups = wait(meeting, fingerprint(where, name, ...), CALL, last)
  if not same then raise_apart(meeting, groups) end
end

--- Within a call: `text` says where, `number` (>= 0) is what is compared. Answers the largest of each of the values of all ranks, a
--- function of 1 to 6.
function meet.stop(meeting, text, number, most)
  local same, groups = wait(meeting, C.brc_meet_hash(text, #text) + number, STOP, text, most)
  if not same then raise_apart(meeting, groups) end
  local values = C.brc_meet_most(meeting)
  return function(k) return (tonumber(values[k - 1])) end
end

--- Within a call, where each rank has done something of its own: what was raised on one is raised on all, at the same place.
function meet.outcome(meeting, ok, message, text, number)
  if ok then return meet.stop(meeting, text or last, number or 0) end
  message = tostring(message)
  local same, groups = wait(meeting, C.brc_meet_hash(message, #message), TROUBLE, message, { 0, 0, 0, 0, 0, 0, errors.exit_code(message) })
  if same then error(message, 0) end
  raise_apart(meeting, groups)
end

--- In a function of the script that runs on each rank for itself: waits until the others meet anywhere, and does meet.helps(meeting, number)
-- with them.
function meet.help(meeting, number)
  local text = ("%s: what the device has"):format(errors.where() or "?")
  local same, groups = wait(meeting, C.brc_meet_hash(text, #text), HELP, text, { [HELPED + 1] = number })
  if not same then raise_apart(meeting, groups) end
end

--- fn(...) on the first rank only; what it raises is raised on all.
function meet.first(meeting, fn, ...)
  if not meeting then return fn(...) end
  local ok, message = true, nil
  if ranks.number_in(meeting) == 0 then ok, message = xpcall(fn, errors.note_traceback, ...) end
  meet.outcome(meeting, ok, message)
end

--- fn(...) on every rank, with no collective call after what may fail; what it raises on one is raised on all.
function meet.all(meeting, fn, ...)
  if not meeting then return fn(...) end
  local ok, result = xpcall(fn, errors.note_traceback, ...)
  meet.outcome(meeting, ok, result)
  return result
end

-- ---- warnings -------------------------------------------------------------------------------------------------------------
local warning = ffi.new("char[?]", C.BRC_MEET_TEXT)
--- The first rank says what others wanted to warn of and it has not said itself, each thing once. All ranks come here.
function meet.warnings(meeting)
  local number, comm = ranks.number_in(meeting), ranks.comm_of(meeting)
  while true do
    local mine = settings.unsaid[1]
    local speaker = -meet.stop(meeting, "warnings", 0, { mine and -number or -2 ^ 53 })(1)
    if speaker == 2 ^ 53 then return end
    if speaker == number then ffi.copy(warning, mine:sub(1, C.BRC_MEET_TEXT - 1)) end
    native.check(C.brc_comm_broadcast(comm, warning, C.BRC_MEET_TEXT, speaker), "ranks")
    settings.pass_on(ffi.string(warning), speaker)
  end
end

-- ---- the end ----------------------------------------------------------------------------------------------------------------
--- The script of this rank is at its end, or at the end of what a group of ranks does: waits for the others to come to theirs. message: of
--- the error that it ended with, code: the exit code. Answers what all of them have to say about it, nil when they have come without
--- any, and the exit code for all.
function meet.ending(meeting, message, code)
  local text = message and tostring(message) or ("%safter %s"):format(code ~= 0 and ("with the exit code %d, "):format(code) or "", last)
  local begun, apart = core.clock(), nil
  while true do
    local kind = message and FAILED or ENDED
    local left = message and math.max(0.1, GIVE_UP - (core.clock() - begun)) or nil
    local same, groups = wait(meeting, message and C.brc_meet_hash(text, #text) or code, kind, text, { 0, 0, 0, 0, 0, 0, code }, left)
    if same ~= nil then code = math.max(code, apart and 1 or 0, tonumber(C.brc_meet_most(meeting)[CODE])) end
    if same then
      meet.warnings(meeting)
      return message or apart, code
    end
    if same == nil then
      settings.speaks = true
      settings.say(("barchan: %s (on rank %d; the others have not come within %d s and are ended)\n"):format(text,
        ranks.number_in(meeting), GIVE_UP))
      C.brc_comm_abort(ranks.world(), math.max(code, 1))
      os.exit(math.max(code, 1)) -- where abort comes back
    end
    local over = groups.more == 0
    for _, g in ipairs(groups) do over = over and (g.kind == ENDED or g.kind == FAILED) end
    code = math.max(code, 1)
    local what = describe(groups)
    meet.apart = true -- what needs all of them is not begun any more
    if over then
      meet.warnings(meeting)
      return apart or what, code
    end
    if not apart then apart, begun = what, core.clock() end
    message, text = apart, apart -- who has been told what went wrong says the same as who did it
  end
end

--- The end of the script on this rank, said to the others by whatever comes to it first. Answers as meet.ending.
function meet.end_of_script(message, code)
  local meeting = not meet.ended and ranks.world_meeting()
  if not meeting then return message, code end
  meet.ended = true
  local state = C.brc_comm_hosted(ranks.world())
  if state == C.BRC_MPI_OURS then return meet.ending(meeting, message, code) end
  if state == C.BRC_MPI_HOSTED then -- the host knows when its ranks come to their ends: nobody is waited for
    about.hash, about.kind, about.text = 0, ENDED, "after " .. last
    C.brc_meeting_leave(meeting, about)
  end
  return message, code
end

return meet
