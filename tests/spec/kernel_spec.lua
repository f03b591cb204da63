-- Traced kernels of particles: drag against its terminal velocity, a field against the exact parabola, torque against the exact spin,
-- the same bits with any threads and instruction set, and what is refused.
-- luacheck: globals vec3 norm sin
local barchan = require "barchan"
local expect = require "tools.expect"
local failure, has = expect.failure, expect.has

local function line() return debug.getinfo(2, "l").currentline end

local function scene(options)
  options = options or {}
  local sim = barchan.simulation { domain = { lo = { -1, -1, -1 }, hi = { 1, 1, 1 }, periodic = "xyz" }, dt = options.dt or 1e-4,
    gravity = options.gravity or { 0, 0, -9.81 }, threads = options.threads or 2, isa = options.isa, precision = options.precision }
  local glass = sim:material { name = "glass", density = 2500, young = 1e7, poisson = 0.25 }
  sim:law "hertz_mindlin"
  sim:pair(glass, glass, { restitution = 0.8, friction = 0.3 })
  return sim, glass
end

local drag = { name = "stokes", reads = { "v", "radius" }, params = { eta = { 0.05, "Pa s" }, wind = { { 0.1, 0, 0 }, "m/s" } },
  body = function(p, k) return -18.849555921538759 * k.eta * p.radius * (p.v - k.wind) end }

describe("sim:kernel #physics", function()
  it("drags particles to their terminal velocity", function()
    for _, precision in ipairs { "mixed", "double" } do
      local sim, glass = scene { precision = precision }
      sim:insert { x = { { 0, 0, 0 }, { 0.5, 0, 0 } }, radius = { 1e-3, 2e-3 }, material = glass }
      sim:kernel(drag)
      sim:run { time = 1.2 }
      for i, r in ipairs { 1e-3, 2e-3 } do
        local m, b = 2500 * 4 / 3 * math.pi * r ^ 3, 6 * math.pi * 0.05 * r
        local t = 1.2
        local vz = -m * 9.81 / b * (1 - math.exp(-b * t / m))
        assert.near(vz, sim.v.z[i], math.abs(vz) * 2e-4)
        assert.near(0.1 * (1 - math.exp(-b * t / m)), sim.v.x[i], 2e-5)
      end
      sim:close()
    end
  end)
  it("adds fields and torques, and is removed", function()
    local sim, glass = scene { gravity = { 0, 0, 0 }, precision = "double" }
    sim:insert { x = { { 0, 0, 0 } }, radius = 1e-3, material = glass }
    local field = sim:kernel { name = "field", reads = { "mass", "time" }, params = { a = { 2, "m/s^2" }, w = { 3, "1/s" } },
      body = function(p, k) return vec3(p.mass * k.a * sin(k.w * p.time), 0, 0) end }
    local spin = sim:kernel { reads = { "mass", "radius" }, adds = "torque", params = { a = { { 0, 5, 0 }, "1/s^2" } },
      body = function(p, k) return 0.4 * p.mass * p.radius * p.radius * k.a end }
    assert.equal("kernel 'field'", tostring(field))
    sim:run { time = 0.5 }
    assert.near(2 / 3 * (1 - math.cos(1.5)), sim.v.x[1], 2e-4)
    assert.near(2.5, sim.angular_velocity.y[1], 1e-3)
    field:remove()
    spin:remove()
    local v, w = sim.v.x[1], sim.angular_velocity.y[1]
    sim:run { time = 0.1 }
    assert.near(v, sim.v.x[1], 5e-4) -- the last half kick
    assert.near(w, sim.angular_velocity.y[1], 5e-4)
    has(failure(function() field:remove() end), "kernel:remove: this kernel has been removed")
    sim:close()
  end)
  it("has the same bits on any threads and instruction set", function()
    local hashes = {}
    for i, options in ipairs { { threads = 1 }, { threads = 3 }, { threads = 2, isa = "sse2" } } do
      local sim, glass = scene(options)
      sim:insert { region = barchan.region.box { lo = { -0.1, -0.1, -0.1 }, hi = { 0.1, 0.1, 0.1 } }, material = glass,
        radius = { 2e-3, 4e-3 }, count = 700, seed = 3 }
      sim:kernel(drag)
      sim:kernel { reads = { "x", "mass" }, params = { k = { 200, "1/s^2" } }, body = function(p, k) return -p.mass * k.k * p.x end }
      sim:run { steps = 600 }
      hashes[i] = sim:hash()
      sim:close()
    end
    assert.equal(hashes[1], hashes[2])
    assert.equal(hashes[1], hashes[3])
  end)
  it("is refused at its line when it is wrong", function()
    local sim = scene()
    local function refused(body, at, part, more)
      local given = { reads = { "v", "radius" }, params = { c = { 1, "N s/m" } }, body = body }
      for key, value in pairs(more or {}) do given[key] = value end
      local message = failure(function() sim:kernel(given) end)
      has(message, "kernel_spec.lua:" .. at .. ": ")
      has(message, part)
    end
    refused(function(p) return p.v end, line(), "law: result 'F_x' must be N but is m/s")
    refused(function(p, k) return -k.c * p.v * (p.v.x / norm(p.v)) end, line(), "kernel 'kernel' gives nan")
    refused(function(p) return p.mass * p.v end, line(), "unknown field 'p.mass'")
    refused(function() return 1 end, line(), "a kernel must return a vector, got number")
    has(failure(function() sim:kernel { reads = { "speed" }, body = function() end } end), "reads: unknown value of a particle 'speed'")
    has(failure(function() sim:kernel { reads = {}, body = function() end } end), "reads must be a list of names")
    has(failure(function() sim:kernel { reads = { "v" }, params = { c = 1 }, body = function() end } end), "params.c must be { value, unit }")
    has(failure(function() sim:kernel { reads = { "v" }, params = { c = { 1, "Nm" } }, body = function() end } end),
      "params.c: unknown unit 'Nm'")
    sim:close()
  end)
end)
