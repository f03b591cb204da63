-- cli.lua -- the command line of the executable: commands, options, running a script, exit codes.
jit.off(true, true) -- cold: see init.lua
local barchan = require "barchan"
local errors = require "barchan.errors"
local meet = require "barchan.meet"
local native = require "barchan.native"
local ranks = require "barchan.ranks"
local settings = require "barchan.settings"
local simulation = require "barchan.simulation"
local status = require "barchan.status"

local cli = {}

-- Exit codes: 0 done, 1 script error, 2 usage, 3 a physics guard tripped, 4 file error, 5 device error, 6 --walltime, 128 + signal.
local USAGE, DEVICE = 2, 5

-- ---- options ------------------------------------------------------------------------------------------------------------
local function whole(least, most)
  return function(text)
    local n = tonumber(text)
    if not n or n ~= math.floor(n) or not (n >= least and n <= most) then
      return nil, ("a whole number between %d and %.0f"):format(least, most)
    end
    return n
  end
end

-- name, value's name or nil, text, what makes a value of the word (or nil and what is wanted), what it does with the value;
-- choices: for completion in shells.
local run_options = {
  { "threads", "N", "processor cores to use (default: all); the result does not depend on it", whole(1, 1024), function(v)
    settings.override.threads = v
  end },
  { "backend", "B", "cpu or vulkan, whatever the script says; the result does not depend on it", function(text)
    if text ~= "cpu" and text ~= "vulkan" then return nil, "cpu or vulkan" end
    return text
  end, function(v) settings.override.backend = v end, choices = { "cpu", "vulkan" } },
  { "device", "N", "number of the GPU for --backend vulkan, as barchan doctor lists them", whole(1, 16), function(v)
    settings.override.device = v
  end },
  { "precision", "P", "mixed or double, whatever the script says", function(text)
    if text ~= "mixed" and text ~= "double" then return nil, "mixed or double" end
    return text
  end, function(v) settings.override.precision = v end, choices = { "mixed", "double" } },
  { "seed", "N", "seed of the random numbers, whatever the script says", whole(0, 2 ^ 53), function(v)
    settings.override.seed = v
  end },
  { "set", "NAME=VALUE", "a value for the script: barchan.set.NAME; may be repeated", function(text)
    if not text:match("^[%a_][%w_]*=") then return nil, "name=value" end
    return text
  end, settings.take },
  { "resume", nil, "go on from the newest checkpoint of the script's sim:checkpoint; without one, from the start", nil, function()
    settings.resume = true
  end },
  { "walltime", "S", "stop before S seconds are over, after a checkpoint where the script has sim:checkpoint", function(text)
    local n = tonumber(text)
    if not n or not (n > 0 and n < 1e9) then return nil, "a number of seconds > 0" end
    return n
  end, function(v) settings.walltime = v end },
  { "status", "FILE", "where to keep how the run is, as JSON (default: status.json beside its first checkpoint or trajectory, if any)",
    function(text) return text end, function(v) settings.status = v end },
  { "no-status", nil, "keep no status.json", nil, function() settings.status_at = "nowhere" end },
  { "dry-run", nil, "a campaign says which cases it has, and ends", nil, function() settings.dry_run = true end },
  { "retry", nil, "a campaign tries its failed cases again", nil, function() settings.retry = true end },
  { "part", "K/N", "of a campaign only every N-th case, from the K-th on: for job arrays", function(text)
    local k, n = text:match "^(%d+)/(%d+)$"
    k, n = tonumber(k), tonumber(n)
    if not n or k < 1 or k > n or n > 1e6 then return nil, "K/N with 1 <= K <= N" end
    return { k, n }
  end, function(v) settings.part = v end },
  { "profile", nil, "at the end: time by stage, lists, memory, and what bounds the run", nil, function() settings.profile = true end },
  { "quiet", nil, "no status table, no progress, no closing breakdown", nil, function() settings.quiet = true end },
  { "debug", nil, "tracebacks show barchan's own functions too", nil, function() settings.debug = true end },
}

-- barchan check takes no steps, so these would do nothing.
local check_options, steps_only = {}, { resume = true, walltime = true, status = true, ["no-status"] = true, profile = true, quiet = true }
for _, o in ipairs(run_options) do
  if not steps_only[o[1]] then check_options[#check_options + 1] = o end
end
check_options.refuse = function(name)
  return steps_only[name] and ("option --%s is one of barchan run: barchan check takes no steps"):format(name) or nil
end

local function usage_error(text)
  settings.say("barchan: " .. text .. "\n")
  return USAGE
end

-- Takes options and operands apart. Returns operands, rest (after --) or nil, exit code.
local function parse(words, options)
  local operands, rest = {}, {}
  local names, by_name = {}, {}
  for _, o in ipairs(options) do names[#names + 1], by_name[o[1]] = "--" .. o[1], o end
  local i = 1
  while i <= #words do
    local word = words[i]
    local name, given = word:match("^%-%-([^=]+)=(.*)$")
    if not name then name = word:match("^%-%-(.+)$") end
    if word == "--" then
      for k = i + 1, #words do rest[#rest + 1] = words[k] end
      break
    elseif name then
      local o = by_name[name]
      if not o then
        local known = options.refuse and options.refuse(name)
        if known then return nil, usage_error(known) end
        local near = errors.nearest("--" .. name, names)
        return nil, usage_error(("unknown option --%s; %s"):format(name, near and "did you mean " .. near .. "?"
          or #names > 0 and "there are: " .. table.concat(names, " ") or "this command has none"))
      end
      if o[2] then
        if not given then
          i = i + 1
          given = words[i]
        end
        if not given then return nil, usage_error(("option --%s needs a value: --%s %s"):format(name, name, o[2])) end
        local value, wanted = o[4](given)
        if value == nil then return nil, usage_error(("option --%s must be %s, got '%s'"):format(name, wanted, given)) end
        o[5](value)
      else
        if given then return nil, usage_error(("option --%s takes no value"):format(name)) end
        o[5]()
      end
    elseif word:match("^%-.") then
      return nil, usage_error(("unknown option %s; options begin with two dashes%s"):format(word,
        #names > 0 and ": " .. table.concat(names, " ") or ""))
    else
      operands[#operands + 1] = word
    end
    i = i + 1
  end
  return operands, rest
end

-- ---- scripts ------------------------------------------------------------------------------------------------------------
-- One message on stderr: what and where, then the user's own stack when it says more than the first line.
local function report(message, lines)
  settings.say("barchan: " .. tostring(message) .. "\n")
  if not lines or #lines <= 1 and not settings.debug then return end
  local last = math.min(#lines, settings.debug and #lines or 12) -- of a recursion without end the first levels say enough
  settings.say("stack traceback:\n" .. table.concat(lines, "\n", 1, last) .. (last < #lines and "\n\t..." or "") .. "\n")
end

local function exit_code(message)
  local number = native.C.brc_interrupted()
  if number ~= 0 then return 128 + number end
  return errors.exit_code(message)
end

local caught_lines
local function on_error(message)
  if message == settings.finished then return message end
  message = errors.placed(message, "the script")
  caught_lines = errors.traceback(message, settings.debug)
  return message
end

local function load_script(path)
  local file, message = io.open(path, "rb")
  local text
  if file then
    text, message = file:read("*a")
    file:close()
  else
    message = message:sub(#path + 3)
  end
  if not text then return nil, ("cannot read the script '%s': %s"):format(path, message), 4 end
  settings.script = { path = path, text = text }
  local chunk
  chunk, message = loadstring(text:gsub("^#[^\n]*", ""), "@" .. path)
  if not chunk then return nil, message, 1 end
  return chunk
end

local function prepare(path, rest)
  local arguments = { [0] = path }
  for i, word in ipairs(rest) do arguments[i], settings.args[i] = word, word end
  _G.arg = arguments
  -- What a script requires may lie beside it, wherever barchan is started.
  package.path = (path:match("^.*/") or "./") .. "?.lua;" .. package.path
  return load_script(path)
end

-- Ends a script: closes files, and lets a failure there or a signal decide when nothing else went wrong. message, lines: what
-- ended the script; said after the closing breakdown, because the last lines are what a person sees.
local function finish(code, message, lines)
  local own = message
  message, code = meet.end_of_script(message, code)
  if message ~= own then lines = nil end
  local reason = code == 0 and "done" or errors.kind(message) or "error"
  local failure = simulation.close_all()
  if message then report(message, lines) end
  if failure then
    report(failure)
    if code == 0 then code = exit_code(failure) end
  end
  local number = native.C.brc_interrupted()
  if number ~= 0 then code, reason = 128 + number, number == 2 and "SIGINT" or number == 15 and "SIGTERM" or "signal" end
  if code ~= 0 and reason == "done" then reason = "file" end
  status.ended(reason, code, message or failure)
  io.stdout:flush()
  return code
end

local function run_script(path, rest)
  if ranks.count() > 1 then native.core.catch_signals() end -- mpirun ends all when one has died: time to say who waits for whom
  local chunk, message, code = prepare(path, rest)
  if not chunk then return finish(code, message) end
  local ok
  ok, message = xpcall(chunk, on_error, unpack(rest))
  if ok or message == settings.finished then return finish(0) end
  -- A stack overflow in compiled code comes without a line and without a call of the handler.
  if message == "stack overflow" then message = path .. ": " .. message end
  return finish(exit_code(message), message, caught_lines)
end

local commands = {}

local function script_operand(operands, command)
  if not operands[1] then return nil, usage_error(("which script? barchan %s script.lua"):format(command)) end
  if operands[2] then
    return nil, usage_error(("one script at a time, got '%s' and '%s'; arguments of the script follow --"):format(operands[1],
      operands[2]))
  end
  return operands[1]
end

commands.run = { "run SCRIPT [options] [-- arguments]", "run a script", run_options, function(operands, rest)
  local path, code = script_operand(operands, "run")
  if not path then return code end
  settings.show = not settings.quiet
  settings.status_at = settings.status_at or "beside"
  return run_script(path, rest)
end }

commands.check = { "check SCRIPT [options]", "everything but the run: time step, pairs, overlaps, memory, time", check_options,
  function(operands, rest)
    local path, code = script_operand(operands, "check")
    if not path then return code end
    if ranks.count() > 1 then return usage_error "barchan check runs on one rank: start it without mpirun" end
    local precheck = require "barchan.precheck"
    settings.check = precheck.run
    local chunk, message
    chunk, message, code = prepare(path, rest)
    if not chunk then
      report(message)
      return code
    end
    local ok, result, thread = precheck.script(chunk, unpack(rest))
    if not ok then
      local stack = thread and settings.debug and debug.traceback(thread):gsub("^stack traceback:\n", "")
      return finish(exit_code(result), result, stack and { stack } or nil)
    end
    if result == nil then settings.warn("the script ended without a sim:run; nothing was checked but the script itself") end
    return finish((result or 0) > 0 and 1 or 0)
  end }

-- Text into a file; the exit code.
local function write_file(path, text)
  local file, message = io.open(path, "wb")
  local ok = file ~= nil
  if file then
    ok, message = file:write(text)
    local closed, why = file:close()
    ok, message = ok and closed, message or why
  end
  if ok then return 0 end
  settings.say(("barchan: cannot write '%s': %s\n"):format(path, tostring(message)))
  return 4
end

local describe_asked = {}
local function whole_manual(name, text)
  return { name, "FILE", text, function(path)
    if path == "" then return nil, "a path" end
    return path
  end, function(path) describe_asked[#describe_asked + 1] = { name, path } end }
end

commands.describe = { "describe [NAME [c]] [options]", "the manual page of a call, a law, fields, units; with c the C of a law", {
  whole_manual("html", "write the whole manual as one page for a browser"),
  whole_manual("markdown", "write the whole manual as Markdown"),
  whole_manual("stubs", "write what editors need to complete and check calls (LuaCATS)"),
}, function(operands)
  local describe = require "barchan.describe"
  for _, asked in ipairs(describe_asked) do
    local text = asked[1] == "stubs" and require("barchan.stubs").text() or require("barchan.manual")[asked[1]](cli.list())
    local code = write_file(asked[2], text)
    if code ~= 0 then return code end
  end
  if #describe_asked > 0 and not operands[1] then return 0 end
  local lines, message
  if operands[2] == "c" then lines, message = describe.c(operands[1])
  elseif operands[1] then lines, message = describe.page(operands[1]) else lines = describe.index() end
  if not lines then return usage_error(message) end
  print(table.concat(lines, "\n"))
  return 0
end }

local info_asked = {}
commands.info = { "info FILE... [options]", "what a file is, who wrote it, what it holds, whether it is whole", {
  { "json", nil, "the answer as JSON: a list with an object for each file", nil, function() info_asked.json = true end },
  { "data", nil, "read all data of trajectories, too: what a disk has lost shows only then", nil, function() info_asked.data = true end },
}, function(operands)
  if not operands[1] then return usage_error "which file? barchan info FILE..." end
  return (require("barchan.info").main(operands, info_asked))
end }

local doctor_asked = {}
commands.doctor = { "doctor [options]", "what this installation and this machine have: libraries, cores, devices", {
  { "json", nil, "the answer as JSON", nil, function() doctor_asked.json = true end },
}, function(operands)
  if operands[1] then return usage_error("barchan doctor takes options only, got '" .. operands[1] .. "'") end
  return (require("barchan.doctor").main(doctor_asked))
end }

local asked = {} -- of barchan campaign
local function take(name) return function(v) asked[name] = v end end
local function word_of(wanted, pattern)
  return function(text)
    if text:find(pattern) then return text end
    return nil, wanted
  end
end
commands.campaign = { "campaign report FOLDER | submit SCRIPT [options] [-- options of run]",
  "how a campaign stands; a job script for SLURM that runs one", {
  { "json", nil, "report: as JSON", nil, function() asked.json = true end },
  { "ranks", "N", "submit: ranks of the job, of which one hands out the cases (default 16)", whole(2, 1e6), take "ranks" },
  { "array", "N", "submit: an array of N jobs, each with every N-th case, in place of one job", whole(1, 1e6), take "array" },
  { "at-once", "N", "submit: of an array at most N jobs at once", whole(1, 1e6), take "at_once" },
  { "ranks-per-case", "N", "submit: the ranks_per_case of the script (default 1)", whole(1, 1e6), take "ranks_per_case" },
  { "threads", "N", "submit: cores of each rank (default 1)", whole(1, 1024), take "threads" },
  { "time", "T", "submit: time limit of the job, D-HH:MM:SS (default 24:00:00); it is handed in again as long as cases are left", function(text)
    if (require("barchan.campaign_command").seconds(text)) then return text end
    return nil, "a time like 30, 12:00:00 or 2-00:00:00"
  end, take "time" },
  { "partition", "NAME", "submit: partition of the cluster", word_of("a name", "^[%w_.,-]+$"), take "partition" },
  { "account", "NAME", "submit: account of the cluster", word_of("a name", "^[%w_.-]+$"), take "account" },
  { "memory", "SIZE", "submit: memory of each core, e.g. 2G", word_of("a size like 500M or 2G", "^%d+[KMGT]?$"), take "memory" },
  { "launcher", "NAME", "submit: what starts the ranks, mpirun (default) or srun", function(text)
    if text == "mpirun" or text == "srun" then return text end
    return nil, "mpirun or srun"
  end, take "launcher" },
  { "file", "FILE", "submit: name of the job script (default: the script's name and -campaign.slurm)", word_of("a path", "."), take "file" },
}, function(operands, rest)
  local what, path = operands[1], operands[2]
  if what ~= "report" and what ~= "submit" then
    return usage_error(("barchan campaign report FOLDER, or barchan campaign submit SCRIPT%s"):format(what and ", got '" .. what .. "'" or ""))
  end
  if not path or operands[3] then
    return usage_error(("barchan campaign %s takes one %s"):format(what, what == "report" and "folder" or "script"))
  end
  local command = require "barchan.campaign_command"
  if what == "report" then return (command.report(path, asked)) end
  asked.arguments = rest
  return (command.submit(path, asked))
end }

commands.new = { "new NAME", "a folder with a scenario to start from and settings for editors", {}, function(operands)
  if not operands[1] or operands[2] then return usage_error "barchan new takes one name: barchan new drum" end
  return (require("barchan.new").main(operands[1]))
end }

local shells = { bash = true, zsh = true, fish = true }
commands.completion = { "completion bash|zsh|fish", "what a shell completes: source <(barchan completion bash)", {}, function(operands)
  local completion = require "barchan.completion"
  local shell = operands[1]
  if not shells[shell] or operands[2] then return usage_error "barchan completion bash, barchan completion zsh, or barchan completion fish" end
  io.write(completion[shell](cli.list()))
  return 0
end }

local bench_asked = {}
commands.bench = { "bench [options]", "how fast this machine is: a bed of grains, on one core and on all", {
  { "particles", "N", "so many grains (default 10 000)", whole(100, 1e7), function(v) bench_asked.particles = v end },
  { "json", nil, "the answer as JSON", nil, function() bench_asked.json = true end },
}, function(operands)
  if operands[1] then return usage_error("barchan bench takes options only, got '" .. operands[1] .. "'") end
  return (require("barchan.bench").main(bench_asked))
end }

local of_files = require "barchan.file_commands"
for _, name in ipairs(of_files.order) do commands[name] = of_files[name] end

-- ---- help ---------------------------------------------------------------------------------------------------------------
local order = { "run", "check", "new", "describe", "info", "campaign", "doctor", "bench", "completion" }
for i, name in ipairs(of_files.order) do table.insert(order, 5 + i, name) end

-- What follows a command on the command line: names of files by a pattern, or words.
local operands_of = { run = { files = "*.lua" }, check = { files = "*.lua" }, info = { files = "*" },
  campaign = { words = { "report", "submit" }, files = "*" }, completion = { words = { "bash", "zsh", "fish" } } }
for _, name in ipairs(of_files.order) do operands_of[name] = { files = "*" } end

--- The commands, for the manual and for shells: { name, usage, text, options, files, words } in order.
function cli.list()
  local list = {}
  for i, name in ipairs(order) do
    local command, operands = commands[name], operands_of[name] or {}
    list[i] = { name = name, usage = command[1], text = command[2], options = command[3], files = operands.files, words = operands.words }
    if name == "describe" then list[i].words = require("barchan.completion").names() end
  end
  return list
end

local function option_lines(options)
  local lines = {}
  for _, o in ipairs(options) do
    lines[#lines + 1] = ("  %-22s %s"):format("--" .. o[1] .. (o[2] and " " .. o[2] or ""), o[3])
  end
  return lines
end

local function help(name)
  local lines
  if name then
    local command = commands[name]
    lines = { "barchan " .. command[1], "  " .. command[2] }
    for _, text in ipairs(option_lines(command[3])) do lines[#lines + 1] = text end
  else
    lines = { "barchan " .. barchan.version .. ": granular matter, scripted in Lua", "" }
    for _, each in ipairs(order) do
      lines[#lines + 1] = ("  barchan %-38s %s"):format(commands[each][1], commands[each][2])
    end
    lines[#lines + 1] = ("  barchan %-38s %s"):format("--version", "versions of the parts")
    lines[#lines + 1] = ""
    lines[#lines + 1] = "options of run and check:"
    for _, text in ipairs(option_lines(run_options)) do lines[#lines + 1] = text end
    lines[#lines + 1] = ""
    lines[#lines + 1] = "exit codes: 0 done, 1 error in the script, 2 wrong use, 3 a physics guard tripped, 4 file error, or info has found one,"
    lines[#lines + 1] = "  5 device error, 6 stopped by --walltime, 130 and 143 stopped by a signal with the files closed"
  end
  print(table.concat(lines, "\n"))
  return 0
end

local function version()
  print("barchan " .. barchan.version)
  local function has(part) return native.C.brc_has(part) == 1 and "yes" or "no" end
  print(("  built with %s, %s, hdf5 %s, assimp %s"):format(barchan.compiler, jit.version, has "hdf5", has "assimp"))
  print("  this processor: " .. ({ "SSE2", "AVX2", "AVX-512" })[native.C.brc_isa_best()] .. ", " .. native.C.brc_max_threads()
    .. " cores")
  return 0
end

local function readable(path)
  local file = io.open(path, "rb")
  if not file then return false end
  local ok = file:read(0) ~= nil or file:seek("end") == 0
  file:close()
  return ok
end

--- arguments[0] is the program. Returns the exit code.
function cli.main(arguments)
  settings.command = arguments
  if ranks.failure then
    settings.say("barchan: " .. ranks.failure .. "\n")
    ranks.let_first_speak()
    return DEVICE
  end
  local words = {}
  for i = 1, #arguments do words[i] = arguments[i] end
  local name = table.remove(words, 1)
  if not name or name == "--help" or name == "-h" or name == "help" then
    if words[1] and commands[words[1]] then return help(words[1]) end
    return help()
  end
  if name == "--version" or name == "version" then return version() end
  local command = commands[name]
  if not command then
    if readable(name) then -- `barchan script.lua arguments`, as luajit would run it
      return run_script(name, words)
    end
    if name:match("%.lua$") then return run_script(name, words) end -- which says why it cannot be read
    local near = errors.nearest(name, { "help", "version", "--help", "--version", unpack(order) })
    return usage_error(("unknown command '%s'%s"):format(name, near and "; did you mean 'barchan " .. near .. "'?"
      or "; there are: " .. table.concat(order, ", ") .. "; barchan --help says more"))
  end
  for _, word in ipairs(words) do
    if word == "--" then break end
    if word == "--help" or word == "-h" then return help(name) end
  end
  local operands, rest = parse(words, command[3])
  if not operands then return rest end
  return command[4](operands, rest)
end

return cli
