-- process.lua -- runs the built barchan as a user would, for specs: in a folder of its own, with its output and exit code kept.
local process = {}

local function here() return (debug.getinfo(1, "S").source:sub(2):gsub("tests/tools/[^/]*$", "")) end

--- The folder of the sources, with a slash; the programs under test; where specs write.
process.source = (os.getenv "BARCHAN_SOURCE" or (here() == "" and "." or here():gsub("/$", ""))) .. "/"
process.program = os.getenv "BARCHAN_BIN" or process.source .. "build/release/stage/bin/barchan"
process.work = os.getenv "BARCHAN_WORK" or process.source .. "build/release/tests/work"
process.faulty_vulkan = os.getenv "BARCHAN_FAULTY_VULKAN" or process.source .. "build/release/tests/libfaulty_vulkan.so"
process.python = os.getenv "BARCHAN_PYTHON"
process.sanitized = os.getenv "BARCHAN_ASAN_BIN" -- built with ASan and UBSan; nil: there is none

-- Leaks are looked for: also a script that fails frees what it made. A size that cannot be had must be refused by our own checks, as
-- without the sanitizer.
local sanitizer = "ASAN_OPTIONS=detect_leaks=1:allocator_may_return_null=1:abort_on_error=0:exitcode=99 "
  .. "UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1:exitcode=99 "

--- A word for the shell.
function process.quote(word) return "'" .. tostring(word):gsub("'", [['\'']]) .. "'" end
local quote = process.quote

function process.read(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local text = file:read "*a"
  file:close()
  return text
end

function process.write(path, text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
  return path
end

--- What a shell command prints.
function process.output(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "*a"
  pipe:close()
  return text
end

--- The names of a folder, sorted.
function process.list(folder)
  local names = {}
  for name in process.output("ls -1A " .. quote(folder)):gmatch "[^\n]+" do names[#names + 1] = name end
  return names
end

--- An empty folder below the one for specs.
function process.folder(name)
  local path = process.work .. "/" .. name
  os.execute("rm -rf " .. quote(path) .. " && mkdir -p " .. quote(path))
  return path
end

function process.exists(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  return file ~= nil
end

--- Can a file system of a given size be mounted here? (Root, or a system with user namespaces.)
local unshare
function process.can_mount()
  if unshare == nil then
    for _, way in ipairs { "unshare -m", "unshare -rm" } do
      local text = process.output(way .. " sh -c 'mount -t tmpfs -o size=64k none /mnt && echo mounted' 2>/dev/null")
      if text:find "mounted" then
        unshare = way
        break
      end
    end
    unshare = unshare or false
  end
  return unshare
end

--- Runs a program in a folder: arguments is a list. Options:
--   program     default the release build; folder: where (default a fresh one of the name `name`)
--   environment text like "NO_COLOR=1"
--   prepare     shell command before it
--   disk        bytes of a file system that holds the folder for the time of the run
--   limit       bytes that a file may have
--   meanwhile   shell commands while it runs; $pid is the process
-- Returns { code =, out =, err =, folder = }.
function process.run(arguments, options)
  local o = options or {}
  local folder = o.folder or process.folder(o.name or "run")
  local aside = folder .. ".said"
  os.execute("rm -rf " .. quote(aside) .. " && mkdir -p " .. quote(aside))
  local words = { quote(o.program or process.program) }
  for _, word in ipairs(arguments) do words[#words + 1] = quote(word) end
  local environment = "OMP_WAIT_POLICY=passive TERM=xterm " .. sanitizer .. (o.environment or "")
  local command = ("env %s timeout -k 10 %d %s </dev/null >%s/out 2>%s/err"):format(environment, o.seconds or 120,
    table.concat(words, " "), quote(aside), quote(aside))
  if o.meanwhile then -- `timeout` would stand between us and the process
    -- set -m: without it a shell starts background processes with SIGINT ignored
    command = ("set -m; env %s %s </dev/null >%s/out 2>%s/err & pid=$!\n%s\nwait $pid"):format(environment,
      table.concat(words, " "), quote(aside), quote(aside), o.meanwhile)
  end
  local lines = { "cd " .. quote(folder) }
  if o.prepare then lines[#lines + 1] = o.prepare end
  if o.limit then -- sh counts in blocks of 512 bytes; the notes of record.lua would be beyond it, too
    lines[#lines + 1] = ("unset BARCHAN_RECORD; ulimit -f %d"):format(o.limit / 512)
  end
  lines[#lines + 1] = command
  lines[#lines + 1] = "code=$?"
  if o.limit then lines[#lines + 1] = "ulimit -f unlimited 2>/dev/null" end
  lines[#lines + 1] = ("echo $code >%s/code"):format(quote(aside))
  local script = table.concat(lines, "\n")
  if o.disk then -- what the run leaves is copied out before the file system is gone
    script = ("mount -t tmpfs -o size=%d none %s\n%s\nmkdir -p %s/left && cp -r %s/. %s/left"):format(o.disk, quote(folder),
      script, quote(aside), quote(folder), quote(aside))
    os.execute(assert(process.can_mount()) .. " sh -c " .. quote(script) .. " 2>" .. quote(aside) .. "/shell")
    os.execute(("cp -r %s/left/. %s"):format(quote(aside), quote(folder)))
  else
    os.execute("sh -c " .. quote(script) .. " 2>" .. quote(aside) .. "/shell")
  end
  return { code = tonumber(process.read(aside .. "/code")), out = process.read(aside .. "/out") or "",
    err = process.read(aside .. "/err") or "", folder = folder }
end

-- ---- what is left ---------------------------------------------------------------------------------------------------------
--- Number of steps of a trajectory when read_trajectory.py accepts it; nil and what it says when not.
function process.trajectory_steps(path)
  local text = process.output(("%s %s %s 2>&1; echo code=$?"):format(quote(process.python),
    quote(process.source .. "tests/tools/read_trajectory.py"), quote(path)))
  if not text:find "code=0%s*$" then return nil, text end
  return tonumber(text:match ": (%d+) steps")
end

--- Number of rows of a CSV file below its header when all rows are whole; nil and what is wrong when not.
function process.csv_rows(path)
  local text = process.read(path)
  if text:sub(-1) ~= "\n" then return nil, path .. " does not end with a whole line: " .. text:sub(-40) end
  local rows, columns = -1, nil
  for line in text:gmatch "[^\n]*\n" do
    local _, commas = line:gsub(",", "")
    columns = columns or commas
    if commas ~= columns then return nil, ("%s: %d commas in the header, but: %s"):format(path, columns, line) end
    rows = rows + 1
  end
  return rows
end

--- Checks every file that a run has left in its folder: nothing half-written under its final name, no temporary file. Returns nil or
-- what is wrong.
function process.half_written(folder)
  for _, name in ipairs(process.list(folder)) do
    local path = folder .. "/" .. name
    if name:find "%.part$" then return name .. ": a temporary file was left" end
    if name:find "%.vtkhdf$" and process.python and os.execute("test -f " .. quote(path)) == 0 then
      local steps, message = process.trajectory_steps(path)
      if not steps then return message end
    elseif name:find "^[^.]*%.vt[kp]$" and not (process.read(path):find "</VTKFile>%s*$" or name:find "%.vtk$") then
      return name .. " has no end"
    end
  end
end

return process
