-- fields_spec.lua -- numbers that a script adds to particles and walls: reading, writing, inserting, hooks, files, refusals.
local barchan = require "barchan"
local process = require "tools.process"
local expect = require "tools.expect"
local failure = expect.failure

local function scene()
  local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 1, 1, 1 } }, gravity = { 0, 0, 0 }, threads = 1 }
  local glass = sim:material { name = "glass", density = 1000, young = 1e6, poisson = 0.2, capacity = { temperature = 840 } }
  sim:law "hertz_mindlin"
  sim:pair(glass, glass, { restitution = 0.5, friction = 0.3 })
  return sim, glass, sim:field { name = "temperature", unit = "K", default = 293 }
end

describe("sim:field", function()
  it("gives particles and walls a number that can be read and written", function()
    local sim, glass, T = scene()
    local wall = sim:plane { point = { 0, 0, 0.05 }, normal = { 0, 0, 1 }, material = glass, temperature = 400 }
    local other = sim:plane { point = { 0, 0, 0.01 }, normal = { 0, 0, 1 }, material = glass }
    local two = sim:insert { x = { { 0.5, 0.5, 0.5 }, { 0.3, 0.3, 0.3 } }, radius = 0.02, material = glass, temperature = { 300, 310 } }
    sim:insert { x = { 0.1, 0.1, 0.5 }, radius = 0.02, material = glass }
    sim:insert { lattice = "cubic", count = 8, radius = 0.01, region = sim.box { lo = { 0.6, 0.6, 0.6 }, hi = { 0.9, 0.9, 0.9 } },
      material = glass, temperature = 500 }
    assert.same({ 300, 310, 293, 500, 500 }, { T[1], T[2], T[3], T[4], T[11] })
    assert.equal("K", sim.temperature.unit)
    assert.same({ 400, 293, 0 }, { wall.temperature, other.temperature, wall.temperature_flux })
    wall.temperature = 450
    sim.temperature[3] = 280
    assert.same({ 450, 280, 310 }, { wall.temperature, T[3], two:particle(2).temperature })
    sim:remove(1)
    assert.same({ 310, 280 }, { T[1], T[2] })
    assert.equal(10, T.count)
    sim:close()
  end)

  it("can be heated in a hook, in the unit that belongs to the capacity", function()
    local sim, glass, T = scene()
    sim:insert { x = { 0.5, 0.5, 0.5 }, radius = 0.02, material = glass, temperature = 300 }
    sim:run { steps = 5, each_step = function() sim.temperature_flux[1] = sim.temperature_flux[1] + 840 * sim.mass[1] / sim.dt end }
    assert.near(305, T[1], 1e-10)
    assert.equal("K kg/s", sim.temperature_flux.unit)
    assert.matches("temperature_flux cannot be written", failure(function() sim.temperature_flux[1] = 1 end))
    sim:run { steps = 5 }
    assert.near(305, T[1], 1e-10)
    sim:close()
  end)

  it("goes into files and comes back from CSV", function()
    local folder = process.folder "fields"
    local sim, glass = scene()
    sim:insert { x = { { 0.5, 0.5, 0.5 }, { 0.3, 0.3, 0.3 } }, radius = 0.02, material = glass, temperature = { 300, 310.125 } }
    for _, ending in ipairs { "csv", "vtk", "vtp" } do sim:export(folder .. "/a." .. ending) end
    sim:output { file = folder .. "/a.vtkhdf", every = 1e-3 }
    sim:run { steps = 1 }
    sim:close()
    assert.matches("SCALARS temperature double 1", process.read(folder .. "/a.vtk"), 1, true)
    assert.matches('Name="temperature"', process.read(folder .. "/a.vtp"), 1, true)
    assert.matches("temperature", process.read(folder .. "/a.vtkhdf"), 1, true)
    local again, stone, T = scene()
    again:insert { file = folder .. "/a.csv", material = stone }
    assert.same({ 300, 310.125 }, { T[1], T[2] })
    again:close()
    local third, sand, T3 = scene()
    third:insert { file = folder .. "/a.csv", material = sand, temperature = 250 }
    assert.same({ 250, 250 }, { T3[1], T3[2] })
    third:close()
  end)

  it("refuses what does not fit, and changes nothing then", function()
    local sim, glass = scene()
    local wall = sim:plane { point = { 0, 0, 0.05 }, normal = { 0, 0, 1 }, material = glass }
    assert.matches("fields_spec.lua:%d+: sim:field: 'temperature' is a field already", failure(function()
      sim:field { name = "temperature" }
    end))
    assert.matches("'material' is a field already", failure(function() sim:field { name = "material" } end))
    assert.matches("'spacing' is a parameter of sim:insert already", failure(function() sim:field { name = "spacing" } end))
    assert.matches("'work' is a property already", failure(function() sim:field { name = "work" } end))
    assert.matches("small letters and _, got 'T2'", failure(function() sim:field { name = "T2" } end))
    assert.matches("did you mean 'temperature'", failure(function() sim.temperatur[1] = 1 end))
    assert.matches("temperature must be a number %[K%], got 'x'", failure(function() wall.temperature = "x" end))
    assert.matches("2 positions but 3 of temperature", failure(function()
      sim:insert { x = { { 0.5, 0.5, 0.5 }, { 0.3, 0.3, 0.3 } }, radius = 0.01, material = glass, temperature = { 1, 2, 3 } }
    end))
    assert.equal(0, sim.count)
    assert.matches("must be one number here", failure(function()
      sim:insert { lattice = "cubic", count = 8, radius = 0.01, material = glass, temperature = { 1 },
        region = sim.box { lo = { 0.6, 0.6, 0.6 }, hi = { 0.9, 0.9, 0.9 } } }
    end))
    assert.matches("capacity must be a table of numbers > 0", failure(function()
      sim:material { name = "a", density = 1, capacity = { temperature = 0 } }
    end))
    sim:insert { x = { 0.5, 0.5, 0.5 }, radius = 0.01, material = glass }
    sim:material { name = "b", density = 1, capacity = { temprature = 1 } }
    assert.matches("capacity of material 'b': unknown field 'temprature'; did you mean 'temperature'", failure(function()
      sim:run { steps = 1 }
    end))
    for k = 1, 7 do sim:field { name = ("f"):rep(k) } end
    assert.matches("more than 8", failure(function() sim:field { name = "more" } end))
    sim:close()
  end)
end)
