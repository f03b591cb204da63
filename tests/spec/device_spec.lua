-- device_spec.lua -- backend = "vulkan" from a script: the same bits as on the processor, checkpoints that go from one to the other in
-- mid-run, and errors at the script's line with exit code 5. Without a device: only the errors.
local process = require "tools.process"
local expect = require "tools.expect"
local json = require "barchan.json"
local ranks = require "tools.ranks"
local has = expect.has

local folder = process.folder "device"
local scene = [[
local barchan = require "barchan"
local mm, set = barchan.units.mm, barchan.set
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 12*mm, 12*mm, 40*mm }, periodic = "xy" }, gravity = { 30, 0, -300 },
  backend = set.backend }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law("hertz_mindlin", { rolling = "epsd" })
sim:pair(glass, glass, { restitution = 0.6, friction = 0.5, rolling_friction = 0.05 })
local floor = sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
]]
process.write(folder .. "/packing.lua", scene .. [[
sim:insert { region = sim.box { lo = { 0, 0, 1*mm }, hi = { 12*mm, 12*mm, 26*mm } }, material = glass, radius = { 0.6*mm, 1.2*mm }, count = 300 }
if set.checkpoint then sim:checkpoint { file = "run.chk", every = set.every } end
for _ = 1, 4 do
  sim:run { time = 3e-3 }
  print(("%d %s %d %.17g %.17g"):format(sim.step, sim:hash(), sim.contacts, sim.kinetic_energy, floor.force.z))
  local now = sim.time
  if set.stop and now > set.stop then os.exit(0) end
end
assert(sim.contacts > 300, sim.contacts)
]])

local function run(words, environment)
  local list = { "run" }
  for word in words:gmatch "%S+" do list[#list + 1] = word end
  return process.run(list, { folder = folder, environment = environment, seconds = 300 })
end

describe("backend = \"vulkan\" #slow", function()
  if not process.exists(process.program) then return pending("the executable was not built: " .. process.program) end
  local known = json.decode(process.run({ "doctor", "--json" }, { folder = folder }).out)
  if not known.libraries.vulkan.there then return pending "this build has no Vulkan back end" end

  it("says what is missing, with exit code 5, at the script's line", function()
    process.write(folder .. "/asks.lua", "local barchan = require 'barchan'\n\nbarchan.simulation { backend = 'vulkan', "
      .. "domain = { lo = { 0, 0, 0 }, hi = { 1, 1, 1 } } }\n")
    local said = run("asks.lua", "BARCHAN_VULKAN_LOADER=/nowhere.so")
    assert.equal(5, said.code, said.err)
    has(said.err, "asks.lua:3: barchan.simulation: there is no Vulkan loader")
    said = run("asks.lua", "VK_ICD_FILENAMES=/nowhere.json VK_DRIVER_FILES=/nowhere.json")
    assert.equal(5, said.code, said.err)
    has(said.err, "is a driver installed?")
    said = run("packing.lua --device 1")
    assert.equal(1, said.code)
    has(said.err, 'device goes with backend = "vulkan"')
    assert.equal(2, run("packing.lua --backend opencl").code)
  end)

  if #known.devices == 0 then return end

  it("refuses a device that is not there", function()
    local said = run "packing.lua --backend vulkan --device 16"
    assert.equal(1, said.code, said.err)
    has(said.err, "packing.lua:3: barchan.simulation: there are")
  end)

  it("says what a law of the script needs, with exit code 5", function()
    process.write(folder .. "/law.lua", scene:gsub('sim:law%b()', 'sim:law { normal = "hertz", damping = "tsuji", tangential = "linear" }')
      :gsub("sim:pair%b()", "sim:pair(glass, glass, { restitution = 0.6, friction = 0.5 })")
      .. "sim:insert { x = { { 6*mm, 6*mm, 1*mm } }, radius = { mm }, material = glass }\nsim:run { steps = 20 }\nprint(sim:hash())\n")
    local said = run("law.lua --backend vulkan", "BARCHAN_GLSLANG=/nowhere XDG_CACHE_HOME=" .. folder .. "/cache")
    assert.equal(5, said.code, said.err)
    has(said.err, "law.lua:10: sim:run: backend = \"vulkan\" needs the law 'normal=hertz/damping=tsuji/tangential=linear'")
    has(said.err, "there is no '/nowhere' on PATH. Install glslang-tools")
    said = run("law.lua --backend vulkan", "BARCHAN_GLSLANG=/bin/false XDG_CACHE_HOME=" .. folder .. "/cache")
    assert.equal(5, said.code, said.err)
    has(said.err, "/bin/false ended with 1")
    local cpu = run "law.lua --quiet"
    for _ = 1, 2 do -- compiled, then from the cache; then what is damaged there is compiled anew
      assert.equal(cpu.out, run("law.lua --quiet --backend vulkan", "XDG_CACHE_HOME=" .. folder .. "/cache").out)
    end
    os.execute("for f in " .. process.quote(folder)
      .. "/cache/barchan/device-*.spv; do printf x | dd of=$f bs=1 seek=900 conv=notrunc 2>&-; done")
    assert.equal(cpu.out, run("law.lua --quiet --backend vulkan", "XDG_CACHE_HOME=" .. folder .. "/cache").out)
  end)

  it("runs kernels of particles, and says what they need", function()
    process.write(folder .. "/kernel.lua", scene .. [[
sim:insert { region = sim.box { lo = { 0, 0, 1*mm }, hi = { 12*mm, 12*mm, 26*mm } }, material = glass, radius = { 0.6*mm, 1.2*mm }, count = 100 }
sim:kernel { name = "drag", reads = { "v", "radius", "mass", "x", "time" },
  params = { eta = { 2e-3, "Pa s" }, wind = { { 1, 0, 0.5 }, "m/s" }, period = { 3e-3, "s" } },
  body = function(p, k)
    return 6 * math.pi * k.eta * p.radius * (k.wind * (1 + 0.5 * sin(2 * math.pi * p.time / k.period)) - p.v)
  end }
local brake = sim:kernel { name = "brake", reads = { "angular_velocity", "radius" }, params = { eta = { 2e-3, "Pa s" } }, adds = "torque",
  body = function(p, k) return -8 * math.pi * k.eta * p.radius * p.radius * p.radius * p.angular_velocity end }
for i = 1, 3 do
  sim:run { steps = 60 }
  if i == 2 then brake:remove() end
  print(sim.step, sim:hash())
end
]])
    local said = run("kernel.lua --backend vulkan", "BARCHAN_GLSLANG=/nowhere XDG_CACHE_HOME=" .. folder .. "/cache")
    assert.equal(5, said.code, said.err)
    has(said.err, "kernel.lua:18: sim:run: backend = \"vulkan\" needs the kernel 'drag' as a program for devices: there is no '/nowhere'")
    for _, precision in ipairs { "mixed", "double" } do
      local cpu = run("kernel.lua --quiet --precision " .. precision)
      assert.equal(0, cpu.code, cpu.err)
      local gpu = run("kernel.lua --quiet --backend vulkan --precision " .. precision, "XDG_CACHE_HOME=" .. folder .. "/cache")
      assert.equal(cpu.out, gpu.out, gpu.err)
    end
  end)

  it("runs functions of the script in the middle of steps and between them, on what the device has", function()
    process.write(folder .. "/hook.lua", scene .. [[
sim:insert { region = sim.box { lo = { 0, 0, 1*mm }, hi = { 12*mm, 12*mm, 26*mm } }, material = glass, radius = { 0.6*mm, 1.2*mm }, count = 100 }
local fz, vz, seen, sum = sim.force.z, sim.v.z, 0, 0
local function drag(s)
  seen = seen + 1
  for i = 1, s.count do fz[i] = fz[i] - 1e-3 * vz[i] + (s.x.z[i] > 20*mm and -1e-3 or 0) end
  if seen % 50 == 0 then sum = sum + s.force[7].x + s.torque.y[3] + s.angular_velocity[9].z + floor.force.z + s.radius[3] + #s.x end
  if seen % 37 == 0 then sum = sum + s.kinetic_energy + s:particle(5).v.x end -- the whole state, in the middle of a step
  if seen == 60 then
    local ok, message = pcall(function() s.x.z[1] = 0 end)
    assert(not ok and message:find("sim.x cannot be written in the middle of a step", 1, true), message)
    s.torque.ptr(s.torque)[1] = 1e-7
    ok, message = pcall(function() return s.v[sim.count + 1] end)
    assert(not ok and message:find("index 101 is out of range 1..100", 1, true), message)
  end
end
for k = 1, 4 do
  sim:run { steps = 50, each_step = drag }
  if k == 2 then
    for i = 1, sim.count, 7 do vz[i], sim.x.x[i] = vz[i] + 0.01, sim.x.x[i] + 1e-4*mm end
  elseif k == 3 then
    sim:insert { x = { { 6*mm, 6*mm, 35*mm } }, radius = { mm }, material = glass }
    sim:remove { ids = { 17, 44 } }
  end
  sim:run { steps = 40, every = 8 * sim.dt, call = function(s)
    sum = sum + s.x[3].y
    if k == 2 then s.v:set(4, 0.1, 0.2, -0.3) end
    if k == 3 then sum = sum + s.kinetic_energy end
  end, until_ = function(s) return s.v.z[1] > 1e3 end }
  print(sim.step, sim.count, ("%.17g %.17g %.17g"):format(sum, vz[5], floor.force.z), k % 2 == 0 and sim:hash())
end
sim:run { steps = 5, each_step = function(s) s.force.x[3] = 1 / 0 end }
]])
    local cpu, gpu = run "hook.lua --quiet", run "hook.lua --quiet --backend vulkan"
    assert.equal(3, cpu.code, cpu.err)
    assert.equal(cpu.out, gpu.out)
    assert.equal(cpu.err, gpu.err)
  end)

  it("gives the processor's bits, also from and to its checkpoints", function()
    local cpu
    for _, precision in ipairs { "double", "mixed" } do
      cpu = run("packing.lua --quiet --precision " .. precision)
      local gpu = run("packing.lua --quiet --backend vulkan --precision " .. precision)
      assert.equal(0, cpu.code, cpu.err)
      assert.equal(0, gpu.code, gpu.err)
      assert.equal(cpu.out, gpu.out)
    end
    for _, pair in ipairs { { "", "--backend vulkan" }, { "--backend vulkan", "" } } do
      os.execute("rm -f " .. process.quote(folder) .. "/run.chk*")
      local first = run("packing.lua --quiet --set checkpoint=true --set every=4e-3 --set stop=5e-3 " .. pair[1])
      assert.equal(0, first.code, first.err)
      local second = run("packing.lua --quiet --set checkpoint=true --set every=4e-3 --resume " .. pair[2])
      assert.equal(0, second.code, second.err)
      assert.equal(cpu.out:match "[^\n]+\n$", second.out:match "[^\n]+\n$")
    end
  end)

  it("runs on the device that is named by its number, and a recipe of the laboratory", function()
    process.write(folder .. "/named.lua", scene:gsub("backend = set.backend", "backend = set.backend, device = tonumber(set.device)") .. [[
sim:insert { x = { { 6*mm, 6*mm, 0.99*mm }, { 6*mm, 7*mm, 3*mm } }, material = glass, radius = mm }
sim:run { steps = 20 }
print(sim:hash())
if set.recipe then
  print(barchan.lab.bulk_density { grains = 50, repeats = 1, radius = 1e-3, young = 2e4, density = 1500, simulation = { backend = set.backend,
    precision = "mixed", threads = 1 } }.value)
end
]])
    local cpu = run "named.lua --quiet --set recipe=true"
    assert.equal(0, cpu.code, cpu.err)
    local first = cpu.out:match "^[^\n]*\n"
    assert.equal(first, run("named.lua --quiet --set backend=vulkan --set device=1").out)
    assert.equal(cpu.out, run("named.lua --quiet --backend vulkan --device 1 --set backend=vulkan --set recipe=true").out)
    local said = process.run({ "check", "named.lua", "--backend", "vulkan", "--device", "1" }, { folder = folder })
    assert.equal(0, said.code, said.out .. said.err)
    said = process.run({ "check", "named.lua", "--backend", "vulkan", "--device", "16" }, { folder = folder })
    assert.equal(1, said.code)
    has(said.err, "there are")
  end)

  -- 139 bytes of state, 64 of forces, at least 12 more and an entry of 28 with its history for some of the particles: 200 and
  -- more, less than 1000 with what small buffers are rounded up to
  it("says how much memory it takes there", function()
    local function told(text, what) return tonumber((text:match("on a device +([%d.]+) " .. what))) end
    local said = run "packing.lua --backend vulkan --profile"
    local bytes = told(said.err, "bytes per particle, [%d.]+ MB at most\n")
    assert.is_true(bytes and bytes > 215 and bytes < 1000, said.err)
    has(run "packing.lua --backend vulkan".err, " MB on a device)")
    assert.is_nil(told(run "packing.lua --profile".err, "bytes"))
    said = process.run({ "check", "packing.lua", "--backend", "vulkan" }, { folder = folder, seconds = 300 })
    local megabytes = told(said.out, "MB, %d+ bytes per particle\n")
    assert.is_true(megabytes and megabytes > 215e-6 * 300 and megabytes < 1000e-6 * 300, said.out .. said.err)
  end)

  it("goes on from the processor's checkpoints, and the processor from its own, with all sub-models", function()
    for script, stop in pairs { ["device_parts.lua"] = "6.2e-3", ["device_cell.lua"] = "3.4e-3" } do
      local path = process.source .. "tests/determinism/" .. script
      local whole = run(path .. " --quiet")
      assert.equal(0, whole.code, whole.err)
      for _, pair in ipairs { { "", "--backend vulkan" }, { "--backend vulkan", "" } } do
        os.execute("rm -f " .. process.quote(folder) .. "/parts.chk*")
        local first = run(path .. " --quiet --set every=1e-3 --set stop=" .. stop .. " " .. pair[1])
        assert.equal(0, first.code, first.err)
        assert.equal("", first.out)
        local second = run(path .. " --quiet --set every=1e-3 --resume " .. pair[2])
        assert.equal(0, second.code, second.err)
        has(second.err, "going on from 'parts.chk")
        assert.equal(whole.out, second.out)
      end
    end
  end)

  it("gives the processor's bits on several ranks, each with a device", function()
    if not ranks.mpirun then return pending "built without MPI" end
    local folder_of_scenes = process.source .. "tests/determinism/"
    local path
    local function shared(count, words)
      local list = { "run", path, "--quiet", "--threads", "1" }
      for word in words:gmatch "%S+" do list[#list + 1] = word end
      return ranks.run(count, list, { folder = folder, seconds = 300 })
    end
    for _, case in ipairs { { 2, "ranks", "--precision mixed" }, { 3, "ranks", "--precision double --set cut=slabs --set book=1" },
      { 2, "cell", "--precision double" }, { 3, "cell", "" }, { 2, "apart", "" } } do
      path = folder_of_scenes .. "device_" .. case[2] .. ".lua"
      local cpu, gpu = run(path .. " --quiet " .. case[3]), shared(case[1], case[3] .. " --backend vulkan")
      assert.equal(0, cpu.code, cpu.err)
      assert.equal(0, gpu.code, gpu.err)
      assert.equal(cpu.out, gpu.out)
      assert.equal(cpu.err:match "warning[^\n]+", gpu.err:match "warning[^\n]+") -- of an overlap
      local _, told = gpu.err:gsub("warning: energy_book on several ranks: the processors do the steps of each_step, not the devices\n", "")
      assert.equal(case[3]:find "book" and 1 or 0, told, gpu.err)
    end
    path = folder_of_scenes .. "device_ranks.lua"
    local cpu = run(path .. " --quiet --set limit=0.21")
    local gpu = shared(2, "--set limit=0.21 --backend vulkan")
    assert.equal(3, cpu.code, cpu.err)
    assert.equal(3, gpu.code, gpu.err)
    assert.equal(cpu.err:match "overlap by[^\n]+", gpu.err:match "overlap by[^\n]+")
    os.execute("rm -f " .. process.quote(folder) .. "/ranks.chk*") -- from two ranks with devices to one without
    assert.equal(0, shared(2, "--set every=1e-3 --set stop=4e-3 --backend vulkan").code)
    local whole, rest = run(path .. " --quiet"), run(path .. " --quiet --set every=1e-3 --resume")
    assert.equal(0, rest.code, rest.err)
    has(rest.err, "going on from 'ranks.chk")
    assert.equal(whole.out:match "[^\n]+\n$", rest.out:match "[^\n]+\n$")
  end)
end)
