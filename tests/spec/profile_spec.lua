-- profile_spec.lua -- sim:profile() and --profile: stages add up to the whole, counts are those of the simulation, wrong use.
local barchan = require "barchan"
local expect = require "tools.expect"
local process = require "tools.process"
local failure, has, lacks = expect.failure, expect.has, expect.lacks

local STAGES = { "kick-drift", "motion", "exchange", "neighbours", "contacts", "forces", "hooks", "kick", "events" }

local function bed(options)
  options.domain = { lo = { 0, 0, 0 }, hi = { 0.05, 0.05, 0.1 } }
  local sim = barchan.simulation(options)
  local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
  sim:law "hertz_mindlin"
  sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
  sim:box { lo = { 0, 0, 0 }, hi = { 0.05, 0.05, 0.1 }, side = "inside", material = glass }
  sim:insert { region = sim.box { lo = { 0, 0, 0 }, hi = { 0.05, 0.05, 0.04 } }, radius = { 1e-3, 1.3e-3 }, count = 2000,
    material = glass, velocity = { 0, 0, -1 } }
  return sim
end

describe("sim:profile", function()
  for _, threads in ipairs { 1, 2 } do
    it("has every stage, and they add up: threads " .. threads, function()
      local sim = bed { threads = threads }
      sim:run { steps = 300 }
      local p, sum, ns = sim:profile(), 0, 0
      assert.same(STAGES, p.order)
      for _, name in ipairs(STAGES) do
        assert.is_true(p.stages[name] >= 0, name)
        sum, ns = sum + p.stages[name], ns + p.ns[name]
      end
      -- Between two stages there is a look at the clock and little else; a preempted process may add some milliseconds there.
      assert.is_true(sum <= p.seconds * 1.000001 and sum > 0.5 * p.seconds, ("%g of %g s"):format(sum, p.seconds))
      assert.near(p.ns.total * sum / p.seconds, ns, 1e-6 * ns)
      assert.near(p.seconds * 1e9 / (300 * 2000), p.ns.total, 1e-9 * p.ns.total)
      assert.is_true(p.law_seconds > 0) -- of blocks that are picked: one that is preempted counts for many
      assert.equal("hertz_mindlin", p.law)
      assert.equal("engine", p.law_runs)
      assert.is_true(p.rebuilds >= 1 and p.near_skin > 0 and p.near_skin < p.skin)
      assert.is_true(p.picks >= 0 and p.rebuilds + p.picks <= 301)
      assert.is_true(p.memory / 2000 > 300 and p.memory / 2000 < 1000000)
    end)
  end

  it("counts what a step evaluates", function()
    local sim = bed { threads = 2 }
    local contacts, walls, steps = 0, 0, 0
    for _ = 1, 40 do
      sim:run { steps = 20 } -- single steps in between are counted like those in one call
      local before = sim:profile()
      sim:run { steps = 1 }
      local p = sim:profile()
      assert.equal(sim.contacts, p.contacts - before.contacts)
      assert.equal(sim.wall_contacts, p.wall_contacts - before.wall_contacts)
      assert.equal(2000, p.particle_steps - before.particle_steps)
      contacts, walls, steps = contacts + sim.contacts, walls + sim.wall_contacts, steps + 1
    end
    assert.is_true(contacts > 100 * steps and walls > steps, "the scene has to have contacts")
  end)

  it("tells what a step must move", function()
    local sim = bed { threads = 1, skin = 2e-4 }
    sim:run { steps = 5 }
    local p = sim:profile()
    -- place 32, velocities 64, residuals 32, sums 64 bytes, read and written; a pair: slots 8, flag 1 and 3 floats read and written
    assert.near(2 * (32 + 64 + 32 + 64) + p.candidates * (8 + 2 * (1 + 12)), p.step_bytes, 1e-9)
    assert.is_nil(p.copy_speed)
  end)

  it("measures the memory's speed when asked, and says what bounds the run", function()
    local sim = bed { threads = 2 }
    sim:run { steps = 50 }
    local p, sum = sim:profile { bound = true }, 0
    assert.is_true(p.copy_speed > 1e7 and p.copy_speed < 1e13, tostring(p.copy_speed))
    assert.near(p.step_bytes / p.copy_speed * 1e9, p.memory_ns, 1e-9 * p.memory_ns)
    for k, part in ipairs(p.shares) do
      sum = sum + part.share
      assert.is_true(k == 1 or part.share <= p.shares[k - 1].share)
    end
    assert.is_true(sum > 0.5 and sum < 1.000001, tostring(sum))
    assert.equal(p.shares[1].name, p.bound)
  end)

  it("answers before the first step", function()
    local sim = bed { threads = 1 }
    local p = sim:profile { bound = true }
    assert.equal(0, p.steps)
    assert.equal(0, p.ns.total)
    assert.equal("string", type(p.bound))
  end)

  it("tells what runs a law of the script's", function()
    local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 1, 1, 1 } }, laws = "interpreter", threads = 1 }
    local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
    sim:law { normal = "hertz", damping = "viscous", tangential = "coulomb" }
    sim:pair(glass, glass, { viscosity = 0.1, friction = 0.4 })
    sim:insert { x = { { 0.5, 0.5, 0.5 } }, radius = { 0.01 }, material = glass }
    sim:run { steps = 1 }
    assert.equal("interpreter", sim:profile().law_runs)
  end)

  it("refuses what it does not know", function()
    local sim = bed { threads = 1 }
    has(failure(function() sim:profile { bounds = true } end), "did you mean 'bound'?")
    has(failure(function() sim:profile { bound = 1 } end), "sim:profile: bound must be true or false, got 1")
    has(failure(function() sim:profile(3) end), "expected a table of options")
  end)
end)

describe("barchan run --profile #slow", function()
  if not process.exists(process.program) then return pending("the executable was not built: " .. process.program) end
  local folder = process.folder "profile"
  process.write(folder .. "/bed.lua", [[
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } }, threads = 1 }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
sim:insert { region = sim.box { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } }, radius = 2e-3, count = 500, material = glass }
if not barchan.set.idle then sim:run { steps = 20 } end
print(sim:hash())]])
  local function run(...) return process.run({ "run", "bed.lua", ... }, { folder = folder }) end

  it("prints its table, also when quiet, and changes no bit", function()
    local plain, said = run "--quiet", run("--quiet", "--profile")
    assert.equal(0, said.code, said.err)
    assert.equal(plain.out, said.out)
    assert.equal("", plain.err)
    has(said.err, "profile: 20 steps, 500 particles")
    for _, name in ipairs(STAGES) do has(said.err, "  " .. name) end
    for _, part in ipairs { "ns per particle-step", "total", "law  ", "contacts  ", "lists  ", "near lists  ", "bytes per particle",
      "GB/s", "bound by  ", "1 thread, " } do has(said.err, part) end
    said = run "--profile"
    has(said.err, "E_kin/J")
    lacks(said.err, "million particle-steps per second") -- the closing breakdown, which the profile stands for
  end)

  it("is silent about a simulation that has not run", function()
    local said = run("--profile", "--set", "idle=true")
    assert.equal(0, said.code, said.err)
    lacks(said.err, "profile:")
  end)

  it("takes no value", function()
    local said = run "--profile=full"
    assert.equal(2, said.code)
    has(said.err, "option --profile takes no value")
    has(process.run({ "run", "--help" }, { folder = folder }).out, "--profile")
  end)
end)
