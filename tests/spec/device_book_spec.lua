-- device_book_spec.lua -- the energy book of runs on a device: every number of sim:energies() has the processor's bits, with free bodies,
-- functions of the script in the middle of steps, tilted cells, from and to checkpoints, and where the device is lost. #slow
-- With meshes, servos, bonds that break, streams and outlets: device.scenes_parts_*; with each sub-model: determinism_models_spec.lua;
-- on several ranks: device_spec.lua.
local process = require "tools.process"
local expect = require "tools.expect"
local json = require "barchan.json"

local folder, count = process.folder "device_book", 0
local scene = [[
local barchan = require "barchan"
local mm, set = barchan.units.mm, barchan.set
local json = require "barchan.json"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 10*mm, 10*mm, 30*mm }, periodic = "xy" }, gravity = { 30, 0, -300 },
  seed = 2, energy_book = true }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law("hertz_mindlin", { rolling = "epsd" })
sim:pair(glass, glass, { restitution = 0.6, friction = 0.5, rolling_friction = 0.05 })
sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
sim:insert { region = sim.box { lo = { 0, 0, 0.5*mm }, hi = { 10*mm, 10*mm, 10*mm } }, material = glass, radius = { 0.6*mm, 1*mm },
  count = 100 }
sim:kernel { reads = { "v" }, params = { drag = { 1e-4, "N s/m" } }, body = function(p, k) return -k.drag * p.v end }
sim:checkpoint { file = "book.chk", every = 1e-3 }
local ball = sim:sphere { center = { 5*mm, 5*mm, 13*mm }, radius = 2*mm, material = glass }
ball:free { velocity = { 0, 0, -1 } }
local function push(s)
  for i = 1, s.count do s.force.x[i] = s.force.x[i] - 1e-3 * s.v.x[i] end
  if s.step % 7 == 0 then s.force.z[1] = s.force.z[1] + 1e-3 * s.max_overlap end -- asks for the state of all
end
for run = 1, 3 do
  sim:run { time = 1.5e-3, each_step = run == 2 and push or nil }
  print(sim.step, sim:hash(), ball.position.z, sim.contacts, json.encode(sim:energies()))
  if set.stop == run then os.exit(0) end
  sim.v[3] = { 0.1, 0, 0 }
end
local e = sim:energies()
assert(e.hook_work ~= 0 and e.wall_work ~= 0 and e.script ~= 0 and e.parts.rolling.dissipated > 0)
]]
local tilted = [[
local barchan = require "barchan"
local mm = barchan.units.mm
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 8*mm, 8*mm, 16*mm }, periodic = "xy", tilt = { 2*mm, 0, 0 } },
  gravity = { 100, 50, -300 }, precision = "double", energy_book = true }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.6, friction = 0.5 })
sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
sim:insert { region = sim.box { lo = { 0, 0, 0.5*mm }, hi = { 8*mm, 8*mm, 10*mm } }, material = glass, radius = { 0.6*mm, 1*mm }, count = 90 }
sim:run { time = 5e-3 }
assert(sim.contacts > 50)
print(sim.step, sim:hash(), require("barchan.json").encode(sim:energies()))
]]
-- The sums hold energies down to a part of force_scale, so that this one's gravity is too much for them.
local heavy = [[
local barchan = require "barchan"
local mm = barchan.units.mm
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 1, 1, 1 } }, gravity = { 0, 0, -9.81 }, dt = 1e-4, force_scale = 1e-9,
  energy_book = true }
local lead = sim:material { name = "lead", young = 1e7, poisson = 0.25, density = 1e9 }
sim:law "hertz_mindlin"
sim:pair(lead, lead, { restitution = 0.6, friction = 0.5 })
sim:insert { material = lead, x = { { 0.5, 0.5, 0.9 } }, radius = 5*mm }
sim:run { time = 0.3 }
]]

local function new_folder()
  count = count + 1
  local path = folder .. "/" .. count
  os.execute("mkdir -p " .. process.quote(path))
  return path
end

local function run(text, words, fault, at)
  at = at or new_folder()
  process.write(at .. "/book.lua", text)
  local list = { "run", "book.lua", "--quiet", "--threads", "2" }
  for word in words:gmatch "%S+" do list[#list + 1] = word end
  local environment
  if fault then
    environment = ("BARCHAN_VULKAN_LOADER=%s FAULTY_VULKAN=%s"):format(process.quote(process.faulty_vulkan), fault)
  end
  return process.run(list, { folder = at, seconds = 300, environment = environment })
end

local function answer(...)
  local said = run(...)
  assert.equal(0, said.code, said.err)
  return said.out, said.err
end

describe("the energy book on a device #slow", function()
  if not process.exists(process.program) then return pending("the executable was not built: " .. process.program) end
  local known = json.decode(process.run({ "doctor", "--json" }, { folder = folder }).out)
  if not known.libraries.vulkan.there or #known.devices == 0 then return pending "no device" end
  local processor = answer(scene, "")

  it("is that of the processor, with free bodies, functions of the script, and where the device is lost", function()
    local said, err = answer(scene, "--backend vulkan")
    assert.equal(processor, said)
    expect.lacks(err, "processor")
    said, err = answer(scene, "--backend vulkan", "lose=120,600")
    assert.equal(processor, said)
    expect.has(err, "was lost; the run goes on from step")
  end)

  it("goes on from a checkpoint of the processor, and the processor from its own", function()
    for _, way in ipairs { { "", "--backend vulkan" }, { "--backend vulkan", "" } } do
      local at = new_folder()
      local first = answer(scene, "--set stop=2 " .. way[1], nil, at)
      local rest = answer(scene, "--resume " .. way[2], nil, at)
      assert.equal(processor:sub(1, #first), first)
      assert.equal(processor:match "[^\n]+\n$", rest:match "[^\n]+\n$")
    end
  end)

  it("goes on from where a device is given up in a step with a function of the script", function()
    local hooked, at = scene:gsub("run == 2 and push or nil", "push"), new_folder()
    local said = run(hooked, "--backend vulkan", "lose=300,open=2+", at)
    assert.equal(5, said.code, said.err)
    expect.has(said.err, "--resume goes on from 'book.chk.1'")
    assert.equal(answer(hooked, ""):match "[^\n]+\n$", answer(hooked, "--resume", nil, at):match "[^\n]+\n$")
  end)

  it("is that of the processor in a tilted cell", function()
    assert.equal(answer(tilted, ""), (answer(tilted, "--backend vulkan")))
  end)

  it("says what leaves its range, at the processor's step", function()
    local words = {}
    for k, way in ipairs { "", "--backend vulkan" } do
      local said = run(heavy, way)
      assert.equal(3, said.code, said.err)
      words[k] = said.err:match "a power or a sum in the energy book is not a number or out of range at step %d+: [^\n%[]+"
      assert.is_truthy(words[k], said.err)
    end
    assert.equal(words[1], words[2])
  end)
end)
