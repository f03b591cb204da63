-- campaign_spec.lua -- barchan.campaign on one rank: tables, logs, folders, failures, kills, what changed; reports, job scripts, results for
-- who drives a script. Cases are fast and mostly fake; on several ranks: tests/tools/campaign_kill.py.
local barchan = require "barchan"
local expect = require "tools.expect"
local process = require "tools.process"
local failure, has = expect.failure, expect.has
local journal = require "barchan.campaign_journal"
local campaigns = require "tools.campaigns"
local run, table_of, head = campaigns.run, campaigns.table_of, campaigns.head

-- 12 cases of a few milliseconds; the fifth fails.
local fake = [[
local out = barchan.campaign { folder = "all", cases = barchan.cases.grid { a = { 1, 2, 3, 4 }, b = { "x", "y", "z" } },
  run = function(case)
    core.sleep(tonumber(barchan.set.pause or 0))
    print(("case %d: a = %g"):format(case.number, case.a))
    if case.number == 5 then error("deliberately") end
    return { square = case.a ^ 2, word = case.b .. "!", draw = math.random() }
  end }
print(("%d done, %d failed"):format(out.done, out.failed))
]]

describe("a campaign #slow", function()
  if not process.exists(process.program) then return pending("the executable was not built: " .. process.program) end
  local reference
  -- Shell commands that wait until a case has begun, at most a minute.
  local function begun(case)
    return ("n=0; until test -e all/case-%04d || test $n -gt 600; do sleep 0.1; n=$((n + 1)); done; "):format(case)
  end

  it("has a table, a log and a folder for each case, and goes on after one that fails", function()
    local folder = process.folder "campaign/plain"
    local said = run(folder, fake)
    assert.equal(0, said.code, said.err)
    assert.equal("11 done, 1 failed\n", said.out)
    has(said.err, "case 5 has failed (error): c.lua:7: deliberately")
    has(said.err, "1 of 12 cases have failed: barchan campaign report all")
    reference = table_of(folder .. "/all")
    local lines = {}
    for line in reference:gmatch "[^\n]+" do lines[#lines + 1] = line end
    assert.equal(13, #lines)
    assert.equal("case,a,b,draw,square,word,state,reason,error,attempts,lost", lines[1])
    assert.equal("5,2,y,,,,failed,error,c.lua:7: deliberately,1,0", lines[6])
    has(lines[13], "12,4,z,")
    has(lines[13], ",16,z!,done,done,,1,0")
    assert.equal("case 7: a = 3\n", process.read(folder .. "/all/case-0007/log.txt"))
    has(process.read(folder .. "/all/case-0005/log.txt"), "c.lua:7: deliberately\nstack traceback:\n\tc.lua:7: in function")
    has(process.read(folder .. "/all/case-0002/result.json"), '"results":{"draw":')
    assert.is_nil(process.half_written(folder .. "/all"))
  end)

  it("has the same table as HDF5", function()
    if not process.python then return pending "no python3" end
    local folder = process.folder "campaign/hdf5"
    run(folder, fake)
    local text = process.output(("cd %s && %s -c 'import h5py\nf = h5py.File(\"all/results.h5\")\n" ..
      "print(list(f[\"a\"][:]), f[\"square\"][11], [x.decode() for x in f[\"word\"][:3]], f[\"error\"][4].decode())'")
      :format(process.quote(folder), process.python))
    has(text, "1.0, 1.0, 1.0, 2.0")
    has(text, "16.0 ['x!', 'y!', 'z!'] c.lua:7: deliberately")
  end)

  it("does not run again what has ended, unless asked to", function()
    local folder = process.folder "campaign/again"
    run(folder, fake)
    local said = run(folder, fake)
    assert.equal("11 done, 1 failed\n", said.out)
    assert.equal("case 7: a = 3\n", process.read(folder .. "/all/case-0007/log.txt"))
    run(folder, fake, { "--retry" })
    local _, times = process.read(folder .. "/all/case-0005/log.txt"):gsub("case 5: a", "")
    assert.equal(2, times)
    assert.equal(reference, table_of(folder .. "/all"))
  end)

  it("that is killed twice and goes on has the table of one that was left alone", function()
    local folder = process.folder "campaign/kill"
    for k = 1, 2 do
      local said = run(folder, fake, { "--set", "pause=0.2", "--quiet" }, { meanwhile = begun(3 * k) .. "sleep 0.1; kill -KILL $pid" })
      assert.equal(137, said.code)
    end
    local done = #journal.read(folder .. "/all/journal")
    assert.is_true(done > 4 and done < 25, done .. " records")
    local said = run(folder, fake)
    assert.equal("11 done, 1 failed\n", said.out)
    assert.equal(reference, table_of(folder .. "/all"))
  end)

  it("loses at most the record that was being written", function()
    local folder = process.folder "campaign/torn"
    run(folder, fake)
    local text = process.read(folder .. "/all/journal")
    local whole = #journal.read(folder .. "/all/journal")
    for _, cut in ipairs { 1, 37, 300, 1500 } do
      process.write(folder .. "/all/journal", text:sub(1, #text - cut))
      assert.is_true(#journal.read(folder .. "/all/journal") < whole)
      assert.equal("11 done, 1 failed\n", run(folder, fake).out)
      assert.equal(reference, table_of(folder .. "/all"))
    end
    process.write(folder .. "/all/journal", text:sub(1, 900) .. "x" .. text:sub(902)) -- damaged in the middle: what follows is not believed
    assert.equal("11 done, 1 failed\n", run(folder, fake).out)
    assert.equal(reference, table_of(folder .. "/all"))
  end)

  it("stops at a signal and at --walltime with the right codes, and goes on", function()
    local folder = process.folder "campaign/stop"
    local said = run(folder, fake, { "--set", "pause=0.2", "--quiet" }, { meanwhile = begun(3) .. "kill -TERM $pid" })
    assert.equal(143, said.code)
    has(said.err, "barchan.campaign: stopped by SIGTERM: ")
    has(said.err, "c.lua:3: ")
    said = run(folder, fake, { "--set", "pause=0.2", "--quiet", "--walltime", "1.2" })
    assert.equal(6, said.code, said.err)
    has(said.err, "stopped by --walltime: ")
    assert.equal("11 done, 1 failed\n", run(folder, fake).out)
    assert.equal(reference, table_of(folder .. "/all"))
  end)

  it("refuses other cases than those it was begun with, with the difference", function()
    local folder = process.folder "campaign/changed"
    run(folder, fake)
    local said = run(folder, (fake:gsub("1, 2, 3, 4", "1, 2, 3, 5")))
    assert.equal(1, said.code)
    has(said.err, "c.lua:3: barchan.campaign: 'all' holds another campaign: case 10 had a = 4, and has a = 5.")
    has(run(folder, (fake:gsub("1, 2, 3, 4", "1, 2, 3"))).err, "there were 12 cases, and there are 9")
    has(run(folder, (fake:gsub('b = { "x", "y", "z" }', "c = { 1, 2, 3 }"))).err, "the parameters were a, b, and are a, c")
    has(run(folder, (fake:gsub("deliberately", "on purpose"))).err, "warning: barchan.campaign: the script has changed since 'all' was begun")
    assert.equal(reference, table_of(folder .. "/all"))
  end)

  it("lets one process at a time have its folder", function()
    local folder = process.folder "campaign/lock"
    local said = run(folder, fake, { "--set", "pause=0.3", "--quiet" }, {
      meanwhile = begun(1) .. ("%s run c.lua >two.out 2>&1; echo $? >>two.out")
      :format(process.quote(process.program)) })
    assert.equal(0, said.code)
    has(process.read(folder .. "/two.out"), "'all' is in use: process ")
    has(process.read(folder .. "/two.out"), "\n4\n")
  end)

  it("tries failed cases again where the script says so", function()
    local folder = process.folder "campaign/retries"
    local said = run(folder, [[
      barchan.campaign { folder = "all", retries = 2, cases = barchan.cases.grid { a = { 1, 2, 3 } }, run = function(case)
        if case.a > 1 and case.attempt < case.a + 1 then error("attempt " .. case.attempt) end
        return case.attempt
      end }]])
    assert.equal(0, said.code, said.err)
    assert.equal("case,a,result,state,reason,error,attempts,lost\n1,1,1,done,done,,1,0\n2,2,3,done,done,,3,0\n"
      .. "3,3,,failed,error,c.lua:4: attempt 3,3,0\n", table_of(folder .. "/all"))
  end)

  it("marks a case that crashes the process, and goes on at the next start", function()
    local folder = process.folder "campaign/crash"
    local text = [[
      local out = barchan.campaign { folder = "all", cases = barchan.cases.grid { a = { 1, 2, 3 } }, run = function(case)
        if case.a == 2 then require("ffi").cast("int*", 16)[0] = 1 end
        return case.a
      end }
      print(out.done, out.failed)]]
    assert.is_true(run(folder, text).code > 128)
    local said = run(folder, text)
    assert.equal(0, said.code, said.err)
    assert.equal("2\t1\n", said.out)
    has(table_of(folder .. "/all"), "\n2,2,,failed,crash,the process crashed (SIGSEGV),1,0\n")
  end)

  it("gives a case up that was running in five campaigns that were killed, after all others", function()
    local folder = process.folder "campaign/killer"
    local text = [[
      local out = barchan.campaign { folder = "all", cases = barchan.cases.grid { a = { 1, 2, 3 } }, run = function(case)
        if case.a == 1 then core.raise_signal(9) end
        return case.a
      end }
      print(out.done, out.failed)]]
    for _ = 1, 5 do assert.equal(137, run(folder, text).code) end
    assert.equal("2\t1\n", run(folder, text).out)
    has(table_of(folder .. "/all"), "1,1,,failed,killed,")
  end)

  it("takes what is no result as a failure of that case", function()
    local folder = process.folder "campaign/results"
    local said = run(folder, [[
      barchan.campaign { folder = "all", cases = barchan.cases.grid { a = { 1, 2, 3, 4, 5, 6, 7 } }, run = function(case)
        if case.a == 1 then return "text" elseif case.a == 2 then return { state = 1 } elseif case.a == 3 then return { a = 1 }
        elseif case.a == 4 then return { x = {} } elseif case.a == 5 then os.exit(3) elseif case.a == 6 then os.exit(0) end
        return { x = 0 / 0, y = 1 / 0 }
      end }]])
    assert.equal(0, said.code, said.err)
    local text = table_of(folder .. "/all")
    has(text, "what run returns: expected a number or a table of numbers by name, got 'text'")
    has(text, "'state' cannot be the name of a result")
    has(text, "'a' is a parameter and cannot be a result, too")
    has(text, "x must be a number, a text, true or false, got {}")
    has(text, "5,5,,,failed,error,the case ended with os.exit(3),1,0")
    has(text, "6,6,,,done,done,,1,0")
    has(text, "7,7,nan,inf,done,done,,1,0")
  end)

  it("shows its cases with --dry-run and makes nothing", function()
    local folder = process.folder "campaign/dry"
    local said = run(folder, fake, { "--dry-run" })
    assert.equal(0, said.code, said.err)
    has(said.out, "   5  2  y  waiting\n")
    has(said.out, "12 cases in 'all', on 1 rank each, 1 at once\n")
    assert.is_false(process.exists(folder .. "/all/journal"))
  end)

  it("runs a script as a template: parameters in barchan.set, results by barchan.result", function()
    local folder = process.folder "campaign/template"
    process.write(folder .. "/template.lua", head .. 'print(arg[0])\nbarchan.result { twice = 2 * barchan.set.x }\n')
    local said = run(folder, 'barchan.campaign { script = "template.lua", cases = { { x = 1 }, { x = 2 } } }')
    assert.equal(0, said.code, said.err)
    assert.equal("case,x,twice,state,reason,error,attempts,lost\n1,1,2,done,done,,1,0\n2,2,4,done,done,,1,0\n",
      table_of(folder .. "/template-campaign"))
    assert.equal("template.lua\n", process.read(folder .. "/template-campaign/case-0001/log.txt"))
    said = process.run({ "run", "template.lua", "--set", "x=21" }, { folder = folder })
    assert.equal(0, said.code, said.err)
    has(process.read(folder .. "/result.json"), '"results":{"twice":42}')
    has(process.read(folder .. "/result.json"), '"set":{"x":21}')
  end)

  it("divides into parts, whose table is the whole", function()
    local folder = process.folder "campaign/parts"
    for k = 1, 3 do assert.equal(0, run(folder, fake, { "--part", k .. "/3" }).code) end
    assert.equal(reference, table_of(folder .. "/all"))
    assert.equal(2, run(folder, fake, { "--part", "4/3" }).code)
  end)

  it("tells how it stands in its folder", function()
    local folder = process.folder "campaign/status"
    run(folder, fake)
    local text = process.read(folder .. "/all/status.json")
    has(text, '"state":"ended"')
    has(text, '"cases":12')
    has(text, '"failed":1')
  end)
end)

-- A small simulation in each case: files in its folder, guards, lost particles, a checkpoint from which it goes on.
local grains = [[
local out = barchan.campaign { folder = "all", cases = barchan.cases.grid { young = { 1e6, 2e6 }, speed = { -0.1, -40 } }, run = function(case)
  local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } }, on_exit = case.speed < -1 and "stop" or "remove",
    threads = 1 }
  local glass = sim:material { name = "glass", young = case.young, poisson = 0.25, density = 2500 }
  sim:law "hertz_mindlin"
  sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
  sim:plane { point = { 0, 0, 0.01 }, normal = { 0, 0, 1 }, material = glass }
  sim:insert { region = sim.box { lo = { 0, 0, 0.02 }, hi = { 0.1, 0.1, 0.1 } }, material = glass, radius = { 0.002, 0.003 }, count = 100,
    velocity = { 0, 0, case.speed } }
  sim:output { file = "grains.vtkhdf", every = 0.02 }
  sim:log { file = "log.csv", every = 0.001, columns = { "time", "kinetic_energy" } }
  sim:checkpoint { file = "grains.chk", every = 0.02 }
  sim:run { time = 0.1 }
  sim:export "end.csv"
  local file = io.open(case.folder .. "/mine.txt", "w")
  file:write(sim:hash())
  file:close()
  return { hash = sim:hash(), energy = sim.kinetic_energy }
end }
print(out.done, out.failed)
]]

describe("a campaign of simulations #slow", function()
  if not process.exists(process.program) then return pending("the executable was not built: " .. process.program) end
  local folder = process.folder "campaign/grains"
  local said = run(folder, grains)

  it("writes the files of a case into its folder, and closes what the script leaves open", function()
    assert.equal(0, said.code, said.err)
    assert.equal("2\t2\n", said.out)
    for _, name in ipairs { "grains.vtkhdf", "log.csv", "grains.chk.1", "end.csv", "mine.txt", "log.txt" } do
      assert.is_true(process.exists(folder .. "/all/case-0001/" .. name), name)
    end
    assert.same({ "all", "c.lua" }, process.list(folder))
    if process.python then assert.equal(6, (process.trajectory_steps(folder .. "/all/case-0001/grains.vtkhdf"))) end
    has(process.read(folder .. "/all/case-0001/log.txt"), "million particle-steps per second") -- the closing breakdown
  end)

  it("records guards with their reason", function()
    has(table_of(folder .. "/all"), "failed,guard,\"c.lua:15: sim:run: particle id ")
  end)

  it("is reported with what failed", function()
    local report = process.run({ "campaign", "report", "all" }, { folder = folder })
    assert.equal(0, report.code, report.err)
    has(report.out, "all: a campaign of c.lua\n")
    has(report.out, "4: 2 done, 2 failed\n")
    has(report.out, "all/case-0004/log.txt")
    report = process.run({ "campaign", "report", "all", "--json" }, { folder = folder })
    local r = require("barchan.json").decode(report.out)
    assert.equal(2, r.failed)
    assert.equal("guard", r.failures[1].reason)
    report = process.run({ "campaign", "report", "nothing" }, { folder = folder })
    assert.equal(4, report.code)
    has(report.err, "cannot read the folder 'nothing': No such file or directory")
  end)

  it("goes on with an interrupted case from its own checkpoint, to the same bits", function()
    local other = process.folder "campaign/grains_killed"
    local killed = run(other, grains, {}, { meanwhile = "while ! [ -e all/case-0001/grains.chk.2 ]; do sleep 0.01; done; kill -KILL $pid" })
    assert.equal(137, killed.code)
    local again = run(other, grains)
    assert.equal(0, again.code, again.err)
    has(process.read(other .. "/all/case-0001/log.txt"), "going on from 'all/case-0001/grains.chk.")
    assert.equal(table_of(folder .. "/all"), table_of(other .. "/all"))
    assert.equal(process.read(folder .. "/all/case-0001/log.csv"), process.read(other .. "/all/case-0001/log.csv"))
    if process.python then assert.equal(6, (process.trajectory_steps(other .. "/all/case-0001/grains.vtkhdf"))) end
  end)

  it("counts lost particles", function()
    local losing = process.folder "campaign/losing"
    local text = grains:gsub('on_exit = case.speed < %-1 and "stop" or "remove"', 'on_exit = "warn"')
      :gsub("speed = { %-0.1, %-40 }", "speed = { 3 }")
      :gsub("young = { 1e6, 2e6 }", "young = { 1e6 }")
    assert.equal(0, run(losing, text).code)
    local report = process.run({ "campaign", "report", "all" }, { folder = losing })
    assert.is_true(tonumber(report.out:match "case 1 lost (%d+) of 100") > 0, report.out)
  end)
end)

describe("barchan campaign submit #slow", function()
  if not process.exists(process.program) then return pending("the executable was not built: " .. process.program) end
  local folder = process.folder "campaign/submit"
  process.write(folder .. "/c.lua", head .. fake)

  local function submit(...) return process.run({ "campaign", "submit", "c.lua", ... }, { folder = folder }) end

  -- Runs the job script as SLURM would, with a launcher and an scontrol that only say what they were asked.
  local function run_job(file, code, environment)
    process.output(("mkdir -p %s/bin"):format(process.quote(folder)))
    process.write(folder .. "/bin/mpirun", ('#!/bin/sh\necho mpirun "$@"\nexit %d\n'):format(code))
    process.write(folder .. "/bin/scontrol", '#!/bin/sh\necho scontrol "$@"\n')
    return (process.output(("cd %s && chmod +x bin/* && env PATH=$PWD/bin:$PATH %s bash %s 2>&1; echo code $?"):format(process.quote(folder),
      environment, file)))
  end

  it("writes an allocation that is handed in again as long as cases are left", function()
    local said = submit("--ranks", "8", "--time", "1-12:00:00", "--memory", "2G", "--partition", "long", "--", "--set", "x=a b")
    assert.equal(0, said.code, said.err)
    local text = process.read(folder .. "/c-campaign.slurm")
    assert.equal("#!/bin/bash", text:match "^[^\n]*")
    for _, line in ipairs { "--ntasks=8", "--time=1-12:00:00", "--mem-per-cpu=2G", "--partition=long", "--output=c-%j.out", "--requeue",
      "--open-mode=append", "--cpus-per-task=1", "--job-name=c" } do
      has(text, "\n#SBATCH " .. line .. "\n")
    end
    local first = text:find "\n[^#\n]" -- sbatch stops to look for directives at the first command
    assert.is_nil(text:find("#SBATCH", first, true))
    assert.equal("", process.output(("bash -n %s/c-campaign.slurm 2>&1"):format(process.quote(folder))))
    local ran = run_job("c-campaign.slurm", 6, "SLURM_JOB_ID=77")
    has(ran, "mpirun -n 8 " .. process.output("realpath " .. process.quote(process.program)):match "%S+" ..
      " run c.lua --threads 1 --walltime 129480 --set x=a b\n")
    has(ran, "scontrol requeue 77\ncode 0\n")
    assert.is_nil(run_job("c-campaign.slurm", 0, "SLURM_JOB_ID=77"):find("scontrol", 1, true))
    has(run_job("c-campaign.slurm", 3, "SLURM_JOB_ID=77"), "code 3\n")
  end)

  it("writes an array, each task of which has its part", function()
    local said = submit("--array", "3", "--at-once", "2", "--file", "array.slurm", "--time", "30")
    assert.equal(0, said.code, said.err)
    has(process.read(folder .. "/array.slurm"), "\n#SBATCH --array=1-3%2\n")
    has(process.read(folder .. "/array.slurm"), "\n#SBATCH --output=c-%A_%a.out\n")
    for task = 1, 3 do
      has(run_job("array.slurm", 0, ("SLURM_ARRAY_JOB_ID=9 SLURM_ARRAY_TASK_ID=%d"):format(task)), "code 0\n")
    end
    local rows = select(2, table_of(folder .. "/all"):gsub(",done,done,", ""))
    assert.equal(11, rows)
    submit("--array", "3", "--ranks-per-case", "4", "--threads", "2", "--file", "wide.slurm")
    has(run_job("wide.slurm", 6, "SLURM_ARRAY_JOB_ID=9 SLURM_ARRAY_TASK_ID=2"), "mpirun -n 4 --map-by slot:PE=2 ")
    has(run_job("wide.slurm", 6, "SLURM_ARRAY_JOB_ID=9 SLURM_ARRAY_TASK_ID=2"), "--part 2/3\nscontrol requeue 9_2\n")
  end)

  it("names an account, and has srun start the ranks", function()
    local said = submit("--ranks", "8", "--account", "grains_2", "--launcher", "srun", "--file", "srun.slurm")
    assert.equal(0, said.code, said.err)
    local text = process.read(folder .. "/srun.slurm")
    has(text, "\n#SBATCH --account=grains_2\n")
    has(text, "srun ")
    assert.is_nil(text:find("mpirun", 1, true))
  end)

  it("refuses what SLURM would not understand", function()
    assert.equal(2, submit("--time", "1:").code)
    assert.equal(2, submit("--memory", "lots").code)
    assert.equal(2, submit("--ranks", "4", "--ranks-per-case", "4").code)
    local said = submit("--ranks", "4", "--array", "2")
    assert.equal(2, said.code)
    has(said.err, "--ranks is for one job")
    assert.equal(2, submit("--at-once", "4").code)
    assert.equal(4, process.run({ "campaign", "submit", "nothing.lua" }, { folder = folder }).code)
    assert.equal(2, process.run({ "campaign", "submit" }, { folder = folder }).code)
    assert.equal(2, process.run({ "campaign", "frobnicate", "x" }, { folder = folder }).code)
  end)

  it("knows times as SLURM writes them", function()
    local seconds = require("barchan.campaign_command").seconds
    for text, s in pairs { ["30"] = 1800, ["1:30"] = 90, ["2:00:00"] = 7200, ["1-2"] = 93600, ["1-2:30"] = 95400, ["1-0:0:1"] = 86401 } do
      assert.equal(s, seconds(text), text)
    end
    for _, text in ipairs { "", "x", "1:", ":1", "1-", "0", "1:2:3:4" } do assert.is_nil(seconds(text), text) end
  end)
end)

describe("barchan.campaign", function()
  it("refuses wrong options at the script's line", function()
    local function wrong(o) return failure(function() barchan.campaign(o) end) end
    has(wrong { run = function() end }, "barchan.campaign: cases is missing: ")
    has(wrong { cases = { { a = 1 } } }, "barchan.campaign: give one of run, script")
    has(wrong { cases = 3, run = function() end }, "cases must be cases (barchan.cases.grid{...}, .list, ")
    has(wrong { cases = { { a = 1 } }, runn = function() end }, "unknown key 'runn'; did you mean 'run'?")
    has(wrong { cases = { { a = 1 } }, run = function() end, ranks_per_case = 2 },
      "ranks_per_case = 2, and there is one rank: start it with mpirun -n 3")
    has(wrong { cases = { { a = 1 } }, script = "/nowhere.lua" }, "cannot open '/nowhere.lua': No such file or directory")
  end)

  it("makes groups of the ranks", function()
    local groups = require("barchan.handout").groups
    for _, q in ipairs { { 1, 1, 1, false }, { 2, 1, 1, true }, { 4, 1, 3, true }, { 4, 4, 1, false }, { 5, 4, 1, true }, { 9, 4, 2, true },
      { 3, 4, 0, false } } do
      local n, apart = groups(q[1], q[2])
      assert.same({ q[3], q[4] }, { n, apart }, ("%d ranks, %d a case"):format(q[1], q[2]))
    end
  end)
end)
