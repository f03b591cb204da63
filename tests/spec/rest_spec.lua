-- rest_spec.lua -- names of the schema that no other test or example exercises (the test `exercised` looks for them): units, options that
-- are seldom set, and what they do.
-- luacheck: globals where eq vec3 quantity
local barchan = require "barchan"
local nlopt = require "barchan.nlopt"
local process = require "tools.process"
local expect = require "tools.expect"
local failure, has, near = expect.failure, expect.has, expect.near
local units = barchan.units

local function scene(options)
  local o = { domain = { lo = { -0.1, -0.1, -0.1 }, hi = { 0.1, 0.1, 0.1 } }, gravity = { 0, 0, 0 }, threads = 1 }
  for key, value in pairs(options or {}) do o[key] = value end
  local sim = barchan.simulation(o)
  local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
  sim:law "hertz_mindlin"
  sim:pair(glass, glass, { restitution = 0.5, friction = 0.5 })
  return sim, glass
end

it("units are factors to SI", function()
  for factor, list in pairs { [1] = { units.m, units.kg, units.s, units.N, units.J, units.Pa, units.rad, units.Hz },
    [1e-3] = { units.mm, units.g, units.ms, units.mN, units.mJ, units.litre }, [1e-6] = { units.um, units.mg, units.us, units.uJ },
    [1e3] = { units.tonne, units.kN, units.kPa }, [1e-2] = { units.cm }, [60] = { units.min }, [3600] = { units.hour },
    [1e6] = { units.MPa }, [1e9] = { units.GPa }, [math.pi / 180] = { units.deg }, [math.pi / 30] = { units.rpm } } do
    for i, value in ipairs(list) do near(factor, value, 1e-15, ("%g, number %d"):format(factor, i)) end
  end
end)

it("a disc of two sides throws back what comes from behind; for one of one side it has gone through", function()
  local function throw(sides)
    local sim, glass = scene()
    sim:disc { center = { 0, 0, 0 }, normal = { 0, 0, 1 }, radius = 0.05, sides = sides, material = glass }
    local ball = sim:particle(sim:insert { x = { 0, 0, -0.012 }, radius = 0.01, velocity = { 0, 0, 1 }, material = glass }.first_id)
    sim:run { time = 0.03 }
    return ball.v.z
  end
  assert.near(-0.5, throw "two", 0.01) -- the restitution
  has(failure(throw, "one"), "overlap by 1.9")
end)

it("sim:overlap finds the deepest contact", function()
  local sim, glass = scene()
  sim:insert { x = { { 0, 0, 0 }, { 0.0199, 0, 0 }, { -0.0145, 0, 0 } }, radius = { 0.01, 0.01, 0.005 }, material = glass,
    allowed_overlap = 0.2 }
  local overlap, first, second = sim:overlap()
  near(0.1, overlap, 1e-12, "overlap of 0.5 mm / 5 mm") -- not 0.01
  assert.same({ 1, 3 }, { first, second })
  assert.equal(0.005, sim.radius_min)
  assert.equal(0.01, sim.radius_max)
  sim:close()
end)

it("a lognormal distribution has the median and the geometric standard deviation asked for", function()
  local sim, glass = scene()
  sim:insert { region = sim.box { lo = { -0.1, -0.1, -0.1 }, hi = { 0.1, 0.1, 0.1 } }, material = glass, count = 4000,
    radius = { distribution = "lognormal", median = 1e-3, gsd = 1.3, min = 0.2e-3, max = 5e-3 } } -- both ends 6 deviations away
  local sum, square = 0, 0
  for i = 1, sim.count do
    local x = math.log(sim.radius[i] / 1e-3)
    sum, square = sum + x, square + x * x
  end
  local mean = sum / sim.count
  local deviation = math.sqrt(square / sim.count - mean ^ 2)
  local expected = math.log(1.3)
  assert.near(0, mean, 4 * expected / math.sqrt(4000)) -- 4 standard errors
  assert.near(expected, deviation, 4 * expected / math.sqrt(8000))
  sim:close()
end)

it("a normal distribution has the mean and the standard deviation asked for, and is cut at its ends", function()
  local sim, glass = scene()
  local function fill(min, max)
    sim:insert { region = sim.box { lo = { -0.1, -0.1, -0.1 }, hi = { 0.1, 0.1, 0.1 } }, material = glass, count = 4000,
      radius = { distribution = "normal", mean = 1e-3, sd = 1e-4, min = min, max = max } }
    local sum, square = 0, 0
    for i = sim.count - 3999, sim.count do
      local x = sim:particle(i).radius / 1e-3 - 1
      assert.is_true(x > min / 1e-3 - 1 - 1e-6 and x < max / 1e-3 - 1 + 1e-6)
      sum, square = sum + x, square + x * x
    end
    return sum / 4000, math.sqrt(square / 4000 - (sum / 4000) ^ 2)
  end
  local mean, deviation = fill(0.4e-3, 1.6e-3) -- both ends 6 deviations away
  assert.near(0, mean, 4 * 0.1 / math.sqrt(4000)) -- 4 standard errors
  assert.near(0.1, deviation, 4 * 0.1 / math.sqrt(8000))
  mean = fill(1e-3, 1.6e-3) -- the upper half: the mean of |x| is sqrt(2 / pi) deviations
  assert.near(0.1 * math.sqrt(2 / math.pi), mean, 4 * 0.0603 / math.sqrt(4000))
  sim:close()
end)

it("shares of a distribution count grains or mass", function()
  local function fill(radius)
    local sim, glass = scene()
    local grains = sim:insert { region = sim.box { lo = { -0.1, -0.1, -0.1 }, hi = { 0.1, 0.1, 0.1 } }, material = glass, count = 3000,
      radius = radius }
    local small, light, mass = 0, 0, 0
    for i = 1, sim.count do
      local cube = sim.radius[i] ^ 3
      if sim.radius[i] < 1.5e-3 then small, light = small + 1, light + cube end
      mass = mass + cube
    end
    near(4 / 3 * math.pi * 2500 * mass, grains.mass, 1e-9, "mass")
    sim:close()
    return small / 3000, light / mass
  end
  local margin = 4 * 0.5 / math.sqrt(3000) -- 4 standard errors of a share of a half
  local list = { distribution = "discrete", radii = { 1e-3, 2e-3 }, weights = { 1, 1 }, by = "number" }
  assert.near(1 / 2, (fill(list)), margin)
  list.by = "mass" -- as much mass in both: eight small ones for a large one
  assert.near(8 / 9, (fill(list)), margin)
  list = { distribution = "table", radii = { 1e-3, 1.5e-3, 2e-3 }, cumulative = { 0, 0.5, 1 }, by = "number" }
  assert.near(1 / 2, (fill(list)), margin)
  list.by = "mass"
  local _, light = fill(list)
  assert.near(1 / 2, light, 2 * margin)
end)

it("a uniform distribution lies between its ends", function()
  local sim, glass = scene()
  sim:insert { region = sim.box { lo = { -0.1, -0.1, -0.1 }, hi = { 0.1, 0.1, 0.1 } }, material = glass, count = 3000,
    radius = { distribution = "uniform", min = 1e-3, max = 2e-3 } }
  local sum = 0
  for i = 1, sim.count do
    assert.is_true(sim.radius[i] >= 1e-3 * (1 - 1e-6) and sim.radius[i] <= 2e-3 * (1 + 1e-6))
    sum = sum + sim.radius[i]
  end
  assert.near(1.5e-3, sum / 3000, 4 * 1e-3 / math.sqrt(12 * 3000)) -- 4 standard errors
  sim:close()
end)

it("a lattice has the spacing asked for, and a mass ends it", function()
  local sim, glass = scene()
  local grains = sim:insert { region = sim.box { lo = { -0.05, -0.05, -0.05 }, hi = { 0.05, 0.05, 0.05 } }, material = glass, radius = 2e-3,
    lattice = "cubic", spacing = 7e-3, count = 1000 }
  assert.equal(1000, grains.count)
  local least = math.huge
  for i = 2, sim.count do least = math.min(least, (sim.x[i] - sim.x[1]):norm()) end
  near(7e-3, least, 1e-6, "distance of neighbours")
  sim:close()
  sim, glass = scene()
  local one = 4 / 3 * math.pi * 2e-3 ^ 3 * 2500
  grains = sim:insert { region = sim.box { lo = { -0.05, -0.05, -0.05 }, hi = { 0.05, 0.05, 0.05 } }, material = glass, radius = 2e-3,
    mass = 25.2 * one }
  assert.is_true(grains.count == 25 or grains.count == 26, grains.count)
  assert.equal(1, grains.first_id)
  assert.equal(1, sim:particle(grains.first_id).id)
  sim:close()
end)

it("a stream lasts from start to stop", function()
  local sim, glass = scene { dt = 1e-4 }
  local stream = sim:insert { region = sim.box { lo = { -0.09, -0.09, -0.09 }, hi = { 0.09, 0.09, 0.09 } }, material = glass, radius = 1e-3,
    rate = 1000, start = 0.01, stop = 0.06 }
  sim:run { time = 0.0095 }
  assert.equal(0, stream.count)
  sim:run { time = 0.09 }
  assert.near(50, stream.count, 1) -- 1000 / s for 50 ms
  local endless = sim:insert { region = sim.box { lo = { -0.09, -0.09, -0.09 }, hi = { 0.09, 0.09, 0.09 } }, material = glass, radius = 1e-3,
    rate = 1000 }
  sim:run { time = 0.02 }
  endless:remove()
  local count = endless.count
  assert.near(20, count, 1)
  sim:run { time = 0.02 }
  assert.same({ count, stream.count + count }, { endless.count, sim.count }) -- what has come stays
  sim:close()
end)

it("an outlet takes what crosses a round plane or a mesh", function()
  local folder = process.folder "rest"
  process.write(folder .. "/square.obj", "v -10 -10 0\nv 10 -10 0\nv 10 10 0\nv -10 10 0\nf 1 2 3\nf 1 3 4\n")
  local corners, faces = { { -10, -10, 0 }, { 10, -10, 0 }, { 10, 10, 0 }, { -10, 10, 0 } }, { { 1, 2, 3 }, { 1, 3, 4 } }
  for _, what in ipairs { { plane = { point = { 0.02, 0, 0 }, normal = { 0, 0, 1 }, radius = 0.01 } },
    { mesh = { vertices = corners, triangles = faces, scale = 1e-3, translate = { 0.02, 0, 0 } } },
    { mesh = { file = folder .. "/square.obj", scale = 1e-3, translate = { 0.02, 0, 0 } } } } do
    local sim, glass = scene()
    local outlet = sim:outlet(what)
    sim:insert { x = { { 0, 0, 0.01 }, { 0.02, 0, 0.01 }, { 0.04, 0, 0.01 } }, radius = 2e-3, velocity = { 0, 0, -1 }, material = glass }
    sim:run { time = 0.02 }
    assert.equal(1, outlet.count) -- the one in the middle
    near(4 / 3 * math.pi * 2e-3 ^ 3 * 2500, outlet.mass, 1e-12, "mass")
    assert.same({ 2, 1 }, { sim.count, sim.removed })
    sim:close()
  end
end)

it("a meter counts within its radius, both ways, until it is removed", function()
  local sim, glass = scene()
  local meter = sim:meter { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, radius = 0.01 }
  sim:insert { x = { { 0, 0, 0.01 }, { 0, 0, -0.01 + 1e-4 }, { 0.005, 0.005, -0.03 }, { 0.02, 0, 0.01 } }, radius = { 1e-3, 2e-3, 1e-3, 1e-3 },
    velocity = { { 0, 0, -1 }, { 0, 0, 0 }, { 0, 0, 1 }, { 0, 0, -1 } }, material = glass }
  sim:run { time = 0.009 }
  assert.same({ 0, 0 }, { meter.count, meter.count_back })
  sim:remove(2) -- that stood in the way
  sim:run { time = 0.002 }
  local mass = 4 / 3 * math.pi * 1e-3 ^ 3 * 2500
  assert.same({ 0, 1 }, { meter.count, meter.count_back })
  near(mass, meter.mass_back, 1e-6, "mass")
  meter:remove()
  sim:run { time = 0.03 } -- the third crosses, uncounted
  assert.same({ 0, 1 }, { meter.count, meter.count_back })
  assert.is_true(sim:particle(3).x.z > 0)
  sim:close()
end)

it("a free body takes its centre of mass and its inertia from the script", function()
  local sim, glass = scene { precision = "double", dt = 1e-6 }
  local body = sim:sphere { center = { 0, 0, 0 }, radius = 0.01, side = "outside", material = glass }
  body:free { mass = 0.2, center = { 0.001, 0, 0 }, inertia = { 2e-5, 3e-5, 4e-5 }, torque = { 1e-4, 0, 1e-4 }, gravity = false }
  assert.equal(0.2, body.mass)
  near(0.001, body.position.x, 1e-12, "centre of mass")
  sim:run { time = 1e-3 }
  near(1e-4 * 1e-3 / 2e-5, body.angular_velocity.x, 1e-3, "spin about x")
  near(1e-4 * 1e-3 / 4e-5, body.angular_velocity.z, 1e-3, "spin about z")
  near(0.5 * (2e-5 * body.angular_velocity.x ^ 2 + 4e-5 * body.angular_velocity.z ^ 2), body.kinetic_energy, 1e-4, "energy of turning")
  sim:close()
end)

it("sums over all grains are those of the grains", function()
  local sim, glass = scene { gravity = { 1, 2, 3 }, on_exit = "warn" }
  sim:insert { x = { { 0, 0, 0 }, { 0.05, 0, 0.0985 } }, radius = { 1e-3, 1e-3 }, velocity = { { 0, 0, 0 }, { 0, 0, 50 } },
    angular_velocity = { { 0, 0, 10 }, { 0, 20, 0 } }, material = glass }
  local mass = 4 / 3 * math.pi * 1e-3 ^ 3 * 2500
  near(0.5 * 0.4 * mass * 1e-6 * (10 ^ 2 + 20 ^ 2), sim.rotational_energy, 1e-6, "energy of turning")
  assert.same({ 1, 2, 3 }, { sim.gravity:unpack() })
  assert.same({ 1, 1 }, { sim:particle(1).material, sim:particle(2).material }) -- the first that was made
  local network = sim:contact_network()
  assert.equal(0, network.time)
  sim:run { steps = 3 }
  near(3 * sim.dt, sim:contact_network().time, 1e-9, "time")
  assert.equal(0, sim.lost)
  has(failure(sim.run, sim, { time = 1 }), "particle id 2 is so far outside the domain")
  assert.equal(1, sim.lost)
  assert.equal(1, sim.count) -- inserted: 2 = present + removed + lost
  sim:close()
end)

it("a law of the script stores energy and makes heat flow", function()
  local spring = barchan.contact_law { name = "warm_spring", pair = { stiffness = { "N/m", 0 } }, coefficients = { stiffness = "N/m" },
    fields = { temperature = "K" }, flux = { temperature = "W" }, about = "a spring through which heat flows", units = true,
    force = function(c, k)
      return k.stiffness * c.overlap * c.n, nil, { temperature = quantity(2, "W/K") * (c.temperature2 - c.temperature1) }
    end,
    energy = function(c, k) return 0.5 * k.stiffness * c.overlap * c.overlap end }
  local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } }, gravity = { 0, 0, 0 }, dt = 1e-6, energy_book = true,
    precision = "double", threads = 1 }
  sim:field { name = "temperature", unit = "K", default = 300 }
  local m = sim:material { name = "m", density = 2500, capacity = { temperature = math.huge } }
  sim:law(spring)
  sim:pair(m, m, { stiffness = 1e3 })
  sim:insert { x = { { 0.05, 0.05, 0.05 }, { 0.0599, 0.05, 0.05 } }, radius = 5e-3, material = m, temperature = { 300, 350 },
    allowed_overlap = 0.03 }
  sim:run { steps = 1 }
  near(100, sim.temperature_flux[1], 1e-9, "2 W/K over 50 K")
  near(-100, sim.temperature_flux[2], 1e-9, "and out of the other")
  near(0.5 * 1e3 * 1e-4 ^ 2, sim.elastic_energy, 1e-5, "1/2 k overlap^2")
  sim:close()
end)

it("a law's error in derive is told", function()
  local fussy = barchan.contact_law { name = "fussy", pair = { stiffness = { "N/m", 0 } }, coefficients = { k = "N/m" },
    derive = function(_, _, pair)
      if pair.stiffness < 10 then error "too soft for me" end
      return { k = pair.stiffness }
    end,
    force = function(c, k) return k.k * c.overlap * c.n end }
  local function try(stiffness)
    local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 1, 1, 1 } }, dt = 1e-6, threads = 1 }
    local m = sim:material { name = "m", density = 2500 }
    sim:law(fussy)
    sim:pair(m, m, { stiffness = stiffness })
    sim:insert { x = { 0.5, 0.5, 0.5 }, radius = 0.01, material = m }
    sim:run { steps = 1 }
    sim:close()
  end
  try(20)
  has(failure(try, 2), "too soft for me")
end)

it("walls, streams and meters are found in a checkpoint by their names", function()
  if not process.python or barchan.error_kind(select(2, pcall(barchan.load, "/nowhere"))) == "device" then return pending "no HDF5" end
  local folder = process.folder "rest"
  local sim, m = scene()
  local vertices, triangles = { { 0, 0, 0 }, { 0.01, 0, 0 }, { 0, 0.01, 0 } }, { { 1, 2, 3 } }
  sim:checkpoint { file = folder .. "/named.chk", minutes = 1e-4 } -- 6 ms of the clock
  sim:cone { from = { 0, 0, 0 }, to = { 0, 0, 0.01 }, radius_from = 0.01, radius_to = 0.02, open = true, material = m, name = "funnel" }
  sim:cylinder { from = { 0, 0, 0.03 }, to = { 0, 0, 0.05 }, radius = 0.03, open = true, material = m, name = "pipe" }
  sim:mesh { vertices = vertices, triangles = triangles, translate = { 0, 0, -0.05 }, material = m, name = "chute" }
  sim:disc { center = { 0, 0, -0.07 }, normal = { 0, 0, 1 }, radius = 0.01, material = m, name = "gate" }
  sim:sphere { center = { 0, 0, 0.08 }, radius = 0.005, material = m, name = "ball" }
  sim:plane { point = { 0, 0, -0.09 }, normal = { 0, 0, 1 }, material = m, name = "floor" }
  sim:box { lo = { -0.09, -0.09, -0.095 }, hi = { 0.09, 0.09, 0.095 }, side = "inside", material = m, name = "bin" }
  sim:meter { point = { 0, 0, 0.02 }, normal = { 0, 0, 1 }, name = "gauge" }
  sim:outlet { box = { lo = { 0, 0, -0.1 }, hi = { 0.01, 0.01, -0.095 } }, name = "drain" }
  sim:insert { region = sim.box { lo = { -0.08, -0.08, 0.06 }, hi = { 0.08, 0.08, 0.07 } }, rate = 10, radius = 1e-3, material = m,
    name = "rain" }
  sim:insert { x = { 0.05, 0.05, 0 }, radius = 1e-3, material = m }
  local core = require("barchan.native").core
  sim:run { time = 2e-3, every = 1e-4, call = function() core.sleep(0.002) end } -- some are due
  sim:close()
  local newest = process.exists(folder .. "/named.chk.1") and "/named.chk.1" or "/named.chk.2"
  local again, found = barchan.load(folder .. newest)
  near(-0.05 + 0, found.walls.chute.position.z, 1e-9, "chute") -- the corner that all of them are counted from
  near(0.03, found.walls.pipe.radius, 1e-9, "pipe")
  near(0.01, found.walls.gate.radius, 1e-9, "gate")
  near(0.08, found.walls.ball.position.z, 1e-9, "ball")
  near(-0.09, found.walls.floor.position.z, 1e-9, "floor")
  assert.equal(0, found.walls.funnel.contacts + found.walls.bin.contacts)
  assert.same({ 0, 0 }, { found.meters.gauge.count, found.outlets.drain.count })
  assert.equal(0, found.streams.rain.blocked)
  again:close()
end)

it("barchan.result writes the file that is asked for", function()
  local folder = process.folder "rest"
  barchan.result({ slope = 1.5, name = "heap", done = true }, folder .. "/found.json")
  assert.same({ slope = 1.5, name = "heap", done = true }, require("barchan.json").decode(process.read(folder .. "/found.json")).results)
end)

it("attempts bounds the search for room", function()
  local function fill(attempts)
    local sim, glass = scene()
    local ok, message = pcall(sim.insert, sim, { region = sim.box { lo = { -0.02, -0.02, -0.02 }, hi = { 0.02, 0.02, 0.02 } }, material = glass,
      radius = 2e-3, count = 550, attempts = attempts }) -- 29 % of the box
    sim:close()
    return ok, message
  end
  assert.is_true((fill(100000)))
  local ok, message = fill(1)
  assert.is_false(ok)
  has(message, "sim:insert")
end)

it("a stream that finds no room says how many had to wait", function()
  local sim, glass = scene { dt = 1e-5 }
  local stream = sim:insert { region = sim.box { lo = { -0.01, -0.01, -0.01 }, hi = { 0.01, 0.01, 0.01 } }, material = glass,
    radius = 4e-3, rate = 1e4 }
  sim:run { time = 0.02 } -- 200 of them, where 27 would fill the box
  assert.is_true(stream.blocked > 0)
  assert.is_true(stream.count < 30)
  sim:close()
end)

it("a servo's gain divides the mass and the damping that it takes from the contacts", function()
  local function creep(gain)
    local sim, glass = scene { precision = "double" }
    local lid = sim:plane { point = { 0, 0, 0.05 }, normal = { 0, 0, -1 }, material = glass }
    sim:insert { x = { 0, 0, 0 }, radius = 0.005, material = glass }
    lid:servo { axis = { 0, 0, 1 }, force = 1e-3, gain = gain, max_velocity = 10 }
    sim:run { steps = 50 }
    local z = lid.position.z
    sim:close()
    return 0.05 - z
  end
  -- Nothing touches: m dv/dt + c v = -F, so the path is in proportion to the gain as long as both are divided by it.
  near(2, creep(2) / creep(1), 1e-6, "way of twice the gain")
end)

it("the rate of a cell towards a stress is max_rate beyond the band, and in proportion within", function()
  local function rate(target, band)
    local sim, glass = scene { domain = { lo = { 0, 0, 0 }, hi = { 0.05, 0.05, 0.05 }, periodic = "xyz" }, dt = 1e-6 }
    sim:insert { region = sim.box { lo = { 0, 0, 0 }, hi = { 0.05, 0.05, 0.05 } }, material = glass, radius = 2e-3, count = 20 }
    sim:deform { stress = target, max_rate = 3, band = band }
    sim:run { steps = 5 }
    local r = sim.cell.rate
    sim:close()
    return r
  end
  -- Grains that do not touch, at rest but for the motion of the cell: the stress is 0 up to 1e-4 Pa.
  near(3, math.abs(rate({ sxz = 100 }, 50).exz), 1e-6, "beyond the band")
  near(1.5, math.abs(rate({ sxz = 100 }, 200).exz), 1e-4, "at half the band")
  near(0.75, math.abs(rate({ sxy = 50 }, 200).exy), 1e-4, "at a quarter of it")
end)

it("a law may compare with eq", function()
  local sim, glass = scene { precision = "double" }
  local push = sim:kernel { name = "push", reads = { "mass" }, params = { which = { 2, "1" }, g = { 3, "m/s^2" } },
    body = function(p, k)
      return p.mass * where(eq(k.which, 2), k.g, -k.g) * vec3(1, 0, 0)
    end }
  local ball = sim:particle(sim:insert { x = { 0, 0, 0 }, radius = 0.005, material = glass }.first_id)
  sim:run { time = 0.01 }
  near(0.03, ball.v.x, 1e-2, "speed after 0.01 s of 3 m/s^2") -- the first step has no force yet
  push:remove()
  sim:close()
end)

it("output { single = true } writes positions of 4 bytes", function()
  if not process.python or barchan.error_kind(select(2, pcall(barchan.load, "/nowhere"))) == "device" then return pending "no HDF5" end
  local folder = process.folder "rest"
  for _, single in ipairs { true, false } do
    local sim, glass = scene()
    sim:insert { x = { 0.01, 0.02, 0.03 }, radius = 0.005, material = glass }
    sim:output { file = folder .. "/x.vtkhdf", every = 1, single = single }
    sim:run { steps = 1 }
    sim:close()
    local text = process.output(("%s -c 'import h5py; print(h5py.File(\"%s/x.vtkhdf\")[\"VTKHDF/Points\"].dtype)'"):format(
      process.python, folder))
    assert.equal(single and "float32\n" or "float64\n", text)
    os.remove(folder .. "/x.vtkhdf")
  end
end)

it("barchan.calibrate tries what has failed again, with the ranks asked for", function()
  if not nlopt.version() then return pending "there is no NLopt here" end
  local script = [[
    local barchan = require "barchan"
    local failed = 0
    local found, how = barchan.calibrate { folder = "tries", parameters = { a = { 0, 1 } }, target = 0.25, accuracy = 1e-3, retries = 1,
      ranks_per_case = 1, run = function(p)
        if p.attempt == 1 and p.number == 2 then failed = failed + 1 error "once" end
        return p.a
      end }
    print(("%.2f %d %d"):format(found.a, failed, how.failed or 0))
  ]]
  local folder = process.folder "rest"
  local said = process.run({ "run", process.write(folder .. "/tries.lua", script) }, { folder = folder })
  assert.equal(0, said.code, said.err)
  has(said.out, "0.25 1 0")
end)

it("each option of sim:render changes the picture", function()
  local folder = process.folder "rest"
  if not require("barchan.render").version() then
    return has(failure(function() scene():render { file = folder .. "/a.png" } end), "Debian: apt-get install")
  end
  local sim, glass = scene()
  sim:plane { point = { 0, 0, -0.02 }, normal = { 0, 0, 1 }, material = glass }
  sim:insert { x = { { 0, 0, 0 }, { 0.03, 0, 0 } }, radius = { 0.01, 0.015 }, velocity = { { 0, 0, 1 }, { 0, 0, 2 } }, material = glass }
  local function picture(name, value)
    local o = { file = folder .. "/a.png", width = 300, height = 200, samples = 4 }
    if name then o[name] = value end
    sim:render(o)
    local bytes = process.read(o.file)
    assert.equal("\137PNG", bytes:sub(1, 4))
    return bytes
  end
  local plain = picture()
  assert.is_true(plain == picture()) -- and nothing else does
  for name, value in pairs { field = "radius", map = "heat", eye = { 0.2, -0.1, 0.1 }, target = { 0.02, 0, 0 }, walls = 0, grains = 0.5,
    legend = false, ground = false } do
    assert.is_true(plain ~= picture(name, value), name)
  end
  sim:close()
end)

it("device is the number of a GPU in `barchan doctor`", function()
  has(failure(scene, { backend = "vulkan", device = 16 }), "device")
end)
