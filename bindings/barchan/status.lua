-- status.lua -- what a person sees of a run: a table row every so often, a progress bar when the output is a terminal, and at the
-- end where the time went. Everything goes to stderr; stdout belongs to the script.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local native = require "barchan.native"
local json = require "barchan.json"
local meet = require "barchan.meet"
local profile = require "barchan.profile"
local settings = require "barchan.settings"
local simulation = require "barchan.simulation"
local C, core = native.C, native.core

local status = {}
local header_shown = false
local terminal, width
local counters, of_ranks = ffi.new("brc_profile"), ffi.new("brc_profile_ranks")

local CHUNK = 0.1     -- [s] between looks at the clock ...
local TOGETHER = 0.4  -- [s] ... of several ranks: for them it is a meeting, and a signal to one of them ends their steps by itself
local LEAST = 16      -- ... but that many steps, each look costs up to a third of one: it cannot be joined with the next,
local LONGEST = 2     -- [s] ... while they take no longer than this
local ROW_LEAST = 0.5 -- [s] between rows at least ...
local ROW_MOST = 30   -- ... and at most

local function is_terminal()
  if terminal == nil then
    terminal, width = core.is_terminal(2)
    terminal = terminal and os.getenv("TERM") ~= "dumb" and settings.speaks
  end
  return terminal
end

--- The output goes somewhere else from now on.
function status.afresh() header_shown, terminal = false, nil end

local function dim(text)
  if is_terminal() and not os.getenv("NO_COLOR") then return "\27[2m" .. text .. "\27[0m" end
  return text
end

--- Seconds as people say them: "8.2 s", "3 min 05 s", "2 h 10 min".
function status.duration(seconds)
  if not (seconds >= 0 and seconds < 1e9) then return "?" end
  if seconds < 1 then return ("%.2g s"):format(seconds) end
  if seconds < 60 then return ("%.1f s"):format(seconds) end
  if seconds < 3600 then return ("%d min %02d s"):format(seconds / 60, seconds % 60) end
  return ("%d h %02d min"):format(seconds / 3600, seconds % 3600 / 60)
end

--- A count with thousands set apart.
function status.grouped(n)
  local text = ("%.0f"):format(n)
  repeat
    local more
    text, more = text:gsub("^(-?%d+)(%d%d%d)", "%1 %2")
  until more == 0
  return text
end

local function clear(d)
  if d.bar then
    io.stderr:write("\r\27[K")
    d.bar = false
  end
end

local function particle_steps(s)
  C.brc_profile_get(s.engine, counters)
  return tonumber(counters.particle_steps)
end

local function row(s, d, now)
  local q = simulation.summary(s, true)
  local steps = s.meeting and d.row_steps + (s.step - (d.row_step or s.step)) * tonumber(q.particles) or particle_steps(s)
  local rate = now > d.row_clock and (steps - d.row_steps) / (now - d.row_clock) or 0
  local left = d.last > s.step and s.step > d.first and (now - d.clock) * (d.last - s.step) / (s.step - d.first) or 0
  clear(d)
  if not header_shown then
    settings.say(dim(("%12s %12s %10s %10s %11s %9s %9s %9s  %s\n"):format("step", "time/s", "particles", "contacts", "E_kin/J",
      "overlap/%", "speed m/s", "M/s", "left")))
    header_shown = true
  end
  settings.say(("%12d %12.6g %10d %10d %11.4g %9.3g %9.4g %9.3g  %s\n"):format(s.step, q.time, tonumber(q.particles),
    tonumber(q.contacts + q.wall_contacts), q.kinetic_energy, 100 * q.max_overlap, q.max_speed, rate / 1e6,
    d.last > s.step and s.step > d.first and status.duration(left) or "-"))
  d.row_clock, d.row_steps, d.row_step, d.rows = now, steps, s.step, d.rows + 1
end

local function bar(s, d, now)
  if not settings.speaks then return end
  local part = (s.step - d.first) / math.max(1, d.last - d.first)
  local left = part > 0 and (now - d.clock) * (1 - part) / part or 0
  local tail = (" %3d %%  %s left"):format(100 * part, status.duration(left))
  local room = math.max(10, math.min(50, width - #tail - 4))
  local full = math.floor(room * part + 0.5)
  io.stderr:write("\r\27[K[", ("="):rep(full), (" "):rep(room - full), "]", tail)
  d.bar = true
end

-- ---- status.json ------------------------------------------------------------------------------------------------------------
local latest, told, unwritable = {}, nil, false -- what it said last, of which simulation; whether it is known that it cannot be written
local found = false -- nobody has chosen the file: it is where the run writes, and its place is looked at before the first writing
local TELL_EVERY = 1  -- [s] between two writings at least, ...
local TELL_SHARE = 300 -- ... and that many times what one takes: the sums over all particles of a large run

--- `barchan run` writes `path`, a checkpoint, a trajectory or a campaign: status.json lies beside the first of these, unless
--- --status or --no-status says otherwise.
function status.beside(path)
  if settings.status or settings.status_at ~= "beside" or settings.folder or settings.check then return end
  settings.status, found = (path:match "^.*/" or "") .. "status.json", true
end

-- Whether a process of this machine is running the script.
local function is_running(process, script)
  local file = type(process) == "number" and io.open(("/proc/%d/cmdline"):format(process), "rb")
  if not file then return false end
  local words = file:read "*a"
  file:close()
  return words:find(tostring(script), 1, true) ~= nil
end
status.is_running = is_running

-- Why a file at this place is not to be written over: it is no status, or that of another run which goes on.
local function in_the_way(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local t = json.decode(file:read "*a" or "")
  file:close()
  if type(t) ~= "table" or not t.state or not t.process then return "another program's" end
  if t.state == "running" and t.process ~= core.process() and is_running(t.process, t.script) then
    return ("of the run of '%s' that is going on in process %d"):format(t.script, t.process)
  end
end

-- Over what is there, blank to its end: a file that has a block of the disk already can be written where no other can.
local function write_over(path, text)
  local file, message = io.open(path, "r+b")
  if not file then return nil, message end
  local size = file:seek "end"
  file:seek "set"
  local ok
  ok, message = file:write(text, (" "):rep(size - #text - 1), "\n")
  local closed, late = file:close()
  if ok then ok, message = closed, late end
  return ok, message
end

-- The run is over, and the disk has no room for another file.
local function write_last(path)
  local file = io.open(path, "rb")
  if not file then return end
  local before = json.decode(file:read "*a" or "")
  file:close()
  if type(before) ~= "table" or before.process ~= latest.process then return end -- not of this run
  local text = json.encode(latest)
  local ok = write_over(path, text)
  if not ok then
    latest.message = nil -- the longest of it
    ok = write_over(path, json.encode(latest))
  end
  if not ok then os.remove(path) end -- better none than one that says that the run goes on
end

local function write_file()
  if not settings.speaks or not settings.status then return end
  local path = settings.status
  if found then
    local why = in_the_way(path)
    found = false
    if why then
      settings.warn(("'%s' is %s: this run keeps none; choose a file with --status FILE"):format(path, why))
      settings.status, settings.status_at = nil, nil
      return
    end
  end
  local part = path .. ".part"
  local file, message = io.open(part, "wb")
  local ok = file ~= nil
  if file then
    ok, message = file:write(json.encode(latest), "\n")
    local closed, late = file:close()
    if ok then ok, message = closed, late end
    if ok then ok, message = os.rename(part, path) end
    if not ok then os.remove(part) end
  end
  if not ok and not unwritable then
    settings.warn(("cannot write '%s'%s"):format(path, (": " .. tostring(message)):gsub("^: .-: ", ": ")))
  end
  if not ok and latest.state == "ended" then write_last(path) end
  unwritable = not ok
end

local function tell(s, d, now)
  local q, c = simulation.summary(s, true), s.checkpoint
  local left = s.step > d.first and (now - d.clock) * (d.last - s.step) / (s.step - d.first) or nil
  latest = { state = "running", script = settings.script and settings.script.path, process = core.process(), step = s.step,
    last_step = d.last, time = q.time, dt = s.dt, particles = tonumber(q.particles), contacts = tonumber(q.contacts + q.wall_contacts),
    inserted = tonumber(q.inserted), removed = tonumber(q.removed), lost = tonumber(q.lost), kinetic_energy = q.kinetic_energy,
    max_overlap = q.max_overlap, max_speed = q.max_speed, elapsed = now - settings.started, left = left,
    checkpoint = c and c.written, updated = os.date "!%Y-%m-%dT%H:%M:%SZ" }
  write_file()
  told, d.told = s, core.clock()
  d.tell_every = math.max(TELL_EVERY, TELL_SHARE * (d.told - now))
end

--- What status.json tells of a campaign.
function status.tell(t)
  latest = t
  latest.updated = os.date "!%Y-%m-%dT%H:%M:%SZ"
  write_file()
end

--- The end of the process, for status.json. reason: "done", "SIGTERM", "walltime", or the kind of an error.
function status.ended(reason, code, message)
  if not settings.status then return end
  latest.script, latest.process = settings.script and settings.script.path, core.process() -- there may have been no run
  latest.state, latest.reason, latest.exit_code, latest.message = "ended", reason, code, message and tostring(message)
  latest.checkpoint = told and told.checkpoint and told.checkpoint.written or latest.checkpoint
  latest.elapsed, latest.updated, latest.left = core.clock() - settings.started, os.date "!%Y-%m-%dT%H:%M:%SZ", nil
  write_file()
end

local function active() return settings.show or settings.status or settings.walltime end

--- Begins the display of a run up to the step `last`.
function status.start(s, last)
  if not (active() or s.checkpoint and s.checkpoint.minutes or s.meeting) then return end -- ranks have to look for signals
  local d = s.display or { rows = 0, row_clock = core.clock(), row_steps = s.meeting and 0 or particle_steps(s) }
  s.display = d
  d.first, d.last, d.clock, d.steps, d.mark = s.step, last, core.clock(), 1, 0.1
  d.look, d.look_step = d.clock, s.step
  if settings.show and d.rows == 0 then d.row_clock = d.clock row(s, d, d.clock) end
  if settings.status and (not d.told or not s.meeting and d.clock - d.told > d.tell_every) then tell(s, d, d.clock) end
end

--- How many steps until the next look at the clock: about CHUNK seconds' worth, found by doubling, or more.
function status.chunk(s)
  return s.display and s.display.steps or math.huge
end

function status.set_chunk(s, steps) s.display.steps = steps end

--- At a stop: what is to be shown now, as bits.
local TELL, ROW, BAR = 1, 2, 4
function status.look(s)
  if not s.display then return 0 end
  local d, now, bits = s.display, core.clock(), 0
  local spent, steps = now - d.look, math.max(1, s.step - d.look_step)
  d.look, d.look_step = now, s.step
  local usual = s.meeting and TOGETHER or CHUNK
  local target = settings.walltime and CHUNK or math.max(usual, math.min(LONGEST, LEAST * spent / steps))
  -- Bounded: events may end each chunk early, and ranks tell each other the number as an integer.
  if spent < 0.5 * target then d.steps = math.min(d.steps * (spent < 0.1 * target and 4 or 2), 2 ^ 40)
  elseif spent > 2 * target then d.steps = math.max(1, math.floor(d.steps / 2)) end
  d.last = math.max(d.last, s.step)
  if settings.status and d.told and now - d.told > d.tell_every then bits = TELL end
  if not settings.show then return bits end
  local part = (s.step - d.first) / math.max(1, d.last - d.first)
  local quiet = now - d.row_clock
  if part >= d.mark and quiet >= ROW_LEAST or quiet >= ROW_MOST then
    bits = bits + ROW
    d.mark = math.floor(part * 10 + 1) / 10
  end
  if is_terminal() and s.step < d.last and now - (d.bar_clock or 0) > CHUNK then
    bits = bits + BAR
    d.bar_clock = now
  end
  return bits
end

--- Shows it.
function status.show(s, bits)
  if bits == 0 then return end
  local d, now = s.display, core.clock()
  if bits % 2 >= TELL then tell(s, d, now) end
  if bits % 4 >= ROW then row(s, d, now) end
  if bits >= BAR then bar(s, d, now) end
end

--- Takes the bar away before somebody else writes.
function status.pause(s)
  if s.display then clear(s.display) end
end

function status.finish(s)
  if not s.display then return end
  local d, now = s.display, core.clock()
  if settings.status then tell(s, d, now) end
  if not settings.show then return end
  clear(d)
  d.last = s.step
  local late = now - d.row_clock >= ROW_LEAST
  if s.meeting then
    late = meet.stop(s.meeting, s.run.place, s.step, { late and settings.speaks and 1 or 0 })(1) > 0
  end
  if late then row(s, d, now) end
end

--- Where the time of a simulation went, as lines of text; nil when it has not run.
function status.breakdown(s)
  if tonumber(C.brc_profile_share(s.handle, counters, of_ranks)) ~= 0 then return nil end
  if counters.steps == 0 or not (counters.seconds > 0) then return nil end
  local parts = {}
  for i = 0, counters.stage_count - 1 do
    parts[#parts + 1] = { ffi.string(counters.stage[i].name), counters.stage[i].seconds }
  end
  local ranks = of_ranks.ranks > 1 and ("%d ranks of "):format(of_ranks.ranks) or ""
  local there = counters.device_memory > 0 and (", %.0f MB on a device"):format(tonumber(counters.device_memory) / 1e6) or ""
  local lines = { ("%s steps in %s: %.3g million particle-steps per second (%s, %s%d thread%s, %s, %d rebuilds, %.0f MB%s)"):format(
    status.grouped(tonumber(counters.steps)), status.duration(counters.seconds),
    tonumber(counters.particle_steps) / counters.seconds / 1e6, s.options.precision, ranks, counters.threads,
    counters.threads == 1 and "" or "s", ({ "SSE2", "AVX2", "AVX-512" })[counters.isa] or "?", tonumber(counters.rebuilds),
    tonumber(counters.memory) / 1e6, there) }
  for _, p in ipairs(parts) do
    local share = p[2] / counters.seconds
    lines[#lines + 1] = ("  %-12s %9.3f s  %5.1f %%  %s"):format(p[1], p[2], 100 * share, ("#"):rep(math.floor(30 * share + 0.5)))
  end
  return lines
end

-- The last state and the breakdown of a simulation that is about to be closed.
function simulation.before_close(s)
  local d = s.display
  if meet.apart then return end
  if settings.show and d then
    clear(d)
    d.last = s.step
    if d.row_step ~= s.step then row(s, d, core.clock()) end
  end
  if settings.status and d then tell(s, d, core.clock()) end
  local lines
  if settings.profile then lines = profile.lines(s) elseif settings.show and d then lines = status.breakdown(s) end
  if lines then settings.say(dim(table.concat(lines, "\n") .. "\n")) end
end

return status
