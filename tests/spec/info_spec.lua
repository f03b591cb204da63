-- info_spec.lua -- `barchan info`: our files in words and as JSON; each kind of damage is noticed and named; what is not ours is said to be.
local ffi = require "ffi"
local json = require "barchan.json"
local expect = require "tools.expect"
local process = require "tools.process"
local has = expect.has

local folder = process.folder "info"

local function info(...) return process.run({ "info", ... }, { folder = folder }) end

local function object(file, ...)
  local said = info(file, "--json", ...)
  local list = assert(json.decode(said.out), said.out .. said.err)
  assert.equal(1, #list)
  assert.equal(list[1].good and 0 or 4, said.code)
  return list[1], said
end

local scene = [[
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } }, dt = 2e-5, seed = 7 }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:field { name = "heat", unit = "K", default = 300 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.9, friction = 0.4 })
sim:checkpoint { file = "ball.chk", every = 0.002 }
sim:box { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 }, side = "inside", material = glass }
sim:insert { region = sim.box { lo = { 0.02, 0.02, 0.01 }, hi = { 0.08, 0.08, 0.08 } }, count = 40, radius = 3e-3, material = glass }
sim:output { file = "ball.vtkhdf", every = 1e-3, contacts = true, compress = 1 }
sim:log { file = "log.csv", every = 1e-3, columns = { "time", "count" } }
sim:series { file = "ball.pvd", every = 2e-3 }
sim:run { time = 0.005 }
sim:export "ball.csv"
sim:export "ball.vtk"
]]

-- Fits the checksum at the end of a checkpoint to what is before it.
local function summed(text)
  pcall(ffi.cdef, "typedef struct { uint64_t low, high; } info_spec_sum; info_spec_sum XXH3_128bits(const void* data, size_t size);")
  local body = text:sub(1, -33)
  local sum = ffi.load "libxxhash.so.0".XXH3_128bits(body, #body)
  return body .. text:sub(-32, -17) .. ffi.string(ffi.new("uint64_t[2]", sum.low, sum.high), 16)
end

describe("barchan info #slow", function()
  if not process.exists(process.program) then return pending("the executable was not built") end
  local read = function(name) return assert(process.read(folder .. "/" .. name)) end
  local write = function(name, text) return process.write(folder .. "/" .. name, text) end

  setup(function()
    write("ball.lua", scene)
    local said = process.run({ "run", "ball.lua", "--quiet" }, { folder = folder })
    assert.equal(0, said.code, said.err)
  end)

  it("tells of trajectories", function()
    local said = info("ball.vtkhdf", "ball-contacts.vtkhdf", "ball-walls.vtkhdf")
    assert.equal(0, said.code, said.out)
    for _, part in ipairs { "ball.vtkhdf: a trajectory of particles of Barchan 0.1.0\n", "ball.lua, whose ",
      "seed 7, mixed precision, law hertz",
      "6, from time 0 s to 0.005", "40 in each step", "heat", "radius [m]", "velocity x 3 [m/s]", "40 inserted, 0 removed, 0 lost",
      "a trajectory of contacts", "overlap [m]", "a trajectory of walls", "ParaView" } do has(said.out, part) end
    local r = object("ball.vtkhdf", "--data")
    assert.is_true(r.good)
    assert.same({ "trajectory", "particles", 6, 0.005, 40, 7, "mixed", "ball.lua" }, { r.kind, r.content, r.steps,
      math.floor(r.last_time * 1e9 + 0.5) / 1e9, r.counts.most, r.seed, r.precision, r.script })
    local units = {}
    for _, f in ipairs(r.fields) do units[f.name] = f.unit .. " " .. f.columns end
    assert.equal("m/s 3", units.velocity)
    assert.equal("K 1", units.heat)
  end)

  it("tells of checkpoints", function()
    local said = info "ball.chk.2"
    assert.equal(0, said.code, said.out)
    for _, part in ipairs { "a checkpoint of Barchan 0.1.0", "at step 200, time 0.004", "40 particles", "1 wall,", "its checksum is right",
      "barchan run ball.lua --resume", "goes on with  ball.vtkhdf" } do has(said.out, part) end
    local r = object "ball.chk.1"
    assert.same({ "checkpoint", true, 100, 40 }, { r.kind, r.checksum, r.step, r.particles })
  end)

  it("tells of tables, exports, meshes and scripts", function()
    local said = info("log.csv", "ball.csv", "ball.vtk", "ball.pvd", "ball_000001.vtp", "ball.lua", process.source .. "examples/hopper.stl")
    assert.equal(0, said.code, said.out)
    for _, part in ipairs { "a log: a time series", "rows          6", "particles in a table", "radii         0.003 to 0.003",
      "ball.vtk: a VTK file of the old form: Barchan", "holds         40 points", "lists         3 files", "a Lua script",
      "192 triangles, 144 vertices", "sim:mesh { file" } do has(said.out, part) end
  end)

  it("notices a trajectory that was cut", function()
    local text = read "ball.vtkhdf"
    for _, size in ipairs { 9, 100, 4000, math.floor(#text / 2), #text - 1 } do
      write("cut.vtkhdf", text:sub(1, size))
      local r, said = object "cut.vtkhdf"
      assert.is_false(r.good)
      if size >= 100 then has(said.out, ("its end is missing: it has %s"):format(require "barchan.status".grouped(size))) end
    end
  end)

  it("notices a trajectory whose directory does not fit its data, or whose compressed data are others", function()
    if not process.python then return pending "needs Python with h5py" end
    local edit = [[
import h5py, sys
with h5py.File("edited.vtkhdf", "r+") as f:
    %s
]]
    for _, case in ipairs {
      { "f['VTKHDF/NumberOfPoints'][3] = 1000000", "lies outside of VTKHDF/Points" },
      { "f['VTKHDF/Steps/PointOffsets'][2] = -5", "lies outside of VTKHDF/Points" },
      { "f['VTKHDF/Steps'].attrs['NSteps'] = 900", "are missing" },
      { "f['VTKHDF/Steps'].attrs['NSteps'] = 0", "it holds no step" },
      { "f['VTKHDF/Steps/Values'][2] = 0.5", "times of its steps do not increase" },
      { "del f['VTKHDF/Points']", "lies outside of VTKHDF/Points" },
      { "del f['VTKHDF/Steps/PointDataOffsets/radius']", "radius is missing or too short" },
    } do
      write("edited.vtkhdf", read "ball.vtkhdf")
      write("edit.py", edit:format(case[1]))
      assert.equal(0, os.execute(("cd %s && %s edit.py"):format(process.quote(folder), process.quote(process.python))))
      local r = object "edited.vtkhdf"
      assert.is_false(r.good)
      has(r.problem, case[2])
    end
    -- the first chunk of the positions: what deflate has made of them is no longer what it was
    write("find.py", "import h5py\nwith h5py.File('ball.vtkhdf') as f: print(f['VTKHDF/Points'].id.get_chunk_info(0).byte_offset)\n")
    local at = tonumber(process.output(("cd %s && %s find.py"):format(process.quote(folder), process.quote(process.python))))
    local text = read "ball.vtkhdf"
    write("edited.vtkhdf", text:sub(1, at + 10) .. ("\255"):rep(40) .. text:sub(at + 51))
    assert.is_true((object "edited.vtkhdf").good) -- not looked at
    has(object("edited.vtkhdf", "--data").problem, "the data of VTKHDF/Points cannot be read")
  end)

  it("notices a checkpoint of which one bit is another one, or that was cut", function()
    local text = read "ball.chk.2"
    for i = 0, 20 do
      local at = 1 + math.floor(i / 20 * (#text - 1))
      write("bit.chk.1", text:sub(1, at - 1) .. string.char((text:byte(at) + 64) % 256) .. text:sub(at + 1))
      local r = object "bit.chk.1"
      assert.is_false(r.good, "byte " .. at)
    end
    for _, size in ipairs { 10, 31, 500, math.floor(#text / 2), #text - 32, #text - 1 } do
      write("bit.chk.1", text:sub(1, size))
      assert.is_false((object "bit.chk.1").good, "size " .. size)
    end
    write("bit.chk.1", text .. "x")
    assert.is_false((object "bit.chk.1").good)
    write("bit.chk.1", text:sub(1, 5000) .. "x" .. text:sub(5002))
    has(info "bit.chk.1".out, "do not use it: --resume takes the other one")
  end)

  it("names the format of a checkpoint of another version", function()
    local engine = tonumber(require("barchan.native").C.BRC_CHECKPOINT_FORMAT)
    local text = read "ball.chk.2"
    local at = assert(text:find("s6:formatn1;", 1, true))
    write("new.chk.1", summed(text:sub(1, at + 8) .. "n7;" .. text:sub(at + 12)))
    local r = object "new.chk.1"
    assert.is_false(r.good)
    has(r.problem, ("it has format 7.%d, and this program reads format 1.%d"):format(engine, engine))
    has(r.advice, "the program that wrote it")
    write("ball2.lua", (scene:gsub("ball", "new")))
    local said = process.run({ "run", "ball2.lua", "--quiet", "--resume" }, { folder = folder })
    assert.equal(4, said.code)
    has(said.err, "has format 7; this program reads format 1")
  end)

  it("says what is wrong with other files", function()
    write("half.csv", "time,count\n0,1\n1,2")
    write("uneven.csv", "time,count\n0,1\n1\n2,2\n")
    write("bad.csv", "x,y,z,radius\n0,0,0,-1\n")
    write("bad.stl", "solid thing\n  facet normal 0 0 1\n outer loop\n vertex 0 0")
    write("cut.vtp", read "ball_000001.vtp":sub(1, -40))
    write("cut.vtk", read "ball.vtk":sub(1, 700))
    write("list.pvd", (read "ball.pvd":gsub("000001", "000009")))
    write("left.chk.1.4711.part", read "ball.chk.1")
    write("noise.vtkhdf", "\0\1\2" .. ("noise"):rep(1000))
    write("noise.bin", "\0\1\2" .. ("noise"):rep(1000))
    write("text.md", "# A text\n\nof somebody\n")
    write("empty.vtkhdf", "")
    write("other.json", '{ "a": [1, 2')
    for name, part in pairs { ["half.csv"] = "its last row has no end", ["uneven.csv"] = "row 2 has another number of values",
      ["bad.csv"] = "radius", ["bad.stl"] = "", ["cut.vtp"] = "its end is missing", ["cut.vtk"] = "its end is missing",
      ["list.pvd"] = "1 of its files are not there, the first is ball_000009.vtp", ["left.chk.1.4711.part"] = "it was not finished",
      ["noise.vtkhdf"] = "not that of an HDF5 file", ["noise.bin"] = "it is no file of this program", ["text.md"] = "no file of this program",
      ["empty.vtkhdf"] = "it is empty", ["other.json"] = "it is no whole JSON", ["."] = "it is a folder", ["nothing"] = "No such file" } do
      local r = object(name)
      assert.is_false(r.good, name)
      has(r.problem, part)
    end
  end)

  it("tells HDF5 files of others from ours", function()
    if not process.python then return pending "needs Python with h5py" end
    write("make.py", "import h5py\nwith h5py.File('foreign.h5', 'w') as f: f['energy/total'] = [1.0, 2.0]\n")
    assert.equal(0, os.execute(("cd %s && %s make.py"):format(process.quote(folder), process.quote(process.python))))
    local said = info "foreign.h5"
    assert.equal(4, said.code)
    has(said.out, "an HDF5 file that Barchan has not written")
    has(said.out, "energy/total (2 double)")
  end)

  it("ends whole over an HDF5 file that brings its library down", function()
    -- Damage at random places of the directory; what HDF5 makes of it is its own affair: the answer is 0 or 4, never a crash.
    local text = read "ball.vtkhdf"
    local seed = 1
    local function draw(n)
      seed = (seed * 16807) % 2147483647
      return seed % n
    end
    for _ = 1, 40 do
      local bytes = text
      for _ = 1, 12 do
        local at = 9 + draw(math.min(#bytes, 60000) - 9)
        bytes = bytes:sub(1, at - 1) .. string.char(draw(256)) .. bytes:sub(at + 1)
      end
      write("random.vtkhdf", bytes)
      local said = info("random.vtkhdf", "--data")
      assert.is_true(said.code == 0 or said.code == 4, said.err)
      assert.equal("", said.err)
    end
  end)
end)

describe("json", function()
  it("reads what it has written", function()
    local value = { a = { 1, 2.5, -3e300 }, b = "tab\t\"quote\" \\ \1", c = true, d = { e = { f = "x" } } }
    assert.same(value, json.decode(json.encode(value)))
    assert.same({ "é€", 1 }, json.decode ' ["\\u00e9\\u20ac" , 1 ] ')
  end)

  it("refuses what is none", function()
    for _, text in ipairs { "", "{", "[1,", "[1 2]", '{"a" 1}', '"x', "[1]x", "nul", '"\\u12"', ("["):rep(1000) } do
      assert.is_nil(json.decode(text))
    end
  end)
end)
