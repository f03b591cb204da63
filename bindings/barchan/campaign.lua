-- campaign.lua -- barchan.campaign{...}: many cases in one script and one mpirun. What is kept of them is in campaign_state.lua, who runs
-- which in handout.lua, a single case in campaign_case.lua.
jit.off(true, true) -- cold: see init.lua
local native = require "barchan.native"
local api = require "barchan.api"
local case = require "barchan.campaign_case"
local cases = require "barchan.cases"
local checks = require "barchan.checks"
local errors = require "barchan.errors"
local handout = require "barchan.handout"
local ranks = require "barchan.ranks"
local results = require "barchan.results"
local settings = require "barchan.settings"
local state = require "barchan.campaign_state"
local status = require "barchan.status"
local core = native.core

local campaign = {}
local WHAT = "barchan.campaign"

--- Raises on all ranks what one has raised: fn(...) on the first rank, whose plain result all get.
function campaign.on_first(fn, ...)
  local answer
  if ranks.index() == 0 then
    local ok, value = pcall(fn, ...)
    answer = ok and { value = value } or { message = tostring(value), kind = errors.kind(value) }
  end
  if ranks.count() > 1 then answer = handout.share(ranks.comm(), answer or false) end
  if answer.message then errors.raise_text(answer.message, answer.kind and errors[answer.kind:upper()] or errors.ARGUMENT) end
  return answer.value
end

--- The folder that a campaign has unless the script says: that of the script's name.
function campaign.default_folder(path)
  local name = (path or settings.script and settings.script.path or "campaign"):match "[^/]*$":gsub("%.lua$", "")
  return name .. "-campaign"
end

--- Is there room for a group? Raises.
function campaign.check_ranks(what, o)
  local size = ranks.count()
  if size < o.ranks_per_case then
    errors.raise(("%s: ranks_per_case = %d, and there %s"):format(what, o.ranks_per_case, size == 1 and "is one rank: start it with mpirun -n "
      .. o.ranks_per_case + 1 or ("are %d ranks"):format(size)))
  end
end

-- A script whose --set values are the parameters, as the function of a case.
local function from_script(o)
  local file, message = io.open(o.script, "rb")
  if not file then errors.raise(("%s: cannot open '%s'%s"):format(WHAT, o.script, message:sub(#o.script + 1)), errors.FILE) end
  local text = file:read("*a"):gsub("^#[^\n]*", "")
  file:close()
  local chunk
  chunk, message = loadstring(text, "@" .. o.script)
  if not chunk then errors.raise(("%s: script: %s"):format(WHAT, message)) end
  return function()
    local old = _G.arg
    _G.arg = { [0] = o.script }
    local ok, problem = xpcall(chunk, errors.note_traceback)
    _G.arg = old
    if not ok then error(problem, 0) end
  end
end

-- The cases, as --dry-run shows them.
local function print_cases(o, m)
  local lines, widths, names = {}, {}, { "case", unpack(o.cases.names) }
  names[#names + 1] = "state"
  lines[1] = names
  for i, row in ipairs(o.cases.rows) do
    local line = { tostring(i) }
    for k, name in ipairs(o.cases.names) do
      local value = row[name]
      line[k + 1] = type(value) == "number" and ("%.10g"):format(value) or tostring(value)
    end
    line[#names] = m and m.cases[i] and m.cases[i].state or "waiting"
    lines[i + 1] = line
  end
  for k = 1, #names do
    widths[k] = 0
    for _, line in ipairs(lines) do widths[k] = math.max(widths[k], #line[k]) end
  end
  for _, line in ipairs(lines) do
    local parts = {}
    for k, text in ipairs(line) do parts[k] = (" "):rep(widths[k] - #text) .. text end
    print(table.concat(parts, "  "))
  end
end

local function dry_run(o)
  local size = ranks.count()
  local groups, apart = handout.groups(size, o.ranks_per_case)
  print_cases(o, (state.look(o.folder)))
  print(("%d cases in '%s', on %d rank%s each, %d at once%s"):format(#o.cases.rows, o.folder, o.ranks_per_case,
    o.ranks_per_case == 1 and "" or "s", groups, apart and "; one rank hands them out" or ""))
  error(settings.finished, 0)
end

-- In which order the cases that have not ended come: those that were interrupted, the others, those that have been tried before, and last
-- those that were running each time when the campaign was killed.
local function queue_of(m)
  local queue = {}
  for number, e in pairs(m.cases) do
    local mine = not m.part or (number - 1) % m.part[2] == m.part[1] - 1
    if mine and (e.state == "waiting" or state.may_retry(m, e)) then queue[#queue + 1] = e end
  end
  local function rank_of(e) return e.deaths > 1 and 4 or e.failures > 0 and 3 or e.again and 1 or 2 end
  table.sort(queue, function(a, b)
    local x, y = rank_of(a), rank_of(b)
    if x ~= y then return x < y end
    return a.number < b.number
  end)
  return queue
end

-- What the script gets: a row for each case.
local function outcome(m)
  local list, n = {}, state.count(m)
  local numbers = {}
  for number in pairs(m.cases) do numbers[#numbers + 1] = number end
  table.sort(numbers)
  for i, number in ipairs(numbers) do
    local e = m.cases[number]
    local r = e.record or { results = {} }
    list[i] = { number = number, folder = case.folder(m, number), state = e.state, parameters = e.parameters, results = r.results,
      reason = r.reason, error = r.error, seconds = r.seconds }
  end
  return { cases = list, done = n.done, failed = n.failed, count = n, stopped = m.stopped }
end

--- The job of handout.lua for cases that m knows of. pick(running): the next of them, "wait" or nil; again(e): one that has failed and may
-- be tried again.
function campaign.job(m, c, pick, again)
  local running = 0
  local job = { run = function(order) return (case.run(c, order)) end }
  function job.next()
    m.stopped = m.stopped or state.stopping()
    if m.stopped then return nil end
    local e = pick(running)
    if type(e) ~= "table" then return e end
    return (state.order(e))
  end
  function job.begun(order, group)
    running = running + 1
    state.begun(m, order, group)
    state.show(m)
  end
  function job.ended(record)
    running = running - 1
    state.ended(m, record)
    if record.state == "stopped" then m.stopped = m.stopped or record.reason end
    state.tell_end(m, record)
    local e = m.cases[record.case]
    if state.may_retry(m, e) then again(e) end
    state.show(m)
  end
  function job.look() state.show(m) end
  function job.result()
    state.show(m, true)
    return outcome(m)
  end
  return job
end

--- What the other ranks have of a job.
function campaign.hand(c) return { run = function(order) return (case.run(c, order)) end } end

local function list_job(m, c)
  local queue = queue_of(m)
  return (campaign.job(m, c, function(running)
    return table.remove(queue, 1) or m.retries > 0 and running > 0 and "wait" or nil
  end, function(e) queue[#queue + 1] = e end))
end

--- Raises if the folder is another campaign's of this run.
function campaign.claim(what, o, used_by)
  if settings.results then errors.raise(what .. ": a case of a campaign cannot be a campaign") end
  if campaign.used[o.folder] then
    errors.raise(("%s: the campaign at %s has the folder '%s' already"):format(what, campaign.used[o.folder], o.folder))
  end
  if not settings.check then campaign.used[o.folder] = used_by or "?" end
end

campaign.used = {} -- folders of this run

local function check_first(o, c) -- barchan check: the first case's run, up to its sim:run
  local row, parts = o.cases.rows[1], {}
  for i, name in ipairs(o.cases.names) do parts[i] = ("%s = %s"):format(name, tostring(row[name])) end
  print(("campaign: %d cases; this is the first: %s"):format(#o.cases.rows, table.concat(parts, ", ")))
  local given = { number = 1, folder = ".", attempt = 1 }
  for name, value in pairs(row) do given[name] = value end
  if c.values then settings.values = row end
  settings.results = {}
  c.run(given)
  settings.results = nil
  return { cases = {}, done = 0, failed = 0 }
end

--- barchan.campaign{...}
function campaign.run(options, extra)
  if extra ~= nil then errors.raise(WHAT .. " takes one table of options: barchan.campaign{...}") end
  local o = checks.options(WHAT, api.calls[WHAT].parameters, options)
  checks.one_of(WHAT, o, { "run", "script" }, true)
  o.folder = o.folder or campaign.default_folder(o.script)
  campaign.claim(WHAT, o, errors.where())
  local c = { what = WHAT, folder = o.folder, run = o.run or from_script(o), values = o.script ~= nil, where = errors.where() }
  if settings.check then return (check_first(o, c)) end
  campaign.check_ranks(WHAT, o)
  if settings.dry_run then dry_run(o) end
  settings.warn_unread()
  core.catch_signals()
  status.beside(o.folder .. "/journal")
  local m
  campaign.on_first(function()
    m = state.open(WHAT, o, { kind_of = "campaign", names = o.cases.names, rows = o.cases.rows })
    m.changed = true
    state.show(m)
  end)
  local out = handout.run(m and list_job(m, c) or campaign.hand(c), o.ranks_per_case)
  if m then state.close(m) end
  if out.stopped then state.raise_stopped(WHAT, o.folder, out.stopped, out.count) end
  if out.failed > 0 then
    settings.warn(("%s: %d of %d cases have failed: barchan campaign report %s"):format(o.folder, out.failed, out.count.all, o.folder))
  end
  out.count, out.stopped = nil, nil
  return out
end

campaign.result = results.result
campaign.cases = cases.public

return campaign
