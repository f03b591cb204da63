-- device_faults_spec.lua -- what a user meets whose device is missing, too old, too small, or lost in mid-run: words that say what to do, exit
-- code 5, and nothing lost: the run goes on with the same bits, or leaves a checkpoint from which the processor does. The program is
-- the one that ships; tests/tools/faulty_vulkan.c stands between it and the real loader.
local process = require "tools.process"
local expect = require "tools.expect"
local json = require "barchan.json"
local ranks = require "tools.ranks"
local has, lacks = expect.has, expect.lacks

local head = [[
local barchan = require "barchan"
local mm, set = barchan.units.mm, barchan.set
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 8*mm, 8*mm, 40*mm }, periodic = "xy" }, gravity = { 30, 0, -300 } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law("hertz_mindlin", { rolling = "epsd" })
sim:pair(glass, glass, { restitution = 0.6, friction = 0.5, rolling_friction = 0.05 })
sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
sim:insert { region = sim.box { lo = { 0, 0, 1*mm }, hi = { 8*mm, 8*mm, 20*mm } }, material = glass,
  radius = { 0.6*mm, 1.2*mm }, count = 100 }
sim:output { file = "fall.vtkhdf", every = 2e-3 }
if set.checkpoint ~= false then sim:checkpoint { file = "fall.chk", every = 3e-3 } end
sim.state = { calls = 0, sum = 0 }
local faulty = set.fault
local function fault(s, step) -- the next submit of this process is the bad one, once
  if s.step >= step and faulty and not io.open("done", "rb") then
    io.open("done", "wb"):close()
    io.open("now", "wb"):close()
  end
end
local function add(s, value) s.state.calls, s.state.sum = s.state.calls + 1, s.state.sum + value end
]]
local tail = 'print("end", sim.step, sim:hash(), sim.state.calls, ("%.17g"):format(sim.state.sum))\n'
local plain = "sim:run { time = 6e-3, every = 1.5e-3, call = function(s) add(s, s.kinetic_energy) end }\n"

local count = 0
local function folder_with(body)
  count = count + 1
  local folder = process.folder("faults" .. count)
  process.write(folder .. "/fall.lua", head .. body .. tail)
  return folder
end

local cache = process.folder "faults_cache" -- kernels that the driver has made: once for all
local function run(folder, fault, ...)
  return process.run({ "run", "fall.lua", "--quiet", "--threads", "1", ... }, { folder = folder, seconds = 300,
    environment = ("XDG_CACHE_HOME=%s BARCHAN_VULKAN_LOADER=%s FAULTY_VULKAN=%s"):format(process.quote(cache),
      process.quote(process.faulty_vulkan), process.quote(fault)) })
end

-- Of all files that are left each can be read.
local function whole(folder)
  assert.is_true(process.exists(folder .. "/fall.vtkhdf"))
  assert.is_nil(process.half_written(folder))
end

-- What the script says at its end on the processor, undisturbed.
local ends = {}
local function expected(body)
  if not ends[body] then
    local said = run(folder_with(body), "")
    assert.equal(0, said.code, said.err)
    ends[body] = said.out:match "end[^\n]+"
  end
  return ends[body]
end

-- The run goes on by itself, and says so.
local function recovers(body, fault, ...)
  local folder = folder_with(body)
  local said = run(folder, fault, "--backend", "vulkan", ...)
  assert.equal(0, said.code, said.err)
  assert.equal(expected(body), said.out:match "end[^\n]+")
  whole(folder)
  return said.err
end

-- The run ends; the checkpoint that it leaves leads to the end, on the processor.
local function ends_whole(body, fault, ...)
  local folder = folder_with(body)
  local said = run(folder, fault, "--backend", "vulkan", ...)
  assert.equal(5, said.code, said.err)
  lacks(said.out, "end")
  local step = said.err:match "; the run has come to step (%d+), time [^:]+: barchan run %-%-resume goes on from 'fall.chk.[12]'"
  assert.is_truthy(step, said.err)
  has(said.err, ", with --backend cpu on the processor [")
  whole(folder)
  local rest = run(folder, "", "--resume", "--backend", "cpu")
  assert.equal(0, rest.code, rest.err)
  assert.equal(step, rest.err:match "going on from 'fall.chk.[12]': step (%d+)", rest.err)
  assert.equal(expected(body), rest.out:match "end[^\n]+")
  return said.err
end

describe("a faulty device #slow", function()
  if not process.exists(process.faulty_vulkan) then return pending "this build has no Vulkan back end" end

  it("is told of before anything runs, with exit code 5", function()
    local folder = process.folder "faults_open"
    process.write(folder .. "/fall.lua", head)
    local advice = "; `barchan doctor` tells of all devices, and backend = \"cpu\" gives the same bits on the processor ["
    for fault, words in pairs {
      ["devices=0"] = "Vulkan has no device on this machine: is a driver installed? (that of the GPU's maker, or mesa-vulkan-drivers)",
      ["instance=0"] = "Vulkan does not start (the driver does not fit the loader): is a driver installed?",
      ["old_loader=1"] = " is too old: the engine needs one that knows Vulkan 1.2",
    } do
      local said = run(folder, fault, "--backend", "vulkan")
      assert.equal(5, said.code, said.err)
      has(said.err, "fall.lua:3: barchan.simulation: ")
      has(said.err, words)
      has(said.err, advice)
    end
  end)

  local known = json.decode(process.run({ "doctor", "--json" }, { folder = process.folder "faults_doctor" }).out)
  if #known.devices == 0 then return end

  it("is refused where it lacks something, by runs and by the doctor", function()
    local folder = process.folder "faults_lacks"
    process.write(folder .. "/fall.lua", head)
    for fault, words in pairs {
      ["version=1.1"] = " cannot be used: its driver is too old: the engine needs Vulkan 1.2, which a newer one may have",
      ["int64=0"] = " cannot be used: it has no 64-bit integers (shaderInt64)",
      ["float64=0"] = " cannot be used: it has no double precision (shaderFloat64)",
      ["compute=0"] = " cannot be used: it has no queue for compute kernels",
      ["heap=4.5"] = " has 4.5 MB, too little memory for copies: 33.6 MB beside the 0 MB that are taken. Fewer particles",
      ["memory=4.5"] = " gives no memory for copies (no memory of the device): 33.6 MB beside the 0 MB that are taken. Fewer particles",
      ["open=1+"] = ": opening it failed: initialisation failed",
      ["lose_each=9"] = ": giving it work failed: the device was lost",
    } do
      if fault ~= "heap=4.5" or known.devices[1].kind == "processor" then -- others have heaps that are not the device's
        local said = run(folder, fault, "--backend", "vulkan", "--device", "1")
        assert.equal(5, said.code, said.err)
        has(said.err, "fall.lua:3: barchan.simulation: ")
        has(said.err, words)
      end
    end
    for fault, words in pairs { ["version=1.1"] = "its driver is too old", ["memory=4.5"] = "gives no memory for copies",
      ["lose_each=9"] = "giving it work failed: the device was lost", ["devices=0"] = "is a driver installed?" } do
      local said = process.run({ "doctor" }, { folder = folder, environment = ("BARCHAN_VULKAN_LOADER=%s FAULTY_VULKAN=%s"):format(
        process.quote(process.faulty_vulkan), fault) })
      assert.equal(0, said.code, said.err) -- this installation is sound
      assert.equal("", said.err)
      has(said.out, fault == "devices=0" and "devices      Vulkan has no device" or "cannot be used: ")
      has(said.out, words)
    end
  end)

  it("that is lost once is opened again, and the end has the processor's bits", function()
    local warning = " was lost; the run goes on from step "
    has(recovers(plain, "lose=300"), warning)
    has(recovers(plain, "lose_wait=400", "--precision", "mixed"), warning)
    -- while the state comes home for a checkpoint, and while the script reads a field, between two steps and in the middle of one
    local saves = "sim:run { time = 4.5e-3, every = 3e-3, call = function(s) add(s, 1); fault(s, 1) end }\n"
    has(recovers(saves, "lose_when=now", "--set", "fault=true"), warning)
    has(recovers("sim:run { time = 3e-3, every = 7e-4, call = function(s) fault(s, 100); add(s, s.x.z[7]) end }\n", "lose_when=now", "--set",
      "fault=true"), warning)
    local hooked = "local f = sim.force.x\n"
      .. "sim:run { steps = 100, each_step = function(s) fault(s, 70); f[3] = f[3] + 1e-6; add(s, s.v.z[2]) end }\n"
    has(recovers(hooked, "lose_when=now", "--set", "fault=true"), warning)
    -- no memory for the way home: the processor does these steps again
    has(recovers(saves, "refuse_when=now", "--set", "fault=true"), "giving it work failed: no memory of the device; the run goes on from step ")
  end)

  it("that is lost again and again, or does not come back, ends the run with a checkpoint", function()
    local said = ends_whole(plain, "lose_each=200")
    has(said, " was lost 4 times within 1000 steps: its driver or the device itself fails; the log of the system (dmesg) may say why")
    has(said, " was lost; the run goes on from step ")
    said = ends_whole(plain, "lose=300,open=2+")
    has(said, " was lost, and cannot be opened again: opening it failed: initialisation failed")
    said = ends_whole("local f = sim.force.x\nsim:run { steps = 100, each_step = function(s) f[3] = f[3] + 1e-6; add(s, s.v.z[2]) end }\n",
      "lose_each=200")
    has(said, " was lost 4 times within 1000 steps")
    -- what a wall follows is not called again for a step that it has been called for: its writes would come twice
    local follows = [[
local lid = sim:plane { point = { 0, 0, 30*mm }, normal = { 0, 0, -1 }, material = glass }
lid:follow { call = function(time)
  local v = sim.v.x
  fault(sim, 30)
  v[7] = 1.01 * v[7] + (sim.step > 29 and 1e-3 * sim.angular_velocity[7].x or 0)
  return { 0, 0, 1*mm * math.sin(1e4 * time) }
end }
sim:run { steps = 60 }
]]
    ends_whole(follows, "lose=500,open=2+")
    ends_whole(follows, "lose_when=now,open=2+", "--set", "fault=true")
  end)

  it("that has no more memory in mid-run ends it with a checkpoint", function()
    has(ends_whole(plain, "refuse=400+"), "giving it work failed: no memory of the device")
    local needs = process.folder "faults_needs"
    process.write(needs .. "/fall.lua", head .. plain .. tail)
    assert.equal(0, run(needs, "count=needs.txt", "--backend", "vulkan").code)
    local allocations = tonumber(process.read(needs .. "/needs.txt"):match "allocations (%d+)")
    local said = ends_whole(plain, "allocate=" .. allocations - 2) -- buffers that have become too small
    has(said, " gives no memory for ")
    has(said, " MB that are taken. Fewer particles, or precision = \"mixed\", need less")
  end)

  it("says where there is no checkpoint", function()
    local folder = folder_with(plain)
    local said = run(folder, "lose=300,open=2+", "--backend", "vulkan", "--set", "checkpoint=false")
    assert.equal(5, said.code, said.err)
    has(said.err, "; the script has no sim:checkpoint to go on from [")
    whole(folder)
  end)

  -- Hooks that write, on two ranks; the columns that they ask for come ahead from the second step on. At submit 157 what the first
  -- step's hook has written is all there is to go by, and particles have changed their rank since.
  local hooked = [[
local f, z = sim.force.x, sim.v.z
sim:run { steps = 40, each_step = function(s)
  for i = 1, #f do f[i] = f[i] - 1e-3 * z[i] end
  s.state.calls = s.state.calls + 1
end }
]]
  local function two(folder, fault, ...)
    return ranks.run(2, { "run", "fall.lua", "--quiet", "--threads", "1", "--backend", "vulkan", ... }, { folder = folder, seconds = 300,
      environment = ("XDG_CACHE_HOME=%s BARCHAN_VULKAN_LOADER=%s FAULTY_VULKAN=%s"):format(process.quote(cache),
        process.quote(process.faulty_vulkan), process.quote("rank=1," .. fault)) })
  end

  it("of one rank that is lost, or has no more memory, leads all to the same end or to a checkpoint", function()
    if not ranks.mpirun then return pending "built without MPI" end
    local folder = folder_with(hooked)
    local said = two(folder, "lose=157")
    assert.equal(0, said.code, said.err)
    has(said.err, " was lost; the run goes on from step 0,")
    assert.equal(expected(hooked), said.out:match "end[^\n]+")
    for _, case in ipairs { { hooked, "refuse=157" }, { hooked, "refuse=700" }, { plain, "refuse=2000" },
      { hooked, "lose=700,open=2+" } } do
      folder = folder_with(case[1])
      said = two(folder, case[2])
      assert.equal(5, said.code, said.err)
      has(said.err, (case[2]:find "refuse" and ": giving it work failed: no memory of the device"
        or " was lost, and cannot be opened again: opening it failed: initialisation failed") .. "; the run has come to step ")
      local step = said.err:match "come to step (%d+), time [^:]+: barchan run %-%-resume goes on from 'fall.chk.[12]', with %-%-backend cpu"
      assert.is_true(step and tonumber(step) > 0, said.err)
      local rest = run(folder, "", "--resume", "--backend", "cpu")
      assert.equal(0, rest.code, rest.err)
      has(rest.err, ": step " .. step .. ",")
      assert.equal(expected(case[1]), rest.out:match "end[^\n]+")
    end
  end)

  -- What the function asks for at the moment of the loss it has not asked for before: a column, the whole state, a column between two steps.
  it("of one rank that is lost while a function of the script reads on it leads all to the same end or to a checkpoint", function()
    if not ranks.mpirun then return pending "built without MPI" end
    local mine = "local mine = barchan.rank == barchan.ranks - 1\n"
    local bodies = { mine .. [[
local f = sim.force.x
sim:run { steps = 30, each_step = function(s)
  if mine then fault(s, 20) end
  for i = 1, #f do f[i] = f[i] - 1e-3 * s.v.z[i] + (s.step >= 20 and 1e-6 * s.angular_velocity[i].x or 0) end
end }
]], mine .. [[
local f, z = sim.force.x, sim.v.z
sim:run { steps = 30, each_step = function(s)
  for i = 1, #f do f[i] = f[i] - 1e-3 * z[i] end
  if mine then fault(s, 20) elseif s.step >= 20 then assert(not pcall(function() s.x.z[1] = 0 end)) end
end }
]], mine .. [[
local lid = sim:plane { point = { 0, 0, 30*mm }, normal = { 0, 0, -1 }, material = glass }
lid:follow { call = function(time)
  if mine then fault(sim, 20) end
  if sim.step >= 20 then assert(sim.x.z[1] > 0) end
  return { 0, 0, 1*mm * math.sin(1e4 * time) }
end }
sim:run { steps = 30, each_step = function(s) s.state.calls = s.state.calls + 1 end }
]] }
    for i, body in ipairs(bodies) do
      local folder = folder_with(body)
      local said = two(folder, "lose_when=now", "--set", "fault=true")
      assert.equal(0, said.code, said.err)
      has(said.err, " was lost; the run goes on from step ")
      assert.equal(expected(body), said.out:match "end[^\n]+")
      if i < 2 then
        folder = folder_with(body)
        said = two(folder, "lose_when=now,open=2+", "--set", "fault=true")
        assert.equal(5, said.code, said.err)
        has(said.err, " was lost, and cannot be opened again: opening it failed: initialisation failed; the run has come to step 20, time ")
        has(said.err, ": barchan run --resume goes on from 'fall.chk.")
        local rest = run(folder, "", "--resume", "--backend", "cpu", "--set", "fault=false")
        assert.equal(expected(body), rest.out:match "end[^\n]+", rest.err)
      end
    end
  end)

  it("of one rank is that of all", function()
    if not ranks.mpirun then return pending "built without MPI" end
    local path = process.source .. "tests/determinism/device_ranks.lua"
    local folder = process.folder "faults_ranks"
    local function shared(fault, ...)
      return ranks.run(2, { "run", path, "--quiet", "--threads", "1", ... }, { folder = folder, seconds = 300,
        environment = ("XDG_CACHE_HOME=%s BARCHAN_VULKAN_LOADER=%s FAULTY_VULKAN=%s"):format(process.quote(cache),
          process.quote(process.faulty_vulkan), process.quote(fault)) })
    end
    local whole_run = process.run({ "run", path, "--quiet" }, { folder = folder })
    assert.equal(0, whole_run.code, whole_run.err)
    local said = shared("rank=1,lose_each=700", "--backend", "vulkan", "--set", "every=1e-3")
    assert.equal(5, said.code, said.err)
    has(said.err, " was lost 4 times within 1000 steps")
    has(said.err, " was lost; the run goes on from step ")
    has(said.err, ": barchan run --resume goes on from 'ranks.chk")
    local rest = process.run({ "run", path, "--quiet", "--resume", "--set", "every=1e-3" }, { folder = folder })
    assert.equal(0, rest.code, rest.err)
    assert.equal(whole_run.out:match "[^\n]+\n$", rest.out:match "[^\n]+\n$")
  end)
end)
