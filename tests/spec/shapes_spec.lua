-- shapes_spec.lua -- checkpoints whose checksum is right and whose script's part is not what a script has written: each is refused in words
-- or goes on; none ends in an error of our own Lua.
local expect = require "tools.expect"
local process = require "tools.process"
local barchan = require "barchan"
local checkpoint = require "barchan.checkpoint"
local plain = require "barchan.plain"
local shapes = require "barchan.shapes"
local simulation = require "barchan.simulation"

-- A scene with a bit of everything that a script keeps.
local scene = [[
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.2 } }, seed = 9, threads = 1, dt = 2e-5, energy_book = true }
local glass = sim:material { name = "glass", young = 5e6, poisson = 0.25, density = 2500 }
sim:field { name = "charge", unit = "C", default = 1 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { friction = 0.4, restitution = 0.7 })
sim:checkpoint { file = FILE, every = 0.004 }
sim:box { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.2 }, side = "inside", material = glass, name = "box" }
local lid = sim:disc { center = { 0.05, 0.05, 0.1 }, normal = { 0, 0, -1 }, radius = 0.03, material = glass }
lid:servo { axis = { 0, 0, 1 }, force = -0.01, mass = 1e-3, damping = 0.05, lower = -0.05, upper = 0.01 }
local shaker = sim:plane { point = { 0, 0, 0.01 }, normal = { 0, 0, 1 }, material = glass, name = "shaker" }
shaker:follow { call = function(t) return { 0, 0, 1e-3 * math.sin(300 * t) } end }
sim:insert { region = sim.box { lo = { 0.01, 0.01, 0.02 }, hi = { 0.09, 0.09, 0.06 } }, count = 20, radius = { 3e-3, 4e-3 }, material = glass }
sim:bond { within = 2e-3, young = 1e6, poisson = 0.2, tensile_strength = 1e5, shear_strength = 1e5, radius_factor = 0.8, damping = 0.1 }
sim:insert { region = sim.box { lo = { 0.02, 0.02, 0.15 }, hi = { 0.08, 0.08, 0.18 } }, rate = 2000, radius = 3e-3, material = glass,
  name = "rain", velocity = { 0, 0, -1 } }
local sink = sim:outlet { box = { lo = { 0, 0, 0 }, hi = { 0.02, 0.1, 0.2 } }, name = "sink" }
sim:output { file = DIR .. "a.vtkhdf", every = 0.002, contacts = true }
sim:series { file = DIR .. "a.pvd", every = 0.004 }
sim:log { file = DIR .. "a.csv", every = 1e-3, columns = { "time" } }
sim.state = { calls = 0, list = { 1, 2, { deep = true } } }
local function call(s) s.state.calls = s.state.calls + 1 + 0 * math.random() end
sim:run { time = 0.003, every = 1e-3, call = call }
print(sim.count, sink.count, sim:packing {}.fraction)
sim:insert { x = { { 0.05, 0.05, 0.195 } }, radius = 2e-3, material = glass }
sim:run { time = 0.003, every = 1e-3, call = AT or call }
]]

local folder = process.folder "shapes"
process.write(folder .. "/scene.lua", "local FILE, DIR, AT = 'a.chk', ''\n" .. scene)

-- Runs the scene here; at(sim) at the step of its end.
local function play(at)
  local chunk = loadstring("local FILE, DIR, AT, print = ...\n" .. scene, "@scene.lua")
  chunk(folder .. "/here.chk", folder .. "/", at, function() end)
end

-- Everything that a value holds: { path, text of it }.
local function places(t, path, text, list)
  local keys = {}
  for key in pairs(t) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  for _, key in ipairs(keys) do
    local here = { unpack(path) }
    here[#here + 1] = key
    list[#list + 1] = { here, text .. "." .. tostring(key) }
    if type(t[key]) == "table" then places(t[key], here, text .. "." .. tostring(key), list) end
  end
  return list
end

local function changed(base, path, value)
  local copy = plain.decode(plain.encode(base))
  local at = copy
  for i = 1, #path - 1 do at = at[path[i]] end
  at[path[#path]] = value
  return copy
end

local others = { "text", -1, 1e300, 0 / 0, true, {}, { "a", { b = 1 } }, 1.5, 3 }
others[0] = nil -- and nothing at all

-- What no message for a user has in it.
local function foreign(text)
  for _, part in ipairs { "attempt to", "bad argument", "cannot convert", "share/lua", "bindings/barchan", "stack overflow" } do
    if text:find(part, 1, true) then return true end
  end
end

describe("the script's part of a checkpoint #slow", function()
  local base, cases = nil, {}

  setup(function()
    play(function(sim)
      local s = simulation.state(sim)
      if base or sim.step < 300 then return end
      local encode, wanted = plain.encode, nil
      rawset(plain, "encode", function(value, what)
        if what ~= "the checkpoint" then return encode(value, what) end
        base = base or plain.decode(encode(value, what))
        return encode(wanted or value, what)
      end)
      s.checkpoint.file = folder .. "/whole.chk"
      checkpoint.write(s, true, true)
      local number = 0
      for _, place in ipairs(places(base, {}, "", {})) do
        for i = 0, #others do
          number = number + 1
          if number % 61 == 7 then
            wanted = changed(base, place[1], others[i])
            local at = folder .. "/" .. #cases
            os.execute("mkdir -p " .. at)
            s.checkpoint.file, s.checkpoint.next = at .. "/a.chk", 1
            checkpoint.write(s, true, true)
            cases[#cases + 1] = { at = at, what = ("%s <- %s"):format(place[2], tostring(others[i])) }
          end
        end
      end
      rawset(plain, "encode", encode)
    end)
  end)

  it("has the shape that is asked for", function()
    assert.is_nil(shapes.problem(base))
    assert.is_true(#cases > 50)
    for _, place in ipairs { { "lua", "walls", 1, "shape" }, { "run", "own", 1 }, { "entries", 1, "name" }, { "setup" },
      { "lua", "random", "calls" }, { "lua", "outputs", 1, "at", "particles", "steps" }, { "checkpoint", "k" } } do
      expect.has(shapes.problem(changed(base, place, { "what" })), tostring(place[#place]))
    end
    expect.has(shapes.problem(changed(base, { "setup" }, 1e6)), "there are")
    expect.has(shapes.problem(changed(base, { "lua", "walls", 2, "material" }, 7)), "material")
    expect.has(shapes.problem(changed(base, { "run", "start" }, 1e6)), "begins after its end")
  end)

  it("is refused by --resume in words, or goes on", function()
    local refused = 0
    for i, case in ipairs(cases) do
      if i % 2 == 0 then
        os.execute(("cp %s/a.* %s/a-* %s/a_* %s 2>/dev/null"):format(folder, folder, folder, case.at))
        local r = process.run({ "run", "../scene.lua", "--quiet", "--resume" }, { folder = case.at, seconds = 60 })
        if foreign(r.err) or not (r.code == 0 or r.code == 1 or r.code == 4) then
          error(("%s: code %s: %s"):format(case.what, tostring(r.code), r.err))
        end
        refused = refused + (r.code == 0 and 0 or 1)
      end
    end
    assert.is_true(refused > 10)
  end)

  it("is refused by barchan.load and told by barchan info", function()
    local info = require "barchan.info"
    for _, case in ipairs(cases) do
      local path = case.at .. "/a.chk.1"
      local ok, result = pcall(function()
        local sim = barchan.load(path, { threads = 1 })
        sim:close()
      end)
      if not ok and foreign(tostring(result)) then error(case.what .. ": " .. tostring(result)) end
      local told = info.of(path)
      assert.equal("checkpoint", told.kind)
      if ok then assert.is_true(told.good, case.what .. ": " .. tostring(told.problem)) end
      if told.problem then assert.is_falsy(foreign(told.problem), case.what .. ": " .. told.problem) end
    end
  end)
end)
