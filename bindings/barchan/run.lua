-- run.lua -- the time loop. Lua drives it: the engine is asked for as many steps as there are until something is due, and C never
-- calls Lua. What is due is counted in steps: schedule.lua.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local native = require "barchan.native"
local errors = require "barchan.errors"
local checks = require "barchan.checks"
local checkpoint = require "barchan.checkpoint"
local backend = require "barchan.backend"
local journal = require "barchan.journal"
local materials = require "barchan.materials"
local meet = require "barchan.meet"
local ranks = require "barchan.ranks"
local schedule = require "barchan.schedule"
local settings = require "barchan.settings"
local simulation = require "barchan.simulation"
local status = require "barchan.status"
local walls = require "barchan.walls"
local C, core = native.C, native.core

local WHAT = "sim:run"
local done = ffi.new("int64_t[1]")

local function show_warnings(s)
  local text = C.brc_warning(s.engine)
  while text ~= nil do
    status.pause(s)
    settings.warn(ffi.string(text))
    text = C.brc_warning(s.engine)
  end
end

-- The device cannot go on; the engine has the state of the last whole step: what it said, and what is kept of the run.
local function failed_device(s, words, place)
  show_warnings(s)
  local kept = ""
  if s.step > 0 then
    local from = s.checkpoint and checkpoint.stopped(s) or "; the script has no sim:checkpoint to go on from"
    kept = ("; the run has come to step %d, time %.9g s%s%s"):format(s.step, simulation.time(s, s.step), from,
      from:find("--resume", 1, true) and ", with --backend cpu on the processor" or "")
  end
  errors.raise(WHAT .. ": " .. words .. kept .. place, errors.DEVICE)
end

-- A failed call to the engine in the course of the run: what it says, or that a signal asked to stop. hook: the function that
-- has just written to the fields, who may be the cause.
local function failed(s, code, hook)
  local text, place = native.last_error()
  s.step = tonumber(C.brc_sim_step(s.engine))
  if hook and text:find("NaN", 1, true) then
    local info = debug.getinfo(hook, "S")
    text = ("%s; each_step (%s:%d) wrote to the fields before"):format(text, (info.source:gsub("^@", "")), info.linedefined)
  end
  if code == errors.DEVICE and s.options.backend == "vulkan" then failed_device(s, text, place) end
  if code ~= errors.INTERRUPTED then errors.raise(WHAT .. ": " .. text .. place, code) end
  local number = C.brc_interrupted()
  if s.meeting then -- it may have come to another rank
    number = meet.stop(s.meeting, s.run.place .. ", stopped by a signal", s.step, { number })(1)
    C.brc_interrupt(number)
  end
  errors.raise(("%s: stopped by %s after step %d, time %.9g s%s"):format(WHAT,
    number == 2 and "SIGINT" or number == 15 and "SIGTERM" or "signal " .. number, s.step, simulation.time(s, s.step),
    checkpoint.stopped(s)),
    errors.INTERRUPTED)
end

-- n steps, one by one, with what the script does in each: poses of walls before it, forces in the middle of it.
local function single_steps(s, n, each_step)
  local sim, handle, device = s.public, s.engine, s.options.backend == "vulkan"
  for _ = 1, n do
    if s.followers[1] then walls.follow(s, simulation.time(s, s.step + 1), s.dt) end
    local code
    if each_step then
      code = tonumber(C.brc_step_begin(handle))
      if device then simulation.look_where(s) end
      if code ~= 0 then failed(s, code) end
      s.in_hook, s.summary_valid = true, false
      each_step(sim)
      s.in_hook = false
      code = tonumber(C.brc_step_end(handle))
    else
      code = tonumber(C.brc_sim_steps(handle, 1, done))
    end
    if device then simulation.look_where(s) end
    s.summary_valid = false
    if code ~= 0 then failed(s, code, each_step) end
    s.step = s.step + 1
    if s.stale_law then return end -- each_step changed dt or the law: from the next step on, however many are asked for
  end
end
jit.on(single_steps) -- each_step may be as short as the step

-- unseen: nothing of the script comes between these steps and the next ones. Ranks stop often, to look for signals, and would make their
-- lists anew each time for the sake of those particles that have left.
local function many_steps(s, n, unseen)
  local code = tonumber((unseen and C.brc_sim_stretch or C.brc_sim_steps)(s.engine, n, done))
  simulation.look_where(s)
  s.summary_valid = false
  s.step = s.step + tonumber(done[0])
  if code ~= 0 then failed(s, code) end
end

-- The same on several ranks: what a function of the script raises on one of them is raised on all, in time for the others to end their
-- step with it.
local function single_steps_of_ranks(s, n, each_step)
  local sim, handle, place, device = s.public, s.engine, s.run.place, s.options.backend == "vulkan"
  for _ = 1, n do
    if s.followers[1] then
      s.alone = true
      local ok, message = xpcall(walls.follow, errors.note_traceback, s, simulation.time(s, s.step + 1), s.dt)
      s.alone = false
      meet.outcome(s.meeting, ok, message, place .. ", where a wall is driven", ok and meet.fingerprint(s.driven))
    end
    local code
    if each_step then
      code = tonumber(C.brc_step_begin(handle))
      if device then simulation.look_where(s) end
      if code ~= 0 then failed(s, code) end
      s.in_hook, s.summary_valid, s.alone = true, false, true
      local ok, message = xpcall(each_step, errors.note_traceback, sim)
      s.alone = false -- on several ranks: a function of the script runs on each of them for itself
      meet.outcome(s.meeting, ok, message, place .. ", in each_step", s.step)
      s.in_hook = false
      code = tonumber(C.brc_step_end(handle))
    else
      code = tonumber(C.brc_sim_steps(handle, 1, done))
    end
    if device then simulation.look_where(s) end
    s.summary_valid = false
    if code ~= 0 then failed(s, code, each_step) end
    s.step = s.step + 1
    if meet.stop(s.meeting, place, s.step, { s.stale_law and 1 or 0 })(1) > 0 then
      s.stale_law = true
      break
    end
  end
  if device then many_steps(s, 0) end -- home, on all ranks together: what follows may look on one of them
end

-- Fires what is due now.
local function fire(s, events)
  for _, e in ipairs({ unpack(events) }) do
    if schedule.due(s, e) then
      if s.meeting then
        local ok, message = xpcall(e.fire, errors.note_traceback, s.public)
        meet.outcome(s.meeting, ok, message, ("%s, after a call of the script%s"):format(s.run.place,
          s.run.stopped ~= nil and (" (until_ has answered %s)"):format(tostring(s.run.stopped)) or ""), s.run.stopped and 1 or 0)
      else
        e.fire(s.public)
      end
      if s.closed then errors.raise(WHAT .. ": the simulation was closed by a callback") end
      schedule.pass(s, e)
    end
  end
end

local function nearest_event(s, events, n)
  for _, e in ipairs(events) do n = schedule.nearest(s, e, n) end
  return n
end

local caught
local function catch(s)
  if not caught then
    core.catch_signals()
    caught = true
  end
  if s.meeting then return end -- at the first stop of the ranks
  local number = C.brc_interrupted()
  if number ~= 0 then failed(s, errors.INTERRUPTED) end
end

-- The events of one call of sim:run, beside those of files, which are in s.events.
local function own_events(s, o, run)
  local own = {}
  if o.call then
    own[1] = { base = run.base, every = o.every, k = 1, fire = function(sim)
      status.pause(s)
      o.call(sim)
    end }
  end
  if o.until_ and o.every then
    own[#own + 1] = { base = run.base, every = o.every, k = 1, fire = function(sim) run.stopped = o.until_(sim) and true or false end }
  end
  return own
end

-- On several ranks, between steps: what is due beside the events of the script, as the first one says, and a signal to any of them.
local function look_together(s)
  local first = ranks.number_in(s.meeting) == 0
  local wants, shows = checkpoint.wants(s), first and status.look(s) or 0
  local agreed = meet.stop(s.meeting, s.run.place, s.step, { C.brc_interrupted(), wants.asked and 1 or 0, first and wants.bits or 0, shows,
    first and status.chunk(s) or 0, settings.unsaid[1] and 1 or 0 })
  if agreed(1) > 0 then C.brc_interrupt(agreed(1)) end
  status.set_chunk(s, agreed(5))
  if agreed(6) > 0 then
    status.pause(s)
    meet.warnings(s.meeting)
  end
  return checkpoint.wanted(agreed(2) > 0, agreed(3)), agreed(4), agreed(1) > 0
end

-- again: what a checkpoint tells of this run, when it is resumed.
local function loop(s, o, again)
  -- Runs by time end where one long run would: the ends are taken from the time that was asked for, not from that of the
  -- last step, unless a run ended elsewhere.
  local now = simulation.time(s, s.step)
  if not (math.abs(s.ideal_time - now) <= s.dt) then s.ideal_time = now end
  local base = again and again.base or s.ideal_time
  local start = again and again.start or s.step
  local goal = o.time and base + o.time
  if goal and not (goal / s.dt < 2 ^ 53) then
    errors.raise(("%s: time = %.6g s takes %.3g steps of dt = %.4g s, more than can be counted"):format(WHAT, o.time, o.time / s.dt,
      s.dt))
  end
  local last = goal and s.step + schedule.steps_until(s, goal) or start + o.steps
  walls.probe_motions(s, now, simulation.time(s, last))
  local run = { base = base, start = start, args = journal.show(o), where = errors.where() }
  if s.meeting then run.place = ("%s: %s"):format(run.where or "?", meet.text(WHAT, o)) end
  run.own = own_events(s, o, run)
  if again then checkpoint.take_events(run.own, again.own, "callbacks of this sim:run") end
  s.run = run
  catch(s)
  fire(s, s.events)
  status.start(s, last)
  if s.meeting then look_together(s) end
  local due = again and not again.fired -- at the step of the checkpoint: a signal had come before it was done
  while (due or s.step < last) and not run.stopped do
    local unseen
    if not due then
      local event = checkpoint.nearest(s, nearest_event(s, run.own, nearest_event(s, s.events, last - s.step)))
      if o.until_ and not o.every then event = math.min(event, 100 - (s.step - start) % 100) end
      local n = math.min(event, status.chunk(s))
      unseen = s.meeting and n < event
      if o.each_step or s.followers[1] then (s.meeting and single_steps_of_ranks or single_steps)(s, n, o.each_step)
      else many_steps(s, n, unseen) end
    end
    due = false
    show_warnings(s)
    local wants, shows, signal
    if s.meeting then
      wants, shows, signal = look_together(s)
      if unseen and (wants.asked or wants.bits ~= 0 or shows ~= 0 or signal) then many_steps(s, 0) end
      if C.brc_interrupted() ~= 0 then failed(s, errors.INTERRUPTED) end
    end
    if s.compiling then backend.poll(s) end
    fire(s, s.events)
    fire(s, run.own)
    if o.until_ and not o.every and ((s.step - start) % 100 == 0 or s.step == last) then
      local stops
      if s.meeting then
        local ok
        ok, stops = xpcall(o.until_, errors.note_traceback, s.public)
        meet.outcome(s.meeting, ok, stops, ("%s, where until_ answers %s"):format(run.place, tostring(stops)), stops and 1 or 0)
      else
        stops = o.until_(s.public)
      end
      run.stopped = stops
    end
    if s.stale_kernels then backend.prepare(s, WHAT) end
    if s.stale_law then -- a callback changed materials, walls or sizes: dt may be another one
      materials.prepare(s, WHAT)
      if goal then last = s.step + schedule.steps_until(s, goal) end
    end
    status.show(s, shows or status.look(s))
    if not run.stopped then checkpoint.look(s, wants or checkpoint.wants(s)) elseif wants and wants.asked then C.brc_ask() end
  end
  s.ideal_time = goal and not run.stopped and goal or simulation.time(s, s.step)
  status.finish(s)
end

simulation.options_method("run", function(s, o)
  if s.running then errors.raise(WHAT .. ": the simulation is running: this is one of its callbacks") end
  checks.one_of(WHAT, o, { "time", "steps" }, true)
  if o.call and not o.every then errors.raise(WHAT .. ": every is missing: the time between two calls of call [s]") end
  if o.every and not (o.call or o.until_) then errors.raise(WHAT .. ": every goes with call or until_, which are missing") end
  if settings.check then settings.check(s, o) end
  local lacking = s.missing and s.missing[1]
  if lacking then
    errors.raise(("%s: %s followed a function of the script, which a checkpoint cannot hold: give it again with wall:follow { call = ... }, "
      .. "or let the wall stand with wall:halt()"):format(WHAT, tostring(lacking)))
  end
  if not s.replay then materials.prepare(s, WHAT) end
  if s.stale_kernels and not s.replay then backend.prepare(s, WHAT) end
  settings.warn_unread()
  local again = checkpoint.enter(s, o)
  if again == "over" then return end
  local other = journal.running
  s.running, journal.running = true, s
  local ok, message = xpcall(loop, errors.note_traceback, s, o, again)
  s.running, s.run, journal.running = false, nil, other
  if not ok then
    status.pause(s)
    if s.in_hook then -- a callback raised in the middle of a step: make the step whole, the message is what counts
      s.in_hook = false
      C.brc_step_end(s.handle)
      s.step, s.summary_valid = tonumber(simulation.summary(s, true).step), false
    end
    error(message, 0)
  end
  checkpoint.leave(s, o)
end)
