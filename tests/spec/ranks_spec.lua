-- ranks_spec.lua -- scripts on several ranks: who prints and writes, what is the same everywhere, signals, plain luajit, MPI that somebody
-- else has started or that is not there. What goes wrong between ranks is in broken_ranks_spec.lua.
local process = require "tools.process"
local ranks = require "tools.ranks"
local expect = require "tools.expect"
local has, lacks = expect.has, expect.lacks

local folder = process.folder "ranks"
local scenes = process.source .. "tests/broken_ranks/"

local preamble = ([[
package.path = "%s?.lua;" .. package.path
local barchan, scene = require "barchan", require "scene"
local sim = scene.sim
]]):format(scenes)
local function script(name, text) return process.write(folder .. "/" .. name, preamble .. text) end

local function run(count, path, options)
  local o = options or {}
  o.folder = o.folder or process.folder("ranks/" .. path:match "([^/]*)%.lua$")
  local words = { "run", path }
  for _, word in ipairs(o.words or { "--quiet" }) do words[#words + 1] = word end
  if o.luajit then
    o.program, words = "luajit", { path, o.luajit ~= true and o.luajit or nil }
    o.environment = ("LUA_PATH='%s/share/lua/5.1/?.lua;%s/share/lua/5.1/?/init.lua;;' LUA_CPATH='%s/lib/lua/5.1/?.so;;' %s"):format(
      os.getenv "BARCHAN_STAGE", os.getenv "BARCHAN_STAGE", os.getenv "BARCHAN_STAGE", o.environment or "")
  end
  return ranks.run(count, words, o)
end

local function good(said)
  assert.equal(0, said.code, said.out .. said.err)
  assert.equal("", said.left)
  return said
end

describe("ranks #slow", function()
  if not ranks.mpirun then return pending "built without MPI" end
  if not process.exists(process.program) then return pending("the executable was not built: " .. process.program) end

  local who = script("who.lua", [[
print(("rank %d of %d"):format(barchan.rank, barchan.ranks))
io.stdout:write(("I am %d\n"):format(barchan.rank))
]])

  it("know their number, and the first prints", function()
    local said = good(run(3, who))
    has(said.out, "rank 0 of 3")
    lacks(said.out, "rank 1 of")
    for k = 0, 2 do has(said.out, ("I am %d\n"):format(k)) end
  end)

  it("say once what any of them warns of", function()
    local said = good(run(3, script("warns.lua", [[
scene.fill()
local settings = require "barchan.settings"
settings.warn "told by all"
if barchan.rank == 2 then settings.warn "told by two" settings.warn "told by two" end
if barchan.rank >= 1 then settings.warn "told by the others" end
sim:run { steps = 5 }
if barchan.rank == 0 then settings.say "after the run" end
if barchan.rank == 1 then settings.warn "told at the end" settings.warn "told by two" end
]])))
    local lines = {}
    for text in said.err:gsub("after the run", "%0\n"):gmatch "[^\n]*told by[^\n]*" do lines[#lines + 1] = text end
    assert.same({ "barchan: warning: told by all", "barchan: warning: told by the others (on rank 1)",
      "barchan: warning: told by two (on rank 2)" }, lines)
    assert.is_true(said.err:find("told by two", 1, true) < said.err:find("after the run", 1, true))
    assert.is_true(said.err:find("told at the end (on rank 1)", 1, true) > said.err:find("after the run", 1, true))
  end)

  it("are one without mpirun", function()
    assert.equal("rank 0 of 1\nI am 0\n", process.run({ "run", who, "--quiet" }, { folder = folder }).out)
  end)

  it("end well where mpirun starts one only", function()
    for _, how in ipairs { false, true } do assert.equal("rank 0 of 1\nI am 0\n", good(run(1, who, { luajit = how })).out) end
  end)

  it("count together what they evaluate, and what they spend on each other", function()
    local profile = script("profile.lua", [[
sim:insert { region = scene.region, radius = 2e-3, count = 3000, material = scene.glass, velocity = { 0, 0, -1 } }
sim.gravity = { 0, 0, -9.81 }
sim:run { steps = 200 }
local p = sim:profile()
assert(p.contacts > 1000 and p.wall_contacts > 1000)
print(("ALL %d %d %d %d"):format(p.steps, p.particle_steps, p.contacts, p.wall_contacts))
if p.ranks == 1 then return end
assert(p.ranks == 2 and p.balance >= 1 and p.balance <= 2 and p.waiting >= 0 and p.communication < 1)
assert(p.communication >= p.waiting - 1e-3 and p.communication > 0, "waiting is a part of communication")
assert(p.messages > 0.5 and p.bytes > 80 * p.messages and p.collectives >= 1 and p.ghosts > 0 and p.cuts >= 1)
]])
    local alone = process.run({ "run", profile, "--quiet" }, { folder = folder }).out
    has(alone, "ALL 200 ")
    local shared = good(run(2, profile, { words = { "--quiet", "--profile" } }))
    has(shared.out, alone)
    has(shared.err, "2 ranks of ")
    has(shared.err, "balance ")
    has(shared.err, " collective calls; ghosts ")
  end)

  it("run the first example, with what one rank says", function()
    local hopper, words = process.source .. "examples/hopper.lua", { "--quiet", "--set", "short=1" }
    local one = good(run(1, hopper, { words = words, folder = process.folder "ranks/hopper1" }))
    has(one.out, "Beverloo")
    lacks(one.out, "nan")
    assert.equal(one.out, good(run(2, hopper, { words = words })).out)
  end)

  it("say whose particles a field holds where an index is too large", function()
    local said = run(2, script("beyond.lua", "scene.fill()\nlocal x = sim.x[sim.count]\nprint(x)"))
    assert.equal(1, said.code)
    has(said.err, ", this rank's own particles: #sim.x is how many they are, sim.count is of all ranks")
  end)

  it("run with plain luajit", function()
    local said = good(run(3, who, { luajit = true }))
    has(said.out, "rank 0 of 3")
    lacks(said.out, "rank 2 of")
  end)

  it("answer alike when asked, and one of them writes the files", function()
    local path = script("alike.lua", [[
local inserter = scene.fill()
local log = barchan.csv("rows.csv", { "i", "square" })
for i = 1, 3 do log:row(i, i * i) end
log:close()
sim:log { file = "energy.csv", every = 0.001, columns = { "time", "kinetic_energy", { "twice", function(s) return 2 * s.count end } } }
sim:run { time = 0.005 }
local p = sim:particle(17)
p.v = { 0, 0, 3 }
local own = 0
for i = 1, #sim.x do own = own + (sim.id[i] > 0 and 1 or 0) end
local text = ("%d %d %s %s %s %s %.12g %s"):format(sim.count, inserter.count, tostring(p.x), tostring(p.v), p.radius, p.exists,
  sim.kinetic_energy, sim:hash())
assert(own <= sim.count)
io.stdout:write("said " .. text .. "\n")
sim:remove { 17 }
io.stdout:write(("gone %s %d\n"):format(p.exists, sim.count))
]])
    local one = process.run({ "run", path, "--quiet" }, { folder = process.folder "ranks/alone" })
    assert.equal(0, one.code, one.err)
    local text = one.out:match "said ([^\n]*)\n"
    local said = good(run(3, path))
    local count = 0
    for line in said.out:gmatch "said ([^\n]*)\n" do
      assert.equal(text, line)
      count = count + 1
    end
    assert.equal(3, count)
    local _, gone = said.out:gsub("gone false 99\n", "")
    assert.equal(3, gone)
    assert.equal("i,square\n1,1\n2,4\n3,9\n", process.read(said.folder .. "/rows.csv"))
    assert.equal(process.read(one.folder .. "/energy.csv"), process.read(said.folder .. "/energy.csv"))
  end)

  it("share out the grains anew as often as they are told to", function()
    local path = process.write(folder .. "/cuts.lua", [[
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.05, 0.05 }, periodic = "xyz" }, gravity = { 0, 0, 0 }, threads = 1,
  dt = 1e-5, decomposition = "rcb", rebalance = barchan.set.rebalance }
local m = sim:material { name = "m", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(m, m, { restitution = 1, friction = 0 })
sim:insert { region = sim.box { lo = { 0, 0, 0 }, hi = { 0.1, 0.05, 0.05 } }, count = 300, radius = 1e-3, material = m }
for i = 1, #sim.v do sim.v[i] = { sim.id[i] % 3 - 1, sim.id[i] % 5 - 2, 0 } end
sim:run { steps = 1500 }
local p = sim:profile()
print(("%d of %d %s"):format(p.cuts, p.rebuilds, sim:hash()))
]])
    local cuts, lists, hashes = {}, {}, {}
    for _, how in ipairs { "always", "never" } do
      local said = good(run(2, path, { words = { "--quiet", "--set", "rebalance=" .. how } }))
      cuts[how], lists[how], hashes[how] = said.out:match "(%d+) of (%d+) (%S+)"
      cuts[how], lists[how] = tonumber(cuts[how]), tonumber(lists[how])
    end
    assert.equal(1, cuts.never)
    assert.is_true(lists.always > 5 and cuts.always > 5, cuts.always .. " of " .. lists.always)
    assert.equal(hashes.always, hashes.never)
  end)

  it("let bonds go with their ends, before the first step, too", function()
    local path = process.write(folder .. "/bonds_go.lua", [[
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.02, 0.02 } } }
local sand = sim:material { name = "sand", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(sand, sand, { restitution = 0.5, friction = 0.5 })
local x, list = {}, {}
for i = 1, 20 do x[i], list[i - 1] = { 0.004*i, 0.01, 0.01 }, i > 1 and { i - 1, i } or nil end
sim:insert { x = x, radius = 2e-3, material = sand }
local bonds = sim:bond { pairs = list, young = 1e7, poisson = 0.2 }
for _, ids in ipairs { { 5, 15 }, { 10 } } do
  sim:remove(ids)
  sim:run { steps = 3 }
  for _, e in ipairs(bonds:ends()) do print(e[1], e[2], e.step, e.removed) end
  print(bonds.made, bonds.count, bonds.broken, bonds.removed, sim:hash())
end
]])
    local one = process.run({ "run", path, "--quiet" }, { folder = process.folder "ranks/bonds_go1" })
    assert.equal(0, one.code, one.err)
    has(one.out, "14\t15\t0\ttrue")
    has(one.out, "19\t13\t0\t6")
    assert.equal(one.out, good(run(2, path)).out)
  end)

  -- Fields of the script, bonds that break, the energy book, contacts and files of them: all of it as one rank has it, also after a removal.
  it("measure and write alike", function()
    local path = process.write(folder .. "/measured.lua", [[
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.04, 0.02, 0.1 }, periodic = "x" }, seed = 3, energy_book = true,
  on_exit = "remove", rebalance = "always" }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law("hertz_mindlin", { rolling = "epsd" })
sim:pair(glass, glass, { restitution = 0.5, friction = 0.4, rolling_friction = 0.05 })
for _, y in ipairs { 0, 0.02 } do sim:plane { point = { 0, y, 0 }, normal = { 0, y == 0 and 1 or -1, 0 }, material = glass } end
local floor = sim:plane { point = { 0, 0, 0.002 }, normal = { 0, 0, 1 }, material = glass }
sim:field { name = "mark", unit = "1", default = 0 }
local grains = sim:insert { region = sim.box { lo = { 0, 0.001, 0.004 }, hi = { 0.04, 0.019, 0.06 } }, count = 400,
  radius = { 0.8e-3, 1.6e-3 }, material = glass, velocity = { 0.3, 0, -0.5 } }
sim:bond { within = 3e-4, young = 1e6, poisson = 0.2, tensile_strength = 2e4, shear_strength = 2e4, radius_factor = 0.8, damping = 0.1 }
local outlet = sim:outlet { box = { lo = { 0, 0, 0 }, hi = { 0.01, 0.02, 0.004 } } }
for i = 1, #sim.x do sim.mark[i] = sim.id[i] * 1.5 end -- each rank its own
floor:oscillate { axis = { 0, 0, 1 }, amplitude = 5e-4, period = 0.025 }
sim:output { file = "all.vtkhdf", every = 0.004, contacts = true }
local function say(...)
  local parts = { ... }
  for i, value in ipairs(parts) do parts[i] = type(value) == "number" and ("%.17g"):format(value) or tostring(value) end
  io.stdout:write("said ", table.concat(parts, " "), "\n")
end
for k = 1, 3 do
  sim:run { time = 0.008, each_step = k == 2 and function()
    local f = sim.force.x
    for i = 1, #sim.x do f[i] = f[i] + 1e-5 end
  end or nil }
  local p, e = sim:packing { least = 3 }, sim:energies()
  say("packing", p.fraction, p.coordination, p.rattlers, p.backbone_coordination)
  say("overlap", sim:overlap())
  for _, name in ipairs { "kinetic", "gravitational", "elastic", "dissipated", "contact_work", "gravity_work", "wall_work", "hook_work",
    "bond_work", "inserted", "removed", "script" } do say(k, name, assert(e[name])) end
  say(k, "broken", e.bonds.broken, e.bonds.stored, e.residual)
  local network = sim:contact_network()
  say("network", network.count, network.pairs, network.bonds)
  network:export(("contacts%d.csv"):format(k))
  assert(#network.first <= network.count)
  sim:export(("grains%d.csv"):format(k))
  sim:remove { 3 * k, 50 + k, 200 + 7 * k }
  say("outlet", outlet.count, sim.count, sim:hash())
end
]])
    local one = process.run({ "run", path, "--quiet" }, { folder = process.folder "ranks/measured1" })
    assert.equal(0, one.code, one.err)
    local wanted, n = {}, 0
    for line in one.out:gmatch "said ([^\n]*)" do wanted[#wanted + 1] = line end
    assert.is_true(#wanted > 40)
    local said = good(run(4, path))
    for line in said.out:gmatch "said ([^\n]*)" do
      local found = false
      for _, w in ipairs(wanted) do found = found or w == line end
      assert.is_true(found, line .. "\nis not among\n" .. table.concat(wanted, "\n"))
      n = n + 1
    end
    assert.equal(4 * #wanted, n)
    for k = 1, 3 do
      for _, name in ipairs { "contacts", "grains" } do
        local file = ("/%s%d.csv"):format(name, k)
        assert.equal(process.read(one.folder .. file), process.read(said.folder .. file), file)
      end
    end
    has(process.read(said.folder .. "/grains1.csv"), "mark")
    for _, name in ipairs { "all.vtkhdf", "all-walls.vtkhdf", "all-contacts.vtkhdf" } do
      if process.python then
        assert.equal("", process.output(("%s %s %s/%s %s/%s 2>&1"):format(process.python, process.source .. "tests/tools/same_hdf5.py",
          one.folder, name, said.folder, name)))
      end
    end
  end)

  it("show one table and keep one status file", function()
    local path = script("table.lua", "scene.fill()\nsim:run { time = 0.005 }\n")
    local said = good(run(3, path, { words = { "--status", "status.json" } }))
    local _, heads = said.err:gsub("particles   contacts", "")
    assert.equal(1, heads, said.err)
    has(process.read(said.folder .. "/status.json"), '"reason":"done"')
  end)

  it("use one set of random numbers", function()
    local said = good(run(3, script("random.lua", 'io.stdout:write(("drawn %.17g\\n"):format(math.random()))')))
    local first = said.out:match "drawn [^\n]*"
    assert.equal(3, select(2, said.out:gsub(first:gsub("%p", "%%%0"), "")))
  end)

  it("end together with the exit code of the script", function()
    local said = run(3, script("exit.lua", "scene.fill()\nsim:run { steps = 5 }\nos.exit(7)"))
    assert.equal(7, said.code, said.err)
    lacks(said.err, "barchan:")
  end)

  it("can all catch what all of them, or one, have raised", function()
    local said = good(run(3, script("caught.lua", [[
scene.fill()
print(select(2, pcall(sim.run, sim, { steps = -1 })))
local ok, message = pcall(sim.run, sim, { steps = 100, each_step = function()
  if barchan.rank == 1 and sim.step == 3 then error "only here" end
end })
print(ok, message)
sim:run { steps = 10 }
print(sim.step)
]])))
    has(said.out, "steps must be between 0")
    has(said.out, "only here (on rank 1); ranks 0, 2 are at")
    has(said.out, "\n13\n")
  end)

  it("stop at the same step when one of them is told to", function()
    local path = script("signal.lua", [[
scene.fill()
local file = io.open("pid" .. barchan.rank, "w")
file:write(require("barchan.native").core.process())
file:close()
sim:run { time = 1000 }
]])
    for _, signal in ipairs { { "TERM", 143 }, { "INT", 130 } } do
      local work = process.folder("ranks/signal" .. signal[1])
      local said = run(3, path, { folder = work, meanwhile = ("while ! [ -s pid1 ]; do sleep 0.1; done; sleep 2; kill -%s $(cat pid1)"):format(
        signal[1]), seconds = 120 })
      assert.equal(signal[2], said.code, said.err)
      has(said.err, ("stopped by SIG%s after step "):format(signal[1]))
      assert.equal(1, select(2, said.err:gsub("stopped by", "")))
      assert.is_true(said.seconds < 100)
    end
  end)

  it("say who is missing without the part for MPI", function()
    local bare = process.folder "ranks/bare"
    os.execute(("mkdir -p %s/bin %s/lib/lua/5.1/barchan && cp -r %s/share %s/share && cp %s %s/bin/barchan"):format(bare, bare,
      os.getenv "BARCHAN_STAGE", bare, process.program, bare))
    local said = run(3, who, { program = bare .. "/bin/barchan", environment = "LUA_PATH= LUA_CPATH=" })
    assert.equal(5, said.code, said.err)
    assert.equal(1, select(2, said.err:gsub("barchan: this program was started on several ranks, but built without MPI", "")))
    assert.equal("", said.out)
  end)

  it("live with MPI that somebody else has started", function()
    local path, library = process.source .. "tests/ranks/hosted.lua", os.getenv "BARCHAN_MPI_LIBRARY"
    if not library then return pending "the library of MPI is not known" end
    local function hosted(how)
      return run(3, path, { luajit = how, environment = "BARCHAN_MPI_LIBRARY=" .. library, folder = process.folder("ranks/" .. how) })
    end
    for _, how in ipairs { "closed", "left" } do has(good(hosted(how)).out, "rank 0 of 3: ") end
    local said = good(hosted "gone")
    has(said.out, "rank 1 is at the end of the script, after")
    has(said.out, "while ranks 0, 2 are at")
  end)
end)
