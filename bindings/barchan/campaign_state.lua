-- campaign_state.lua -- what a campaign knows of its cases: read from its journal, changed record by record, written as a table, told to
-- who watches. It lives on the first rank. barchan.campaign and barchan.calibrate differ in where the next case comes from.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local native = require "barchan.native"
local case = require "barchan.campaign_case"
local errors = require "barchan.errors"
local journal = require "barchan.campaign_journal"
local json = require "barchan.json"
local results = require "barchan.results"
local settings = require "barchan.settings"
local status = require "barchan.status"
local C, core = native.C, native.core

local state = {}

local TABLE_EVERY = 2  -- [s] between two tables
local LINE_EVERY = 10  -- [s] between two lines of progress where there is no terminal
local DEATHS = 5       -- so often a case may be running when the whole campaign is killed

local signals = { [4] = "SIGILL", [6] = "SIGABRT", [7] = "SIGBUS", [8] = "SIGFPE", [11] = "SIGSEGV" }

--- The name of the journal of a part; nil: of a campaign in one part.
function state.journal_name(part) return part and ("journal-%d-of-%d"):format(part[1], part[2]) or "journal" end

-- ---- from the journal -----------------------------------------------------------------------------------------------------
local function entry(m, number, parameters)
  local e = m.cases[number]
  if not e then
    e = { number = number, parameters = parameters, state = "waiting", failures = 0, deaths = 0 }
    m.cases[number] = e
  end
  return e
end

local function take_begin(m, record)
  local e = entry(m, record.case, record.parameters)
  if e.open then e.deaths = e.deaths + 1 end
  e.open, e.state = record.attempt, "running"
end

local function take_end(m, record)
  local e = entry(m, record.case)
  e.open = nil
  if record.state == "stopped" then
    e.state, e.again = "waiting", true
    return
  end
  e.state, e.record, e.again, e.deaths = record.state, record, nil, 0
  if record.state == "failed" then e.failures = e.failures + 1 end
end

local takers = { ["begin"] = take_begin, ["end"] = take_end, again = function(m, record)
  local e = entry(m, record.case)
  e.state, e.failures, e.record = "waiting", 0, nil
end }

local function take_all(m, records)
  for _, record in ipairs(records) do
    local take = takers[record.kind]
    if take then take(m, record) end
  end
end

--- What the journals of a folder tell: { header =, cases = by number, parts = }, or nil and why not. For who only looks.
function state.look(folder)
  local names, message = core.list(folder)
  if not names then return nil, ("cannot read the folder '%s': %s"):format(folder, message) end
  local m = { folder = folder, cases = {}, parts = 0 }
  table.sort(names)
  for _, name in ipairs(names) do
    if name == "journal" or name:find "^journal%-%d+%-of%-%d+$" then
      local records = journal.read(folder .. "/" .. name) or {}
      local header = records[1]
      if header and header.kind == "header" then
        m.header = m.header or header
        m.parts = m.parts + 1
        take_all(m, records)
      end
    end
  end
  if not m.header then return nil, ("'%s' is not the folder of a campaign: it has no journal"):format(folder) end
  for i, row in ipairs(m.header.rows or {}) do
    local e = entry(m, i, row)
    e.parameters = row
  end
  return m
end

-- ---- the definition of then and of now --------------------------------------------------------------------------------------
local function show(value)
  if type(value) == "number" then return results.number(value) end
  return type(value) == "string" and ("'%s'"):format(value) or tostring(value)
end

-- What a header says that another one does not; nil: nothing.
local function difference(old, new)
  if old.kind_of ~= new.kind_of then return ("it was a %s, and is a %s"):format(old.kind_of, new.kind_of) end
  if table.concat(old.names, ", ") ~= table.concat(new.names, ", ") then
    return ("the parameters were %s, and are %s"):format(table.concat(old.names, ", "), table.concat(new.names, ", "))
  end
  for _, key in ipairs(new.compared or {}) do
    if old[key] ~= new[key] then return ("%s was %s, and is %s"):format(key, show(old[key]), show(new[key])) end
  end
  if new.rows then
    for i = 1, math.max(#old.rows, #new.rows) do
      local a, b = old.rows[i], new.rows[i]
      if not a or not b then return ("there were %d cases, and there are %d"):format(#old.rows, #new.rows) end
      for _, name in ipairs(new.names) do
        if a[name] ~= b[name] then
          return ("case %d had %s = %s, and has %s = %s"):format(i, name, show(a[name]), name, show(b[name]))
        end
      end
    end
  end
end

-- Cases that were running when the last campaign ended.
local function settle(m)
  for number, e in pairs(m.cases) do
    if e.open then
      local path = case.crash_file(m, number)
      local file = io.open(path, "rb")
      local signal = file and tonumber(file:read "*l" or "")
      if file then file:close() end
      if signal then
        state.ended(m, { case = number, attempt = e.open, state = "failed", reason = "crash", results = {}, seconds = 0, tally = {},
          error = ("the process crashed (%s)"):format(signals[signal] or "signal " .. signal) })
        os.remove(path)
      elseif e.deaths + 1 >= DEATHS then
        state.ended(m, { case = number, attempt = e.open, state = "failed", reason = "killed", results = {}, seconds = 0, tally = {},
          error = ("it was running each of %d times when the campaign was killed; perhaps it takes all the memory"):format(e.deaths + 1) })
      else
        e.open, e.state, e.again, e.deaths = nil, "waiting", true, e.deaths + 1
      end
    end
  end
end

--- Opens the journal of a campaign, or begins it. header: { kind_of =, names =, rows = or nil, compared = }; raises.
function state.open(what, o, header)
  local m = { what = what, folder = o.folder, retries = o.retries, cases = {}, header = header, part = settings.part,
    started = core.clock(), done = 0, tabled = -1, line = -1 }
  local ok, message = core.folder(o.folder)
  if not ok then errors.raise(("%s: cannot make the folder '%s': %s"):format(what, o.folder, message), errors.FILE) end
  local path = o.folder .. "/" .. state.journal_name(m.part)
  m.lock, message = core.lock(path .. ".lock")
  if not m.lock then
    errors.raise(("%s: '%s' %s"):format(what, o.folder, type(message) == "number"
      and ("is in use: process %d runs this campaign"):format(message) or "cannot be written: " .. tostring(message)), errors.FILE)
  end
  m.journal = journal.open(what, path)
  header.kind, header.format, header.version = "header", journal.FORMAT, ffi.string(C.brc_version())
  header.script = settings.script and settings.script.path
  local text = settings.script and settings.script.text
  header.script_sum = text and ("%d bytes, %s"):format(#text, native.checksum(text)) or nil
  local old = m.journal.records[1]
  if not old then
    journal.add(m.journal, header)
  else
    local differs = old.kind ~= "header" and "its journal does not begin with a header" or old.format ~= journal.FORMAT
      and ("its journal has format %s, and this program writes format %d"):format(tostring(old.format), journal.FORMAT)
      or difference(old, header)
    if differs then
      core.unlock(m.lock)
      errors.raise(("%s: '%s' holds another campaign: %s. Give this one another folder, or remove that one"):format(what, o.folder, differs))
    end
    if old.script_sum ~= header.script_sum then
      settings.warn(("%s: the script has changed since '%s' was begun: cases that have ended then are kept as they are"):format(what, o.folder))
    end
  end
  take_all(m, m.journal.records)
  settle(m)
  for number, row in ipairs(header.rows or {}) do
    local e = entry(m, number, row)
    e.parameters = row
    if settings.retry and e.state == "failed" then
      journal.add(m.journal, { kind = "again", case = number })
      takers.again(m, { case = number })
    end
  end
  return m
end

function state.close(m)
  if m.lock then core.unlock(m.lock) end
  m.lock = nil
end

-- ---- in the course of it ----------------------------------------------------------------------------------------------------
function state.begun(m, order, group)
  local record = { kind = "begin", case = order.case, attempt = order.attempt, group = group, date = os.date "!%Y-%m-%dT%H:%M:%SZ",
    parameters = not m.header.rows and order.parameters or nil }
  journal.add(m.journal, record)
  local e = entry(m, order.case, order.parameters)
  e.open, e.state = order.attempt, "running"
end

function state.ended(m, record)
  record.kind = "end"
  journal.add(m.journal, record)
  take_end(m, record)
  if record.state ~= "stopped" then m.done = m.done + 1 end
end

--- The order for a case.
function state.order(e)
  return { case = e.number, attempt = e.failures + 1, parameters = e.parameters, again = e.again or false }
end

--- May a case that has failed be tried again?
function state.may_retry(m, e) return e.state == "failed" and e.failures <= m.retries and e.record.reason ~= "killed" end

--- Why no further case is to begin: nil, "SIGINT", "SIGTERM" or "walltime".
function state.stopping()
  local number = C.brc_interrupted()
  if number ~= 0 then return number == 2 and "SIGINT" or number == 15 and "SIGTERM" or "signal " .. number end
  if settings.walltime and core.clock() - settings.started > settings.walltime - 0.5 then return "walltime" end
end

-- ---- the table --------------------------------------------------------------------------------------------------------------
local function row_of(e, names)
  local r = e.record
  local row = { case = e.number, state = e.state, attempts = e.failures + (e.state == "done" and 1 or 0) }
  for _, name in ipairs(names) do row[name] = e.parameters and e.parameters[name] end
  if r and e.state ~= "waiting" and e.state ~= "running" then
    for name, value in pairs(r.results) do row[name] = value end
    row.reason, row.error, row.seconds, row.lost = r.reason, r.error, r.seconds, r.tally.lost or 0
  end
  return row
end

--- Columns and rows of the table of results, in the order of the cases.
function state.rows(m)
  local numbers, seen, found, rows, columns = {}, {}, {}, {}, { { name = "case" } }
  for number in pairs(m.cases) do numbers[#numbers + 1] = number end
  table.sort(numbers)
  for i, number in ipairs(numbers) do
    local e = m.cases[number]
    rows[i] = row_of(e, m.header.names)
    for name in pairs(e.state == "done" and e.record.results or {}) do
      if not seen[name] then found[#found + 1], seen[name] = name, true end
    end
  end
  table.sort(found)
  for _, name in ipairs(m.header.names) do columns[#columns + 1] = { name = name } end
  for _, name in ipairs(found) do columns[#columns + 1] = { name = name } end
  for _, name in ipairs { "state", "reason", "error", "attempts", "lost" } do columns[#columns + 1] = { name = name } end
  columns[#columns + 1] = { name = "seconds", unit = "s" } -- last: what two runs of the same campaign do not have in common
  return columns, rows
end

--- Writes results.csv and results.h5 of all parts; answers nil or what went wrong.
function state.tabulate(m)
  local whole, lock = m, nil
  if m.part or m.parts and m.parts > 1 then
    lock = core.lock(m.folder .. "/results.lock", true) -- who comes last has read what all have written
    whole = state.look(m.folder)
  end
  local columns, rows = state.rows(whole)
  local source = m.header
  local failure = results.write(m.folder .. "/results", columns, rows, json.encode { program = "barchan", version = source.version,
    script = source.script, campaign = source.kind_of, script_text = settings.script and settings.script.text or nil })
  if lock then core.unlock(lock) end
  return failure
end

-- ---- who watches --------------------------------------------------------------------------------------------------------------
local function count(m)
  local n = { waiting = 0, running = 0, done = 0, failed = 0, all = 0, mine = 0 }
  for number, e in pairs(m.cases) do
    if not m.part or (number - 1) % m.part[2] == m.part[1] - 1 then
      n[e.state] = n[e.state] + 1
      n.all = n.all + 1
    end
  end
  return n
end
state.count = count

local function progress_text(m, n)
  local spent = core.clock() - m.started
  local left = m.done > 0 and spent * ((m.expected or n.all) - n.done - n.failed) / m.done or nil
  return ("%d of %d cases done%s%s%s"):format(n.done, m.expected or n.all, n.failed > 0 and (", %d failed"):format(n.failed) or "",
    n.running > 0 and (", %d running"):format(n.running) or "", left and left > 0 and ", " .. status.duration(left) .. " left" or ""), left
end

--- Writes the table and tells of the progress, if it is time; `now`: whatever the time.
function state.show(m, now)
  local clock = core.clock()
  if m.changed and (now or clock - m.tabled > TABLE_EVERY) then
    local failure = state.tabulate(m)
    if failure and not m.table_failed then settings.warn(("%s: %s"):format(m.what, failure)) end
    m.tabled, m.changed, m.table_failed = core.clock(), false, failure
  end
  local n = count(m)
  if settings.status and (now or clock - (m.told or -1) > 1) then
    local _, left = progress_text(m, n)
    status.tell { state = "running", script = settings.script and settings.script.path, process = core.process(), campaign = m.folder,
      cases = m.expected or n.all, done = n.done, failed = n.failed, running = n.running, elapsed = clock - settings.started, left = left }
    m.told = clock
  end
  if not settings.show then return end
  local part = math.floor(10 * (n.done + n.failed) / math.max(1, m.expected or n.all))
  local ended = n.done + n.failed
  if m.line < 0 or now or clock - m.line > LINE_EVERY and ended ~= m.shown or part > (m.part_shown or 0) and clock - m.line > 0.5 then
    if ended ~= m.shown then settings.say(("%s: %s\n"):format(m.folder, (progress_text(m, n)))) end
    m.line, m.shown, m.part_shown = clock, ended, part
  end
end

--- A case has ended: what a person wants to know at once.
function state.tell_end(m, record)
  m.changed = true
  if record.state == "failed" then
    settings.warn(("%s: case %d has failed (%s): %s"):format(m.folder, record.case, record.reason, (tostring(record.error):match "^[^\n]*")))
  end
end

--- Raises when a campaign has been stopped before its end.
function state.raise_stopped(what, folder, reason, n)
  local text = ("%s: stopped by %s: %d of %d cases have ended; the same command goes on from '%s'"):format(what,
    reason == "walltime" and "--walltime" or reason, n.done + n.failed, n.all, folder)
  if reason == "walltime" then settings.reason = "walltime" end
  errors.raise(text, reason == "walltime" and errors.WALLTIME or errors.INTERRUPTED)
end

return state
