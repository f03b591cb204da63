-- ranks.lua -- runs a program on several ranks with mpirun, for specs, and leaves none of its processes behind.
local process = require "tools.process"
local quote = process.quote

local ranks = {}

--- The program that starts ranks; nil when Barchan was built without MPI.
ranks.mpirun = os.getenv "BARCHAN_MPIEXEC"

--- Runs `count` ranks of a program (default barchan) with a list of arguments. Options:
--   program, folder, environment  as of process.run
--   seconds    after which all is ended (default 60)
--   meanwhile  shell commands beside it; $pid is mpirun
-- Returns { code =, out =, err =, folder =, seconds = that it took, left = processes that were still there }.
function ranks.run(count, words, options)
  local o = options or {}
  local folder = o.folder or process.folder(o.name or "ranks")
  local aside = folder .. ".said"
  os.execute("rm -rf " .. quote(aside) .. " && mkdir -p " .. quote(aside))
  local command = { "exec", quote(ranks.mpirun), "--oversubscribe", "--bind-to", "none", o.options or "", "-n", tostring(count),
    quote(o.program or process.program) }
  for _, word in ipairs(words) do command[#command + 1] = quote(word) end
  -- A session of its own: mpirun gives each rank a process group, and what is left of them is found by the session.
  local script = ([[
cd %s
export OMP_WAIT_POLICY=passive TERM=xterm %s
date +%%s.%%N >%s/begun
setsid sh -c %s </dev/null >%s/out 2>%s/err & pid=$!
( sleep %d; kill -TERM $pid; sleep 15; kill -KILL $pid ) 2>/dev/null & guard=$!
%s
wait $pid
echo $? >%s/code
date +%%s.%%N >%s/ended
pkill -P $guard 2>/dev/null; kill $guard 2>/dev/null
for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do pgrep -s $pid >%s/left || break; sleep 0.2; done
pkill -KILL -s $pid 2>/dev/null
true]]):format(quote(folder), o.environment or "", quote(aside), quote(table.concat(command, " ")), quote(aside), quote(aside),
    o.seconds or 60, o.meanwhile or "", quote(aside), quote(aside), quote(aside))
  os.execute("sh -c " .. quote(script) .. " 2>" .. quote(aside) .. "/shell")
  local function number(name) return tonumber((process.read(aside .. "/" .. name))) end
  return { code = number "code", out = process.read(aside .. "/out") or "", err = process.read(aside .. "/err") or "", folder = folder,
    seconds = (number "ended" or 0) - (number "begun" or 0), left = process.read(aside .. "/left") or "" }
end

return ranks
