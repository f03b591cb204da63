-- checkpoint.lua -- sim:checkpoint{...}: the whole simulation in a file every so often, in two files in turn, and how a run goes on
-- from there with `barchan run script.lua --resume`. What the engine keeps is in engine/checkpoint.c; here is what the script's side
-- of the simulation keeps: its clock, schedules, files, sim.state, and the journal of its calls (journal.lua).
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local native = require "barchan.native"
local errors = require "barchan.errors"
local files = require "barchan.files"
local journal = require "barchan.journal"
local meet = require "barchan.meet"
local json = require "barchan.json"
local plain = require "barchan.plain"
local provenance = require "barchan.provenance"
local random = require "barchan.random"
local ranks = require "barchan.ranks"
local schedule = require "barchan.schedule"
local settings = require "barchan.settings"
local shapes = require "barchan.shapes"
local simulation = require "barchan.simulation"
local status = require "barchan.status"
local C, core = native.C, native.core

local checkpoint = {}
local WHAT, FORMAT = "sim:checkpoint", shapes.FORMAT

-- ---- sim.state ----------------------------------------------------------------------------------------------------------
simulation.register_property("state", function(s) return s.user_state end)

--- Replaces what sim.state holds, in place: a script may have kept the table.
function checkpoint.set_state(s, value)
  for key in pairs(s.user_state) do s.user_state[key] = nil end
  for key, item in pairs(value) do s.user_state[key] = item end
end

local function state_text(s)
  local ok, text = pcall(plain.encode, s.user_state, "sim.state")
  if not ok then errors.raise(WHAT .. ": " .. text) end
  return text
end

-- ---- when ---------------------------------------------------------------------------------------------------------------
local names = {} -- of the files of all simulations, also those that are closed: which made them

--- Another run of this process writes the same files: a case of a campaign that is tried again.
function checkpoint.forget() names = {} end

simulation.options_method("checkpoint", function(s, o)
  if s.checkpoint then errors.raise(("%s: there is one already, '%s'"):format(WHAT, s.checkpoint.file)) end
  o.file = files.place(o.file)
  if not s.journal or s.journal.started then errors.raise(WHAT .. " comes before the first sim:run") end
  if names[o.file] then
    errors.raise(("%s: the simulation made at %s writes '%s' already: give each simulation a name of its own"):format(WHAT, names[o.file],
      o.file))
  end
  if s.loaded == o.file .. ".1" or s.loaded == o.file .. ".2" then
    errors.raise(("%s: it would be written over '%s', which the script loads: choose another name"):format(WHAT, s.loaded))
  end
  if C.brc_has("hdf5") ~= 1 then errors.raise(WHAT .. ": this Barchan was built without HDF5, which checkpoints need", errors.DEVICE) end
  if files.only_check(WHAT, o.file .. ".1") then return end
  files.needs_writable(WHAT, o.file .. ".1")
  names[o.file] = s.where or "?"
  status.beside(o.file)
  s.checkpoint = { file = o.file, every = o.every, minutes = o.minutes, on_error = o.on_error, compress = o.compress, next = 1,
    base = simulation.time(s, s.step), k = 1, clock = core.clock(), seconds = 0 }
  table.insert(s.closers, function() checkpoint.settle(s, true) end)
end)

--- Steps until the next one that is due by the simulation's time, at most n.
function checkpoint.nearest(s, n)
  local c = s.checkpoint
  return c and c.every and schedule.nearest(s, c, n) or n
end

-- ---- writing ------------------------------------------------------------------------------------------------------------
local function event_rows(events)
  local rows = {}
  for i, e in ipairs(events) do rows[i] = { e.base, e.every, e.k } end
  return rows
end

function checkpoint.take_events(events, rows, what)
  if #events ~= #rows then
    errors.raise(("--resume: the script has %d %s, and had %d when the checkpoint was written"):format(#events, what, #rows))
  end
  for i, e in ipairs(events) do
    if e.every ~= rows[i][2] then
      errors.raise(("--resume: the script has %s every %.9g s, and had them every %.9g s when the checkpoint was written"):format(what,
        e.every, rows[i][2]))
    end
    e.base, e.k = rows[i][1], rows[i][3]
  end
end

local clock_keys = { "step", "dt", "step_base", "time_base", "ideal_time", "stale_law", "gravity", "used", "on_walls", "walls_version" }

local function walls_of(s)
  local rows = {}
  for i, wall in pairs(s.walls) do
    local w = wall._
    rows[i] = { removed = w.removed, moves = w.moves, follows = w.follows, shape = w.shape, material = w.material.index,
      free = w.free, traced = w.traced and true }
  end
  return rows
end

local function counts_of(s)
  local counts, list = ffi.new("int32_t[?]", C.BRC_COUNTS), {}
  C.brc_boundary_counts(s.handle, counts)
  for i = 1, C.BRC_COUNTS do list[i] = counts[i - 1] end
  return list
end

local function lua_state(s)
  local t = { law = s.law and s.law.name, option_dt = s.options.dt, events = event_rows(s.events), walls = walls_of(s), bonds = {},
    fields = {}, outputs = {}, series = {}, writers = {} }
  for _, key in ipairs(clock_keys) do t[key] = s[key] end
  t.scene = checkpoint.describe(s)
  for i, b in pairs(s.bonds) do t.bonds[i] = { rate = b.rate, force = b.force } end
  for i, u in ipairs(s.user_fields) do t.fields[i] = { min = u.min, max = u.max } end
  for i, f in ipairs(s.outputs) do t.outputs[i] = f.save() end
  for i, q in ipairs(s.series) do t.series[i] = { times = q.times, paths = q.paths } end
  for i, q in ipairs(journal.writers) do t.writers[i] = q:position() end
  if s.book then
    t.book = { before = s.book.before, released = s.book.released, order = s.book.order, names = s.book.names }
  end
  t.followers, t.inserters, t.kernels, t.counts, t.random = {}, {}, {}, counts_of(s), random.state()
  for i, k in ipairs(s.kernels) do t.kernels[i] = k.removed or false end
  for i, f in ipairs(s.followers) do t.followers[i] = { f.wall.index, f.key } end
  for i, g in pairs(s.inserters) do t.inserters[i] = { final = g.final } end
  return t
end

local function report_failure(s, message)
  local c = s.checkpoint
  if c.on_error == "stop" then errors.raise(WHAT .. ": " .. message, errors.FILE) end
  settings.warn(("%s: %s; the run goes on, the last checkpoint stays"):format(WHAT, message))
end

--- The end of the one that is being written, if it has come to an end, or when it has: wait. Answers whether there was one and it is good.
function checkpoint.settle(s, wait)
  local c = s.checkpoint
  local w = c.writing
  if not w or not wait and C.brc_checkpoint_over(w) == 0 then return false end
  local seconds = ffi.new("double[1]")
  c.writing = nil
  if tonumber(C.brc_checkpoint_end(w, seconds)) ~= 0 then
    report_failure(s, ffi.string(C.brc_last_error()))
    return false
  end
  c.seconds, c.written, c.next, c.begun = c.blocked + seconds[0], c.path, 3 - c.next, true
  return true
end

--- Begins to write one of the state now. fired: what is due at this step has been done. wait: until it is on the disk; then its path is
-- returned, or nil when that failed and the run goes on.
function checkpoint.write(s, fired, wait)
  local c, r = s.checkpoint, s.run
  if s.obstacle and not c.warned then
    settings.warn(("%s: --resume will not go on from these checkpoints: the script has used %s"):format(WHAT, s.obstacle))
    c.warned = true
  end
  checkpoint.settle(s, true)
  local since, opened = core.clock(), {}
  local text = plain.encode({
    format = FORMAT, version = ffi.string(C.brc_version()), compiler = ffi.string(C.brc_compiler()),
    provenance = provenance.text(s), entries = s.journal.entries, setup = s.journal.setup, start_hash = s.journal.start_hash,
    obstacle = s.obstacle, step = s.step, time = simulation.time(s, s.step),
    run = { args = r.args, where = r.where, start = r.start, base = r.base, own = event_rows(r.own), fired = fired },
    checkpoint = { base = c.base, k = c.k }, state = state_text(s), lua = lua_state(s),
  }, "the checkpoint")
  for _, f in ipairs(s.outputs) do f.opened(opened) end
  local def, out = ffi.new("brc_writing_def"), ffi.new("brc_writing*[1]")
  local outputs = ffi.new("brc_output*[?]", #opened + 1, opened)
  local path, older = ("%s.%d"):format(c.file, c.next), ("%s.%d"):format(c.file, 3 - c.next)
  def.path, def.text, def.length, def.compress, def.outputs, def.output_count = path, text, #text, c.compress, outputs, #opened
  if not c.begun then def.older = older end -- it is of an earlier run
  local code = tonumber(C.brc_checkpoint_begin(s.handle, def, out))
  c.clock = core.clock()
  c.blocked = c.clock - since
  c.seconds = math.max(c.seconds, c.blocked)
  if code ~= 0 then
    report_failure(s, ffi.string(C.brc_last_error()))
    return nil
  end
  c.writing, c.path = out[0], path
  return wait and checkpoint.settle(s, true) and path or nil
end

--- What asks for a checkpoint beside the simulation's time: SIGUSR1; by the clock: the time of --walltime is nearly over, minutes have
-- passed, or a file that was being written is complete, as bits.
function checkpoint.wants(s)
  local c, bits = s.checkpoint, 0
  if settings.walltime and checkpoint.out_of_time(s) then bits = 1 end
  if c and c.minutes and core.clock() - c.clock >= 60 * c.minutes then bits = bits + 2 end
  if c and c.writing and C.brc_checkpoint_over(c.writing) ~= 0 then bits = bits + 4 end
  return checkpoint.wanted(C.brc_asked() ~= 0, bits)
end
function checkpoint.wanted(asked, bits) return { asked = asked, bits = bits } end

--- At the end of a step's events: writes one if it is due, or wanted.
function checkpoint.look(s, wants)
  local c = s.checkpoint
  local asked, over, late, written = wants.asked, wants.bits % 2 >= 1, wants.bits % 4 >= 2, wants.bits >= 4
  if not c then
    if asked then settings.warn("SIGUSR1: the script has no sim:checkpoint, so nothing was written") end
  else
    local due = c.every and schedule.due(s, c)
    if due then schedule.pass(s, c) end
    if written then checkpoint.settle(s, true) end
    if due or late or asked or over then checkpoint.write(s, true, over) end
  end
  if over then
    settings.reason = "walltime"
    errors.raise(("sim:run: stopped by --walltime after step %d, time %.9g s%s"):format(s.step, simulation.time(s, s.step),
      c and c.written and (": barchan run --resume goes on from '%s'"):format(c.written) or ""), errors.WALLTIME)
  end
end

--- Whether the time of --walltime is over but for what it takes to write a checkpoint twice and the next look at the clock.
function checkpoint.out_of_time(s)
  local margin = 0.5 + (s.checkpoint and 2 * s.checkpoint.seconds + 0.5 or 0)
  return core.clock() - settings.started > settings.walltime - margin
end

--- A signal or a lost device has stopped the run between two steps: the checkpoint to go on from; text for the message.
function checkpoint.stopped(s)
  if not s.checkpoint or not s.run then return "" end
  local ok, path = pcall(checkpoint.write, s, false, true)
  if not ok then return "; no checkpoint: " .. tostring(path) end
  return path and (": barchan run --resume goes on from '%s'"):format(path) or "; the checkpoint could not be written"
end

-- ---- resuming -----------------------------------------------------------------------------------------------------------
--- The script's side of an open checkpoint; or nil and what is wrong with it.
function checkpoint.read(handle, path)
  local length = ffi.new("int64_t[1]")
  local text = C.brc_checkpoint_text(handle, length)
  local ok, data = pcall(plain.decode, ffi.string(text, length[0]))
  if not ok or type(data) ~= "table" then return nil, ("'%s' is damaged"):format(path) end
  if data.format ~= FORMAT then
    return nil, ("'%s' has format %s; this program reads format %d"):format(path, tostring(data.format), FORMAT)
  end
  local problem = shapes.problem(data)
  if problem then return nil, ("'%s' is damaged: of the script's part %s"):format(path, problem) end
  return data
end

-- What a checkpoint says does not go with the simulation.
local function damaged(what, path, text, ...)
  errors.raise(("%s: '%s' is damaged: %s"):format(what, path, text:format(...)), errors.FILE)
end

-- Whether there is such a file: the first rank looks, and all go by what it has seen.
local function there_is(s, path)
  local file = (not s.meeting or ranks.number_in(s.meeting) == 0) and io.open(path, "rb")
  if file then file:close() end
  if not s.meeting then return file ~= nil end
  return meet.stop(s.meeting, "--resume: " .. path, 0, { file and 1 or 0 })(1) > 0
end

-- The newest checkpoint that is whole: { path, handle, data }, or nil when there is none. Raises when there are only damaged ones.
local function newest(s)
  local c, best, wrong = s.checkpoint, nil, nil
  for number = 1, 2 do
    local path, out = ("%s.%d"):format(c.file, number), ffi.new("brc_checkpoint*[1]")
    if there_is(s, path) then
      local found, message
      if tonumber(C.brc_checkpoint_open(ranks.comm(), path, out)) == 0 then
        local data
        data, message = checkpoint.read(out[0], path)
        if data then found = { path = path, number = number, handle = out[0], data = data } else C.brc_checkpoint_close(out[0]) end
      else
        message = ffi.string(C.brc_last_error())
      end
      if found and best and found.data.step <= best.data.step then
        C.brc_checkpoint_close(found.handle)
      elseif found then
        if best then C.brc_checkpoint_close(best.handle) end
        best = found
      else
        settings.warn("--resume: " .. message)
        wrong = wrong or message
      end
    end
  end
  if not best and wrong then errors.raise("--resume: no checkpoint can be read: " .. wrong, errors.FILE) end
  return best
end

local function hidden(what)
  errors.raise(("--resume: %s cannot be read here: the runs before it are over and only their checkpoint is left. What a script "
    .. "reads of single particles between two sim:run can be kept in sim.state by a callback of the run before")
    :format(what or "this field"))
end

-- math.random as it was; a checkpoint of an earlier build does not know.
local function draw_again(t)
  if t and not random.go(t) then
    errors.raise("--resume: the script uses math.random in another way than when the checkpoint was written: it has drawn more numbers "
      .. "by now, or has seeded it")
  end
end

-- Says where the script has changed in what its calls do not show: its callbacks.
local function tell_change(data, path)
  local written, now = json.decode(data.provenance), settings.script and settings.script.text
  local before = type(written) == "table" and written.script_text
  if type(before) ~= "string" or not now or before == now then return end
  local number, rest = 0, (before .. "\n"):gmatch "(.-)\n"
  for line in (now .. "\n"):gmatch "(.-)\n" do
    number = number + 1
    if rest() ~= line then break end
  end
  settings.warn(("--resume: the script has changed since '%s' was written, from line %d on. Its calls are the same; what its functions do "
    .. "is from now on what they say now"):format(path, number))
end

-- A simulation is at its first sim:run: finds its checkpoint, checks that it is of this script, and begins to replay.
local function begin(s)
  local found
  if not s.checkpoint then
    local source = settings.script and settings.script.text
    if source and not source:find("checkpoint", 1, true) then
      errors.raise("--resume: the script has no sim:checkpoint before its first sim:run, so there is nothing to resume from")
    end
    settings.warn("--resume: this simulation has no sim:checkpoint before its first sim:run: it begins at its start")
    s.journal = nil
  else
    found = newest(s)
  end
  if not found then
    if s.checkpoint then
      settings.say(("barchan: --resume: there is no checkpoint '%s.1' or '.2' yet: the run begins at its start\n"):format(s.checkpoint.file))
    end
    for _, f in ipairs(s.outputs) do f.start() end
    journal.decided = true
    for _, q in ipairs(journal.writers) do q:decide() end
    return
  end
  local data = found.data
  s.replay = { path = found.path, number = found.number, handle = found.handle, data = data, entries = data.entries, at = data.setup + 1 }
  if data.obstacle then
    errors.raise(("--resume: '%s' cannot be resumed: the script had used %s"):format(found.path, data.obstacle))
  end
  journal.compare(s, s.journal.entries, data.entries, data.setup)
  if data.start_hash ~= s.journal.start_hash then
    errors.raise(("--resume: the simulation that the script sets up is not the one of '%s' (its state has another hash at the first "
      .. "sim:run): have its files, its seed or what it computes changed?"):format(found.path))
  end
  tell_change(data, found.path)
  s.journal.entries = data.entries
  journal.replaying = journal.replaying + 1
  s.hidden = hidden
  C.brc_fields_hide(s.handle, 1)
end

--- The clock, walls, streams, bonds, fields and the energy book as the checkpoint's t = data.lua has them.
-- what, path: for messages.
function checkpoint.take_lua(s, t, what, path)
  local q, counts = simulation.summary(s, true), counts_of(s)
  if tonumber(q.step) ~= t.step then damaged(what, path, "its two parts are of step %.0f and %.0f", tonumber(q.step), t.step) end
  for i = 1, C.BRC_COUNTS do
    if counts[i] ~= t.counts[i] then damaged(what, path, "its two parts count %d and %d things of kind %d", counts[i], t.counts[i], i) end
  end
  for _, by in ipairs { t.used, t.on_walls, t.walls } do
    for i, item in pairs(by) do
      if (by == t.walls and item.material or i) >= #s.materials then damaged(what, path, "it names a material that there is not") end
    end
  end
  if #t.fields ~= #s.user_fields or #t.kernels ~= #s.kernels then
    damaged(what, path, "it has %d fields and %d kernels of the script, which has %d and %d", #t.fields, #t.kernels, #s.user_fields, #s.kernels)
  end
  for _, key in ipairs(clock_keys) do s[key] = t[key] end
  for i, w in pairs(t.walls) do
    if not s.walls[i] then require("barchan.walls").adopt(s, i, w.shape, s.materials[w.material + 1]) end
    local mine = s.walls[i]._
    mine.removed, mine.moves, mine.follows, mine.free = w.removed, w.moves, w.follows, w.free
    mine.traced = mine.traced or w.traced
  end
  for i, g in pairs(t.inserters) do
    if s.inserters[i] then s.inserters[i].final = g.final end
  end
  for i, b in pairs(t.bonds) do
    local old = s.bonds[i]
    s.bonds[i] = { rate = b.rate, force = b.force, object = old and old.object }
  end
  for i, u in ipairs(s.user_fields) do u.min, u.max = t.fields[i].min, t.fields[i].max end
  if t.book and s.book then
    for key, value in pairs(t.book) do s.book[key] = value end
    s.book.law = s.law
  end
end

local function restore(s)
  local r = s.replay
  local data, t = r.data, r.data.lua
  native.check(C.brc_checkpoint_load(r.handle, s.handle), "--resume")
  C.brc_checkpoint_close(r.handle)
  r.handle, s.replay, s.hidden = nil, nil, nil
  journal.replaying, journal.decided = journal.replaying - 1, true
  draw_again(t.random)
  s.options.dt = t.option_dt
  checkpoint.take_events(s.events, t.events, "outputs")
  if (s.law and s.law.name) ~= t.law then
    errors.raise(("--resume: the contact law is %s, and was %s"):format(tostring(s.law and s.law.name), tostring(t.law)))
  end
  checkpoint.take_lua(s, t, "--resume", r.path)
  for i = #s.followers, 1, -1 do -- a callback may have ended some
    local f, there = s.followers[i], false
    for _, row in ipairs(t.followers) do there = there or row[1] == f.wall.index and row[2] == f.key end
    if not there then table.remove(s.followers, i) end
  end
  for i, k in ipairs(s.kernels) do k.removed = t.kernels[i] or nil end
  if #s.outputs ~= #t.outputs or #s.series ~= #t.series or #journal.writers ~= #t.writers then
    errors.raise("--resume: the script writes other files than when the checkpoint was written")
  end
  for i, f in ipairs(s.outputs) do f.resume(t.outputs[i]) end
  for i, q in ipairs(s.series) do q.times, q.paths = t.series[i].times, t.series[i].paths end
  for i, q in ipairs(journal.writers) do q:resume(t.writers[i]) end
  checkpoint.set_state(s, plain.decode(data.state))
  local c = s.checkpoint
  c.base, c.k, c.next, c.begun, c.clock = data.checkpoint.base, data.checkpoint.k, 3 - r.number, true, core.clock()
  s.journal.start_hash, s.journal.setup, s.summary_valid = data.start_hash, data.setup, false
  require("barchan.backend").prepare(s, "sim:run")
  settings.say(("barchan: going on from '%s': step %d, time %.9g s\n"):format(r.path, s.step, simulation.time(s, s.step)))
  return data.run
end

-- A run that was over when the checkpoint was written: its end.
local function pass(s, e)
  local t = e.result
  for _, key in ipairs { "step", "dt", "step_base", "time_base", "ideal_time" } do s[key] = t[key] end
  checkpoint.set_state(s, plain.decode(t.state))
  draw_again(t.random)
  native.check(C.brc_boundary_skip(s.handle, ffi.new("int32_t[?]", C.BRC_COUNTS, t.counts)), "--resume")
  C.brc_fields_hide(s.handle, 1)
end

--- At the begin of a sim:run, when all of it is checked. Returns nil: run; "over": it is over; a record: go on from there.
function checkpoint.enter(s, o)
  local j = s.journal
  if not j then return nil end
  if not j.started then
    j.started, j.setup = true, #j.entries
    if s.checkpoint then j.start_hash = simulation.hash(s) end
    if settings.resume then begin(s)
    elseif not s.checkpoint then s.journal = nil end -- nobody will ask
  end
  if not s.replay then return nil end
  local args = journal.show(o)
  local e = s.replay.entries[s.replay.at]
  if not e then return (restore(s)) end -- the last one: it may be asked for more than then
  if e.name ~= "sim:run" or e.args ~= args then journal.conflict(s, ("does sim:run(%s)"):format(args), e) end
  s.replay.at = s.replay.at + 1
  pass(s, e)
  return "over"
end

--- At the end of a sim:run.
function checkpoint.leave(s, o)
  if not s.checkpoint then return end
  local e = { name = "sim:run", args = journal.show(o), where = errors.where(), result = { state = state_text(s), counts = counts_of(s),
    random = random.state() } }
  for _, key in ipairs { "step", "dt", "step_base", "time_base", "ideal_time" } do e.result[key] = s[key] end
  table.insert(s.journal.entries, e)
end

journal.keep("sim:insert", function(inserter)
  local g = rawget(inserter, "_")
  return { index = g.index, stream = g.stream, final = g.final, ids = g.ids }
end, function(s, g)
  return (require("barchan.insertion").object { state = s, index = g.index, stream = g.stream, final = g.final, ids = g.ids })
end)
journal.keep("sim:bond", function(bonds) return { kind = rawget(bonds, "_").kind } end, function(s, b)
  return (require("barchan.bonds").object(s, b.kind))
end)

return checkpoint
