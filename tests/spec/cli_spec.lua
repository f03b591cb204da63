-- cli_spec.lua -- the command line: help, versions, wrong use, `check`, what goes to a terminal and what does not, signals.
local process = require "tools.process"
local expect = require "tools.expect"
local has, lacks = expect.has, expect.lacks

local folder = process.folder "cli"

-- Runs `barchan WORDS`; words is one text without quoting.
local function barchan(words, options)
  local list = {}
  for word in words:gmatch "%S+" do list[#list + 1] = word end
  local o = options or {}
  o.folder = o.folder or folder
  return process.run(list, o)
end

local function usage(words, part)
  local said = barchan(words)
  assert.equal(2, said.code, said.out .. said.err)
  assert.equal("", said.out)
  assert.is_true(said.err:find "^barchan: [^\n]+\n$" ~= nil, "one line is expected, got:\n" .. said.err)
  has(said.err, part)
end

local preamble = [[
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
local bin = sim.box { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } }
sim:box { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 }, side = "inside", material = glass }
]]
local function script(name, text) return process.write(folder .. "/" .. name, preamble .. text) end
script("settle.lua", 'sim:insert { region = bin, radius = 2e-3, count = 100, material = glass }\nsim:run { time = 0.01 }\n'
  .. 'print(("%.3f"):format(sim.time))\n')

describe("the command line #slow", function()
  if not process.exists(process.program) then return pending("the executable was not built: " .. process.program) end

  it("runs first what LUA_INIT says, as luajit does", function()
    process.write(folder .. "/first.lua", "io.write 'first, '")
    local said = barchan("--version", { environment = "LUA_INIT=@first.lua" })
    assert.equal(0, said.code, said.err)
    assert.equal("first, barchan ", said.out:sub(1, 15))
    said = barchan("--version", { environment = [[LUA_INIT='io.write "second, "']] })
    assert.equal("second, barchan ", said.out:sub(1, 16))
    for init, part in pairs { ["@none.lua"] = "cannot open none.lua", ["'no Lua'"] = "LUA_INIT:1:" } do
      said = barchan("--version", { environment = "LUA_INIT=" .. init })
      assert.equal(1, said.code)
      has(said.err, part)
    end
  end)

  it("has --set also where luajit runs the script", function()
    process.write(folder .. "/set.lua", "local b = require 'barchan'\nprint(b.set.a, b.set.b, b.set.c, b.set.d)\n")
    local start = ("cd %s && luajit set.lua "):format(process.quote(folder))
    assert.equal("2.5\ttrue\tword\tnil\n", process.output(start .. "--set a=2.5 --set b=true other --set c=word"))
    has(process.output(start .. "--set a 2>&1"), "set.lua:1: --set must be followed by name=value, got 'a'")
    has(process.output(start .. "--set 2>&1"), "got ''")
  end)

  it("lets a script require what lies beside it", function()
    os.execute("mkdir -p " .. process.quote(folder .. "/beside"))
    process.write(folder .. "/beside/tool.lua", "return { word = 'found' }")
    process.write(folder .. "/beside/main.lua", "print(require('tool').word)")
    for _, words in ipairs { "run beside/main.lua", "beside/main.lua", "run " .. folder .. "/beside/main.lua" } do
      local said = barchan(words)
      assert.equal(0, said.code, said.err)
      assert.equal("found\n", said.out)
    end
  end)

  it("helps", function()
    for _, words in ipairs { "", "--help", "-h", "help" } do
      local said = barchan(words)
      assert.equal(0, said.code)
      assert.equal("", said.err)
      for _, part in ipairs { "barchan run SCRIPT", "barchan check SCRIPT", "barchan describe", "--threads N", "--set NAME=VALUE",
        "exit codes: 0 done, 1 error in the script, 2 wrong use, 3 a physics guard tripped, 4 file error" } do has(said.out, part) end
    end
    for _, words in ipairs { "help run", "run --help", "run settle.lua -h" } do
      local said = barchan(words)
      assert.equal(0, said.code)
      has(said.out, "barchan run SCRIPT [options]")
    end
  end)

  it("tells its version and parts", function()
    local said = barchan "--version"
    assert.equal(0, said.code)
    assert.is_true(said.out:find "^barchan %d+%.%d+" ~= nil)
    for _, part in ipairs { "LuaJIT", "hdf5", "assimp" } do has(said.out, part) end
  end)

  it("describes calls, laws, fields and units", function()
    has(barchan "describe".out, "sim:insert")
    has(barchan "describe sim:plane".out, "normal")
    has(barchan "describe plane".out, "direction towards the particles")
    has(barchan "describe hertz_mindlin".out, "young")
    has(barchan "describe hertz".out, "law hertz_mindlin")
    has(barchan "describe rolling_friction".out, "sim:pair (rolling = ")
    has(barchan "describe rolling_frictoin".err, "nothing is called")
    has(barchan "describe x".out, "position of the centre")
    has(barchan "describe rpm".out, "0.10471975")
    usage("describe sim:insrt", "did you mean 'sim:insert'?")
  end)

  it("answers wrong use with one line and exit code 2", function()
    usage("rnu settle.lua", "unknown command 'rnu'; did you mean 'barchan run'?")
    usage("--verison", "did you mean 'barchan --version'?")
    usage("frobnicate", "there are: run, check, new, describe")
    usage("run", "which script? barchan run script.lua")
    usage("check", "which script? barchan check script.lua")
    usage("run settle.lua other.lua", "one script at a time, got 'settle.lua' and 'other.lua'")
    usage("run --quite settle.lua", "unknown option --quite; did you mean --quiet?")
    usage("run --gpu vulkan settle.lua", "unknown option --gpu; there are: --threads")
    usage("completion --all", "unknown option --all; this command has none")
    usage("run -v settle.lua", "unknown option -v; options begin with two dashes")
    usage("run --threads", "option --threads needs a value: --threads N")
    usage("run --threads 0 settle.lua", "option --threads must be a whole number between 1 and 1024, got '0'")
    usage("run --threads=two settle.lua", "got 'two'")
    usage("run --threads 1e400 settle.lua", "got '1e400'")
    usage("run --threads 1.5 settle.lua", "got '1.5'")
    usage("run --seed -1 settle.lua", "option --seed must be a whole number between 0 and 9007199254740992, got '-1'")
    usage("run --precision single settle.lua", "option --precision must be mixed or double, got 'single'")
    usage("run --set angle settle.lua", "option --set must be name=value, got 'angle'")
    usage("run --set 2nd=1 settle.lua", "option --set must be name=value, got '2nd=1'")
    usage("run --quiet=1 settle.lua", "option --quiet takes no value")
  end)

  it("answers a script that cannot be read with exit code 4", function()
    for _, words in ipairs { "run nowhere.lua", "check nowhere.lua", "nowhere.lua", "run /" } do
      local said = barchan(words)
      assert.equal(4, said.code)
      has(said.err, "barchan: cannot read the script '")
    end
  end)

  it("runs a script that is named like an option or holds a space", function()
    os.execute("mkdir -p '" .. folder .. "/my scripts'")
    script("my scripts/--quiet grüße.lua", 'print "here"')
    local said = process.run({ "run", "--quiet", "my scripts/--quiet grüße.lua" }, { folder = folder })
    assert.equal("here\n", said.out)
    assert.equal(0, said.code)
  end)

  it("keeps stdout for the script, and writes plain lines when nobody looks", function()
    local said = barchan "run settle.lua"
    assert.equal(0, said.code, said.err)
    assert.equal("0.010\n", said.out)
    lacks(said.err, "\27")
    lacks(said.err, "\r")
    has(said.err, "time/s")
    has(said.err, "million particle-steps per second")
    for _, stage in ipairs { "kick-drift", "motion", "neighbours", "contacts", "forces", "hooks", "kick" } do
      has(said.err, "\n  " .. stage)
    end
    said = barchan "run --quiet settle.lua"
    assert.equal("", said.err)
    assert.equal("0.010\n", said.out)
  end)

  it("honours NO_COLOR and TERM=dumb on a terminal", function()
    if os.execute "script --version >/dev/null 2>&1" ~= 0 then return pending "the tool `script` is missing" end
    local function on_terminal(environment)
      return process.output(("cd %s && env OMP_WAIT_POLICY=passive %s script -qec '%s run settle.lua' /dev/null </dev/null"):format(
        process.quote(folder), environment, process.program))
    end
    has(on_terminal "TERM=xterm", "\27[2m")
    lacks(on_terminal "TERM=xterm NO_COLOR=1", "\27[2m")
    lacks(on_terminal "TERM=dumb", "\27")
  end)

  it("hands --set and -- to the script", function()
    script("set.lua", "print(barchan.set.n + 1, barchan.set.name, barchan.set.on, #barchan.args, barchan.args[2], arg[0])")
    local said = barchan "run set.lua --set n=2e3 --set name=a=b --set on=false -- --threads x"
    assert.equal("2001\ta=b\tfalse\t2\tx\tset.lua\n", said.out)
  end)

  it("lets the command line decide over the script", function()
    script("over.lua", "print(sim.threads, sim.seed, sim.precision)")
    assert.equal("3\t7\tdouble\n", barchan "run over.lua --threads 3 --seed 7 --precision=double".out)
  end)

  it("binds threads to different processors where OpenMP is told to", function()
    if tonumber(process.output "nproc") < 2 then return pending "one processor" end
    script("bound.lua", [[
sim:insert { region = bin, radius = 1e-3, count = 2000, material = glass }
sim:run { steps = 2 }
local pipe = io.popen("grep -h Cpus_allowed_list /proc/" .. require("barchan.native").core.process() .. "/task/*/status")
print((pipe:read "*a"))]])
    local said = process.output(("cd %s && env -u OMP_WAIT_POLICY -u GOMP_SPINCOUNT OMP_PROC_BIND=true OMP_PLACES=cores %s run --quiet "
      .. "--threads 2 bound.lua 2>&1"):format(folder, process.program))
    local lists, seen = 0, {}
    for list in said:gmatch "Cpus_allowed_list:%s*(%S+)" do
      if not seen[list] then lists = lists + 1 end
      seen[list] = true
    end
    assert.is_true(lists >= 2, said)
  end)

  it("shows our own functions in tracebacks with --debug only", function()
    script("wrong.lua", "local function build() sim:plane { material = glass } end\nlocal function all() build() return 1 end\nprint(all())")
    local said = barchan "run wrong.lua"
    assert.equal(1, said.code)
    has(said.err, "in function 'build'")
    has(said.err, "in function 'all'")
    lacks(said.err, "checks.lua")
    assert.equal(0, barchan("run --debug settle.lua --quiet").code) -- and where nothing is wrong it changes nothing
    said = barchan "run --debug wrong.lua"
    assert.equal(1, said.code)
    has(said.err, "checks.lua")
  end)
end)

describe("barchan check #slow", function()
  it("refuses options that belong to steps, which it does not take", function()
    for option, words in pairs { resume = {}, walltime = { "60" }, status = { "x.json" }, ["no-status"] = {}, profile = {}, quiet = {} } do
      local said = process.run({ "check", "nothing.lua", "--" .. option, unpack(words) })
      assert.equal(2, said.code, said.err)
      assert.equal(("barchan: option --%s is one of barchan run: barchan check takes no steps\n"):format(option), said.err)
    end
  end)

  if not process.exists(process.program) then return pending("the executable was not built: " .. process.program) end

  it("reports and runs nothing", function()
    local clean = process.folder "cli-check"
    process.write(clean .. "/scene.lua", preamble .. [[
      sim:insert { region = bin, radius = 2e-3, count = 100, material = glass }
      sim:output { file = "a.vtkhdf", every = 1e-3 }
      sim:log { file = "a.csv", every = 1e-3, columns = { "time" } }
      sim:series { file = "a.pvd", every = 1e-3 }
      sim:export "a.vtp"
      sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }:remove()
      sim:run { time = 0.5 }
      print "not reached"
    ]])
    local said = barchan("check scene.lua", { folder = clean })
    assert.equal(0, said.code, said.out .. said.err)
    assert.equal("", said.err)
    for _, part in ipairs { "material     glass: particles of radius 0.002 m", "particles    100", "law          hertz_mindlin",
      "pairs        complete", "overlaps     none", "Rayleigh time of 'glass'", "this bound holds", "memory", "first run    0.5",
      "nothing is wrong" } do
      has(said.out, part)
    end
    lacks(said.out, "not reached")
    assert.same({ "scene.lua" }, process.list(clean))
  end)

  it("takes the options of run that say what a simulation is", function()
    process.write(folder .. "/options.lua", [[
      local barchan = require "barchan"
      local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } }, seed = 1, threads = 2 }
      assert(sim.threads == 1 and sim.seed == 7 and sim.precision == "double" and barchan.set.radius == 2e-3)
      local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
      sim:law "hertz_mindlin"
      sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
      sim:checkpoint { file = "o.chk", every = 1e-3 }
      sim:insert { x = { 0.05, 0.05, 0.05 }, radius = barchan.set.radius, material = glass }
      sim:run { time = 0.01 }
    ]])
    local what = "check options.lua --threads 1 --seed 7 --precision double --set radius=2e-3 "
    local plain = barchan(what)
    assert.equal(0, plain.code, plain.out .. plain.err)
    has(plain.out, "particles of radius 0.002 m")
    assert.equal(1, barchan("check options.lua --threads 1 --seed 8").code)
    for _, name in ipairs { "o.chk.1", "status.json" } do assert.is_false(process.exists(folder .. "/" .. name), name) end
    -- those of campaigns
    process.write(folder .. "/cases.lua", [[
      local barchan = require "barchan"
      barchan.campaign { folder = "cases", cases = barchan.cases.grid { a = { 1, 2, 3, 4 } }, run = function() return 1 end }
    ]])
    local listed = barchan "check cases.lua --dry-run --part 2/2 --retry"
    assert.equal(0, listed.code, listed.out .. listed.err)
    has(listed.out, "a")
    assert.is_false(process.exists(folder .. "/cases/results.csv"))
  end)

  it("reports every problem with exit code 1", function()
    script("overlap.lua", "sim:insert { x = { 0.05, 0.05, 0.2e-3 }, radius = 1e-3, material = glass }\nsim:run { time = 1 }")
    local said = barchan "check overlap.lua"
    assert.equal(1, said.code)
    has(said.out, "largest 0.8 of the smaller radius: particle id 1 and wall 1, a box of glass")
    has(said.out, "problem: the overlap is above overlap_limit = 0.5")
    script("pair.lua", 'local steel = sim:material { name = "steel", young = 1e8, poisson = 0.3, density = 7800 }\n'
      .. "sim:insert { x = { 0.05, 0.05, 0.05 }, radius = 1e-3, material = steel }\nsim:run { time = 1 }")
    said = barchan "check pair.lua"
    assert.equal(1, said.code)
    has(said.out, "problem: no values for the pairs glass-steel, steel-steel; write sim:pair(glass, steel, {")
    script("step.lua", "sim.dt = 1e-4\nsim:insert { x = { 0.05, 0.05, 0.05 }, radius = 1e-3, material = glass }\nsim:run { time = 1 }")
    said = barchan "check step.lua"
    assert.equal(0, said.code, said.out .. said.err)
    has(said.out, "from the script = 1.17 of the Rayleigh time, 0.382 of the half period; the default would be 1.309e-05 s")
  end)

  it("ends with the script's own error where it has one", function()
    script("typo.lua", "sim:plane { pont = { 0, 0, 0 } }")
    local said = barchan "check typo.lua"
    assert.equal(1, said.code)
    has(said.err, "barchan: typo.lua:8: sim:plane: unknown key 'pont'; did you mean 'point'?")
    lacks(said.err, "barchan/errors.lua")
    said = barchan "check --debug typo.lua"
    has(said.err, "barchan/errors.lua")
    assert.equal(1, select(2, said.err:gsub("stack traceback:", "")))
    script("place.lua", 'sim:output { file = "nowhere/a.vtkhdf", every = 1e-3 }')
    said = barchan "check place.lua"
    assert.equal(4, said.code)
    has(said.err, "barchan: place.lua:8: sim:output: cannot write 'nowhere/a.vtkhdf': No such file or directory")
    script("norun.lua", "")
    for _, option in ipairs { "", " --debug" } do
      said = barchan("check" .. option .. " norun.lua")
      assert.equal(0, said.code)
      has(said.err, "warning: the script ended without a sim:run")
    end
  end)
end)

local programs = { { "", process.program } }
if process.sanitized then programs[2] = { " under ASan and UBSan", process.sanitized } end

describe("a signal #slow", function()
  if not process.exists(process.program) then return pending("the executable was not built: " .. process.program) end
  local running = "n=0; until test -e started || test $n -gt 600; do sleep 0.05; n=$((n + 1)); done; sleep 0.5; "

  -- A run of a million steps that says when it has begun. inner: what a callback does.
  local function endless(name, inner)
    local at = process.folder("cli-" .. name)
    process.write(at .. "/settle.lua", preamble .. ([[
      sim:insert { region = bin, radius = 2e-3, count = 200, material = glass }
      sim:output { file = "settle.vtkhdf", every = 1e-3 }
      sim:log { file = "settle.csv", every = 1e-4, columns = { "time", "step" } }
      sim:run { time = 26, every = 1e-3, call = function() io.open("started", "w"):close() %s end }
      print "not reached"
    ]]):format(inner or ""))
    return at
  end
  local function whole(at)
    local rows, message = process.csv_rows(at .. "/settle.csv")
    assert.is_true((rows or 0) > 0, message)
    assert.is_nil(process.half_written(at))
    if process.python then assert.is_true(process.trajectory_steps(at .. "/settle.vtkhdf") > 0) end
    return rows
  end

  for _, program in ipairs(programs) do
    for _, signal in ipairs { { "INT", 130 }, { "TERM", 143 } } do
      it(signal[1] .. " stops with the files whole and one message" .. program[1], function()
        local at = endless(signal[1])
        local said = barchan("run settle.lua", { folder = at, program = program[2],
          meanwhile = running .. "kill -" .. signal[1] .. " $pid" })
        assert.equal(signal[2], said.code, said.err)
        assert.equal("", said.out)
        local _, count = said.err:gsub("stopped by", "")
        assert.equal(1, count, said.err)
        local step = tonumber(said.err:match("barchan: settle.lua:11: sim:run: stopped by SIG" .. signal[1] .. " after step (%d+), time"))
        assert.is_truthy(step, said.err)
        local rows = whole(at)
        -- The last step is complete: the log, which is written each 1e-4 s, is not behind it by more than that.
        local last = tonumber(process.read(at .. "/settle.csv"):match(",(%d+)\n$"))
        assert.is_true(last <= step and step - last <= 5, ("row %d is of step %d, stopped after step %d"):format(rows, last, step))
      end)
    end
  end

  for _, second in ipairs { { "INT", 130 }, { "TERM", 143 } } do
    it("after another, SIG" .. second[1] .. " stops at once", function()
      local at = endless("twice", "while os.clock() < 60 do end") -- a callback that hangs
      local said = barchan("run settle.lua", { folder = at, meanwhile = running .. "kill -INT $pid; sleep 0.5; kill -0 $pid && "
        .. "echo >alive; kill -" .. second[1] .. " $pid" })
      assert.equal(second[2], said.code)
      assert.is_true(process.exists(at .. "/alive"), "the first signal leaves a callback its time")
      whole(at)
    end)
  end

  it("that cannot be caught leaves whole files", function()
    for try = 1, 5 do
      local at = endless "kill"
      local said = barchan("run settle.lua", { folder = at, meanwhile = running .. ("sleep 0.%d; kill -KILL $pid"):format(try) })
      assert.equal(137, said.code)
      whole(at)
    end
  end)

  it("comes again at the next run of a script that caught it", function()
    local at = process.folder "cli-again"
    process.write(at .. "/settle.lua", preamble .. [[
      sim:insert { region = bin, radius = 2e-3, count = 200, material = glass }
      local ok, message = pcall(sim.run, sim, { time = 26, every = 1e-3, call = function() io.open("started", "w"):close() end })
      print(ok, barchan.error_kind(message))
      sim:run { time = 1 }
    ]])
    local said = barchan("run settle.lua", { folder = at, meanwhile = running .. "kill -INT $pid" })
    assert.equal(130, said.code)
    assert.equal("false\tinterrupted\n", said.out)
    has(said.err, "barchan: settle.lua:11: sim:run: stopped by SIGINT after step")
  end)
end)
