-- api_spec.lua -- the Lua API: argument checks and their messages, field views, events, closing, files, the command line.
local barchan = require "barchan"
local ffi = require "ffi"
local expect = require "tools.expect"
local failure, has = expect.failure, expect.has

local function here() return "api_spec.lua:" .. debug.getinfo(2, "l").currentline .. ": " end

local function scratch(name) return os.tmpname() .. name end

local function new(options)
  local o = { domain = { lo = { -1, -1, -1 }, hi = { 1, 1, 1 } }, threads = 1 }
  for key, value in pairs(options or {}) do o[key] = value end
  return barchan.simulation(o)
end

-- A simulation with glass particles and a steel floor, and what is in it.
local function scene(options)
  local sim = new(options)
  local glass = sim:material { name = "glass", young = 5e7, poisson = 0.25, density = 2500 }
  local steel = sim:material { name = "steel", young = 2e8, poisson = 0.3, density = 7800 }
  sim:law "hertz_mindlin"
  sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
  sim:pair(glass, steel, { restitution = 0.6, friction = 0.3 })
  local floor = sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = steel }
  return sim, glass, steel, floor
end

describe("an error", function()
  local sim, glass, steel, floor
  before_each(function() sim, glass, steel, floor = scene() end)
  after_each(function() sim:close() end)

  it("names the script's line, also through helpers", function()
    local line
    local function helper() line = here() sim:plane { point = { 0, 0, 0 } } end
    has(failure(helper), line .. "sim:plane: normal is missing")
  end)

  it("tells the nearest key", function()
    has(failure(function() sim:plane { pint = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = steel } end),
      "sim:plane: unknown key 'pint'; did you mean 'point'?")
    has(failure(function() new { precison = "double" } end), "did you mean 'precision'?")
    has(failure(function() sim:pair(glass, glass, { restituton = 1, friction = 0 }) end), "did you mean 'restitution'?")
    has(failure(function() sim:material { name = "x", yung = 1, density = 1 } end), "did you mean 'young'?")
    has(failure(function() sim:run { tme = 1 } end), "did you mean 'time'?")
  end)

  it("tells the nearest name of a method, a field, a property, a unit", function()
    has(failure(function() return sim.kinetic_enrgy end), "did you mean 'kinetic_energy'?")
    has(failure(function() return sim.radus end), "did you mean 'radius'?")
    has(failure(function() sim:insrt {} end), "did you mean 'insert'?")
    has(failure(function() return sim.velocity end), "did you mean 'v'?")
    has(failure(function() return sim.positions end), "did you mean 'x'?")
    has(failure(function() return barchan.units.mmm end), "did you mean 'mm'?")
    has(failure(function() return floor.forc end), "did you mean 'force'?")
    has(failure(function() return barchan.simulate end), "did you mean 'simulation'?")
  end)

  it("gives value, unit and range", function()
    has(failure(function() sim:insert { x = { 0, 0, 0.1 }, radius = -1e-3, material = glass } end),
      "sim:insert: radius must be > 0 m, got -0.001 m")
    has(failure(function() sim:insert { x = { 0, 0, 0 / 0 }, radius = 1e-3, material = glass } end),
      "x[3] must be a finite number [m], got nan")
    has(failure(function() sim:material { name = "x", young = 0, poisson = 0.2, density = 1 } end), "young must be > 0 Pa, got 0 Pa")
    has(failure(function() sim:material { name = "x", density = "heavy" } end), "density must be a number [kg/m^3], got 'heavy'")
    has(failure(function() sim:pair(glass, glass, { restitution = 1.5, friction = 0 }) end), "between 0 and 1, got 1.5")
    has(failure(function() sim:run { time = -1 } end), "time must be > 0 s, got -1 s")
    has(failure(function() sim:run { steps = 1.5 } end), "steps must be a whole number, got 1.5")
    has(failure(function() new { precision = "single" } end), "precision must be one of 'mixed', 'double', got 'single'")
    has(failure(function() sim:plane { point = { 0, 0 }, normal = { 0, 0, 1 }, material = steel } end),
      "point must be a vector of three numbers [m]")
    has(failure(function() sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 0 }, material = steel } end),
      "normal must have a direction")
  end)

  it("comes for what is missing, twice or out of place", function()
    has(failure(function() sim:run {} end), "sim:run: give one of time, steps")
    has(failure(function() sim:run { time = 1, steps = 1 } end), "time and steps exclude each other")
    has(failure(function() sim:run { time = 1, call = print } end), "every is missing")
    has(failure(function() sim:run { time = 1, every = 1 } end), "every goes with call or until_")
    has(failure(function() sim:material { name = "glass", density = 1 } end), "there is a material 'glass' already")
    has(failure(function() sim:insert { radius = 1e-3, count = 2, material = glass } end), "region is missing")
    has(failure(function() sim:insert { region = barchan.region.box { lo = { 0, 0, 0 }, hi = { 1, 1, 1 } }, radius = 1e-3,
      material = glass } end), "give one of count, mass")
    has(failure(function() barchan.simulation {} end), "domain is missing")
    has(failure(function() sim.insert { radius = 1 } end), "sim.insert must be called with a colon")
    has(failure(function() barchan:simulation {} end), "is called with a dot: barchan.simulation{...}")
    has(failure(function() return barchan.region.bx end), "barchan.region: unknown region 'bx'; did you mean 'box'?")
    local grain = sim:insert { x = { 0, 0, 0.1 }, radius = 1e-3, material = glass }
    has(failure(function() grain.remove() end), "inserter.remove must be called with a colon: inserter:remove()")
    has(failure(function() grain.particle(1) end), "inserter.particle must be called with a colon")
    local outlet = sim:outlet { plane = { point = { 0, 0, -1 }, normal = { 0, 0, 1 } } }
    has(failure(function() outlet.remove() end), "outlet.remove must be called with a colon: outlet:remove()")
    local particle = grain:particle(1)
    has(failure(function() particle.index = 2 end), "particle.index cannot be assigned")
    has(failure(function() particle.radus = 2 end), "did you mean 'radius'? (there are: index, exists, x,")
    sim:remove(particle.id)
    outlet:remove()
  end)

  it("leaves the state as it was", function()
    failure(function() sim:insert { x = { { 0, 0, 0.1 }, { 0, 0, 9 } }, radius = 1e-3, material = glass } end)
    assert.equal(0, sim.count)
    failure(function() sim:insert { x = { { 0, 0, 0.1 }, { 0, 0, 0.1 } }, radius = 1e-3, material = glass } end)
    assert.equal(0, sim.count)
  end)

  it("names pairs without values by their materials", function()
    local rubber = sim:material { name = "rubber", young = 1e6, poisson = 0.45, density = 1000 }
    sim:insert { x = { 0, 0, 0.1 }, radius = 1e-3, material = rubber }
    has(failure(function() sim:run { steps = 1 } end), "steel-rubber, rubber-rubber; write sim:pair(")
  end)

  it("comes at the material's line when the law is chosen later", function()
    local line = here() local m = sim:material { name = "m", density = 1000 }
    sim:insert { x = { 0, 0, 0.1 }, radius = 1e-3, material = m }
    sim:pair(m, m, { restitution = 1, friction = 0 })
    sim:pair(m, steel, { restitution = 1, friction = 0 })
    has(failure(function() sim:run { steps = 1 } end), line .. "material 'm' with the law hertz_mindlin: poisson is missing")
  end)

  it("refuses values of another law and materials of another simulation", function()
    has(failure(function() sim:pair(glass, glass, { stiffness = 1 }) end), "the law hertz_mindlin does not use 'stiffness'")
    local other = new()
    local foreign = other:material { name = "foreign", density = 1 }
    has(failure(function() sim:insert { x = { 0, 0, 0.1 }, radius = 1e-3, material = foreign } end), "belongs to another simulation")
    other:close()
  end)

  it("tells walls from regions", function()
    local box = { lo = { 0, 0, 0 }, hi = { 0.5, 0.5, 0.5 } }
    assert.equal("region (box)", tostring(sim.box(box)))
    has(failure(function() sim:insert { region = floor, radius = 1e-3, count = 1, material = glass } end),
      "sim:box{...} with a colon makes a wall")
    box.material = steel
    has(failure(function() return sim.box(box) end), "a wall is sim:box{...} with a colon")
  end)

  it("says which time step would be stable", function()
    sim:insert { x = { 0, 0, 0.1 }, radius = 1e-3, material = glass }
    sim.dt = 1
    has(failure(function() sim:run { steps = 1 } end), "dt = 1 s is too large to be stable: it must be <= ")
  end)

  it("keeps its kind through pcall", function()
    local message = failure(function() sim:mesh { file = "/nowhere.stl", material = steel } end)
    assert.equal("file", barchan.error_kind(message))
    assert.equal("file", barchan.error_kind("while loading: " .. message))
    assert.equal("argument", barchan.error_kind(failure(function() sim:run {} end)))
    assert.is_nil(barchan.error_kind("something else"))
  end)
end)

describe("a field", function()
  local sim, glass
  before_each(function()
    sim, glass = scene()
    sim:insert { x = { { 0, 0, 0.1 }, { 0.1, 0, 0.1 }, { 0.2, 0, 0.1 } }, radius = { 1e-2, 2e-2, 3e-2 }, material = glass }
  end)
  after_each(function() sim:close() end)

  it("is indexed from 1 with bounds", function()
    assert.near(0.1, sim.x[2].x, 1e-9)
    assert.near(0.2, sim.x.x[3], 1e-9)
    assert.equal(3, #sim.x)
    assert.equal(3, sim.radius.count)
    assert.equal("m", sim.radius.unit)
    assert.equal(2e-2, sim.radius[2])
    for _, i in ipairs { 0, 4, -1, 1.5, 0 / 0 } do
      local line
      local message = failure(function() line = here() return sim.x.x[i] end)
      has(message, line .. "sim.x: index ")
    end
    has(failure(function() return sim.v[4] end), "index 4 is out of range 1..3")
    has(failure(function() sim.v.x[0] = 1 end), "index 0 is out of range 1..3")
    has(failure(function() sim.v[9] = { 1, 2, 3 } end), "index 9 is out of range 1..3")
  end)

  it("checks in compiled loops too", function()
    local v, message = sim.v.x, nil
    for n = 1, 300 do
      local ok, text = pcall(function()
        for i = 1, n == 300 and 4 or 3 do v[i] = v[i] + 1 end
      end)
      if not ok then message = text end
    end
    has(message, "index 4 is out of range 1..3")
  end)

  it("writes and reads velocities to 48 bits in mixed precision", function()
    local value = 1 / 3 + 1e-9
    sim.v.x[1] = value
    assert.near(value, sim.v.x[1], 2 ^ -48)
    sim.v[2] = { 1 / 7, -1e-12, 1e9 / 7 }
    assert.near(1 / 7, sim.v[2].x, 2 ^ -48)
    assert.near(-1e-12, sim.v[2].y, 1e-12 * 2 ^ -46)
    local x, y = sim.v:get(2)
    assert.equal(sim.v[2].x, x)
    assert.equal(sim.v.y[2], y)
    sim.v:set(3, 1, 2, 3)
    assert.equal(barchan.vector(1, 2, 3), sim.v[3])
    sim.v[3] = sim.v[3] * 2
    assert.equal(6, sim.v.z[3])
  end)

  it("refuses what cannot be written", function()
    has(failure(function() sim.radius[1] = 1 end), "sim.radius cannot be written")
    has(failure(function() sim.id[1] = 7 end), "sim.id cannot be written")
    has(failure(function() sim.v.x[1] = "fast" end), "sim.v[1] must be a number, got 'fast'")
    has(failure(function() sim.v[1] = 3 end), "must be three numbers {x, y, z}, got 3")
    has(failure(function() sim.v = 3 end), "sim.v is a field")
    has(failure(function() sim.v.x = 3 end), "write sim.v.x[i] = value")
    has(failure(function() sim.x[1].z = 3 end), "the components of a vector cannot be assigned")
  end)

  it("has unknown members refused", function()
    has(failure(function() return sim.x.cuont end), "did you mean 'count'?")
    has(failure(function() return sim.x.w end), "unknown member 'w'")
  end)

  it("gives numbers of materials from 1, and is the method of that name", function()
    assert.equal(1, sim.material[1])
    local third = sim:material { name = "third", density = 3 }
    assert.equal("third", third.name)
  end)

  it("stays valid when particles come and go", function()
    local x = sim.x.x
    local list = {}
    for i = 1, 500 do list[i] = { -0.9 + 0.0035 * i, 0.5, 0.5 } end
    sim:insert { x = list, radius = 1e-3, material = glass }
    assert.equal(503, #x)
    assert.near(-0.9 + 0.0035 * 500, x[503], 1e-9)
    sim:remove { 1, 2 }
    assert.equal(501, #x)
    has(failure(function() return x[502] end), "out of range 1..501")
  end)

  it("raises when the simulation is closed", function()
    local v, vx = sim.v, sim.v.x
    sim:close()
    has(failure(function() return vx[1] end), "the simulation is closed")
    has(failure(function() vx[1] = 1 end), "the simulation is closed")
    has(failure(function() return v[1] end), "the simulation is closed")
    has(failure(function() v[1] = { 1, 2, 3 } end), "the simulation is closed")
    has(failure(function() return sim.time end), "the simulation is closed")
    assert.is_true(sim.closed)
  end)

  it("is looked up in compiled loops", function()
    local function loop(n)
      local sum = 0
      for _ = 1, n do sum = sum + sim.x[1].z end
      return sum
    end
    local compiled = 0
    local function see(what, _, f)
      if what == "start" and f == loop then compiled = compiled + 1 end
      if what == "abort" then compiled = compiled - 1 end
    end
    jit.attach(see, "trace")
    loop(1000)
    jit.attach(see)
    assert.is_true(compiled > 0)
  end)

  it("keeps its simulation alive", function()
    local v
    do
      local other, material = scene()
      other:insert { x = { 0, 0, 0.1 }, radius = 1e-3, material = material }
      v = other.v.x
    end
    collectgarbage() collectgarbage()
    v[1] = 2
    assert.equal(2, v[1])
  end)

  it("is freed with its simulation", function()
    local alive = setmetatable({}, { __mode = "k" })
    for _ = 1, 20 do
      local other = new()
      alive[other] = other.v and true
    end
    for _ = 1, 4 do collectgarbage() end
    local count = 0
    for _ in pairs(alive) do count = count + 1 end
    assert.is_true(count <= 1)
  end)
end)

describe("a particle", function()
  local sim, glass
  before_each(function()
    sim, glass = scene()
    sim:insert { x = { { 0, 0, 0.1 }, { 0.1, 0, 0.1 } }, radius = 1e-2, material = glass, velocity = { { 1, 0, 0 }, { 2, 0, 0 } },
      id = { 7, 3 } }
  end)
  after_each(function() sim:close() end)

  it("is found by id", function()
    local p = sim:particle(3)
    assert.equal(2, p.v.x)
    p.v = { 5, 0, 0 }
    assert.equal(5, sim:particle(3).v.x)
    has(failure(function() return p.spin end), "unknown field of a particle 'spin'")
    has(failure(function() sim:particle(4) end), "there is no particle with id 4")
  end)

  it("raises when it is gone", function()
    local p = sim:particle(7)
    assert.is_true(p.exists)
    sim:remove(7)
    assert.is_false(p.exists)
    has(failure(function() return p.x end), "the particle with id 7 is not in the simulation any more")
    assert.equal(2, sim:particle(3).v.x)
  end)
end)

describe("sim:run", function()
  local sim, glass, _, floor
  before_each(function()
    sim, glass, _, floor = scene { dt = 1e-4 }
    sim:material { name = "unused", density = 1 }
    sim:insert { x = { { 0, 0, 0.5 }, { 0.1, 0, 0.5 } }, radius = 1e-2, material = glass }
  end)
  after_each(function() sim:close() end)

  it("falls on the parabola of velocity Verlet, whose steps are exact for constant acceleration", function()
    -- In x the rounding to the position grid; in mixed the kick g dt is a float.
    for precision, tolerance in pairs { double = 1e-11, mixed = 1e-8 } do
      local other, material = scene { dt = 1e-4, precision = precision }
      other:insert { x = { 0, 0, 0.5 }, radius = 1e-2, material = material }
      other:run { steps = 100 }
      assert.near(0.5 - 0.5 * 9.81 * 0.01 ^ 2, other.x[1].z, 0.01 * tolerance)
      assert.near(-9.81 * 0.01, other.v[1].z, tolerance)
      other:close()
    end
  end)

  it("calls at the first step that is not before k * every", function()
    local steps = {}
    sim:run { time = 0.01, every = 2.5e-4, call = function(s) steps[#steps + 1] = s.step end }
    assert.equal(40, #steps)
    for k = 1, 40 do assert.equal(math.ceil(2.5 * k - 1e-6), steps[k]) end
  end)

  it("ends where one long run would when it is cut", function()
    for _ = 1, 7 do sim:run { time = 1.5e-4 } end -- 10.5 steps in all
    assert.equal(11, sim.step)
  end)

  it("does the same steps cut or whole", function()
    local other, material = scene { dt = 1e-4 }
    other:material { name = "unused", density = 1 }
    other:insert { x = { { 0, 0, 0.5 }, { 0.1, 0, 0.5 } }, radius = 1e-2, material = material }
    for k = 1, 50 do other:run { steps = k % 7 } end
    sim:run { steps = other.step }
    assert.equal(sim:hash(), other:hash())
    other:close()
  end)

  it("stops when until_ says so", function()
    sim:run { time = 10, until_ = function(s) return s.x[1].z < 0.4 end }
    assert.equal(0, sim.step % 100)
    assert.is_true(sim.time < 1)
    sim:run { time = 10, every = 1e-3, until_ = function(s) return s.x[1].z < 0.3 end }
    assert.is_true(sim.x[1].z < 0.3 and sim.x[1].z > 0.28)
  end)

  it("lets each_step add forces in the middle of the step", function()
    local count = 0
    sim:run { steps = 100, each_step = function(s)
      count = count + 1
      assert.equal(count, s.step)
      local fz, m = s.force.z, s.mass
      for i = 1, #fz do fz[i] = fz[i] + 9.81 * m[i] end
    end }
    assert.equal(100, count)
    -- The first half kick, before the first hook, is the only one without the lift.
    assert.near(-9.81 * 0.5e-4, sim.v[1].z, 1e-9)
  end)

  it("goes on after a callback that raised, with a whole step", function()
    local line
    local message = failure(function()
      sim:run { steps = 5, each_step = function() line = here() error("my own trouble") end }
    end)
    has(message, line .. "my own trouble")
    assert.equal(1, sim.step)
    sim:run { steps = 4 }
    assert.equal(5, sim.step)
  end)

  it("refuses to be called from its own callbacks", function()
    has(failure(function() sim:run { steps = 1, each_step = function(s) s:run { steps = 1 } end } end), "the simulation is running")
    has(failure(function() sim:run { time = 1e-3, every = 1e-4, call = function(s) s:close() end } end), "the simulation is running")
    has(failure(function()
      sim:run { steps = 1, each_step = function(s) s:insert { x = { 0, 0, 0.9 }, radius = 1e-3, material = glass } end }
    end), "not in the middle of a step")
  end)

  it("lets call insert and remove between steps", function()
    sim:run { time = 5e-4, every = 1e-4, call = function(s)
      s:insert { x = { -0.5, -0.5 + 0.1 * s.step, 0.5 }, radius = 5e-3, material = glass }
    end }
    assert.equal(7, sim.count)
    floor:remove()
    has(failure(function() return floor.force end), "has been removed")
  end)

  it("stops at a NaN that a callback wrote, and names the callback", function()
    local line
    local function bad(s) line = here() s.force.x[2] = 0 / 0 end
    local message = failure(function() sim:run { steps = 3, each_step = bad } end)
    has(message, "particle id 2 has a NaN")
    has(message, "each_step (")
    assert.equal("guard", barchan.error_kind(message))
    assert.is_string(line)
  end)

  it("names a particle that leaves the domain", function()
    floor:remove()
    local message = failure(function() sim:run { time = 1 } end)
    has(message, "has left the domain")
    assert.equal("guard", barchan.error_kind(message))
  end)

  it("is stopped by a signal with its state whole", function()
    local native = require "barchan.native"
    native.core.catch_signals()
    local message = failure(function()
      sim:run { time = 1, every = 1e-3, call = function() native.core.raise_signal(15) end }
    end)
    native.C.brc_interrupt(0)
    has(message, "stopped by SIGTERM after step 1")
    assert.equal("interrupted", barchan.error_kind(message))
    sim:run { steps = 5 }
  end)
end)

describe("a wall", function()
  local sim, glass, steel, floor
  before_each(function()
    sim, glass, steel, floor = scene { dt = 1e-4 }
    sim:insert { x = { 0, 0, 0.5 }, radius = 1e-2, material = glass }
  end)
  after_each(function() sim:close() end)

  it("moves, turns, swings and follows", function()
    floor:move { velocity = { 0, 0, -1 } }
    local drum = sim:cylinder { from = { 0, -0.2, 0.5 }, to = { 0, 0.2, 0.5 }, radius = 0.3, material = steel }
    drum:rotate { axis = { 0, 1, 0 }, origin = { 0, 0, 0.5 }, rate = 2 * math.pi }
    local plate = sim:disc { center = { 0.5, 0, 0 }, normal = { 0, 0, 1 }, radius = 0.1, material = steel }
    plate:oscillate { axis = { 0, 0, 1 }, amplitude = 0.1, period = 0.4 }
    local led = sim:disc { center = { 0.5, 0.5, 0 }, normal = { 0, 0, 1 }, radius = 0.1, material = steel }
    led:follow { call = function(t) return { 0, 0, -t * t }, { 0, 0, 3 * t } end }
    local rail = sim:disc { center = { -0.5, 0.5, 0 }, normal = { 0, 0, 1 }, radius = 0.1, material = steel }
    rail:follow { table = { { 0, 0, 0, 0 }, { 0.05, 0, 0, 0.1 }, { 1, 0, 0, 0.1 } } }
    sim:run { steps = 1000 }
    assert.near(-0.1, floor.position.z, 1e-12)
    assert.near(-1, floor.velocity.z, 1e-12)
    assert.near(2 * math.pi, drum.angular_velocity.y, 1e-12)
    assert.near(math.sin(0.1 * math.pi), drum.rotation[2], 1e-12)
    assert.near(0.1, plate.position.z, 1e-12)
    assert.near(-0.01, led.position.z, 1e-12)
    assert.near(-0.2, led.velocity.z, 1e-9)
    assert.near(3, led.angular_velocity.z, 1e-6)
    assert.near(math.sin(0.15), led.rotation[3], 1e-12)
    assert.near(0.1, rail.position.z, 1e-12)
  end)

  it("reports force and contacts", function()
    sim:run { time = 3 }
    local weight = sim.total_mass * 9.81
    assert.near(-weight, floor.force.z, 1e-2 * weight)
    assert.equal(1, floor.contacts)
  end)

  it("checks its motions", function()
    has(failure(function() floor:rotat {} end), "did you mean 'rotate'?")
    has(failure(function() floor:rotate { axis = { 0, 0, 0 }, rate = 1 } end), "axis must have a direction")
    has(failure(function() floor:follow {} end), "give one of table, call")
    has(failure(function() floor:follow { table = { { 0, 0, 0, 0 }, { 0, 0, 0, 1 } } } end), "times must increase")
    has(failure(function() floor:follow { table = { { 0, 1 }, { 1, 2 } } } end), "needs an axis")
    floor:follow { call = function() return 7 end }
    has(failure(function() sim:run { steps = 1 } end), "must return a displacement {x, y, z} [m], got 7")
  end)

  it("takes a mesh from tables, turned and shifted", function()
    local mesh = sim:mesh { vertices = { { 0, 0, 0 }, { 1, 0, 0 }, { 0, 1, 0 } }, triangles = { { 1, 2, 3 } }, scale = 0.1,
      translate = { 0, 0, 0.3 }, rotate = { axis = { 0, 0, 1 }, angle = math.pi }, material = steel }
    assert.equal("wall 2, a mesh of steel", tostring(mesh))
    has(failure(function()
      sim:mesh { vertices = { { 0, 0, 0 }, { 1, 0, 0 }, { 0, 1, 0 } }, triangles = { { 1, 2, 4 } }, material = steel }
    end), "triangles[1][3] must be the number of a vertex, 1 to 3, got 4")
  end)
end)

describe("the time step", function()
  it("is 0.2 of the Rayleigh time or 0.05 of the contact's half period", function()
    local sim, glass = scene()
    sim:insert { x = { { 0, 0, 0.5 }, { 0.1, 0, 0.5 } }, radius = { 2e-2, 1e-2 }, material = glass }
    sim:run { steps = 1 }
    local shear = 5e7 / 2.5
    local rayleigh = math.pi * 1e-2 * math.sqrt(2500 / shear) / (0.1631 * 0.25 + 0.8766)
    -- Hertz at an overlap of 0.01 R against the floor, the stiffer contact: k = 2 E* sqrt(R overlap)
    local e = 1 / ((1 - 0.25 ^ 2) / 5e7 + (1 - 0.3 ^ 2) / 2e8)
    local m = 4 / 3 * math.pi * 1e-6 * 2500
    local wall = math.pi * math.sqrt(m / (2 * e * math.sqrt(1e-2 * 1e-4)))
    local pair_e = 0.5 / ((1 - 0.25 ^ 2) / 5e7)
    local pair = math.pi * math.sqrt(0.5 * m / (2 * pair_e * math.sqrt(0.5e-2 * 1e-4)))
    assert.near(math.min(0.2 * rayleigh, 0.05 * wall, 0.05 * pair), sim.dt, 1e-6 * sim.dt)
    sim:close()
  end)

  it("follows the smallest particles that can come", function()
    local sim, glass = scene()
    sim:insert { x = { 0, 0, 0.5 }, radius = 1e-2, material = glass }
    sim:run { steps = 1 }
    local before = sim.dt
    sim:insert { region = sim.box { lo = { -0.5, -0.5, 0.6 }, hi = { 0.5, 0.5, 0.9 } }, radius = { 1e-3, 2e-3 }, rate = 10,
      material = glass }
    sim:run { steps = 1 }
    assert.near(before / 10, sim.dt, 1e-6 * before)
    assert.near(before + sim.dt, sim.time, 1e-15)
    sim:close()
  end)
end)

describe("files", function()
  local sim, glass
  before_each(function()
    sim, glass = scene { dt = 1e-4 }
    sim:insert { x = { { 0, 0, 0.5 }, { 0.1, 0, 0.5 } }, radius = 1e-2, material = glass }
  end)
  after_each(function() sim:close() end)

  it("have their endings and places checked at the line", function()
    has(failure(function() sim:output { file = "x.vtk", every = 1 } end), "must end in .vtkhdf, got 'x.vtk'")
    has(failure(function() sim:export "x.foo" end), "must end in .vtk or .vtp or .csv")
    local message = failure(function() sim:log { file = "/nowhere/x.csv", every = 1, columns = { "time" } } end)
    has(message, "sim:log: cannot write '/nowhere/x.csv'")
    assert.equal("file", barchan.error_kind(message))
    has(failure(function() sim:log { file = "x.csv", every = 1, columns = { "tme" } } end), "did you mean 'time'?")
  end)

  it("sim:log writes a row at the start and every `every`", function()
    local path = scratch(".csv")
    sim:log { file = path, every = 1e-3, columns = { "step", "time", { "z", function(s) return s.x[1].z end } } }
    sim:run { time = 3e-3 }
    local lines = {}
    for line in io.lines(path) do lines[#lines + 1] = line end
    assert.equal("step,time,z", lines[1])
    assert.equal("0,0,0.5", lines[2])
    assert.equal(5, #lines)
    assert.equal("30", lines[5]:match("^%d+"))
    os.remove(path)
  end)

  it("compares the sizes of all structs that Lua and C share", function()
    local C, size, sized = require("barchan.native").C, ffi.new("int64_t[1]"), {}
    local number = 0
    while C.brc_struct(number, size) ~= nil do
      sized[ffi.string(C.brc_struct(number, size))], number = tonumber(size[0]), number + 1
    end
    local count = 0
    for name in require("barchan.cdef"):gmatch "typedef struct ([%w_]+) {" do
      assert.equal(ffi.sizeof(name), sized[name], name)
      count = count + 1
    end
    assert.equal(number, count)
  end)

  it("barchan.csv writes rows and checks them", function()
    local path = scratch(".csv")
    local file = barchan.csv(path, { "a", "b" })
    has(failure(function() file.close() end), "csv.close must be called with a colon: csv:close()")
    file:row(1, "x,y")
    has(failure(function() file:row(1) end), "has 2 columns, got 1 value")
    file:close()
    has(failure(function() file:row(1, 2) end), "is closed")
    local handle = io.open(path)
    assert.equal('a,b\n1,"x,y"\n', handle:read("*a"))
    handle:close()
    os.remove(path)
  end)

  it("sim:export and sim:insert{file=} give the same particles", function()
    local path = scratch(".csv")
    sim:run { steps = 10 }
    sim:export(path)
    local other, material = scene { dt = 1e-4 }
    local g = other:insert { file = path, material = material }
    assert.equal(2, g.count)
    for i = 1, 2 do
      assert.equal(sim.x[i], other:particle(i).x)
      assert.equal(sim.v[i], other:particle(i).v)
    end
    other:close()
    os.remove(path)
  end)

  it("a full disk leaves whole rows", function()
    local ok = pcall(function() assert(io.open("/dev/full", "wb")):close() end)
    if not ok then return pending("no /dev/full here") end
    local message = failure(function()
      local file = barchan.csv("/dev/full", { "a" })
      for i = 1, 1000 do file:row(i) end
    end)
    has(message, "cannot write '/dev/full': No space left on device")
    assert.equal("file", barchan.error_kind(message))
  end)
end)

describe("the schema", function()
  local api = require "barchan.api"
  it("has every method, and every method is in it", function()
    local simulation = require "barchan.simulation"
    for name in pairs(simulation.methods) do assert.is_table(api.calls["sim:" .. name], "sim:" .. name .. " is not in api.lua") end
    for name in pairs(api.calls) do
      local method = name:match("^sim:(.*)$")
      if method then assert.is_function(simulation.methods[method], name .. " is in api.lua only") end
    end
  end)

  it("has a text for every parameter", function()
    for name, entry in pairs(api.calls) do
      assert.is_string(entry.text)
      for _, p in ipairs(entry.parameters) do assert.is_true(#p.text > 0, name .. ": " .. p.name) end
    end
  end)

  it("describes every word of the language of laws", function()
    local environment = require "barchan.law.environment"
    local told = { math = true }
    for _, word in ipairs(environment.words) do
      for name in word[1]:gsub("%b()", ""):gmatch "[%a_][%w_]*" do told[name] = true end
    end
    local _, message = pcall(function() return environment.make().no_such_word end)
    local list = message:match "there are: (.*)"
    for name in list:gmatch "[%w_]+" do
      assert.is_true(told[name], name .. " is not told of in `barchan describe language`")
      told[name] = nil
    end
    for _, word in ipairs { "if", "for" } do told[word] = nil end
    assert.same({}, told)
  end)
  it("describes every name", function()
    local describe_page = require("barchan.describe").page
    for _, name in ipairs(require("barchan.describe").names()) do assert.is_table(describe_page(name), name) end
    local page, message = describe_page("hertz_midlin")
    assert.is_nil(page)
    has(message, "did you mean 'hertz_mindlin'?")
  end)
end)

describe("the executable #slow", function()
  local prefix = package.searchpath("barchan", package.path):match("^(.*)/share/lua/5%.1/")
  local program = prefix and prefix .. "/bin/barchan"
  local there = program and io.open(program)
  if not there then return pending("the executable was not built beside the module") end
  there:close()

  local function run(arguments, script)
    local path = scratch(".lua")
    local file = io.open(path, "w")
    file:write(script or "")
    file:close()
    local pipe = io.popen(("cd /tmp && %s %s 2>&1; echo \"rc=$?\""):format(program, (arguments:gsub("SCRIPT", path))))
    local text = pipe:read("*a")
    pipe:close()
    os.remove(path)
    return tonumber(text:match("rc=(%d+)%s*$")), text
  end
  local preamble = [[
    local barchan = require "barchan"
    local sim = barchan.simulation { domain = { lo = {-1,-1,-1}, hi = {1,1,1} } }
    local glass = sim:material { name = "glass", young = 5e7, poisson = 0.25, density = 2500 }
    sim:law "hertz_mindlin"
    sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
    sim:insert { x = {0, 0, 0}, radius = 1e-2, material = glass }
  ]]

  it("ends with the documented codes", function()
    assert.equal(0, (run("run SCRIPT", preamble .. "sim:run { steps = 10 }")))
    assert.equal(1, (run("run SCRIPT", "local x = nothing.here")))
    assert.equal(1, (run("run SCRIPT", "local x = = 1")))
    assert.equal(2, (run("rnu SCRIPT")))
    assert.equal(2, (run("run --thread 3 SCRIPT")))
    assert.equal(2, (run("run --threads many SCRIPT")))
    assert.equal(2, (run("run")))
    assert.equal(3, (run("run SCRIPT", preamble .. "sim:run { time = 1 }")))
    assert.equal(4, (run("run SCRIPT", preamble .. "sim:mesh { file = '/nowhere.stl', material = glass }")))
    assert.equal(4, (run("run /nowhere.lua")))
    assert.equal(4, (run("run SCRIPT", preamble .. "local ok, e = pcall(sim.mesh, sim, { file = '/nowhere.stl', material = glass }) "
      .. "error('again: ' .. e, 0)")))
    assert.equal(7, (run("run SCRIPT", preamble .. "os.exit(7)")))
    assert.equal(143, (run("run SCRIPT", preamble .. "sim:run { time = 1, every = 1e-4, call = function() "
      .. "require('barchan.core').raise_signal(15) end }")))
  end)

  it("prints an error once, with the user's frames only", function()
    local _, text = run("run SCRIPT",
      "local barchan = require 'barchan'\nlocal function f() barchan.simulation{} end\nlocal x = f()\nf(x)")
    local _, count = text:gsub("domain is missing", "")
    assert.equal(1, count)
    has(text, ":2: barchan.simulation: domain is missing")
    has(text, "in function 'f'")
    assert.is_nil(text:find("checks.lua", 1, true))
  end)

  it("suggests what was meant", function()
    local _, text = run("rnu SCRIPT")
    has(text, "did you mean 'barchan run'?")
    _, text = run("run --thread 3 SCRIPT")
    has(text, "did you mean --threads?")
  end)

  it("hands values and arguments to the script", function()
    local _, text = run("run SCRIPT --set n=3 --set name=sand --set on=true -- a b",
      "local b = require 'barchan' print(b.set.n + 1, b.set.name, b.set.on, b.set.none, b.args[1], arg[2])")
    has(text, "4\tsand\ttrue\tnil\ta\tb")
    _, text = run("run SCRIPT --set tme=3 --quiet", preamble .. "local t = barchan.set.time sim:run { steps = 1 }")
    has(text, "--set tme: the script has not asked for it; it asked for time")
  end)

  it("check reports and does not run", function()
    local code, text = run("check SCRIPT", preamble .. "sim:run { time = 0.01 } print 'not reached'")
    assert.equal(0, code)
    has(text, "this bound holds")
    has(text, "first run")
    assert.is_nil(text:find("not reached", 1, true))
    code, text = run("check SCRIPT", preamble .. "local m = sim:material { name = 'm', young = 1e7, poisson = 0.2, density = 1 }\n"
      .. "sim:insert { x = {0.5, 0, 0}, radius = 1e-2, material = m } sim:run { time = 1 }")
    assert.equal(1, code)
    has(text, "missing: glass-m, m-m")
  end)
end)

describe("plain Lua", function()
  it("is told from LuaJIT", function()
    local path = package.searchpath("barchan", package.path)
    local chunk = assert(loadfile(path))
    local environment = setmetatable({ _VERSION = "Lua 5.1" }, { __index = _G })
    environment._G = environment
    environment.rawget = function(t, key) if key ~= "jit" then return rawget(t, key) end end
    setfenv(chunk, environment)
    has(failure(chunk), "barchan needs LuaJIT, and this is Lua 5.1")
    assert.is_true(ffi.abi("le"))
  end)
end)
