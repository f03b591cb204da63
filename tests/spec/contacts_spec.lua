-- contacts_spec.lua -- sim:contact_network(): forces against formulas and against the sums of the step, the same columns for any
-- number of threads and vector width, nothing of the state changed, views that check. #physics
local process = require "tools.process"
local barchan = require "barchan"
local expect = require "tools.expect"
local failure, has = expect.failure, expect.has

local function scene(options, law, pair, slots)
  local sim = barchan.simulation(options)
  local glass = sim:material { name = "glass", young = 2e6, poisson = 0.25, density = 2500 }
  sim:law(law or "hertz_mindlin", slots)
  sim:pair(glass, glass, pair or { restitution = 0.5, friction = 0.4 })
  return sim, glass
end

local function heap(options, restitution)
  options.domain = options.domain or { lo = { 0, 0, 0 }, hi = { 0.05, 0.05, 0.2 } }
  local sim, glass = scene(options, "hertz_mindlin", { restitution = restitution or 0.3, friction = 0.5, rolling_friction = 0.1,
    rolling_damping = restitution and 0 }, { rolling = "epsd" })
  sim:box { lo = { 0, 0, 0 }, hi = { 0.05, 0.05, 0.2 }, side = "inside", material = glass }
  sim:insert { region = sim.box { lo = { 0, 0, 0 }, hi = { 0.05, 0.05, 0.1 } }, material = glass, radius = { 2e-3, 3e-3 },
    count = 1100, seed = 3 }
  return sim, glass
end

-- All columns as one text, every digit.
local function dump(network)
  local lines = {}
  for i = 1, network.count do
    local p, f, m, b = network.point[i], network.force[i], network.moment[i], network.branch[i]
    local n, s, r = network.normal[i], network.slip[i], network.roll[i]
    lines[i] = ("%d %d %d %d %.17g" .. (" %.17g"):rep(21)):format(network.first[i], network.second[i], network.wall[i],
      network.feature[i], network.overlap[i], p.x, p.y, p.z, f.x, f.y, f.z, m.x, m.y, m.z, b.x, b.y, b.z, n.x, n.y, n.z, s.x, s.y, s.z,
      r.x, r.y, r.z)
  end
  return table.concat(lines, "\n")
end

describe("sim:contact_network #physics", function()
  it("gives the forces of a stack at rest: each contact carries what lies above it", function()
    local r, n, k = 5e-3, 6, 2000
    local sim, glass = scene({ domain = { lo = { -0.1, -0.1, 0 }, hi = { 0.1, 0.1, 0.2 } }, precision = "double", threads = 1 }, "linear",
      { restitution = 0.05, friction = 0.3, stiffness = k })
    sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
    local weight = 2500 * 4 / 3 * math.pi * r ^ 3 * 9.81
    -- Placed at its depth of rest, so that it only has to lose what rounding leaves: contact j from below carries n + 1 - j grains.
    local x, z = {}, 0
    for i = 1, n do
      z = z + (i == 1 and r or 2 * r) - (n + 1 - i) * weight / k
      x[i] = { 0, 0, z }
    end
    sim:insert { material = glass, x = x, radius = r }
    sim:run { time = 1 }
    local network = sim:contact_network()
    assert.equal(n, network.count)
    assert.equal(n - 1, network.pairs)
    for i = 1, n - 1 do
      assert.equal(i, network.first[i])
      assert.equal(i + 1, network.second[i])
      assert.equal(0, network.wall[i])
      assert.is_nil(network:wall_of(i))
      assert.near(-(n - i) * weight, network.force[i].z, 1e-9 * weight) -- the first is the lower one: it is pushed down
      assert.near((n - i) * weight, network.normal_force[i], 1e-9 * weight)
      assert.near(-1, network.normal[i].z, 1e-15)
      assert.near((n - i) * weight / k, network.overlap[i], 1e-9 * weight / k)
      assert.near(network.overlap[i] - 2 * r, network.branch[i].z, 1e-15)
      assert.near(x[i][3] + r - network.overlap[i] / 2, network.point[i].z, 1e-11)
    end
    assert.equal(1, network.first[n])
    assert.equal(0, network.second[n])
    assert.equal(1, network.wall[n])
    assert.equal("plane", network:wall_of(n).shape)
    assert.near(n * weight, network.force[n].z, 1e-9 * weight)
    assert.near(0, network.point[n].z, 1e-14)
    sim:close()
  end)

  it("gives Hertz's force before the first step and where the script has put particles", function()
    for _, precision in ipairs { "mixed", "double" } do
      local sim, glass = scene { domain = { lo = { -1, -1, -1 }, hi = { 1, 1, 1 }, periodic = "x" }, precision = precision, threads = 1 }
      local r, d = 0.1, 1e-3
      sim:insert { material = glass, x = { { 0, 0, 0 }, { 2 * r - d, 0, 0 }, { -0.95, 0.5, 0 } }, radius = r }
      local function hertz(overlap) return 4 / 3 * (2e6 / (2 * (1 - 0.25 ^ 2))) * math.sqrt(r / 2) * overlap ^ 1.5 end
      local tiny = precision == "double" and 1e-11 or 1e-5
      local network = sim:contact_network()
      assert.equal(1, network.count)
      assert.near(-hertz(d), network.force[1].x, tiny * hertz(d))
      assert.near(d, network.overlap[1], tiny * d)
      assert.near(r - d / 2, network.point[1].x, tiny * r)
      sim.x[2] = { 0.5, 0, 0 }
      assert.equal(0, sim:contact_network().count)
      sim.x[1] = { 0.85 + 2 * d, 0.5, 0 } -- across the periodic face: the first is to the left
      network = sim:contact_network()
      assert.equal(1, network.count)
      assert.equal(3, network.second[1])
      assert.near(-hertz(2 * d), network.force[1].x, 10 * tiny * hertz(2 * d))
      assert.near(-(2 * r - 2 * d), network.branch[1].x, 1e-12)
      sim:close()
    end
  end)

  it("gives the forces that the step has summed, and the same columns for any threads and vectors", function()
    local first
    for _, how in ipairs { { threads = 1 }, { threads = 3, isa = "sse2" }, { threads = 2, skin = 2e-3 } } do
      local sim = heap(how, 1) -- nothing is damped: what a step sums does not depend on velocities
      sim:run { time = 0.06 }
      local hash = sim:hash()
      local network = sim:contact_network()
      assert.equal(hash, sim:hash())
      assert.equal(sim.contacts, network.pairs)
      assert.equal(sim.wall_contacts, network.count - network.pairs)
      local sum, slot = {}, {}
      for i = 1, sim.count do sum[i], slot[sim.id[i]] = { 0, 0, 0 }, i end
      for i = 1, network.count do
        local f = network.force[i]
        if i > 1 and i ~= network.pairs + 1 then
          local a, b = network.first[i - 1], network.first[i]
          assert.is_true(a < b or a == b and (network.second[i - 1] < network.second[i] or network.second[i] == 0))
        end
        for sign, id in pairs { [1] = network.first[i], [-1] = network.second[i] } do
          local s = id > 0 and sum[slot[id]]
          if s then s[1], s[2], s[3] = s[1] + sign * f.x, s[2] + sign * f.y, s[3] + sign * f.z end
        end
      end
      local largest, worst = 0, 0
      for i = 1, network.count do largest = math.max(largest, network.normal_force[i]) end
      for i = 1, sim.count do
        local f = sim.force[i]
        worst = math.max(worst, math.abs(f.x - sum[i][1]), math.abs(f.y - sum[i][2]), math.abs(f.z - sum[i][3]))
      end
      assert.is_true(network.count > 500 and worst < 1e-6 * largest, ("%g of %g N, %d"):format(worst, largest, network.count))
      local text = dump(network)
      first = first or text
      assert.is_true(text == first, "columns differ")
      sim:close()
    end
  end)

  it("does not change a run that it looks into, and lets go of removed particles", function()
    local watched, alone = heap { threads = 2 }, heap { threads = 1 }
    for _, sim in ipairs { watched, alone } do
      if sim == watched then sim:contact_network() end
      sim:run { time = 0.02, every = 1e-3, call = function(s) if s == watched then s:contact_network() end end }
      sim:remove { 7, 8, 9 }
      if sim == watched then
        local network = sim:contact_network()
        for i = 1, network.count do
          assert.is_true(network.first[i] < 7 or network.first[i] > 9)
          assert.is_true(network.second[i] < 7 or network.second[i] > 9)
        end
      end
      sim:run { steps = 999 - sim.step % 1000 } -- the next step sorts particles in space
      if sim == watched then sim:contact_network() end
      sim:run { steps = 50 }
    end
    assert.equal(alone:hash(), watched:hash())
    watched:close()
    alone:close()
  end)
end)

describe("a contact network", function()
  local sim, network
  before_each(function()
    local glass
    sim, glass = scene { domain = { lo = { -1, -1, -1 }, hi = { 1, 1, 1 } }, threads = 1, gravity = { 0, 0, 0 } }
    sim:insert { material = glass, x = { { 0, 0, 0 }, { 0.1999, 0, 0 }, { 0.5, 0, 0 } }, radius = 0.1 }
    network = sim:contact_network()
  end)
  after_each(function() sim:close() end)

  it("checks indices, names and writing", function()
    assert.equal("1 contacts at step 0, 1 of them between particles", tostring(network))
    has(failure(function() return network.force[2] end), "network.force: index 2 is out of range 1..1")
    has(failure(function() return network.overlap[0] end), "network.overlap: index 0 is out of range 1..1")
    has(failure(function() return network.overlap[1.5] end), "index must be a whole number")
    has(failure(function() return network.forces end), "did you mean 'force'?")
    has(failure(function() return network.force.w end), "network.force: unknown member 'w'")
    has(failure(function() network.overlap[1] = 2 end), "network.overlap cannot be written: it is a measure")
    has(failure(function() network.count = 2 end), "network.count cannot be assigned")
    assert.equal("m", network.overlap.unit)
    assert.equal(network.force[1].x, network.force.x[1])
  end)

  it("ends with the next step, is renewed by the next look, and is gone with its simulation", function()
    local force, overlap = network.force, network.overlap
    sim:run { steps = 1 }
    for _, f in ipairs { function() return force[1] end, function() return force.x[1] end, function() return overlap[1] end,
      function() return network.count end, function() return network.normal[1] end, function() network:export "a.csv" end } do
      has(failure(f), "the contacts are those of step 0 and the simulation has moved on; call sim:contact_network() again")
    end
    sim:contact_network()
    assert.equal(1, network.step)
    assert.is_true(force[1].x < 0)
    sim:law "linear"
    local glass = sim.material and sim:material { name = "other", young = 1e7, poisson = 0.25, density = 2500 }
    assert.is_true(glass ~= nil)
    sim:close()
    has(failure(function() return force[1] end), "the simulation is closed")
    has(failure(function() return network.force end), "the simulation is closed")
  end)

  it("refuses the middle of a step and a scene without a law", function()
    has(failure(function() sim:run { steps = 1, each_step = function(s) s:contact_network() end } end), "not in the middle of a step")
    local bare = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 1, 1, 1 } } }
    has(failure(function() bare:contact_network() end), "sim:contact_network: no contact law")
    bare:close()
  end)

  it("is written as CSV", function()
    local path = (os.getenv "BARCHAN_WORK" or "/tmp") .. "/contacts.csv"
    network:export(path)
    local file = assert(io.open(path))
    local names, row = file:read "*l", file:read "*l"
    assert.equal("first,second,wall,bond,feature,point_x,point_y,point_z,normal_x", names:sub(1, 63))
    assert.equal("1,2,0,0,-1,0.0999499", row:sub(1, 20))
    assert.is_nil(file:read "*l")
    file:close()
    has(failure(function() network:export "contacts.txt" end), "must end in .csv")
  end)
end)

describe("a file of contacts #slow", function()
  it("holds the contacts of its steps, readable by h5py alone, also across a step without any", function()
    if not process.python then return pending "no Python" end
    local at = process.folder "contacts-file"
    local sim, glass = scene { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 }, periodic = "xy" }, threads = 1 }
    sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
    sim:insert { region = sim.box { lo = { 0, 0, 0.01 }, hi = { 0.1, 0.1, 0.03 } }, material = glass, radius = 2e-3, count = 800 }
    local out = sim:output { file = at .. "/a.vtkhdf", every = 0.02, contacts = true, compress = 4 }
    sim:run { time = 0.05 }
    sim:bond { within = 0, young = 1e6 } -- of the pairs that touch now
    sim:run { time = 0.01 }
    out:write()
    local network = sim:contact_network()
    assert.is_true(network.count > 100 and network.bonds > 20 and network.pairs + network.bonds < network.count)
    local path, script = at .. "/a-contacts.vtkhdf", at .. "/read.py"
    out:close()
    assert.equal(5, process.trajectory_steps(path))
    process.write(script, ([[
import sys
sys.path.insert(0, %q)
from read_trajectory import Trajectory
t = Trajectory(%q)
assert len(t.read(0)["cell_first"]) == 0
d = t.read(-1)
names = ("first", "second", "wall", "bond", "overlap", "normal_force", "slip_x")
for row in zip(*[d["cell_" + n] for n in names], d["cell_force"], d["position"][::2]):
    print(*row[:4], *["%%.70g" %% x for x in (*row[4:7], *row[7], *row[8])]) # all digits: at a tie Lua rounds up
]]):format(process.source .. "tests/tools", path))
    local pipe = assert(io.popen(("'%s' '%s'"):format(process.python, script)))
    local i = 0
    for line in pipe:lines() do
      i = i + 1
      local f, slot = network.force[i], sim:particle(network.first[i]).index
      local numbers = { network.overlap[i], network.normal_force[i], network.slip[i].x, f.x, f.y, f.z, sim.x[slot].x, sim.x[slot].y,
        sim.x[slot].z }
      for k, x in ipairs(numbers) do numbers[k] = ("%.70g"):format(x) end
      assert.equal(("%d %d %d %d %s"):format(network.first[i], network.second[i], network.wall[i] - 1, network.bond[i] - 1,
        table.concat(numbers, " ")), line)
    end
    pipe:close()
    assert.equal(network.count, i)
    sim:close()
  end)
end)
