-- rest_spec.lua -- names of the schema that no other test or example uses (manual_spec.lua looks for them): units, options that are
-- seldom set, and what they do.
-- luacheck: globals where eq vec3
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
