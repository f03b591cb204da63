-- campaign_command.lua -- `barchan campaign report FOLDER`: how a campaign stands; `barchan campaign submit SCRIPT`: a job script for SLURM.
jit.off(true, true) -- cold: see init.lua
local campaign = require "barchan.campaign"
local case = require "barchan.campaign_case"
local json = require "barchan.json"
local native = require "barchan.native"
local settings = require "barchan.settings"
local state = require "barchan.campaign_state"
local status = require "barchan.status"
local core = native.core

local command = {}

-- ---- report -----------------------------------------------------------------------------------------------------------------
local function first_line(text) return (tostring(text):match "^[^\n]*") end

local function parameters_text(m, e)
  local parts = {}
  for _, name in ipairs(m.header.names) do
    local value = e.parameters and e.parameters[name]
    parts[#parts + 1] = ("%s = %s"):format(name, type(value) == "number" and ("%.6g"):format(value) or tostring(value))
  end
  return table.concat(parts, ", ")
end

-- What the journals tell, as a table that --json prints.
local function gather(m)
  local n = state.count(m)
  local r = { folder = m.folder, kind = m.header.kind_of, script = m.header.script, version = m.header.version, cases = n.all, done = n.done,
    failed = n.failed, running = n.running, waiting = n.waiting, lost = 0, warnings = 0, seconds = 0, failures = {}, losing = {}, slowest = {} }
  local list = {}
  for _, e in pairs(m.cases) do list[#list + 1] = e end
  table.sort(list, function(a, b) return a.number < b.number end)
  local times = {}
  for _, e in ipairs(list) do
    local q = e.record
    if q then
      local lost, warnings = q.tally.lost or 0, q.tally.warnings or 0
      r.lost, r.warnings, r.seconds = r.lost + lost, r.warnings + warnings, r.seconds + q.seconds
      if e.state == "failed" then
        r.failures[#r.failures + 1] = { case = e.number, parameters = parameters_text(m, e), reason = q.reason, error = first_line(q.error),
          attempts = e.failures, log = case.folder(m, e.number) .. "/log.txt" }
      end
      if lost > 0 then
        r.losing[#r.losing + 1] = { case = e.number, lost = lost, inserted = q.tally.inserted, parameters = parameters_text(m, e) }
      end
      if e.state == "done" then times[#times + 1] = { case = e.number, seconds = q.seconds } end
    end
  end
  table.sort(times, function(a, b) return a.seconds > b.seconds end)
  for i = 1, math.min(3, #times) do r.slowest[i] = times[i] end
  if #times > 0 then
    r.mean = 0
    for _, t in ipairs(times) do r.mean = r.mean + t.seconds / #times end
    r.median = times[math.ceil(#times / 2)].seconds
  end
  return r
end

local function lines_of(r)
  local lines = {}
  local function line(...) lines[#lines + 1] = (...):format(select(2, ...)) end
  line("%s: a %s%s", r.folder, r.kind, r.script and " of " .. r.script or "")
  line("  %-10s %d: %d done, %d failed%s%s", "cases", r.cases, r.done, r.failed, r.running > 0 and (", %d running or killed"):format(r.running)
    or "", r.waiting > 0 and (", %d to come"):format(r.waiting) or "")
  if r.median then
    line("  %-10s %s in all; a case %s on average, half of them within %s", "time", status.duration(r.seconds), status.duration(r.mean),
      status.duration(r.median))
    local slow = {}
    for i, t in ipairs(r.slowest) do slow[i] = ("case %d %s"):format(t.case, status.duration(t.seconds)) end
    line("  %-10s %s", "slowest", table.concat(slow, ", "))
  end
  line("  %-10s %s", "lost", r.lost == 0 and "no particles" or ("%d particles"):format(r.lost))
  for _, c in ipairs(r.losing) do line("    case %d lost %d of %d: %s", c.case, c.lost, c.inserted, c.parameters) end
  if r.warnings > 0 then line("  %-10s %d, in the logs", "warnings", r.warnings) end
  if #r.failures > 0 then line("  failed") end
  for _, f in ipairs(r.failures) do
    line("    case %d (%s): %s%s", f.case, f.parameters, f.reason, f.attempts > 1 and (", %d times"):format(f.attempts) or "")
    line("      %s", f.error)
    line("      %s", f.log)
  end
  return lines
end

--- barchan campaign report FOLDER. Answers the exit code.
function command.report(folder, asked)
  folder = folder:gsub("(.)/+$", "%1")
  local m, message = state.look(folder)
  if not m then
    settings.say("barchan: campaign report: " .. message .. "\n")
    return 4
  end
  local r = gather(m)
  if asked.json then print(json.encode(r)) else print(table.concat(lines_of(r), "\n")) end
  if m.parts > 1 then -- of several jobs the last one may have missed what ended at the same moment
    local failure = state.tabulate(m)
    if failure then settings.warn("campaign report: " .. failure) end
  end
  return 0
end

-- ---- submit -----------------------------------------------------------------------------------------------------------------
local function quote(word)
  if word:find "^[%w_./=+:,@%%-]+$" then return word end
  return "'" .. word:gsub("'", [['\'']]) .. "'"
end

--- Seconds of a time as SLURM writes them: minutes, m:s, h:m:s, d-h, d-h:m, d-h:m:s; nil when it is none.
function command.seconds(text)
  local days, rest = text:match "^(%d+)%-(.+)$"
  local parts = {}
  for part in (rest or text):gmatch "[^:]+" do
    if not part:find "^%d+$" then return nil end
    parts[#parts + 1] = tonumber(part)
  end
  if #parts == 0 or #parts > 3 or (rest or text):find "^:" or (rest or text):find ":$" then return nil end
  if not days then
    if #parts == 1 then parts[2] = 0 end -- minutes
    if #parts == 2 then table.insert(parts, 1, 0) end
  end
  local all = ((tonumber(days or 0) * 24 + parts[1]) * 60 + (parts[2] or 0)) * 60 + (parts[3] or 0)
  return all > 0 and all or nil
end

--- The text of the job script. o: { script, arguments, ranks, array, at_once, ranks_per_case, threads, time, partition, account, memory,
-- program, folder, launcher, words }.
function command.slurm(o)
  local name = o.script:match "[^/]*$":gsub("%.lua$", "")
  local limit = command.seconds(o.time)
  local walltime = limit >= 600 and limit - 120 or math.floor(0.8 * limit)
  local lines = { "#!/bin/bash" }
  local function line(text, ...) lines[#lines + 1] = select("#", ...) > 0 and text:format(...) or text end
  local function directive(text, ...) line("#SBATCH " .. text, ...) end
  line("# Made by: %s", o.words)
  line("# Hand it in with: sbatch %s", quote(o.file))
  directive("--job-name=%s", (name:gsub("[^%w_.-]", "_")))
  if o.array then
    directive("--array=1-%d%s", o.array, o.at_once and "%" .. o.at_once or "")
    directive("--ntasks=%d", o.ranks_per_case)
    directive("--output=%s-%%A_%%a.out", (name:gsub("[^%w_.-]", "_")))
  else
    directive("--ntasks=%d", o.ranks)
    directive("--output=%s-%%j.out", (name:gsub("[^%w_.-]", "_")))
  end
  directive("--cpus-per-task=%d", o.threads)
  directive("--time=%s", o.time)
  if o.partition then directive("--partition=%s", o.partition) end
  if o.account then directive("--account=%s", o.account) end
  if o.memory then directive("--mem-per-cpu=%s", o.memory) end
  directive "--open-mode=append"
  directive "--requeue"
  line ""
  line("cd %s || exit 4", quote(o.folder))
  line("program=%s", quote(o.program))
  line 'if ! [ -x "$program" ]; then echo "$(hostname): there is no $program" >&2; exit 5; fi'
  local words = { '"$program"', "run", quote(o.script), "--threads", o.threads, "--walltime", walltime }
  for _, word in ipairs(o.arguments) do words[#words + 1] = quote(word) end
  if o.array then words[#words + 1] = ('--part "$SLURM_ARRAY_TASK_ID/%d"'):format(o.array) end
  local several = not o.array or o.ranks_per_case > 1
  local launch = not several and "" or o.launcher == "srun" and "srun " or
    ("mpirun -n %d %s"):format(o.array and o.ranks_per_case or o.ranks, o.threads > 1 and ("--map-by slot:PE=%d "):format(o.threads) or "")
  line(launch .. table.concat(words, " "))
  line "code=$?"
  line ""
  line("# 6: %d of the %d s that the job has are over, and cases are left: the same job again, which goes on from there.", walltime, limit)
  line('if [ "$code" -eq 6 ] && [ "${SLURM_RESTART_COUNT:-0}" -lt 1000 ]; then')
  line('    scontrol requeue "%s" && exit 0', o.array and "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}" or "$SLURM_JOB_ID")
  line "fi"
  line 'exit "$code"'
  return table.concat(lines, "\n") .. "\n"
end

--- barchan campaign submit SCRIPT. Answers the exit code.
function command.submit(script, given)
  local file = io.open(script, "rb")
  if not file then
    settings.say(("barchan: campaign submit: cannot read the script '%s'\n"):format(script))
    return 4
  end
  file:close()
  local lone = given.array and given.ranks and "--ranks is for one job: the jobs of an --array run their cases on --ranks-per-case ranks"
    or given.at_once and not given.array and "--at-once is for the jobs of an --array"
  if lone then
    settings.say(("barchan: campaign submit: %s\n"):format(lone))
    return 2
  end
  if not given.array and (given.ranks or 16) <= (given.ranks_per_case or 1) then
    settings.say(("barchan: campaign submit: --ranks %d: one rank hands out the cases, so that there must be at least %d\n"):format(
      given.ranks or 16, (given.ranks_per_case or 1) + 1))
    return 2
  end
  local o = { script = script, arguments = given.arguments or {}, ranks = given.ranks or 16, array = given.array, at_once = given.at_once,
    ranks_per_case = given.ranks_per_case or 1, threads = given.threads or 1, time = given.time or "24:00:00",
    partition = given.partition, account = given.account, memory = given.memory, launcher = given.launcher or "mpirun" }
  o.file = given.file or campaign.default_folder(script) .. ".slurm"
  o.program, o.folder = core.program() or "barchan", core.here() or "."
  local words = { "barchan" }
  for i = 1, #settings.command do words[i + 1] = quote(settings.command[i]) end
  o.words = table.concat(words, " "):gsub("[%c]", " ")
  local ok, message = core.replace(o.file, command.slurm(o))
  if not ok then
    settings.say(("barchan: campaign submit: cannot write '%s': %s\n"):format(o.file, message))
    return 4
  end
  print(("%s: %s; hand it in with: sbatch %s"):format(o.file, o.array
    and ("an array of %d jobs, each with every %dth case"):format(o.array, o.array)
    or ("%d ranks, of which one hands out the cases"):format(o.ranks), quote(o.file)))
  return 0
end

return command
