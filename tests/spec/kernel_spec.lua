-- Traced kernels of particles: drag against its terminal velocity, a field against the exact parabola, torque against the exact spin,
-- the same bits with any threads and instruction set, interpreted and compiled, and what is refused.
-- luacheck: globals vec3 norm sin exp sqrt pow max
local ffi = require "ffi"
local barchan = require "barchan"
local backend = require "barchan.backend"
local trace = require "barchan.law.trace"
local expect = require "tools.expect"
local process = require "tools.process"
local failure, has = expect.failure, expect.has

local function line() return debug.getinfo(2, "l").currentline end

local function scene(options)
  options = options or {}
  local sim = barchan.simulation { domain = { lo = { -1, -1, -1 }, hi = { 1, 1, 1 }, periodic = "xyz" }, dt = options.dt or 1e-4,
    gravity = options.gravity or { 0, 0, -9.81 }, threads = options.threads or 2, isa = options.isa, precision = options.precision,
    laws = options.laws or "interpreter" }
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
    assert.same({ "field", "kernel" }, { field.name, spin.name })
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

-- Of all that a kernel can read, with each kind of operation.
local everything = { name = "everything", reads = { "x", "v", "angular_velocity", "radius", "mass", "time", "dt" },
  params = { a = { 3, "m/s^2" }, l = { 0.1, "m" }, w = { 40, "1/s" }, u = { { 0.1, -0.2, 0.3 }, "m/s" } },
  body = function(p, k)
    local w = p.v - k.u
    local s = exp(-p.x.x / k.l) * sin(k.w * p.time)
    local f = p.mass * k.a * (s * vec3(1, 0, 0) + pow(norm(p.x) / k.l, 1.5) * vec3(0, 0, 0.1))
    if p.x.y > 0.01 * k.l then f = f - p.mass * k.w * w else f = f + sqrt(p.radius / k.l) * p.mass * k.a * vec3(0, 1, 0) end
    return f + p.mass * p.radius * k.w * p.angular_velocity * max(0, 1 - p.dt * k.w)
  end }

describe("kernels of particles through the C compiler", function()
  local cc = process.exists(process.program) and os.execute "cc --version >/dev/null 2>&1" == 0
  local run = cc and it or pending
  local folder
  setup(function()
    folder = process.folder "kernel"
    ffi.cdef "int setenv(const char* name, const char* value, int overwrite);"
    ffi.C.setenv("XDG_CACHE_HOME", folder .. "/cache", 1)
  end)

  -- Runs some steps; until: goes on only when it says so. Answers the hash and what ran the last step.
  local function outcome(options, steps, wait)
    local sim, glass = scene(options)
    sim:insert { region = barchan.region.box { lo = { -0.1, -0.1, -0.1 }, hi = { 0.1, 0.1, 0.1 } }, material = glass,
      radius = { 2e-3, 4e-3 }, count = 1100, seed = 3 }
    local kernel = sim:kernel(everything)
    sim:kernel { name = "spin", reads = { "mass", "radius", "angular_velocity" }, adds = "torque", params = { w = { { 1, 2, 3 }, "rad/s" },
      c = { 50, "1/s" } }, body = function(p, k) return p.mass * p.radius * p.radius * k.c * (k.w - p.angular_velocity) end }
    sim:run { steps = 1 }
    local first, start = backend.executor(kernel._), os.time()
    while wait and backend.executor(kernel._) ~= "cc" and os.time() - start < 30 do
      sim:run { steps = 1 }
      os.execute "sleep 0.02"
    end
    local swapped = sim.step
    sim:run { steps = steps - sim.step }
    local text, last = sim:hash(), backend.executor(kernel._)
    sim:close()
    return text, first, last, swapped
  end

  for _, precision in ipairs { "mixed", "double" } do
    run("have the interpreter's bits, swapped in at whatever step, " .. precision, function()
      local expected, _, interpreted = outcome({ precision = precision, laws = "interpreter" }, 1500)
      assert.equal("interpreter", interpreted)
      local hash, first, last, swapped = outcome({ precision = precision, laws = "auto", threads = 3 }, 1500, true)
      assert.same({ expected, "interpreter", "cc" }, { hash, first, last })
      assert.is_true(swapped > 1 and swapped < 1500, "swapped at step " .. swapped)
      hash, first = outcome({ precision = precision, laws = "auto" }, 1500) -- from the cache
      assert.same({ expected, "cc" }, { hash, first })
      for _, isa in ipairs { "sse2", "avx2", "avx512" } do
        if ({ sse2 = 1, avx2 = 2, avx512 = 3 })[isa] <= require("barchan.native").C.brc_isa_best() then
          assert.equal(expected, (outcome({ precision = precision, laws = "cc", isa = isa, threads = 1 }, 1500)))
        end
      end
    end)
  end

  it("give what the function says on plain numbers, to the grid of the sums", function()
    for _, laws in ipairs { "interpreter", cc and "cc" or nil } do
      local sim, glass = scene { precision = "double", laws = laws, gravity = { 0, 0, 0 } }
      sim:insert { region = barchan.region.box { lo = { -0.5, -0.5, -0.5 }, hi = { 0.5, 0.5, 0.5 } }, material = glass,
        radius = { 1e-3, 2e-3 }, count = 300, seed = 8 }
      local given = { name = "plain", reads = { "x", "radius", "mass", "time", "dt" },
        params = { a = { { 1, 2, 3 }, "m/s^2" }, l = { 0.3, "m" } },
        body = function(p, k)
          local s = exp(-norm(p.x) / k.l) + pow(p.radius / k.l, 0.7) * (p.time / (p.time + p.dt))
          if p.x.z < 0 then s = -2 * s end
          return p.mass * s * k.a
        end }
      sim:kernel(given)
      sim:run { steps = 3 }
      local quantum, params = sim:profile().force_quantum, { a = { 1, 2, 3 }, l = 0.3 }
      local largest = 0
      for i = 1, sim.count do
        local r = sim.radius[i]
        local f = trace.evaluate_kernel({ body = given.body }, { x = { sim.x.x[i], sim.x.y[i], sim.x.z[i] }, radius = r, mass = sim.mass[i],
          time = sim.time, dt = sim.dt }, params)
        for _, axis in ipairs { "x", "y", "z" } do
          local magic = 1.5 * 2 ^ 52 * quantum
          assert.equal((f[axis] + magic) - magic, sim.force[axis][i])
          largest = math.max(largest, math.abs(f[axis]) / quantum)
        end
      end
      assert.is_true(largest > 1e6, "the forces are too small to mean anything: " .. largest)
      sim:close()
    end
  end)

  it("explain themselves", function()
    local sim = scene { laws = "auto" }
    local kernel = sim:kernel(drag)
    local said, print_ = {}, print
    _G.print = function(text) said[#said + 1] = text end -- luacheck: ignore
    local ok, message = pcall(function()
      kernel:explain()
      kernel:explain "c"
    end)
    _G.print = print_ -- luacheck: ignore
    assert.is_true(ok, message)
    local text = table.concat(said, "\n")
    for _, part in ipairs { "kernel stokes\n  reads          v [m/s], radius [m]\n", "eta = 0.05 [kg/m/s], wind = {0.1, 0, 0} [m/s]",
      "adds           a force [N]", "8 for each particle: 5 products, 3 subtractions", "void BRC_LAW_NAME(brc_law_kernel)" } do
      has(text, part)
    end
    has(failure(function() kernel:explain "lua" end), "kernel:explain takes nothing or \"c\", got lua")
    has(failure(function() kernel:explane() end), "unknown member of a kernel 'explane'; did you mean 'explain'?")
    sim:close()
  end)

  run("are done without where there is no compiler", function()
    local file = assert(io.open(folder .. "/drag.lua", "w"))
    file:write [[
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 1, 1, 1 } }, laws = barchan.set.laws, dt = 1e-4, threads = 1,
  gravity = { 0, 0, 0 } }
local m = sim:material { name = "m", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(m, m, { restitution = 0.5, friction = 0.5 })
sim:insert { x = { { 0.5, 0.5, 0.5 } }, radius = 0.01, material = m }
local drag = sim:kernel { reads = { "v" }, params = { c = { 1, "N s/m" } }, body = function(p, k) return -k.c * p.v end }
local clock = barchan.clock()
while barchan.clock() - clock < 0.6 do sim:run { steps = 1 } end
drag:remove()
sim:run { steps = 1 }
print("done")
]]
    file:close()
    local function said(laws)
      local pipe = io.popen(("cd '%s' && CC=/no/such/cc '%s' run drag.lua --quiet --set laws=%s 2>&1"):format(folder, process.program, laws))
      local text = pipe:read "*a"
      pipe:close()
      return text
    end
    local text = said "auto"
    local _, count = text:gsub("kernels of the script are interpreted, which is slower and gives the same results: "
      .. "there is no C compiler '/no/such/cc' on PATH", "")
    assert.equal(1, count, text)
    has(text, "done")
    has(said "cc", "drag.lua:10: sim:run: laws = \"cc\", but the kernel 'kernel' could not be compiled: there is no C compiler '/no/such/cc'")
  end)
end)

describe("the hash of a state", function()
  local function hash(...)
    local sim, glass = scene()
    sim:insert { x = { { 0, 0, 0 } }, radius = 1e-3, material = glass }
    for _, given in ipairs { ... } do
      local kernel = sim:kernel(given[1])
      if given.removed then kernel:remove() end
    end
    sim:run { steps = 0 }
    local text = sim:hash()
    sim:close()
    return text
  end
  local function pull(a, adds, removed, body)
    return { { reads = { "mass", "radius" }, adds = adds, params = { a = { { a, 0, 0 }, adds == "torque" and "m^2/s^2" or "m/s^2" } },
      body = body or function(p, k) return p.mass * k.a end }, removed = removed }
  end

  it("sees kernels, their parameters and what they add", function()
    local seen = {}
    for i, h in ipairs { hash(), hash(pull(1)), hash(pull(2)), hash(pull(1, "torque")), hash(pull(1), pull(1)), hash(pull(1, nil, nil,
      function(p, k) return p.mass * k.a * 2 end)) } do
      assert.is_nil(seen[h], ("case %d has the hash of case %s"):format(i, tostring(seen[h])))
      seen[h] = i
    end
  end)
  it("does not see their order and those that were removed", function()
    assert.equal(hash(), hash(pull(1, nil, true)))
    assert.equal(hash(pull(1), pull(2)), hash(pull(2), pull(3, nil, true), pull(1)))
  end)
end)
