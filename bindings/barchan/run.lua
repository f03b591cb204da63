-- run.lua -- the time loop. Lua drives it: the engine is asked for as many steps as there are until something is due, and C never
-- calls Lua. What is due is counted in steps: occurrence k of an event falls on the first step whose time is not before
-- base + k * every, so nothing depends on how a run is cut into calls.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local native = require "barchan.native"
local errors = require "barchan.errors"
local checks = require "barchan.checks"
local checkpoint = require "barchan.checkpoint"
local backend = require "barchan.backend"
local journal = require "barchan.journal"
local materials = require "barchan.materials"
local settings = require "barchan.settings"
local simulation = require "barchan.simulation"
local status = require "barchan.status"
local walls = require "barchan.walls"
local C, core = native.C, native.core

local WHAT = "sim:run"
local done = ffi.new("int64_t[1]")

-- Steps from now until the time t is reached. A millionth of a step forgives the rounding of t.
local function steps_until(s, t)
  return math.max(0, math.ceil((t - simulation.time(s, s.step)) / s.dt - 1e-6))
end

-- A failed call to the engine in the course of the run: what it says, or that a signal asked to stop. hook: the function that
-- has just written to the fields, who may be the cause.
local function failed(s, code, hook)
  local text = ffi.string(C.brc_last_error())
  local q = simulation.summary(s, true)
  s.step = tonumber(q.step)
  if hook and text:find("NaN", 1, true) then
    local info = debug.getinfo(hook, "S")
    text = ("%s; each_step (%s:%d) wrote to the fields before"):format(text, (info.source:gsub("^@", "")), info.linedefined)
  end
  if code ~= errors.INTERRUPTED then errors.raise(WHAT .. ": " .. text, code) end
  local number = C.brc_interrupted()
  errors.raise(("%s: stopped by %s after step %d, time %.9g s%s"):format(WHAT,
    number == 2 and "SIGINT" or number == 15 and "SIGTERM" or "signal " .. number, s.step, q.time, checkpoint.interrupted(s)),
    errors.INTERRUPTED)
end

local function show_warnings(s)
  local text = C.brc_warning(s.handle)
  while text ~= nil do
    status.pause(s)
    settings.warn(ffi.string(text))
    text = C.brc_warning(s.handle)
  end
end

-- n steps, one by one, with what the script does in each: poses of walls before it, forces in the middle of it.
local function single_steps(s, n, each_step)
  local sim, handle = s.public, s.handle
  for _ = 1, n do
    if s.followers[1] then walls.follow(s, simulation.time(s, s.step + 1), s.dt) end
    local code
    if each_step then
      code = tonumber(C.brc_step_begin(handle))
      if code ~= 0 then failed(s, code) end
      s.in_hook, s.summary_valid = true, false
      each_step(sim)
      s.in_hook = false
      code = tonumber(C.brc_step_end(handle))
    else
      code = tonumber(C.brc_sim_steps(handle, 1, done))
    end
    s.summary_valid = false
    if code ~= 0 then failed(s, code, each_step) end
    s.step = s.step + 1
    if s.stale_law then return end -- each_step changed dt or the law: from the next step on, however many are asked for
  end
end
jit.on(single_steps) -- each_step may be as short as the step

local function many_steps(s, n)
  local code = tonumber(C.brc_sim_steps(s.handle, n, done))
  s.summary_valid = false
  s.step = s.step + tonumber(done[0])
  if code ~= 0 then failed(s, code) end
end

-- Fires what is due now. k moves on past everything due, so that an event fires once even when `every` is below dt.
local function fire(s, events)
  for _, e in ipairs({ unpack(events) }) do
    if steps_until(s, e.base + e.k * e.every) == 0 then
      e.fire(s.public)
      if s.closed then errors.raise(WHAT .. ": the simulation was closed by a callback") end
      -- Most of the way at once, because `every` may be far below dt; the rest by one, or by what changes so large a k.
      e.k = math.max(e.k + 1, math.floor((simulation.time(s, s.step) + 1e-6 * s.dt - e.base) / e.every) - 1)
      while steps_until(s, e.base + e.k * e.every) == 0 do e.k = e.k + math.max(1, e.k * 2 ^ -40) end
    end
  end
end

local function nearest_event(s, events, n)
  for _, e in ipairs(events) do n = math.min(n, math.max(1, steps_until(s, e.base + e.k * e.every))) end
  return n
end

local caught
local function catch(s)
  if not caught then
    core.catch_signals()
    caught = true
  end
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
    own[#own + 1] = { base = run.base, every = o.every, k = 1, fire = function(sim) run.stopped = o.until_(sim) and true end }
  end
  return own
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
  local last = goal and s.step + steps_until(s, goal) or start + o.steps
  walls.probe_motions(s, now, simulation.time(s, last))
  local run = { base = base, start = start, args = journal.show(o), where = errors.where() }
  run.own = own_events(s, o, run)
  if again then checkpoint.take_events(run.own, again.own, "callbacks of this sim:run") end
  s.run = run
  catch(s)
  fire(s, s.events)
  status.start(s, last)
  local due = again and not again.fired -- at the step of the checkpoint: a signal had come before it was done
  while (due or s.step < last) and not run.stopped do
    if not due then
      local n = math.min(last - s.step, status.chunk(s))
      n = checkpoint.nearest(s, nearest_event(s, run.own, nearest_event(s, s.events, n)))
      if o.until_ and not o.every then n = math.min(n, 100 - (s.step - start) % 100) end
      if o.each_step or s.followers[1] then single_steps(s, n, o.each_step) else many_steps(s, n) end
    end
    due = false
    show_warnings(s)
    if s.compiling then backend.poll(s) end
    fire(s, s.events)
    fire(s, run.own)
    if o.until_ and not o.every and ((s.step - start) % 100 == 0 or s.step == last) then run.stopped = o.until_(s.public) end
    if s.stale_kernels then backend.prepare(s, WHAT) end
    if s.stale_law then -- a callback changed materials, walls or sizes: dt may be another one
      materials.prepare(s, WHAT)
      if goal then last = s.step + steps_until(s, goal) end
    end
    status.update(s)
    if not run.stopped then checkpoint.look(s) end
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
