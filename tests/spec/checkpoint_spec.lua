-- checkpoint_spec.lua -- checkpoints, and runs that go on from them: the same bits as if nothing had happened, a script that is another
-- one is refused, damaged files are noticed, signals and limits leave something to go on from.
local process = require "tools.process"
local ranks = require "tools.ranks"
local plain = require "barchan.plain"

local everything = process.source .. "tests/determinism/everything.lua"

local function run(folder, script, ...)
  return process.run({ "run", script, "--quiet", ... }, { folder = folder, seconds = 600 }) -- a busy disk takes its time
end

local function contains(text, part)
  assert.is_truthy(text:find(part, 1, true), ("expected '%s' in:\n%s"):format(part, text))
end

-- A ball that jumps between plates; %s: what the script does around its runs.
local head = [[
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 }, periodic = "xy" }, dt = 2e-5, threads = 1 }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.9, friction = 0.4 })
sim:checkpoint { file = "ball.chk", every = 0.005 }
local floor = sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
local grains = sim:insert { region = sim.box { lo = { 0.02, 0.02, 0.01 }, hi = { 0.08, 0.08, 0.08 } }, count = 40, radius = 3e-3,
  material = glass }
local function raise(number) require("barchan.native").core.raise_signal(number) end
local function at(step, number) -- a signal at a step, once: not when the run goes on
  return function(s)
    if s.step == step and not io.open("done", "rb") then
      io.open("done", "wb"):close()
      raise(number)
    end
  end
end
]]

local count = 0
local function folder_with(body, more)
  count = count + 1
  local folder = process.folder("checkpoint" .. count)
  process.write(folder .. "/ball.lua", (more or "") .. head .. body)
  return folder
end

local function ends_alike(body, first, ...)
  local folder, other = folder_with(body), folder_with(body)
  process.write(other .. "/done", "")
  local whole = run(other, "ball.lua")
  assert.equal(0, whole.code, whole.err)
  local cut = run(folder, "ball.lua", ...)
  first(cut)
  local rest = run(folder, "ball.lua", "--resume")
  assert.equal(0, rest.code, rest.err)
  contains(rest.err, "going on from 'ball.chk.")
  assert.equal(whole.out:match "end.*", rest.out:match "end.*")
  return rest, folder, whole
end

local plain_end = "print('end', sim:hash(), sim.step)\n"

describe("a checkpoint #slow", function()
  it("changes nothing: written in every step, in every tenth, or never", function()
    local ends = {}
    for i, every in ipairs { "0", "1e-9", "5e-5" } do
      local r = run(process.folder("checkpoint_every" .. i), everything, "--set", "every=" .. every, "--set", "before=0.006", "--set",
        "time=0.002")
      assert.equal(0, r.code, r.err)
      ends[i] = r.out
    end
    assert.equal(ends[1], ends[2])
    assert.equal(ends[1], ends[3])
  end)

  it("is noticed when one bit of it is another one", function()
    local folder = folder_with("sim:run { time = 0.011 }\n" .. plain_end)
    assert.equal(0, run(folder, "ball.lua").code)
    local newest = folder .. "/ball.chk.2"
    local text = process.read(newest)
    for i = 0, 24 do
      local at = 1 + math.floor(i / 24 * (#text - 1))
      local byte = text:byte(at)
      local other = byte % 2 == 0 and byte + 1 or byte - 1
      process.write(newest, text:sub(1, at - 1) .. string.char(other) .. text:sub(at + 1))
      local r = run(folder, "ball.lua", "--resume")
      assert.equal(0, r.code, r.err)
      contains(r.err, "going on from 'ball.chk.1'")
      os.remove(folder .. "/ball.chk.2")
    end
    for _, cut in ipairs { 0, 1, 31, 32, 1000, #text - 1 } do
      process.write(folder .. "/ball.chk.1", text:sub(1, cut))
      process.write(folder .. "/ball.chk.2", text .. "x")
      local r = run(folder, "ball.lua", "--resume")
      assert.equal(4, r.code, r.err)
      contains(r.err, "no checkpoint can be read")
    end
  end)

  it("is noticed whichever bit of whichever byte is another one", function()
    local folder = folder_with "sim:run { time = 0.011 }\n"
    process.write(folder .. "/ball.lua", (process.read(folder .. "/ball.lua"):gsub("count = 40", "count = 2")))
    assert.equal(0, run(folder, "ball.lua").code)
    local ffi = require "ffi"
    local native = require "barchan.native"
    local path = folder .. "/ball.chk.1"
    local text = process.read(path)
    assert.equal(0, tonumber(native.C.brc_checkpoint_check(path)))
    local file, random = assert(io.open(path, "r+b")), 1
    file:setvbuf "no"
    for at = 0, #text - 1 do
      random = random * 16807 % 2147483647
      local byte = text:byte(at + 1)
      file:seek("set", at)
      file:write(string.char(require("bit").bxor(byte, 2 ^ (random % 8))))
      if tonumber(native.C.brc_checkpoint_check(path)) == 0 then error("byte " .. at .. " of " .. #text .. " is not looked after") end
      file:seek("set", at)
      file:write(string.char(byte))
    end
    file:close()
    assert.equal(0, tonumber(native.C.brc_checkpoint_check(path)), ffi.string(native.C.brc_last_error()))
  end)

  it("that cannot be written is told, and the run goes on or stops as the script says", function()
    if not process.can_mount() then return pending "needs a file system of its own" end
    for _, case in ipairs { { "warn", 0, "the run goes on" }, { "stop", 4, "No space left on device" } } do
      local folder = process.folder("checkpoint_disk_" .. case[1])
      local script = process.write(process.work .. "/disk_ball.lua", head:gsub("every = 0.005", "every = 0.005, on_error = '" .. case[1] .. "'")
        .. "sim:run { time = 0.011 }\n")
      local r = process.run({ "run", script, "--quiet" }, { folder = folder, disk = 8192 })
      assert.equal(case[2], r.code, r.err)
      contains(r.err, case[3])
    end
  end)

  it("takes away what killed runs have left of it, and only that", function()
    local folder = folder_with "sim:run { time = 0.011 }\n"
    local mine = tonumber(require("barchan.native").core.process())
    local left = { ["ball.chk.1.2000000000.part"] = false, ["ball.chk.2.2000000000.part"] = false, ["ball.chk.1." .. mine .. ".part"] = true,
      ["ball.chk.1.2000000000.parts"] = true, ["ball.chk.1.x.part"] = true, ["a-ball.chk.1.2000000000.part"] = true }
    for name in pairs(left) do process.write(folder .. "/" .. name, "") end
    assert.equal(0, run(folder, "ball.lua").code)
    for name, there in pairs(left) do assert.equal(there, process.exists(folder .. "/" .. name), name) end
  end)

  it("refuses a state that holds functions", function()
    local folder = folder_with("sim.state.log = { { f = print } }\nsim:run { time = 0.011 }\n")
    local r = run(folder, "ball.lua")
    assert.equal(1, r.code)
    contains(r.err, "sim.state.log[1].f is a function")
  end)
end)

describe("a resumed run #slow #determinism", function()
  it("ends as if it had not been killed", function()
    ends_alike("sim:run { time = 0.02, every = 1e-3, call = at(700, 9) }\n" .. plain_end, function(r) assert.equal(137, r.code) end)
  end)

  it("ends as if SIGTERM had not come, at any step, with the callbacks and outlets of that step done once", function()
    for _, step in ipairs { 1, 500, 501 } do
      ends_alike(([[
        sim.state.calls = 0
        sim:run { time = 0.02, every = 1e-4, call = function(s) s.state.calls = s.state.calls + 1 end, each_step = at(%d, 15) }
        print("end", sim:hash(), sim.step, sim.state.calls)]]):format(step), function(r)
        assert.equal(143, r.code)
        contains(r.err, "stopped by SIGTERM")
        contains(r.err, "goes on from 'ball.chk.")
      end)
    end
  end)

  it("ends so on two ranks, where a function of the script comes into each step", function()
    if not ranks.mpirun then return pending "built without MPI" end
    for name, how in pairs { hook = "sim:run { steps = 40, each_step = stop }",
      follow = "floor:follow { call = function(t) stop() return { 0, 0, 1e-3*t } end }\nsim:run { steps = 40 }" } do
      local folder = process.folder("signal_" .. name)
      process.write(folder .. "/signal.lua", ([[
local barchan, ffi = require "barchan", require "ffi"
ffi.cdef "int raise(int);"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 1, 1, 1 }, periodic = "xy" }, threads = 1 }
local glass = sim:material { name = "glass", density = 2500 }
sim:law "linear"
sim:pair(glass, glass, { restitution = 0.5, friction = 0, stiffness = 1000 })
local floor = sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
sim:insert { region = sim.box { lo = { 0, 0, 0 }, hi = { 1, 1, 1 } }, radius = 0.01, count = 50, material = glass }
sim:checkpoint { file = "signal.chk", every = 100 }
local calls = 0
local function stop()
  calls = calls + 1
  if calls == 20 and barchan.rank == 0 and barchan.set.stop then ffi.C.raise(15) end
end
%s
local hash = sim:hash()
if barchan.rank == 0 then print("end", sim.step, hash) end
]]):format(how))
      local function shared(...)
        return ranks.run(2, { "run", "signal.lua", "--quiet", ... }, { folder = folder, seconds = 60 })
      end
      local whole = shared()
      assert.equal(0, whole.code, whole.err)
      local said = shared("--set", "stop=true")
      assert.equal(143, said.code, said.err)
      contains(said.err, "goes on from 'signal.chk.")
      said = shared "--resume"
      assert.equal(0, said.code, said.err)
      assert.equal(whole.out, said.out)
    end
  end)

  it("goes on through SIGUSR1, which writes a checkpoint", function()
    local folder = folder_with("sim:run { time = 0.004, every = 1e-3, call = at(100, 10) }\n" .. plain_end)
    local r = run(folder, "ball.lua")
    assert.equal(0, r.code, r.err)
    assert.is_true(process.exists(folder .. "/ball.chk.1"))
  end)

  it("ends as if --walltime had not stopped it", function()
    ends_alike([[
      sim:run { time = 0.02, each_step = function(s) -- the first run waits for the limit, on machines of any speed
        if s.step == 300 and not io.open("done", "rb") then
          io.open("done", "wb"):close()
          os.execute "sleep 1.5"
        end
      end }
    ]] .. plain_end, function(r)
      assert.equal(6, r.code, r.err)
      contains(r.err, "stopped by --walltime")
    end, "--walltime", "1.2")
  end)

  it("repeats no run that is over, and answers what was read between", function()
    local rest, _, whole = ends_alike([[
      sim.state.calls = 0
      local function call(s) s.state.calls = s.state.calls + 1 end
      for k = 1, 3 do
        sim:run { time = 0.003, every = 1e-3, call = call }
        print("after", k, sim.state.calls, sim.step, sim.kinetic_energy, floor.force, grains.count, sim:hash(), sim:packing{}.fraction)
        for i = 1, sim.count do sim.v[i] = { 0, 0, 0 } end
        if k == 2 then sim:remove(7) end
      end
      sim:run { time = 0.02, every = 1e-3, call = at(700, 9) }
      print("end", sim:hash(), sim.step, sim.count)]], function(r) assert.equal(137, r.code) end)
    assert.equal(whole.out, rest.out)
  end)

  it("refuses what cannot be known any more", function()
    local folder = folder_with("sim:run { time = 0.003 }\nlocal z = sim.x[1].z\nsim:run { time = 0.02, every = 1e-3, call = at(700, 9) }\n")
    run(folder, "ball.lua")
    local r = run(folder, "ball.lua", "--resume")
    assert.equal(1, r.code)
    contains(r.err, "ball.lua:20: --resume: sim.x cannot be read here")
  end)

  it("refuses a script that is another one, and shows the difference", function()
    local body = "sim:run { time = 0.003 }\nfloor:move { velocity = { 0, 0, 0.01 } }\nsim:run { time = 0.02, every = 1e-3, call = at(700, 9) }\n"
    local folder = folder_with(body)
    run(folder, "ball.lua")
    local text = process.read(folder .. "/ball.lua")
    for _, case in ipairs {
      { "friction = 0.4", "friction = 0.5", "here it does sim:pair(material 'glass', material 'glass', { friction = 0.5, "
        .. "restitution = 0.9 }) (" },
      { "0.01 } }\n", "0.02 } }\n", "wall:move" },
      { "time = 0.003", "time = 0.004", "sim:run" },
      { "floor:move", "--", "here it" },
      { "local grains", "sim.gravity = { 0, 0, -5 }\nlocal grains", "here it does sim.gravity =" },
    } do
      local at = assert(text:find(case[1], 1, true))
      process.write(folder .. "/ball.lua", text:sub(1, at - 1) .. case[2] .. text:sub(at + #case[1]))
      local r = run(folder, "ball.lua", "--resume")
      assert.equal(1, r.code, r.err)
      contains(r.err, "--resume: ")
      contains(r.err, case[3])
    end
    -- What is not a call, such as a value computed of another file, shows in the hash of the state.
    process.write(folder .. "/ball.lua", text:gsub("\nlocal function raise", "\nsim.v[1] = { 0, 0, 1 }\nlocal function raise", 1))
    contains(run(folder, "ball.lua", "--resume").err, "its state has another hash")
    -- Comments and the time of the last run may change.
    process.write(folder .. "/ball.lua", "-- a comment\n" .. text:gsub("0.02, every", "0.03, every"))
    local r = run(folder, "ball.lua", "--resume")
    assert.equal(0, r.code, r.err)
    contains(r.err, "the script has changed since 'ball.chk.")
    contains(r.err, "was written, from line 1 on.")
  end)

  it("refuses to go on where a callback had brought a function", function()
    local folder = folder_with([[
      sim:run { time = 0.02, every = 1e-3, call = function(s)
        if s.step > 100 and not sim.state.given then
          floor:follow { call = function(t) return { 0, 0, 0 * t } end }
          sim.state.given = true
        end
        at(700, 9)(s)
      end }]])
    run(folder, "ball.lua")
    local r = run(folder, "ball.lua", "--resume")
    assert.equal(1, r.code)
    contains(r.err, "cannot be resumed")
  end)

  it("begins at the start where no checkpoint has been written", function()
    local folder = folder_with("sim:log { file = 'log.csv', every = 1e-3, columns = { 'time' } }\nsim:run { time = 0.004 }\n" .. plain_end)
    local r = run(folder, "ball.lua", "--resume")
    assert.equal(0, r.code, r.err)
    contains(r.err, "the run begins at its start")
    assert.equal(5, process.csv_rows(folder .. "/log.csv"))
  end)
end)

-- Scenes with what else has a state. Each is killed in the middle of its run and goes on.
local scenes = {
  ["free bodies, traced motions, kernels, fields, the energy book, in double precision"] = [[
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.2 } }, precision = "double", energy_book = true }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500, capacity = { heat = 800 } }
sim:field { name = "heat", unit = "K", default = 300 }
sim:law("hertz_mindlin", { rolling = "epsd" })
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4, rolling_friction = 0.05 })
sim:checkpoint { file = "scene.chk", every = 0.003, compress = 4 }
sim:box { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.2 }, side = "inside", material = glass }
local floor = sim:plane { point = { 0, 0, 0.01 }, normal = { 0, 0, 1 }, material = glass }
floor:follow { motion = function(t, p) return vec3(quantity(0, "m"), quantity(0, "m"), p.a * sin(p.w * t)) end,
  params = { a = { 2e-3, "m" }, w = { 300, "1/s" } } }
local membrane = sim:cylinder { from = { 0.05, 0.05, -0.1 }, to = { 0.05, 0.05, 0.3 }, radius = 0.05, open = true, side = "inside",
  material = glass }
membrane:servo { radial = true, pressure = 50, lower = -0.002, upper = 0.001 }
local ball = sim:sphere { center = { 0.05, 0.05, 0.1 }, radius = 0.015, side = "outside", material = glass }
ball:free { density = 500 }
sim:kernel { name = "drag", reads = { "v" }, adds = "force", params = { c = { 1e-4, "N s/m" } },
  body = function(particle, p) return -p.c * particle.v end }
sim:insert { region = sim.box { lo = { 0.01, 0.01, 0.02 }, hi = { 0.09, 0.09, 0.07 } }, count = 150, radius = { 3e-3, 4e-3 },
  material = glass, heat = 350 }
sim:run { time = 0.02, every = 5e-4, call = function(s)
  sim.heat[3] = sim.heat[3] + 1
  KILL(s)
end }
local e = sim:energies()
print("end", sim:hash(), membrane.radius, membrane.work, ball.position, ball.angular_velocity, e.dissipated, e.residual,
  e.hook_work, sim.heat[3])
]],
  ["a deforming cell towards a stress, with a law that reaches"] = [[
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.04, 0.04, 0.04 }, periodic = "xyz" }, gravity = { 0, 0, 0 } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law { normal = "jkr", damping = "tsuji", tangential = "mindlin_rescale" }
sim:pair(glass, glass, PAIR)
sim:checkpoint { file = "scene.chk", every = 0.002 }
sim:insert { region = sim.box { lo = { 0, 0, 0 }, hi = { 0.04, 0.04, 0.04 } }, count = 180, radius = { 2e-3, 2.5e-3 }, material = glass }
sim:deform { rate = { exy = 5 }, stress = { szz = 500 }, max_rate = 20 }
sim:run { time = 0.006, every = 5e-4, call = function(s) KILL(s) end }
sim:deform { rate = { exy = 5, exx = -2 } }
sim:run { time = 0.006, every = 5e-4, call = function(s) KILL(s) end }
print("end", sim:hash(), sim.cell.tilt[1], sim.cell.strain.exy, sim.cell.volume)
]],
}

describe("a resumed run #slow #determinism keeps", function()
  for name, text in pairs(scenes) do
    it(name, function()
      local kill = [[(function(s)
        local number = (tonumber((io.open("killed", "rb") or io.open "/dev/null"):read "*a") or 0)
        if number < #WHEN and s.time >= WHEN[number + 1] then
          local f = io.open("killed", "wb")
          f:write(number + 1)
          f:close()
          require("barchan.native").core.raise_signal(9)
        end
      end)]]
      local pair = "{ restitution = 0.6, friction = 0.3, work_of_adhesion = 0.05 }"
      text = text:gsub("KILL", (kill:gsub("%%", "%%%%"))):gsub("PAIR", pair)
      local folder, other = process.folder "scene_cut", process.folder "scene_whole"
      process.write(folder .. "/scene.lua", "local WHEN = { 0.0042, 0.0097 }\n" .. text)
      process.write(other .. "/scene.lua", "local WHEN = {}\n" .. text)
      local whole = run(other, "scene.lua", "--threads", "2")
      assert.equal(0, whole.code, whole.err)
      assert.equal(137, run(folder, "scene.lua", "--threads", "1").code)
      assert.equal(137, run(folder, "scene.lua", "--threads", "4", "--resume").code)
      local rest = run(folder, "scene.lua", "--threads", "3", "--resume")
      assert.equal(0, rest.code, rest.err)
      assert.equal(whole.out, rest.out)
    end)
  end
end)

-- Two simulations, a log of both, numbers of math.random; each is killed twice and goes on.
local two = [[
local barchan = require "barchan"
local function make(name, seed)
  local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 }, periodic = "xy" }, dt = 2e-5, threads = 1, seed = seed }
  local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
  sim:law "hertz_mindlin"
  sim:pair(glass, glass, { restitution = 0.9, friction = 0.4 })
  if CHECKPOINT[name] then sim:checkpoint { file = name .. ".chk", every = 0.002 } end
  sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
  sim:insert { region = sim.box { lo = { 0.02, 0.02, 0.01 }, hi = { 0.08, 0.08, 0.08 } }, count = 40, radius = 3e-3, material = glass,
    seed = seed }
  sim:log { file = name .. ".csv", every = 1e-3, columns = { "time", "kinetic_energy" } }
  sim:output { file = name .. ".vtkhdf", every = 2e-3 }
  return sim
end
local both = barchan.csv("both.csv", { "name", "step", "drawn" })
local number = tonumber((io.open("killed", "rb") or io.open "/dev/null"):read "*a") or 0
local function call(name)
  return function(s)
    both:row(name, s.step, math.random(1000000))
    s.v[1 + math.random(0, 39)] = { math.random() - 0.5, 0, math.random() }
    local when = WHEN[number + 1]
    if when and when[1] == name and s.step >= when[2] then
      local f = io.open("killed", "wb")
      f:write(number + 1)
      f:close()
      require("barchan.native").core.raise_signal(9)
    end
  end
end
]]
local orders = {
  ["one after the other"] = [[
for k, name in ipairs { "a", "b", "c" } do
  local sim = make(name, k)
  sim:run { time = 0.006, every = 5e-4, call = call(name) }
  both:row("between", sim.count, math.random(1000000))
  sim:run { time = 0.004, every = 5e-4, call = call(name) }
  print("end", name, sim:hash(), math.random())
  sim:close()
end
]],
  ["in turns"] = [[
local a, b = make("a", 1), make("b", 2)
math.randomseed(7)
for k = 1, 3 do
  a:run { time = 0.003, every = 5e-4, call = call "a" }
  both:row("between", k, math.random(1000000))
  b:run { time = 0.003, every = 5e-4, call = call "b" }
end
print("end", a:hash(), b:hash(), a.kinetic_energy, math.random())
]] }

describe("scripts with several simulations #slow", function()
  for order, text in pairs(orders) do
    it("are resumed where they run " .. order, function()
      for _, with in ipairs { "{ a = true, b = true, c = true }", "{ b = true }" } do
        for _, when in ipairs { '{ "a", 220 }, { "b", 330 }', '{ "b", 120 }, { "b", 410 }', '{ "b", 450 }, { "b", 440 }' } do
          local ends = {}
          for i, kills in ipairs { "", when } do
            local folder = process.folder("several" .. i)
            process.write(folder .. "/two.lua", ("local WHEN, CHECKPOINT = { %s }, %s\n"):format(kills, with) .. two .. text)
            local r = run(folder, "two.lua")
            for _ = 1, i == 2 and 2 or 0 do
              assert.equal(137, r.code, r.err)
              r = run(folder, "two.lua", "--resume")
            end
            assert.equal(0, r.code, r.err)
            ends[i] = { r.out:match "[^\n]*\n$", process.read(folder .. "/both.csv"), process.read(folder .. "/a.csv"),
              process.read(folder .. "/b.csv") }
            if process.python then
              ends[i][5] = process.trajectory_steps(folder .. "/a.vtkhdf")
              ends[i][6] = process.trajectory_steps(folder .. "/b.vtkhdf")
            end
          end
          assert.same(ends[1], ends[2])
        end
      end
    end)
  end

  it("are refused at their line where two want the same checkpoint", function()
    local folder = process.folder "several"
    process.write(folder .. "/two.lua", "local WHEN, CHECKPOINT = {}, { a = true }\n" .. two .. 'make("a", 1):close()\nmake("a", 2)\n')
    local r = run(folder, "two.lua")
    assert.equal(1, r.code)
    contains(r.err, "two.lua:8: sim:checkpoint: the simulation made at two.lua:4 writes 'a.chk' already")
  end)

  it("are not resumed where one is used in a callback of another", function()
    local folder = process.folder "several"
    process.write(folder .. "/two.lua", 'local WHEN, CHECKPOINT = { { "b", 300 } }, { a = true, b = true }\n' .. two .. [[
local a, b = make("a", 1), make("b", 2)
a:run { time = 0.003 }
local f = call "b"
b:run { time = 0.01, every = 5e-4, call = function(s)
  if a.kinetic_energy > 0 then f(s) end
end }
]])
    local r = run(folder, "two.lua")
    assert.equal(137, r.code)
    contains(r.err, "--resume will not go on from these checkpoints: the script has used a value read in a callback of another simulation")
    r = run(folder, "two.lua", "--resume")
    assert.equal(1, r.code)
    contains(r.err, "cannot be resumed: the script had used a value read in a callback of another simulation (two.lua:")
  end)

  it("keep the files of a script that is another one", function()
    local folder = process.folder "several"
    process.write(folder .. "/two.lua", 'local WHEN, CHECKPOINT = { { "a", 300 } }, { a = true }\n' .. two
      .. 'make("a", 1):run { time = 0.01, every = 5e-4, call = call "a" }\n')
    assert.equal(137, run(folder, "two.lua").code)
    local text = process.read(folder .. "/two.lua")
    process.write(folder .. "/two.lua", (text:gsub('"time", "kinetic_energy"', '"time", "count"')))
    local before = process.read(folder .. "/a.csv")
    local r = run(folder, "two.lua", "--resume")
    assert.equal(1, r.code)
    contains(r.err, "the script is another one")
    assert.equal(before, process.read(folder .. "/a.csv"))
  end)
end)

describe("status.json #slow", function()
  local function tells(text, ...)
    for _, part in ipairs { ... } do contains(text or "nothing", part) end
    assert.is_truthy(require("barchan.json").decode(text))
  end
  local beside = "sim:run { time = 0.004 }\n"

  it("tells how the run is and why it ended", function()
    local folder = folder_with(beside)
    local r = run(folder, "ball.lua", "--status", "how.json")
    assert.equal(0, r.code, r.err)
    tells(process.read(folder .. "/how.json"), '"state":"ended"', '"reason":"done"', '"exit_code":0', '"step":200', '"particles":40')
    assert.is_false(process.exists(folder .. "/status.json"))
    process.write(folder .. "/ball.lua", head .. "sim:run { time = 0.02, every = 1e-3, call = at(700, 15) }\n")
    r = run(folder, "ball.lua")
    local text = process.read(folder .. "/status.json")
    tells(text, '"reason":"SIGTERM"', '"step":701', '"exit_code":143')
    assert.equal(r.err:match "goes on from '(.-)'", text:match '"checkpoint":"(.-)"')
    assert.is_nil(process.half_written(folder))
  end)

  it("lies beside the first checkpoint or trajectory, also when the run never began, and nowhere else", function()
    local folder = folder_with(beside)
    local text = process.read(folder .. "/ball.lua")
    os.execute("mkdir " .. folder .. "/runs")
    process.write(folder .. "/ball.lua", (text:gsub("ball.chk", "runs/ball.chk")))
    process.write(folder .. "/error.lua", (text:gsub("ball.chk", "runs/ball.chk"):gsub("sim:run[^\n]*", "error 'enough'")))
    process.write(folder .. "/bare.lua", (text:gsub("sim:checkpoint[^\n]*", "")))
    process.write(folder .. "/film.lua", (text:gsub("sim:checkpoint[^\n]*", "sim:output { file = 'runs/ball.vtkhdf', every = 1e-3 }")))
    for _, case in ipairs { { "ball.lua", '"reason":"done"' }, { "error.lua", '"message":"error.lua:19: enough"' },
      { "film.lua", '"reason":"done"' } } do
      local r = run(folder, case[1])
      tells(process.read(folder .. "/runs/status.json"), ('"script":"%s"'):format(case[1]), case[2], ('"exit_code":%d'):format(r.code))
      os.remove(folder .. "/runs/status.json")
    end
    assert.equal(0, run(folder, "bare.lua").code)
    assert.equal(0, run(folder, "ball.lua", "--no-status").code)
    process.run({ "check", "ball.lua" }, { folder = folder })
    assert.is_false(process.exists(folder .. "/status.json"))
    assert.is_false(process.exists(folder .. "/runs/status.json"))
  end)

  it("tells how the run ended where the disk has no room for a new one", function()
    if not process.can_mount() then return pending "a file system can be mounted by root only" end
    local fill = "os.execute 'dd if=/dev/zero of=junk bs=512 2>dd'\n"
    local script = folder_with(beside .. fill .. "error 'enough'") .. "/ball.lua"
    local function ended(...)
      local r = process.run({ "run", script, "--quiet" }, { name = "status_full", disk = 2e6 })
      assert.equal(1, r.code, r.err)
      contains(r.err, "enough")
      contains(r.err, "warning: cannot write 'status.json': No space left on device")
      tells(process.read(r.folder .. "/status.json"), '"state":"ended"', '"reason":"error"', '"exit_code":1', ...)
    end
    ended('"message":"')
    -- longer than what the file has of the disk: without its text
    process.write(script, (process.read(script):gsub("error 'enough'", "error(('enough '):rep(2000))")))
    ended()
  end)

  it("does not take the place of another file, nor of the status of a run that goes on", function()
    local folder = folder_with(beside)
    process.write(folder .. "/status.json", '{"mine":1}\n')
    local r = run(folder, "ball.lua")
    assert.equal(0, r.code, r.err)
    contains(r.err, "'status.json' is another program's")
    assert.equal('{"mine":1}\n', process.read(folder .. "/status.json"))
    os.remove(folder .. "/status.json")
    process.write(folder .. "/long.lua", (head:gsub("ball.chk", "long.chk")) .. "sim:run { time = 1000 }\n")
    local program = process.quote(process.program)
    r = process.run({ "run", "long.lua", "--quiet" }, { folder = folder, meanwhile = ("until test -e status.json; do sleep 0.05; done; "
      .. "%s run ball.lua --quiet 2>second; kill -KILL $pid"):format(program) })
    assert.equal(137, r.code)
    contains(process.read(folder .. "/second"), "'status.json' is of the run of 'long.lua' that is going on in process ")
    local text = process.read(folder .. "/status.json")
    tells(text, '"script":"long.lua"', '"state":"running"')
    contains(process.run({ "info", "status.json" }, { folder = folder }).out, "running, but there is no such process")
    r = run(folder, "ball.lua") -- that one was killed
    assert.equal("", r.err)
    tells(process.read(folder .. "/status.json"), '"script":"ball.lua"', '"state":"ended"')
  end)
end)

describe("a text of plain values", function()
  it("is read as it was written", function()
    local value = { 1, "two", { 3.5, -0.1, 1e300, math.huge, -math.huge }, [10] = true, name = "a|b};:", deep = { {}, { x = { y = false } } } }
    assert.same(value, plain.decode(plain.encode(value)))
    local nan = plain.decode(plain.encode(0 / 0))
    assert.is_true(nan ~= nan)
    assert.equal(-math.huge, 1 / plain.decode(plain.encode(-0.0)))
  end)

  it("is refused when it is damaged", function()
    local text = plain.encode { 1, "two", { three = 3 }, true }
    for i = 0, #text - 1 do assert.is_false(pcall(plain.decode, text:sub(1, i))) end
    for _, bad in ipairs { "", "n;", "s5:abc", "s99999999999:", "{", "{|", "{|zn1;}", text .. "x", ("{"):rep(5000) } do
      assert.is_false(pcall(plain.decode, bad))
    end
    local loop = {}
    loop[1] = loop
    assert.is_false(pcall(plain.encode, loop))
  end)
end)
