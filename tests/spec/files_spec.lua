-- files_spec.lua -- files in trouble: what was good stays good, what cannot be written is said, what cannot be read is refused at every
-- length it may have been cut to.
local process = require "tools.process"
local barchan = require "barchan"
local expect = require "tools.expect"
local has = expect.has

local preamble = [[
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.7, friction = 0.4 })
local bin = sim.box { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } }
sim:box { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 }, side = "inside", material = glass }
sim:insert { region = bin, radius = 2e-3, count = 300, material = glass }
]]

-- Runs a script of this text below the preamble in a folder.
local function run(at, text, options)
  process.write(at .. "/scene.lua", preamble .. text)
  local o = options or {}
  o.folder = at
  return process.run({ "run", "--quiet", "scene.lua" }, o)
end

describe("a file that is there already #slow", function()
  if not process.exists(process.program) then return pending("the executable was not built: " .. process.program) end

  it("stays as it was when a new trajectory cannot begin", function()
    local at = process.folder "files-old"
    local text = 'sim:output { file = "a.vtkhdf", every = 1e-3 }\nsim:run { time = 3e-3 }'
    assert.equal(0, run(at, text).code)
    local before = process.read(at .. "/a.vtkhdf")
    local said = run(at, text, { limit = 65536 })
    assert.equal(4, said.code)
    has(said.err, "cannot write 'a.vtkhdf'")
    assert.is_true(process.read(at .. "/a.vtkhdf") == before, "the old file was changed")
    said = run(at, 'sim:output { file = "a.vtkhdf", every = 1e-3 }\nerror "changed my mind"')
    assert.equal(1, said.code)
    assert.is_true(process.read(at .. "/a.vtkhdf") == before, "the old file was changed by a run without a step")
  end)

  it("stays as it was when a state cannot be exported", function()
    for _, ending in ipairs { "vtk", "vtp", "csv" } do
      local at = process.folder "files-export"
      local text = ('sim:export "a.%s"'):format(ending)
      assert.equal(0, run(at, text).code)
      local before = process.read(at .. "/a." .. ending)
      assert.is_true(#before > 8192)
      local said = run(at, "sim:run { steps = 10 }\n" .. text, { limit = 4096 })
      assert.equal(4, said.code)
      has(said.err, ("barchan: scene.lua:10: sim:export: cannot write 'a.%s': File too large"):format(ending))
      assert.is_true(process.read(at .. "/a." .. ending) == before, "the old file was changed")
      assert.same({ "a." .. ending, "scene.lua" }, process.list(at))
    end
  end)

  it("is replaced by a run that works", function()
    local at = process.folder "files-new"
    assert.equal(0, run(at, 'sim:output { file = "a.vtkhdf", every = 1e-3 }\nsim:run { time = 5e-3 }').code)
    assert.equal(0, run(at, 'sim:output { file = "a.vtkhdf", every = 1e-3 }\nsim:run { time = 2e-3 }').code)
    if process.python then assert.equal(3, process.trajectory_steps(at .. "/a.vtkhdf")) end
  end)
end)

describe("writing #slow", function()
  if not process.exists(process.program) then return pending("the executable was not built: " .. process.program) end

  it("says which file and why, whatever the name", function()
    local at = process.folder "files-names"
    for _, case in ipairs {
      { "/proc/a.vtkhdf", "/proc/a.vtkhdf" }, { ("x"):rep(300) .. ".vtkhdf", "File name too long" },
      { "scene.lua/a.vtkhdf", "Not a directory" } } do
      local said = run(at, ("sim:output { file = %q, every = 1e-3 }"):format(case[1]))
      assert.equal(4, said.code, said.err)
      has(said.err, "barchan: scene.lua:9: sim:output: cannot write '")
      has(said.err, case[2])
    end
    for _, name in ipairs { "two words", "grüße", "quote's", "-dash", "a%sb", "100%" } do
      local said = run(at, ([[
        sim:output { file = %q .. ".vtkhdf", every = 1e-3 }
        sim:log { file = %q .. ".csv", every = 1e-3, columns = { "time" } }
        sim:run { time = 2e-3 }
        sim:export(%q .. ".vtp")]]):format(name, name, name))
      assert.equal(0, said.code, said.err)
      assert.is_true(process.exists(at .. "/" .. name .. ".vtp"))
      assert.equal(3, process.csv_rows(at .. "/" .. name .. ".csv"))
      if process.python then assert.equal(3, process.trajectory_steps(at .. "/" .. name .. ".vtkhdf")) end
    end
  end)

  it("to a device that is always full is a file error", function()
    if not process.exists "/dev/full" then return pending "/dev/full is missing" end
    local at = process.folder "files-full"
    local said = run(at, 'sim:log { file = "/dev/full", every = 1e-3, columns = { "time" } }')
    assert.equal(4, said.code)
    has(said.err, "barchan: scene.lua:9: sim:log: cannot write '/dev/full': No space left on device")
  end)

  it("ends with whole files when the script leaves by os.exit", function()
    local at = process.folder "files-exit"
    local said = run(at, [[
      sim:output { file = "a.vtkhdf", every = 1e-3 }
      sim:log { file = "a.csv", every = 1e-4, columns = { "time", "kinetic_energy" } }
      sim:run { time = 1, every = 4.5e-3, call = function() os.exit(9) end }]])
    assert.equal(9, said.code)
    assert.is_nil(process.half_written(at))
    assert.is_true(process.csv_rows(at .. "/a.csv") >= 40)
    if process.python then assert.equal(5, process.trajectory_steps(at .. "/a.vtkhdf")) end
  end)

  it("ends with whole files when nobody reads stdout any more", function()
    local at = process.folder "files-pipe"
    process.write(at .. "/scene.lua", preamble .. [[
      sim:output { file = "a.vtkhdf", every = 1e-3 }
      sim:run { time = 0.2, every = 1e-3, call = function(s) print(s.time) io.stdout:flush() end }]])
    os.execute(("cd %s && OMP_WAIT_POLICY=passive %s run --quiet scene.lua 2>/dev/null | head -n 3 >/dev/null"):format(
      process.quote(at), process.quote(process.program)))
    assert.is_nil(process.half_written(at))
    if process.python then assert.is_true(process.trajectory_steps(at .. "/a.vtkhdf") >= 3) end
  end)

  it("lists only states that are whole in a .pvd file", function()
    local at = process.folder "files-series"
    local said = run(at, 'sim:series { file = "a.pvd", every = 1e-3 }\n'
      .. 'sim:run { time = 1, every = 1e-3, call = function(s) if s.time > 5e-3 then error "enough" end end }')
    assert.equal(1, said.code)
    local listed = 0
    for name in process.read(at .. "/a.pvd"):gmatch 'file="([^"]*)"' do
      listed = listed + 1
      has(process.read(at .. "/" .. name):sub(-20), "</VTKFile>")
    end
    assert.equal(6, listed)
    assert.is_nil(process.half_written(at))
  end)
end)

describe("reading", function()
  local at, sim, glass
  setup(function() at = process.folder "files-read" end)
  before_each(function()
    sim = barchan.simulation { domain = { lo = { -1, -1, -1 }, hi = { 1, 1, 1 } }, threads = 1 }
    glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
  end)
  after_each(function() sim:close() end)

  -- Every beginning of a file is refused with a message that names it; `whole` says for which lengths it is complete.
  local function cut(name, text, use, whole)
    local path = at .. "/" .. name
    for n = 0, #text do
      process.write(path, text:sub(1, n))
      local ok, message = pcall(use, path)
      if whole(n) then
        assert.is_true(ok, ("cut to %d bytes: %s"):format(n, tostring(message)))
      else
        assert.is_false(ok, ("%s was taken for whole when cut to %d of %d bytes"):format(name, n, #text))
        has(message, "'" .. path .. "'")
        assert.equal("file", barchan.error_kind(message))
      end
    end
  end

  local ascii = {}
  for i = 0, 2 do
    ascii[#ascii + 1] = ("facet normal 0 0 1\n outer loop\n  vertex %g 0 0\n  vertex %g 0 0\n  vertex %g 0.5 0\n endloop\nendfacet\n")
      :format(0.1 * i, 0.1 * i + 0.1, 0.1 * i)
  end

  it("refuses an ASCII STL cut anywhere", function()
    local text = "solid ramp\n" .. table.concat(ascii) .. "endsolid ramp\n"
    local least = #text - #" ramp\n" -- what follows endsolid is a name; "end" alone is a way to write it
    cut("cut.stl", text, function(path) sim:mesh { file = path, material = glass } end,
      function(n) return n >= least or n == least - #"solid" end)
  end)

  it("refuses a binary STL cut anywhere", function()
    local ffi = require "ffi"
    local parts = { ("barchan"):rep(12):sub(1, 80), "\3\0\0\0" }
    for i = 0, 2 do
      parts[#parts + 1] = ffi.string(ffi.new("float[12]", 0, 0, 1, i, 0, 0, i + 1, 0, 0, i, 1, 0), 48) .. "\0\0"
    end
    local text = table.concat(parts)
    cut("cut.stl", text, function(path) sim:mesh { file = path, scale = 0.1, material = glass } end, function(n) return n == #text end)
  end)

  it("refuses a PLY cut anywhere but in the last number", function()
    local text = "ply\nformat ascii 1.0\nelement vertex 4\nproperty float x\nproperty float y\nproperty float z\nelement face 2\n"
      .. "property list uchar int vertex_indices\nend_header\n0 0 0\n0.5 0 0\n0.5 0.5 0\n0 0.5 0\n3 0 1 2\n3 0 2 3\n"
    cut("cut.ply", text, function(path) sim:mesh { file = path, material = glass } end, function(n) return n >= #text - 1 end)
  end)

  it("never takes a cut CSV row for a particle", function()
    local text = "x,y,z,radius\n0.1,0.1,0.1,0.01\n0.2,0.1,0.1,0.01\n0.3,0.1,0.1,0.01\n"
    for n = 0, #text do
      local path = process.write(at .. "/cut.csv", text:sub(1, n))
      sim:close()
      sim = barchan.simulation { domain = { lo = { -1, -1, -1 }, hi = { 1, 1, 1 } }, threads = 1 }
      glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
      local ok, message = pcall(sim.insert, sim, { file = path, material = glass })
      if ok then
        -- The radius of the last row may have lost digits; that cannot be told without a line's end.
        local _, ends = text:sub(1, n):gsub("\n", "")
        local complete = text:sub(1, n):sub(-1) == "\n"
        assert.equal(complete and ends - 1 or ends, sim.count)
      else
        has(message, "'" .. path .. "'")
        assert.equal(0, sim.count)
      end
    end
  end)

  it("refuses folders, devices and what may not be read", function()
    os.execute("mkdir -p " .. process.quote(at .. "/folder.stl") .. " " .. process.quote(at .. "/folder.csv"))
    for _, path in ipairs { at .. "/folder.stl", "/dev/null", at .. "/none.stl", at .. "/none.step" } do
      local ok, message = pcall(sim.mesh, sim, { file = path, material = glass })
      assert.is_false(ok)
      has(message, "'" .. path .. "'")
      assert.equal("file", barchan.error_kind(message))
    end
    for _, path in ipairs { at .. "/folder.csv", "/dev/null", at .. "/none.csv" } do
      local ok, message = pcall(sim.insert, sim, { file = path, material = glass })
      assert.is_false(ok)
      has(message, "'" .. path .. "'")
      assert.equal("file", barchan.error_kind(message))
    end
  end)

  it("refuses random bytes behind every ending without a crash", function()
    local state = 1
    local function byte() -- minimal standard generator
      state = state * 16807 % 2147483647
      return string.char(state % 256)
    end
    local starts = { stl = "solid x\nfacet ", obj = "v 0 0 0\nf ", ply = "ply\nformat ascii 1.0\n", csv = "x,y,z,radius\n" }
    for _, ending in ipairs { "stl", "obj", "ply", "csv" } do
      for try = 1, 20 do
        local bytes = {}
        for i = 1, try * 37 do bytes[i] = byte() end
        local start = try % 2 == 0 and starts[ending] or ""
        local path = process.write(at .. "/random." .. ending, start .. table.concat(bytes))
        local ok, message = pcall(ending == "csv" and sim.insert or sim.mesh, sim, { file = path, material = glass })
        assert.is_false(ok)
        has(message, "'" .. path .. "'")
      end
    end
  end)
end)
