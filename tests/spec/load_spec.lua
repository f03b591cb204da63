-- load_spec.lua -- barchan.load: a script goes on from another script's checkpoint. All of the state is there: the end has the hash that the
-- first script's own end has; what no file can hold is asked for at the script's line.
local expect = require "tools.expect"
local process = require "tools.process"
local has = expect.has

local function run(folder, script, ...)
  return process.run({ "run", script, "--quiet", ... }, { folder = folder, seconds = 600 })
end

-- The law and the kernel of a script, for both scripts.
local functions = [[
local barchan = require "barchan"
local own = barchan.contact_law {
  name = "own_spring",
  material = { young = "Pa" },
  pair = { friction = { "1", 0 } },
  derive = function(a, b, pair) return { k = 2e-3 * a.young * b.young / (a.young + b.young), mu = pair.friction } end,
  coefficients = { k = "N/m", mu = "1" },
  history = { slip = barchan.vec3 "m" },
  force = function(c, k, h)
    local vn = dot(c.v, c.n)
    local fn = max(k.k * c.overlap - 0.1 * sqrt(k.k * c.m) * vn, 0)
    local slip = rotate_into_plane(h.slip, c.n) + (c.v - vn * c.n) * c.dt
    local ft = -0.5 * k.k * slip
    local limit, size = k.mu * fn, norm(ft)
    if size > limit then
      ft = ft * (limit / size)
      slip = ft / (-0.5 * k.k)
    end
    h.slip = slip
    return fn * c.n + ft
  end,
}
local function drag(c)
  return { name = "drag", reads = { "v" }, adds = "force", params = { c = { c or 1e-4, "N s/m" } },
    body = function(particle, p) return -p.c * particle.v end }
end
local function shake(t) return { 0, 0, 1e-3 * math.sin(300 * t) } end
]]

local first = functions .. [[
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.2 } }, seed = 9, PRECISION }
local glass = sim:material { name = "glass", young = 5e6, poisson = 0.25, density = 2500 }
local steel = sim:material { name = "steel", young = 5e7, poisson = 0.3, density = 7800 }
sim:field { name = "charge", unit = "C", default = 1 }
sim:law(own)
sim:pair(glass, glass, { friction = 0.4 })
sim:pair(glass, steel, { friction = 0.3 })
sim:checkpoint { file = "first.chk", every = 0.005 }
sim:box { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.2 }, side = "inside", material = steel, name = "box" }
local lid = sim:disc { center = { 0.05, 0.05, 0.1 }, normal = { 0, 0, -1 }, radius = 0.03, material = steel, name = "lid" }
lid:servo { axis = { 0, 0, 1 }, force = -0.01, mass = 1e-3, damping = 0.05, lower = -0.05, upper = 0.01 }
local paddle = sim:plane { point = { 0, 0, 0.01 }, normal = { 0, 0, 1 }, material = steel, name = "shaker" }
paddle:follow { call = shake }
sim:plane { point = { 0, 0, 0.001 }, normal = { 0, 0, 1 }, material = steel, name = "gone" }:remove()
local ball = sim:sphere { center = { 0.08, 0.08, 0.05 }, radius = 0.01, side = "outside", material = steel, name = "ball" }
ball:free { density = 900 }
local old = sim:kernel { name = "old", reads = { "v" }, adds = "force", body = function(p) return quantity(1e-9, "N s/m") * p.v end }
sim:kernel(drag())
old:remove()
sim:insert { region = sim.box { lo = { 0.01, 0.01, 0.02 }, hi = { 0.09, 0.09, 0.06 } }, count = 120, radius = { 3e-3, 4e-3 }, material = glass }
sim:bond { within = 5e-4, young = 1e6, poisson = 0.2, tensile_strength = 1e5, shear_strength = 1e5, radius_factor = 0.8, damping = 0.1 }
sim:insert { region = sim.box { lo = { 0.02, 0.02, 0.15 }, hi = { 0.08, 0.08, 0.18 } }, rate = 2000, radius = 3e-3, material = glass,
  name = "rain", velocity = { 0, 0, -1 } }
sim:outlet { box = { lo = { 0, 0, 0 }, hi = { 0.02, 0.1, 0.2 } }, name = "sink" }
sim:meter { point = { 0, 0, 0.08 }, normal = { 0, 0, 1 }, name = "gate" }
sim.state = { calls = 0, list = { 1, 2, { deep = true } } }
sim:run { time = END or 0.02, every = 1e-3, call = function(s) s.state.calls = s.state.calls + 1 end }
print(sim:hash(), sim.step)
]]

local second = functions .. [[
local sim, scene = barchan.load("first.chk.1", { laws = { own }, kernels = { drag() }, threads = 2 })
assert(sim.time > 0.014 and sim.time < 0.016 and sim.state.calls == 15 and sim.state.list[3].deep)
assert(scene.walls.box == scene.walls[1] and scene.walls.lid.shape == "disc" and scene.walls.ball.mass > 0)
assert(scene.materials.glass.density == 2500 and scene.pairs["steel-glass"].friction == 0.3 and scene.law.name:find "own_spring")
assert(scene.streams.rain.count > 10 and scene.outlets.sink.count == sim.removed and scene.meters.gate.count >= 0)
assert(scene.bonds[1].made > 3 and #sim.charge == sim.count)
assert(not pcall(function() return scene.walls.gone end))
assert(select(2, pcall(function() return scene.walls.bal end)):find("did you mean 'ball'", 1, true))
MORE
scene.walls.shaker:follow { call = shake }
sim:run { time = 0.02 - sim.time, every = 1e-3, call = function(s) s.state.calls = s.state.calls + 1 end }
print(sim:hash(), sim.step)
]]

-- gsub without patterns in the replacement
local function with(text, name, value) return (text:gsub(name, (value:gsub("%%", "%%%%")))) end

describe("barchan.load #slow #determinism", function()
  local folder = process.folder "load"

  it("goes on to the end that the script itself comes to", function()
    for _, precision in ipairs { "precision = 'mixed'", "precision = 'double', energy_book = false, gravity = { 1, 0, -9.81 }" } do
      process.write(folder .. "/first.lua", with(with(first, "PRECISION", precision), "END", "nil"))
      process.write(folder .. "/second.lua", with(second, "MORE", ""))
      local whole = run(folder, "first.lua", "--threads", "1")
      assert.equal(0, whole.code, whole.err)
      local rest = run(folder, "second.lua", "--threads", "3")
      assert.equal(0, rest.code, rest.err)
      assert.equal(whole.out, rest.out)
      local resumed = run(folder, "first.lua", "--resume", "--threads", "2")
      assert.equal(0, resumed.code, resumed.err)
      assert.equal(whole.out, resumed.out)
    end
  end)

  it("goes on in another way, whose own checkpoints are resumed", function()
    process.write(folder .. "/first.lua", with(with(first, "PRECISION", ""), "END", "nil"))
    assert.equal(0, run(folder, "first.lua").code)
    process.write(folder .. "/second.lua", with(second, "MORE", [[
sim:checkpoint { file = "second.chk", every = 0.001 }
sim:output { file = "second.vtkhdf", every = 1e-3 }
sim.gravity = { 0, 0, -20 }
scene.streams.rain:remove()
sim:insert { x = { { 0.05, 0.05, 0.195 } }, radius = 2e-3, material = scene.materials.glass }
scene.walls.lid:halt()
if not io.open("done", "rb") then
  local run = sim.run
  io.open("done", "wb"):close()
  scene.walls.shaker:follow { call = shake }
  run(sim, { time = 0.02 - sim.time, every = 1e-3, call = function(s)
    s.state.calls = s.state.calls + 1
    if s.step > 0 and s.time > 0.0177 then require("barchan.native").core.raise_signal(9) end
  end })
end]]))
    os.remove(folder .. "/done")
    assert.equal(137, run(folder, "second.lua").code)
    local resumed = run(folder, "second.lua", "--resume")
    assert.equal(0, resumed.code, resumed.err)
    has(resumed.err, "going on from 'second.chk.")
    for _, name in ipairs { "second.chk.1", "second.chk.2" } do os.remove(folder .. "/" .. name) end
    local whole = run(folder, "second.lua")
    assert.equal(0, whole.code, whole.err)
    assert.equal(whole.out, resumed.out)
  end)

  it("asks for what no file can hold, at the script's line", function()
    process.write(folder .. "/first.lua", with(with(first, "PRECISION", ""), "END", "0.011"))
    assert.equal(0, run(folder, "first.lua").code)
    local count = select(2, functions:gsub("\n", "")) + 1
    for _, case in ipairs {
      { 'barchan.load "first.chk.1"', "its contact law 'own_spring' was made by the script" },
      { 'barchan.load("first.chk.1", { laws = { own } })', "its kernel 'drag' was a function of the script" },
      { 'barchan.load("first.chk.1", { laws = { own }, kernels = { drag(2e-4) } }):close()', nil }, -- a parameter is no part of its C
      { 'barchan.load("first.chk.1", { laws = { { name = "own_spring" } }, kernels = { drag() } })', "sim:law" },
      { 'barchan.load("first.chk.1", { laws = { own }, kernels = { { name = "drag", reads = { "v" }, adds = "force", '
        .. 'body = function(p) return quantity(-1e-4, "N s/m") * p.v end } } })', "the kernel 'drag' that the script hands over is another" },
      { 'barchan.load("first.chk.1", { laws = { own }, kernels = { drag() } }):run { time = 1e-3 }',
        "a plane of steel followed a function of the script" },
      { 'barchan.load("first.chk.1", { laws = { own }, kernels = { drag() } }):checkpoint { file = "first.chk", every = 1 }',
        "it would be written over 'first.chk.1'" },
      { 'barchan.load("first.lua")', "'first.lua' is no checkpoint of this program" },
      { 'barchan.load("nothing.chk.1")', "cannot read 'nothing.chk.1'" },
      { 'barchan.load {}', "file must be a text" },
      { 'barchan.load("first.chk.1", { law = {} })', "unknown key 'law'; did you mean 'laws'?" },
    } do
      process.write(folder .. "/asks.lua", functions .. case[1] .. "\n")
      local r = run(folder, "asks.lua")
      if case[2] then
        assert.is_true(r.code == 1 or r.code == 4, r.out .. r.err)
        has(r.err, ("asks.lua:%d: "):format(count))
        has(r.err, case[2])
      else
        assert.equal(0, r.code, r.err)
      end
    end
    -- another law of the same name
    process.write(folder .. "/asks.lua", with(functions, "0%.1 %* sqrt", "0.2 * sqrt")
      .. 'barchan.load("first.chk.1", { laws = { own }, kernels = { drag() } })\n')
    has(run(folder, "asks.lua").err, "the law 'own_spring' that the script hands over is another one")
  end)

  it("refuses a name that is taken", function()
    process.write(folder .. "/name.lua", functions .. [[
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.2 } } }
local glass = sim:material { name = "glass", young = 5e6, poisson = 0.25, density = 2500 }
for _ = 1, 2 do sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass, name = "floor" } end
]])
    has(run(folder, "name.lua").err, "sim:plane: name = 'floor' is taken by another of the walls")
  end)
end)
