-- sums_spec.lua -- sim:sum, sim:max, sim:min and those of a contact network: against plain loops, with the same bits on one rank and on
-- several, kept for a resumed run; what they refuse.
local barchan = require "barchan"
local process = require "tools.process"
local ranks = require "tools.ranks"
local expect = require "tools.expect"
local failure, has = expect.failure, expect.has

local r = 1e-3
local function scene()
  local sim = barchan.simulation { domain = { lo = { 0, 0, -r }, hi = { 40*r, 40*r, 100*r }, periodic = "xy" }, seed = 3 }
  local sand = sim:material { name = "sand", young = 5e6, poisson = 0.3, density = 2500 }
  sim:law "hertz_mindlin"
  sim:pair(sand, sand, { restitution = 0.4, friction = 0.5 })
  sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = sand }
  return sim, sand
end

-- Numbers and their correctly rounded sums from Python, as a script.
local function numbers(count)
  local source = process.source .. "tests/tools/exact_sums.py"
  return (process.output(("%s %s %d"):format(process.python, process.quote(source), count)))
end

describe("sums over particles", function()
  local sim, sand, x, z, mass
  before_each(function()
    sim, sand = scene()
    sim:insert { region = sim.box { lo = { 0, 0, 0 }, hi = { 40*r, 40*r, 40*r } }, material = sand, radius = { 0.8*r, r }, count = 2000 }
    sim:run { time = 0.03 }
    x, z, mass = sim.x.x, sim.x.z, sim.mass
  end)
  after_each(function() sim:close() end)

  it("are those of plain loops", function()
    local m, mz, n = sim:sum(function(i) return mass[i], mass[i]*z[i], 1 end)
    local plain, top, low = 0, 1, 1
    for i = 1, sim.count do
      plain = plain + mass[i]*z[i]
      if z[i] > z[top] then top = i end
      if z[i] < z[low] then low = i end
    end
    assert.equal(sim.total_mass, m)
    assert.equal(2000, n)
    assert.near(plain, mz, 1e-13*plain)
    assert.equal(m, sim:sum(mass))
    assert.same({ z[top], sim.id[top] }, { sim:max(z) })
    assert.same({ z[low], sim.id[low] }, { sim:min(function(i) return z[i] end) })
    local least = sim:max(function() return 1 end) -- of many the least id
    assert.same({ 1, 1 }, { least, (select(2, sim:max(function() return 1 end))) })
  end)

  it("are of up to eight numbers", function()
    local function of(n)
      return function(i) return unpack({ mass[i], 2, z[i], 4, 1, 6, i, 8 }, 1, n) end
    end
    local all = { sim:sum(of(8)) }
    assert.same({ sim.total_mass, 2*2000, sim:sum(z), 4*2000, 2000, 6*2000, 1000*2001, 8*2000 }, all)
    for n = 1, 7 do assert.same({ unpack(all, 1, n) }, { sim:sum(of(n)) }) end
  end)

  it("leave out what has no value, and come by groups", function()
    local function layer(i) if z[i] > 2*r then return math.floor(z[i]/(4*r)) - 2 end end
    local number, mz = sim:sum(function(i) return 1, mass[i]*z[i] end, layer)
    local highest, who = sim:max(z, layer)
    local lowest = sim:min(z, layer)
    local expected, heights, all = {}, {}, 0
    for i = 1, sim.count do
      local k = layer(i)
      if k then
        expected[k], heights[k], all = (expected[k] or 0) + 1, math.max(heights[k] or 0, z[i]), all + 1
      end
    end
    assert.is_true(all > 1000 and all < 2000 and expected[-2] ~= nil and expected[0] ~= nil)
    assert.same(expected, number)
    assert.same(heights, highest)
    for k in pairs(expected) do
      assert.equal(highest[k], sim:particle(who[k]).x.z)
      assert.is_true(lowest[k] < highest[k] and mz[k] > 0)
    end
    assert.equal(all, (sim:sum(function(i) if z[i] > 2*r then return 1 end end)))
    assert.equal(0, (sim:sum(function() end)))
    assert.is_nil((sim:max(function() end)))
    assert.same({}, (sim:sum(function() end, layer)))
    sim:remove((function() local ids = {} for i = 1, sim.count do ids[i] = sim.id[i] end return ids end)())
    assert.equal(0, (sim:sum(mass)))
    assert.is_nil((sim:min(mass)))
  end)

  it("are exact, whatever the order, and rounded once", function()
    -- what a plain sum loses: 1e16 + 1 - 1e16
    local id = sim.id
    for _, power in ipairs { 40, 53, 60, 300, 1023 } do
      assert.equal(1998, (sim:sum(function(i) return id[i] == 1 and 2^power or id[i] == 2 and -2^power or 1 end)))
    end
    if not process.python then return pending "no python3" end
    local list = assert(loadstring(numbers(1000)))()
    assert.equal(18, #list)
    for _, q in ipairs(list) do
      local function term(i) return q.term[id[i]] end -- nil from 1001 on
      assert.equal(q.sum, (sim:sum(term)), q.name)
      assert.same(q.by, (sim:sum(term, function(i) return q.key[id[i]] end)), q.name)
      assert.equal(q.by[2], (sim:sum(function(i) if q.key[id[i]] == 2 then return term(i) end end)), q.name) -- nothing of the other groups
    end
  end)

  it("ask each particle once, in order", function()
    local asked, grouped, all = {}, {}, {}
    local function value(i)
      asked[#asked + 1] = i
      if i > 3 and i % 7 ~= 0 then return i end
    end
    local function key(i)
      grouped[#grouped + 1] = i
      return i % 2
    end
    local kept = {}
    for i = 1, sim.count do
      all[i] = i
      if i > 3 and i % 7 ~= 0 then kept[#kept + 1] = i end
    end
    for _, way in ipairs { "sum", "max", "min" } do
      asked, grouped = {}, {}
      sim[way](sim, value, key)
      assert.same(all, asked)
      assert.same(kept, grouped)
      asked = {}
      sim[way](sim, function(i) asked[#asked + 1] = i end) -- nothing of any
      assert.same(all, asked)
    end
    local number = 0
    assert.equal(sim.count*(sim.count + 1)/2, (sim:sum(function() number = number + 1 return number end)))
  end)

  it("are 0 for -0, whichever comes first", function()
    local id, nothing = sim.id, -1/math.huge
    for _, way in ipairs { "sum", "max", "min" } do
      for k = 0, 1 do
        local value = sim[way](sim, function(i) return id[i] % 2 == k and 0 or nothing end)
        assert.equal(math.huge, 1/value, way)
        assert.equal(math.huge, 1/sim[way](sim, function() return nothing end, function() return 1 end)[1], way)
      end
    end
  end)

  it("are taken in the middle of a step, too", function()
    local force, calls = sim.force.z, 0
    sim:run { steps = 3, each_step = function(s)
      calls = calls + 1
      assert.equal(s.count, (s:sum(function() return 1 end)))
      assert.near(s:sum(force), s:sum(function(i) return force[i] end), 0)
    end }
    assert.equal(3, calls)
  end)

  it("are taken of contacts", function()
    sim:run { time = 0.07 } -- they lie
    local network = sim:contact_network()
    local f = network.normal_force
    local sum, strongest, weakest = 0, 1, 1
    for i = 1, network.count do
      sum = sum + f[i]
      if f[i] > f[strongest] then strongest = i end
      if f[i] < f[weakest] then weakest = i end
    end
    assert.is_true(network.count > 100)
    assert.near(sum, network:sum(f), 1e-12*sum)
    assert.same({ f[strongest], network.first[strongest], network.second[strongest] }, { network:max(f) })
    assert.same({ f[weakest], network.first[weakest], network.second[weakest] }, { network:min(f) })
    assert.is_true(network.pairs < network.count)
    local function wall(i) return network.second[i] == 0 and 1 or 0 end
    local of_wall = network:sum(function() return 1 end, wall)
    assert.equal(network.pairs, of_wall[0])
    local most, first, second = network:max(f, wall)
    local least = network:min(f, wall)
    for k = 0, 1 do
      local top, low = 0, math.huge
      for i = 1, network.count do
        if wall(i) == k then
          low = math.min(low, f[i])
          if top == 0 or f[i] > f[top] then top = i end
        end
      end
      assert.same({ f[top], network.first[top], network.second[top], low }, { most[k], first[k], second[k], least[k] })
    end
    has(failure(function() network:sum(mass) end), "network:sum: value is a field of something else")
    sim:run { steps = 1 }
    has(failure(function() network:sum(f) end), "the simulation has moved on")
  end)

  it("refuse what is no number, at the line of the script", function()
    local function refused(fn, text)
      local said = failure(fn)
      has(said, text)
      has(said, "sums_spec.lua:")
    end
    local must = "value must be a function of the index of a particle, or a field of numbers such as sim.x.z, got "
    refused(function() sim:sum() end, "sim:sum: " .. must .. "nil")
    refused(function() sim:max("x") end, "sim:max: " .. must .. "'x'")
    refused(function() sim:sum(sim.x) end, "value is a field of vectors; take a component, as in sim.x.z")
    refused(function() sim:sum(mass, 3) end, "sim:sum: by must be a function")
    refused(function() sim:sum(mass, z, z) end, "takes one function, and perhaps another for the key")
    refused(function() sim:min(function() return 1, 2 end) end, "sim:min: the function must give one number, it gives 2")
    refused(function() sim:sum(function() return 1, 2, 3, 4, 5, 6, 7, 8, 9 end) end, "at most 8 numbers, it gives 9")
    refused(function() sim:sum(function(i) return sim.id[i] == 7 and 0/0 or 1 end) end,
      "the function must give finite numbers, or nil to leave one out, got nan for particle with id 7")
    refused(function() sim:sum(function(i) return 1, sim.id[i] ~= 8 and 2 or "two" end) end, "got 'two' for particle with id 8")
    refused(function() sim:sum(function(i) if sim.id[i] == 9 then return 1, 2 end return 1 end) end,
      "must give as many numbers for each, and gives more than 1 for particle with id 9")
    refused(function() sim:sum(mass, function(i) return sim.id[i] == 5 and "five" or 1 end) end,
      "sim:sum: by must give a number, or nil to leave one out, got 'five' for particle with id 5")
    refused(function() sim:sum(x[1] > 0 and function() error "of my own" end) end, "of my own")
  end)
end)

describe("sums over particles of several ranks #slow", function()
  if not ranks.mpirun then return pending "built without MPI" end
  if not process.exists(process.program) then return pending("the executable was not built: " .. process.program) end
  local folder = process.folder "sums"
  local preamble = ([[
package.path = "%s?.lua;" .. package.path
local barchan, scene = require "barchan", require "scene"
local sim = scene.sim
scene.fill()
sim:run { steps = 20 }
local z, v, mass, id = sim.x.z, sim.v.z, sim.mass, sim.id
]]):format(process.source .. "tests/broken_ranks/")
  local function script(name, text) return process.write(folder .. "/" .. name, preamble .. text) end

  it("have the same bits", function()
    process.write(folder .. "/numbers.lua", process.python and numbers(100) or "return {}")
    local path = script("same.lua", [[
local function say(...)
  for _, value in ipairs { ... } do
    if type(value) ~= "table" then io.stdout:write(("%.17g "):format(value)) end
    for key, one in pairs(type(value) == "table" and value or {}) do io.stdout:write(("%g=%.17g "):format(key, one)) end
  end
end
if barchan.rank == 0 then io.stdout:write "sums " end
local values = { { sim:sum(function(i) return mass[i]*v[i], 1/z[i], 1 end) }, { sim:sum(v, function(i) return math.floor(z[i]/7e-3) end) },
  { sim:max(z) }, { sim:min(v, function(i) return id[i] % 3 end) }, { sim:sum(function(i) if id[i] == 50 then return 1, z[i] end end) },
  { sim:max(function(i) if id[i] == 51 then return z[i] end end) } }
local network = sim:contact_network()
values[7] = { network:max(network.overlap) }
values[8] = { network:sum(network.overlap) }
for _, q in ipairs(dofile "numbers.lua") do
  local function term(i) return q.term[id[i] ] end
  assert(sim:sum(term) == q.sum, q.name)
  for key, sum in pairs(sim:sum(term, function(i) return q.key[id[i] ] end)) do assert(sum == q.by[key], q.name) end
end
if barchan.rank == 0 then
  for _, list in ipairs(values) do say(unpack(list)) end
  io.stdout:write "\n"
end
]])
    local one = process.run({ "run", path, "--quiet" }, { folder = folder })
    assert.equal(0, one.code, one.err)
    has(one.out, "sums ")
    for _, count in ipairs { 2, 3 } do
      local said = ranks.run(count, { "run", path, "--quiet" }, { folder = folder })
      assert.equal(0, said.code, said.err)
      assert.equal(one.out, said.out)
    end
  end)

  it("raise on all what one of them raises", function()
    local raises = script("raises.lua", "sim:sum(function(i) if id[i] == 3 then error 'third' end return 1 end)")
    local said = ranks.run(2, { "run", raises, "--quiet" }, { folder = folder })
    assert.equal(1, said.code)
    has(said.err, "third (on rank ")
    said = ranks.run(2, { "run", script("unlike.lua", [[
local mine = barchan.rank == 0
sim:sum(function() if mine then return 1 end return 1, 2 end)
]]), "--quiet" }, { folder = folder })
    assert.equal(1, said.code)
    has(said.err, "sim:sum: the function must give as many numbers for each particle, and gives 1 for one and 2 for another")
  end)
end)

describe("sums over particles in a script that is resumed #slow", function()
  if not process.exists(process.program) then return pending("the executable was not built: " .. process.program) end
  it("are those of then", function()
    local folder = process.folder "sums_resumed"
    local path = process.write(folder .. "/again.lua", [[
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 1, 1, 1 }, periodic = "xyz" }, threads = 1 }
local glass = sim:material { name = "glass", density = 2500 }
sim:law "linear"
sim:pair(glass, glass, { restitution = 0.5, friction = 0, stiffness = 1000 })
sim:insert { region = sim.box { lo = { 0, 0, 0 }, hi = { 1, 1, 1 } }, radius = 0.01, count = 50, material = glass }
sim:checkpoint { file = "again.chk", every = 0.05 }
sim:run { time = 0.1 }
local z = sim.x.z
local a, b = sim:sum(function(i) return z[i], z[i]^2 end)
local top, who = sim:max(z)
local layers = sim:sum(function() return 1 end, function(i) return math.floor(10*z[i]) - 3 end)
local text = ("%.17g %.17g %.17g %d "):format(a, b, top, who)
for k, n in pairs(layers) do text = text .. ("%d:%d "):format(k, n) end
sim:run { time = 0.1, every = 0.06, call = function()
  if not io.open("stopped.txt") then
    io.open("stopped.txt", "w"):close()
    os.exit(9)
  end
end }
print(text)
print(("%.17g"):format((sim:sum(sim.v.z))))
]])
    os.remove(folder .. "/stopped.txt")
    assert.equal(9, process.run({ "run", path, "--quiet" }, { folder = folder }).code)
    local rest = process.run({ "run", path, "--quiet", "--resume" }, { folder = folder })
    assert.equal(0, rest.code, rest.err)
    has(rest.err, "going on from")
    local whole = process.run({ "run", path, "--quiet" }, { folder = folder })
    assert.equal(0, whole.code, whole.err)
    assert.equal(whole.out, rest.out)
    has(whole.out, ":")
  end)
end)
