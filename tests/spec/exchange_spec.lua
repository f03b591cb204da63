-- exchange_spec.lua -- files for and from other programs: what `barchan export` and sim:export write is what LAMMPS, VTK and our Python
-- reader find; what LAMMPS, LIGGGHTS and YADE write becomes particles, or is refused with its line.
local barchan = require "barchan"
local expect = require "tools.expect"
local process = require "tools.process"
local failure, has = expect.failure, expect.has

local folder = process.folder "exchange"
local function write(name, text) return process.write(folder .. "/" .. name, text) end
local function command(...) return process.run({ ... }, { folder = folder }) end

local scene = [[
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { -0.05, -0.02, -0.05 }, hi = { 0.05, 0.02, 0.05 }, periodic = "y" }, dt = 2e-5, seed = 7 }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
local steel = sim:material { name = "steel", young = 1e7, poisson = 0.25, density = 7800 }
sim:field { name = "heat", unit = "K", default = 300 }
sim:law "hertz_mindlin"
for _, m in ipairs { glass, steel } do sim:pair(m, glass, { restitution = 0.9, friction = 0.4 }) end
sim:pair(steel, steel, { restitution = 0.9, friction = 0.4 })
sim:plane { point = { 0, 0, -0.045 }, normal = { 0, 0, 1 }, material = steel }
local room = sim.box { lo = { -0.03, -0.02, -0.04 }, hi = { 0.03, 0.02, 0.02 } }
sim:insert { region = room, count = 150, radius = { 2e-3, 3e-3 }, velocity = { 0, 0, -1 }, material = glass, heat = 310 }
sim:insert { region = room, count = 50, radius = 2e-3, velocity = { 0, 0, -1 }, material = steel }
sim:output { file = "run.vtkhdf", every = 4e-3, contacts = true }
sim:series { file = "each-*.dump", every = 8e-3 }
sim:run { time = 0.024 }
sim:export "now.dump"
sim:export "now.csv"
sim:export "now.vtp"
]]

describe("barchan export #slow", function()
  if not process.exists(process.program) then return pending("the executable was not built") end
  setup(function()
    write("run.lua", scene)
    local said = command("run", "run.lua", "--quiet")
    assert.equal(0, said.code, said.err)
    for _, out in ipairs { "run.dump", "run.csv", "run.vtp", "run.pvd", "part-*.csv", "run.ondem.vtkhdf" } do
      said = command("export", "run.vtkhdf", out)
      assert.equal(0, said.code, said.err)
    end
  end)

  it("writes what sim:export would have written at that step", function()
    for _, ending in ipairs { "csv", "vtp" } do
      assert.is_true(process.read(folder .. "/run." .. ending) == process.read(folder .. "/now." .. ending), ending)
    end
    assert.equal(0, command("export", "run.vtkhdf", "last.dump", "--step", "-1").code)
    assert.is_true(process.read(folder .. "/last.dump") == process.read(folder .. "/now.dump"))
  end)

  it("is told of by barchan info", function()
    local said = command("info", "run.dump")
    assert.equal(0, said.code, said.err)
    has(said.out, "run.dump: a dump of LAMMPS or LIGGGHTS")
    has(said.out, "7 steps, 200 particles in the last")
    write("cut.dump", process.read(folder .. "/run.dump"):sub(1, -100))
    said = command("info", "cut.dump")
    assert.equal(4, said.code)
    has(said.out, "PROBLEM")
  end)

  it("chooses steps by number, time or stride", function()
    local said = command("export", "run.vtkhdf", "few.dump", "--every", "3")
    has(said.out, "few.dump: 3 steps in 1 file")
    assert.equal(0, command("export", "run.vtkhdf", "a.csv", "--time", "0.0081").code)
    assert.equal(0, command("export", "run.vtkhdf", "b.csv", "--step", "3").code)
    assert.is_true(process.read(folder .. "/a.csv") == process.read(folder .. "/b.csv"))
    local each = {}
    for _, name in ipairs(process.list(folder)) do
      if name:find "^part%-" or name:find "^each%-" then each[#each + 1] = name end
    end
    assert.same({ "each-000000000.dump", "each-000000400.dump", "each-000000800.dump", "each-000001200.dump", "part-000001.csv",
      "part-000002.csv", "part-000003.csv", "part-000004.csv", "part-000005.csv", "part-000006.csv", "part-000007.csv" }, each)
    assert.is_true(process.read(folder .. "/each-000001200.dump") == process.read(folder .. "/now.dump"))
  end)

  it("says what is wrong with a name, a step or a file", function()
    for _, case in ipairs {
      { { "export" }, 2, "which files? barchan export FILE.vtkhdf OUT.dump" },
      { { "export", "run.vtkhdf", "x.xyz" }, 2, "must end in .dump (LAMMPS, OVITO), .vtp, .pvd, .vtk, .csv or .ondem.vtkhdf, got 'x.xyz'" },
      { { "export", "run.vtkhdf", "x.csv", "--every", "2" }, 2, "a .csv file holds one step, and these are 4: put a * into its name" },
      { { "export", "run.vtkhdf", "x.csv", "--step", "8" }, 2, "'run.vtkhdf' has 7 steps, there is no step 8" },
      { { "export", "run.vtkhdf", "x.csv", "--step", "0" }, 2, "option --step must be a whole number, from 1, or -1 for the last, got '0'" },
      { { "export", "none.vtkhdf", "x.csv" }, 4, "cannot open 'none.vtkhdf'" },
      { { "export", "run.csv", "x.csv" }, 4, "'run.csv' is no trajectory of sim:output" },
      { { "export", "run-walls.vtkhdf", "x.csv" }, 2, "'run-walls.vtkhdf' holds no particles but walls" },
      { { "export", "run.vtkhdf", "nowhere/x.csv" }, 4, "cannot write 'nowhere/x.csv': No such file" },
    } do
      local said = command(unpack(case[1]))
      assert.equal(case[2], said.code, said.err)
      has(said.err, "barchan: ")
      has(said.err, case[3])
    end
    local text = process.read(folder .. "/run.vtkhdf")
    write("cut.vtkhdf", text:sub(1, 6000))
    local said = command("export", "cut.vtkhdf", "x.csv")
    assert.equal(4, said.code)
    has(said.err, "'cut.vtkhdf'")
    assert.is_nil(process.read(folder .. "/x.csv"))
  end)

  it("refuses a trajectory that somebody has changed", function()
    if not process.python then return pending "needs Python with h5py" end
    for _, edit in ipairs {
      "steps = f['VTKHDF/Steps']; del steps.attrs['NSteps']; steps.attrs['NSteps'] = numpy.arange(8000)", -- one number is looked for
      "f['VTKHDF/NumberOfPoints'][0] = 1 << 39",
      "del f['VTKHDF/Steps/PointOffsets']",
      "f['VTKHDF/Steps/PointDataOffsets/radius'][0] = -1",
      "del f['VTKHDF/PointData/mass']; f['VTKHDF/PointData/mass'] = numpy.zeros(3)",
    } do
      write("edited.vtkhdf", process.read(folder .. "/run.vtkhdf"))
      write("edit.py", ("import h5py, numpy\nwith h5py.File('edited.vtkhdf', 'r+') as f:\n    %s\n"):format(edit))
      assert.equal(0, os.execute(("cd %s && %s edit.py"):format(process.quote(folder), process.quote(process.python))))
      local said = command("export", "edited.vtkhdf", "x.csv", "--step", "1")
      assert.equal(4, said.code, edit .. said.err)
      has(said.err, "'edited.vtkhdf' is damaged: ")
    end
  end)

  for _, reader in ipairs { "reader", "vtk", "dump", "ondem" } do
    it("is read by Python: " .. reader, function()
      if not process.python then return pending("no Python") end
      local out = process.output(("cd %s && %s %s %s . 2>&1; echo code $?"):format(process.quote(folder), process.python,
        process.quote(process.source .. "tests/tools/check_exchange.py"), reader))
      if out:find "code 77" then return pending("no VTK for Python") end
      has(out, "code 0")
      if out:find "no pandas" then return pending("no pandas: its tables were not looked at") end
    end)
  end

  it("is read by LAMMPS", function()
    if process.output("command -v lmp"):find "%S" == nil then return pending("no LAMMPS") end
    write("in.read", [[
units si
atom_style sphere
boundary f p f
region box block -0.05 0.05 -0.02 0.02 -0.05 0.05
create_box 2 box
read_dump run.dump 1200 x y z vx vy vz fx fy fz box yes add keep
run 0
write_dump all custom back.dump id x y z vx vy vz modify sort id format float %.17g
]])
    local said = process.output("cd " .. process.quote(folder) .. " && lmp -in in.read -log none 2>&1")
    assert.is_truthy(process.read(folder .. "/back.dump"), said)
    local rows = {}
    for line in process.read(folder .. "/run.csv"):gmatch "[^\n]+" do
      rows[#rows + 1] = {}
      for word in line:gmatch "[^,]+" do table.insert(rows[#rows], word) end
    end
    local k = 1
    for line in process.read(folder .. "/back.dump"):match("ITEM: ATOMS[^\n]*\n(.*)"):gmatch "[^\n]+" do
      local words = {}
      for word in line:gmatch "%S+" do words[#words + 1] = tonumber(word) end
      k = k + 1
      local r = rows[k] -- id, x, y, z, radius, vx, vy, vz
      for i, column in ipairs { 1, 2, 3, 4, 6, 7, 8 } do assert.equal(tonumber(r[column]), words[i]) end
    end
    assert.equal(201, k)
  end)
end)

describe("particles of another program", function()
  local function new()
    local sim = barchan.simulation { domain = { lo = { -1, -1, -1 }, hi = { 1, 1, 1 } }, dt = 1e-5, threads = 1 }
    local a = sim:material { name = "a", young = 1e7, poisson = 0.25, density = 1000 }
    local b = sim:material { name = "b", young = 1e7, poisson = 0.25, density = 2000 }
    return sim, a, b
  end
  local dump = [[
ITEM: TIMESTEP
0
ITEM: NUMBER OF ATOMS
1
ITEM: BOX BOUNDS pp pp ff
-1 1
-1 1
-1 1
ITEM: ATOMS id type xs ys zs vx vy vz omegax omegay omegaz radius
4 1 0.5 0.5 0.75 1 2 3 4 5 6 0.1
ITEM: TIMESTEP
10
ITEM: NUMBER OF ATOMS
2
ITEM: BOX BOUNDS pp pp ff
-1 1
-1 1
-1 1
ITEM: ATOMS id type x y z diameter c_own
7 2 0.25 0.5 -0.5 0.2 9
4 1 -0.25 0.5 -0.5 0.1 8
]]
  local data = [[
Atoms and more

3 atoms
2 atom types
-1 1 xlo xhi
-1 1 ylo yhi
-1 1 zlo zhi

Atoms # sphere

3 2 0.2 2500 0.5 0 0 0 0 1
1 1 0.1 2500 -0.5 0 0 0 0 0
2 1 0.1 2500 0 0.5 0 0 0 0

Velocities

1 1 2 3 4 5 6
3 7 8 9 10 11 12
2 0 0 0 0 0 0
]]

  it("come from dumps, of the last step or the one asked for", function()
    local sim, a, b = new()
    local file = write("two.dump", dump)
    sim:insert { file = file, material = a, types = { a, b } }
    assert.equal(2, sim.count)
    local p = sim:particle(7)
    assert.same({ 0.25, 0.5, -0.5, 0.1 }, { p.x[1], p.x[2], p.x[3], p.radius })
    assert.near(2000 * 4 / 3 * math.pi * 1e-3, p.mass, 1e-12)
    assert.near(1000 * 4 / 3 * math.pi * 0.05 ^ 3, sim:particle(4).mass, 1e-12)
    sim:close()
    sim, a = new()
    sim:insert { file = file, material = a, step = 1 }
    p = sim:particle(4)
    assert.same({ 0, 0, 0.5, 1, 2, 3, 4, 5, 6 }, { p.x[1], p.x[2], p.x[3], p.v[1], p.v[2], p.v[3], p.angular_velocity[1],
      p.angular_velocity[2], p.angular_velocity[3] })
    sim:close()
  end)

  it("come from data files, velocities by their ids", function()
    for _, style in ipairs { "sphere", "granular", "" } do
      local sim, a, b = new()
      sim:insert { file = write("three.data", (data:gsub("# sphere", style ~= "" and "# " .. style or ""))), material = a, types = { a, b } }
      assert.equal(3, sim.count)
      local p = sim:particle(3)
      assert.same({ 0.5, 0.1, 7, 12 }, { p.x[1], p.radius, p.v[1], p.angular_velocity[3] })
      assert.same({ 2, 5 }, { sim:particle(1).v[2], sim:particle(1).angular_velocity[2] })
      assert.near(2000 * 4 / 3 * math.pi * 1e-3, p.mass, 1e-12)
      sim:close()
    end
  end)

  it("come from lines of x y z r", function()
    local sim, a = new()
    sim:insert { file = write("yade.txt", "#format x_y_z_r\n100\t0\t0\t50\t-1\n-100 0 0 25 -1\n"), scale = 1e-3, material = a }
    assert.equal(2, sim.count)
    assert.near(0.1, sim.x[1][1], 1e-12)
    assert.near(0.025, sim.radius[2], 1e-15)
    sim:close()
  end)

  -- As the programs themselves write them: 64 grains of two types; each file, and how far its numbers are from those of a dump with all digits.
  local decks = {
    lmp = { [[
units si
atom_style sphere
boundary f f f
comm_modify vel yes
region box block -0.05 0.05 -0.05 0.05 0 0.2
create_box 2 box
region low block -0.02 0.02 -0.02 0.02 0.01 0.03
region high block -0.02 0.02 -0.02 0.02 0.04 0.06
lattice sc 0.01
create_atoms 1 region low
create_atoms 2 region high
set type 1 diameter 0.006 density 1000
set type 2 diameter 0.005 density 2000
velocity all create 1e18 4928 dist gaussian
set group all omega 1 2 3
pair_style gran/hertz/history 1e6 NULL 50 NULL 0.5 1
pair_coeff * *
neighbor 0.001 bin
fix move all nve/sphere
timestep 1e-5
dump few all custom 100 written.dump id type xs ys zs diameter
run 100
write_data written.data
write_dump all custom truth.dump id type x y z vx vy vz omegax omegay omegaz radius mass modify format float %.17g
]], { ["written.data"] = { x = 1e-14, v = 1e-14 }, ["truth.dump"] = { x = 1e-14, v = 1e-14 }, ["written.dump"] = { x = 1e-6 } } },
    liggghts = { [[
units si
atom_style granular
atom_modify map array
boundary f f f
newton off
communicate single vel yes
region box block -0.05 0.05 -0.05 0.05 0 0.2 units box
create_box 2 box
neighbor 0.002 bin
fix m1 all property/global youngsModulus peratomtype 5e6 5e6
fix m2 all property/global poissonsRatio peratomtype 0.45 0.45
fix m3 all property/global coefficientRestitution peratomtypepair 2 0.5 0.5 0.5 0.5
fix m4 all property/global coefficientFriction peratomtypepair 2 0.5 0.5 0.5 0.5
pair_style gran model hertz tangential history
pair_coeff * *
timestep 1e-5
fix one all particletemplate/sphere 15485863 atom_type 1 density constant 1000 radius constant 0.003
fix two all particletemplate/sphere 15485867 atom_type 2 density constant 2000 radius constant 0.0025
fix both all particledistribution/discrete 32452843 2 one 0.5 two 0.5
region room block -0.04 0.04 -0.04 0.04 0.01 0.08 units box
fix fill all insert/pack seed 32452867 distributiontemplate both vel constant 0 0 -0.2 insert_every once &
  overlapcheck yes particles_in_region 64 region room
fix move all nve/sphere
dump few all custom 100 written.dump id type x y z vx vy vz radius
run 100
dump truth all custom 1 truth.dump id type x y z vx vy vz omegax omegay omegaz radius mass
dump_modify truth format "%d %d %.17g %.17g %.17g %.17g %.17g %.17g %.17g %.17g %.17g %.17g %.17g"
run 0
write_data written.data
]], { ["written.data"] = { x = 1e-14, v = 1e-14 }, ["truth.dump"] = { x = 1e-14, v = 1e-14 }, ["written.dump"] = { x = 1e-6, v = 1e-5 } } },
  }

  local function rows_of(text)
    local names, rows = {}, {}
    for name in text:match "ITEM: ATOMS ([^\n]*)":gmatch "%S+" do names[#names + 1] = name end
    for line in text:match "ITEM: ATOMS[^\n]*\n(.*)":gmatch "[^\n]+" do
      local row, i = {}, 0
      for word in line:gmatch "%S+" do
        i = i + 1
        row[names[i]] = tonumber(word)
      end
      rows[#rows + 1] = row
    end
    return rows
  end

  for program, deck in pairs(decks) do
    it("come as " .. program .. " writes them", function()
      if not process.output("command -v " .. program):find "%S" then return pending("no " .. program) end
      local at = process.folder("exchange_" .. program)
      process.write(at .. "/in.deck", deck[1])
      local said = process.output(("cd %s && %s -in in.deck -log none 2>&1"):format(process.quote(at), program))
      local rows = rows_of(assert(process.read(at .. "/truth.dump"), said))
      assert.is_true(#rows >= 50, #rows .. " grains")
      for file, limit in pairs(deck[2]) do
        local sim, a, b = new()
        sim:insert { file = at .. "/" .. file, material = a, types = { a, b } }
        assert.equal(#rows, sim.count)
        for _, row in ipairs(rows) do
          local grain = sim:particle(row.id)
          for c, k in ipairs { "x", "y", "z" } do
            assert.near(row[k], grain.x[c], limit.x, file)
            if limit.v then assert.near(row["v" .. k], grain.v[c], limit.v, file) end
          end
          assert.equal(row.radius, grain.radius)
          assert.near(row.mass, grain.mass, 1e-14 * row.mass)
        end
        sim:close()
      end
    end)
  end

  it("come as YADE writes them", function()
    if not process.output "command -v yade":find "%S" then return pending "no yade: scripts/setup --bench" end
    local at = process.folder "exchange_yade"
    process.write(at .. "/pack.py", [[
import os
from yade import export, pack
spheres = pack.SpherePack()
spheres.makeCloud((0, 0, 0), (0.1, 0.1, 0.1), rMean=0.004, rRelFuzz=0.3, num=100, seed=3)
spheres.toSimulation()
export.text("plain.txt")
export.textExt("materials.txt", format="x_y_z_r_matId")
spheres.save("pack.txt")
with open("truth.txt", "w") as out:
    for b in O.bodies:
        out.write("%.17g %.17g %.17g %.17g\n" % (*b.state.pos, b.shape.radius))
os._exit(0)
]])
    local said = process.output(("cd %s && timeout 120 yade -n -x pack.py 2>&1"):format(process.quote(at)))
    local truth = assert(process.read(at .. "/truth.txt"), said)
    for _, file in ipairs { "plain.txt", "materials.txt", "pack.txt" } do
      local sim, a = new()
      sim:insert { file = at .. "/" .. file, material = a }
      local i = 0
      for x, y, z, r in truth:gmatch "(%S+) (%S+) (%S+) (%S+)\n" do
        i = i + 1
        local here = sim.x[i]
        for c, v in ipairs { x, y, z } do assert.near(tonumber(v), here[c], 1e-6 * 0.1, file) end -- six digits are written
        assert.near(tonumber(r), sim.radius[i], 1e-6 * 0.01, file)
      end
      assert.equal(i, sim.count)
      assert.equal(100, i)
      sim:close()
    end
  end)

  it("are refused with the line that is wrong", function()
    local sim, a, b = new()
    local function refused(name, text, ...)
      local file = write(name, text)
      local o = { file = file, material = a }
      local said = failure(function() sim:insert(o) end)
      has(said, "exchange_spec.lua:")
      has(said, name .. "'")
      for _, part in ipairs { ... } do has(said, part) end
      assert.equal(0, sim.count)
    end
    refused("cut.dump", dump:sub(1, -12), "line 21: 4 values where 7 belong")
    refused("ends.dump", dump:gsub("4 1 %-0.25.*$", ""), "ends after line 20, in the middle of its atoms: there are 1 of 2")
    refused("word.dump", dump:gsub("0%.25 0%.5", "O.25 0.5"), "line 20, column 3 (x): 'O.25' is not a number")
    refused("no.dump", dump:gsub("diameter", "size"), "line 19: no column for radius or diameter; the columns are 'id type x y z size")
    refused("flat.dump", dump:gsub(" zs ", " q "), "line 9: no column for z")
    refused("half.dump", dump:gsub("vz omegax", "q omegax"), "line 9: of vx, vy, vz all three or none are needed, got 2")
    refused("zero.dump", dump:gsub("0%.2 9", "0 9"), "line 20: the diameter must be > 0, got 0")
    refused("id.dump", dump:gsub("\n7 2", "\n-7 2"), "line 20, column 1 (id): must be a whole number > 0, got '-7'")
    refused("local.dump", dump:gsub("NUMBER OF ATOMS", "NUMBER OF ENTRIES", 1), "line 3: expected the next ITEM of a dump of atoms")
    refused("atomic.data", data:gsub("sphere", "atomic"), "line 11: atoms of the style 'atomic' have no diameter")
    refused("short.data", data:gsub("2 1 0.1[^\n]*\n", ""), "line 14: 'Velocities' after 2 of 3 atoms")
    refused("who.data", data:gsub("\n2 0 0 0", "\n9 0 0 0"), "line 19: a velocity of atom '9', which is not among the atoms")
    refused("narrow.data", data:gsub("0.2 2500 0.5", "2500 0.5"), "line 11: an atom has 9 values where id type diameter density x y z")
    refused("yade.txt", "0 0 0 1\n0 0 3\n", "line 2: a sphere has x y z r, got 3 values")
    refused("wide.txt", "0 0 0 .1\n0 0 3 .1 1\n", "line 2: 5 values, the lines before have 4")
    has(failure(function() sim:insert { file = write("two.dump", dump), material = a, types = { b } } end),
      "particle 1 of '" .. folder .. "/two.dump' has type 2, and types names 1 material")
    has(failure(function() sim:insert { file = folder .. "/two.dump", material = a, step = 3 } end), "has 2 time steps, there is no step 3")
    has(failure(function() sim:insert { file = folder .. "/yade.txt", material = a, step = 1 } end), "is no dump of LAMMPS")
    local table_ = write("p.csv", "x,y,z,r\n0,0,0,.1\n")
    has(failure(function() sim:insert { file = table_, material = a, types = { a } } end), "gives its particles no types")
    sim:close()
  end)
end)
