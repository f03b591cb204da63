-- pictures_spec.lua -- `barchan render`, sim:render and `barchan plot`: what is drawn is where it belongs and has its colour, a picture has
-- the same bytes on any number of threads, and what cannot be drawn is said.
local barchan = require "barchan"
local ffi = require "ffi"
local process = require "tools.process"
local ranks = require "tools.ranks"
local expect = require "tools.expect"
local failure, has = expect.failure, expect.has

local folder = process.folder "pictures"
local function read(name) return process.read(folder .. "/" .. name) end
local function command(...) return process.run({ ... }, { folder = folder }) end

-- What check_picture.py measures.
local function look(name, ...)
  local words = { process.python, process.quote(process.source .. "tests/tools/check_picture.py"), process.quote(folder .. "/" .. name), ... }
  local said = process.output(table.concat(words, " ") .. " 2>&1")
  local n = {}
  for word in said:gmatch "%S+" do n[#n + 1] = tonumber(word) end
  assert.equal(11, #n, said)
  return { width = n[1], height = n[2], colours = n[3], x0 = n[4], x1 = n[5], y0 = n[6], y1 = n[7], count = n[8], r = n[9], g = n[10],
    b = n[11] }
end

local scene = [[
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { -0.05, -0.05, -0.05 }, hi = { 0.05, 0.05, 0.05 } }, dt = 2e-5, gravity = { 0, 0, -9.81 } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.5, friction = 0.4 })
sim:plane { point = { 0, 0, -0.03 }, normal = { 0, 0, 1 }, material = glass }
sim:insert { x = { { 0, 0, 0 }, { 0, 0, 0.0199 } }, radius = 0.01, material = glass }
sim:output { file = "two.vtkhdf", every = 2e-3, contacts = true }
sim:log { file = "two.csv", every = 2e-3, columns = { "time", "count", "kinetic_energy" } }
sim:run { time = 0.01 }
]]

describe("a picture #slow", function()
  local probe = process.exists(process.program) and process.run({ "render", "none.vtkhdf", "none.png" }, { folder = folder })
  if not probe then return pending("the executable was not built") end
  if probe.code == 5 then
    it("needs Embree and cairo, and says so", function() has(probe.err, "Debian: apt-get install") end)
    return
  end
  if not process.python then return pending("no Python to look at pictures with") end

  setup(function()
    process.write(folder .. "/two.lua", scene)
    local said = command("run", "two.lua", "--quiet")
    assert.equal(0, said.code, said.err)
  end)
  local function render(out, ...)
    local said = command("render", "two.vtkhdf", out, "--width", "240", "--height", "160", "--samples", "8", ...)
    assert.equal(0, said.code, said.err)
    return said.out
  end

  it("shows spheres as large as they are, in the colour of their field", function()
    render("two.png", "--plain", "--walls", "0", "--camera", "front", "--field", "position_z", "--range", "-1:0.01", "--step", "1")
    local p = look "two.png"
    assert.same({ 240, 160 }, { p.width, p.height })
    -- Two spheres of diameter 1 whose middles are 0.995 apart: 1.995 high and 1 wide, less some perspective.
    assert.near(1.995, (p.y1 - p.y0) / (p.x1 - p.x0), 0.06)
    assert.is_true(p.y1 - p.y0 > 0.80 * 160 and p.y1 - p.y0 < 0.95 * 160, "they fill the picture: " .. p.y1 - p.y0)
    assert.near(120, 0.5 * (p.x0 + p.x1), 1.5)
    assert.near(2 * math.pi / 4 * (p.x1 - p.x0) ^ 2, p.count, 0.05 * p.count)
    assert.is_true(p.g > p.b + 60 and p.r > p.b + 40, "the upper end of viridis is yellow")
    render("low.png", "--plain", "--walls", "0", "--camera", "front", "--field", "position_z", "--range", "1:2", "--step", "1")
    local low = look "low.png"
    assert.is_true(low.b > low.g + 20, "the lower end of viridis is purple")
  end)

  it("cuts away what is asked", function()
    render("half.png", "--plain", "--walls", "0", "--camera", "front", "--cut", "x<0", "--step", "1")
    local p = look "half.png"
    assert.near(0.5, (p.x1 - p.x0) / (p.y1 - p.y0) * 1.995, 0.05)
    assert.is_true(p.x0 >= 118)
  end)

  it("is taken from where it is asked, in the scale of colours that is asked for", function()
    local sim = barchan.simulation { domain = { lo = { -0.05, -0.05, -0.05 }, hi = { 0.05, 0.05, 0.05 } }, dt = 2e-5, threads = 1 }
    local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
    sim:law "hertz_mindlin"
    sim:pair(glass, glass, { restitution = 0.5, friction = 0.4 })
    sim:insert { x = { { -0.01, 0, 0 }, { 0.015, 0, 0 } }, radius = { 0.005, 0.01 }, material = glass }
    local function picture(more)
      local o = { file = folder .. "/from.png", width = 240, height = 160, samples = 8, legend = false, ground = false, walls = 0,
        field = "radius", range = { 1, 2 } }
      for key, value in pairs(more) do o[key] = value end
      sim:render(o)
      return look "from.png"
    end
    local seen = {}
    for _, camera in ipairs { "front", "back", "left", "right", "top", "bottom", "iso" } do
      local p = picture { camera = camera }
      local wide = (p.x1 - p.x0) / (p.y1 - p.y0)
      if camera == "left" or camera == "right" then assert.near(1, wide, 0.08, camera) -- along x: a grain hides the other, or half of it
      elseif camera ~= "iso" then assert.near(40 / 20, wide, 0.12, camera) -- from -15 to 25 mm along x, 20 mm high
      else assert.is_true(wide > 1.1 and wide < 1.9, wide) end
      local bytes = read "from.png"
      for other, theirs in pairs(seen) do
        assert.is_true(theirs ~= bytes, other .. " and " .. camera)
      end
      seen[camera] = bytes
    end
    local whole = picture { camera = "front" }
    local half = picture { camera = "front", cut = { "x<0.0025" } } -- the small one is cut away
    assert.near(1, (half.x1 - half.x0) / (half.y1 - half.y0), 0.06)
    assert.is_true(half.count < whole.count)
    -- All below the range: the lowest colour of each scale, shaded.
    local low = {}
    for _, map in ipairs { "viridis", "plasma", "coolwarm", "heat", "force", "grey" } do low[map] = picture { camera = "front", map = map } end
    assert.is_true(low.viridis.b > low.viridis.g + 20 and low.viridis.r > low.viridis.g, "viridis begins with purple")
    assert.is_true(low.plasma.b > low.plasma.r + 40, "plasma begins with blue")
    assert.is_true(low.coolwarm.b > low.coolwarm.r + 40, "coolwarm begins with blue")
    assert.near(low.grey.r, low.grey.b, 12)
    for a, p in pairs(low) do
      for b, q in pairs(low) do
        assert.is_true(a == b or math.abs(p.r - q.r) + math.abs(p.g - q.g) + math.abs(p.b - q.b) > 8, a .. " and " .. b)
      end
    end
    sim:close()
  end)

  it("of a trajectory obeys the options that sim:render has", function()
    local function bytes(...)
      render("asked.png", "--plain", "--walls", "0", ...)
      return read "asked.png"
    end
    local plain = bytes()
    for _, words in ipairs { { "--eye", "0.1,-0.2,0.1" }, { "--target", "0,0,0.03" }, { "--grains", "0.5" }, { "--map", "heat" } } do
      assert.is_true(bytes(unpack(words)) ~= plain, words[1])
    end
    assert.is_true(bytes("--time", "0.0041") == bytes("--step", "3")) -- a step each 2 ms, the first at 0
    assert.is_true(bytes("--time", "0.0041") ~= plain)
  end)

  it("has a bar of colours, walls, force chains, a floor and its time", function()
    render("plain.png", "--plain", "--walls", "0")
    render("full.png")
    render("chains.png", "--chains")
    assert.is_true(look("full.png").colours > 200 + look("plain.png").colours)
    assert.equal(0, look("plain.png", 0.85, 1).count)
    assert.is_true(look("full.png", 0.85, 1).count > 200, "the bar")
    assert.is_true(look("chains.png", 0, 0.7).count > 20)
    assert.is_false(read "chains.png" == read "full.png")
  end)

  it("is the same on any number of threads", function()
    render("one.png", "--threads", "1")
    render("three.png", "--threads", "3")
    assert.is_true(read "one.png" == read "three.png")
  end)

  it("has as few shades as asked, and is smaller then", function()
    render("fine.png", "--plain")
    render("few.png", "--plain", "--shades", "8")
    local fine, few = look "fine.png", look "few.png"
    assert.is_true(few.colours < fine.colours / 4 and few.colours <= 8 ^ 3, ("%d of %d colours"):format(few.colours, fine.colours))
    assert.is_true(#read "few.png" < 0.6 * #read "fine.png")
  end)

  it("comes as a sequence", function()
    has(render("n-*.png", "--every", "2"), "n-*.png: 3 pictures")
    for _, k in ipairs { 1, 3, 5 } do assert.equal(240, look(("n-%06d.png"):format(k)).width) end
    assert.is_nil(read "n-000002.png")
  end)

  it("comes as a film", function()
    if not process.output("command -v ffmpeg"):find "%S" then return pending "no ffmpeg to make films" end
    render("film.mp4", "--every", "3")
    assert.equal("ftyp", read("film.mp4"):sub(5, 8))
    for _, rate in ipairs { 5, 10 } do
      render("slow.mp4", "--rate", tostring(rate))
      local said = process.output(("ffprobe -v error -show_entries stream=r_frame_rate %s/slow.mp4"):format(process.quote(folder)))
      has(said, ("=%d/1"):format(rate))
    end
    assert.is_nil(read "film.mp4.2.000001.png")
  end)

  it("is drawn by a running script, with the bytes that the file gives", function()
    process.write(folder .. "/live.lua", scene:gsub('"two%.', '"live.'):gsub("sim:run", [[
sim:render { file = "live-*.png", every = 5e-3, width = 240, height = 160, samples = 8 }
sim:run]], 1) .. 'sim:render { file = "live.png", range = { 0, 1 }, camera = "front", chains = true, width = 240, '
      .. 'height = 160, samples = 8, shades = 24 }\n')
    local said = command("run", "live.lua", "--quiet")
    assert.equal(0, said.code, said.err)
    render("again.png", "--range", "0:1", "--camera", "front", "--chains", "--shades", "24")
    assert.is_true(read "again.png" == read "live.png")
    for _, step in ipairs { 0, 250, 500 } do assert.equal(240, look(("live-%09d.png"):format(step)).width) end
    for _, name in ipairs(process.list(folder)) do assert.is_nil(name:find "%.state", name .. " was left") end
  end)

  it("is drawn with the same bytes by two ranks", function()
    if not ranks.mpirun then return pending "built without MPI" end
    local many = scene:gsub("sim:insert {[^\n]*", [[
sim:insert { region = sim.box { lo = { -0.02, -0.02, -0.02 }, hi = { 0.02, 0.02, 0.03 } }, count = 60, radius = 2e-3, material = glass }]])
    for count = 1, 2 do
      process.write(("%s/ranks_%d.lua"):format(folder, count), many:gsub('"two%.', ('"ranks_%d.'):format(count)):gsub("sim:run", ([[
sim:render { file = "ranks_%d-*.png", every = 5e-3, width = 160, height = 120, samples = 4, field = "position_x" }
sim:run]]):format(count), 1) .. ('sim:render { file = "ranks_%d.png", chains = true, grains = 0.5, width = 160, height = 120, samples = 4 }\n')
        :format(count))
      local said = ranks.run(count, { "run", ("ranks_%d.lua"):format(count), "--quiet", "--threads", "1" }, { folder = folder, seconds = 200 })
      assert.equal(0, said.code, said.err)
    end
    for _, name in ipairs { ".png", "-000000000.png", "-000000500.png" } do
      assert.equal(160, look("ranks_2" .. name).width)
      assert.is_true(read("ranks_1" .. name) == read("ranks_2" .. name), name)
    end
  end)

  it("shows of planes what lies about the grains, and names materials", function()
    local wide = scene:gsub("0%.05", "0.9"):gsub('"two%.', '"wide.')
    process.write(folder .. "/wide.lua", wide)
    assert.equal(0, command("run", "wide.lua", "--quiet").code)
    local o = { "--plain", "--camera", "front", "--range", "2:3", "--width", "240", "--height", "160", "--samples", "8", "--walls" }
    local function grains(file, walls)
      assert.equal(0, command("render", file, "grains.png", walls, unpack(o)).code)
      return look "grains.png"
    end
    table.insert(o, "0.01")
    local near, far = grains("two.vtkhdf"), grains("wide.vtkhdf")
    -- 0.08 high with the plane that lies 0.02 below them; a plane as wide as the domain would leave one pixel of them.
    assert.near(near.y1 - near.y0, far.y1 - far.y0, 2)
    assert.is_true(far.y1 - far.y0 > 50, far.y1 - far.y0)
    local names = require("barchan.trajectory").open("spec", folder .. "/wide.vtkhdf").materials
    assert.same({ "glass" }, names)
    assert.same({ 0, 1 }, { require("barchan.render").range_of({ 0, 0, 0 }) }) -- all at rest
  end)

  it("is refused with a reason", function()
    for _, case in ipairs {
      { { "render", "two.vtkhdf" }, 2, "which files? barchan render FILE.vtkhdf OUT.png" },
      { { "render", "two.vtkhdf", "x.jpg" }, 2, "must end in .png or .mp4, got 'x.jpg'" },
      { { "render", "two.vtkhdf", "x.png", "--field", "radus" }, 2, "unknown field 'radus'; did you mean 'radius'?" },
      { { "render", "two.vtkhdf", "x.png", "--cut", "w<1" }, 2, "a cut must be like y<0 or z>0.1" },
      { { "render", "two.vtkhdf", "x.png", "--every", "2" }, 2, "these are 3 pictures: put a * into the name" },
      { { "render", "two.vtkhdf", "x.png", "--camera", "above" }, 2, "option --camera must be one of iso front" },
      { { "render", "two.vtkhdf", "x.png", "--shades", "1" }, 2, "option --shades must be a whole number from 2 to 256" },
      { { "render", "two.csv", "x.png" }, 4, "'two.csv' is no trajectory" },
      { { "render", "two-walls.vtkhdf", "x.png" }, 2, "holds walls; name the file of the particles" },
      { { "render", "two.vtkhdf", "nowhere/x.png", "--width", "16", "--height", "16" }, 4, "cannot write 'nowhere/x.png'" },
      { { "plot", "two.csv", "x.pdf" }, 2, "must end in .svg or .png, got 'x.pdf'" },
      { { "plot", "two.csv", "x.svg", "--y", "kinetic" }, 2, "unknown column 'kinetic'; did you mean 'kinetic_energy'?" },
      { { "plot", "none.csv", "x.svg" }, 4, "cannot open 'none.csv'" },
      { { "plot", "two.lua", "x.svg" }, 4, "values, the first line names" },
    } do
      local said = command(unpack(case[1]))
      assert.equal(case[2], said.code, said.err)
      has(said.err, case[3])
    end
    assert.is_nil(read "x.png")
  end)

  it("is refused at the script's line", function()
    local sim = barchan.simulation { domain = { lo = { -1, -1, -1 }, hi = { 1, 1, 1 } }, dt = 1e-5, threads = 1 }
    has(failure(function() sim:render { file = "x.jpg" } end), "sim:render: the name of the file must end in .png")
    has(failure(function() sim:render { file = "x.png", every = 1 } end), "with every the name has a *")
    has(failure(function() sim:render { file = "x.png", cut = { "y" } } end), "a cut must be like")
    has(failure(function() sim:render { file = "x.png", range = { 2, 1 } } end), "range must be { low, high } with low < high")
    has(failure(function() sim:render { file = "x.png", camra = "top" } end), "did you mean 'camera'?")
    sim:close()
  end)
end)

describe("a plot #slow", function()
  if not process.exists(process.program) then return pending("the executable was not built") end
  if not (pcall(ffi.load, "libcairo.so.2") or pcall(ffi.load, "cairo")) then return pending("no cairo") end
  it("has a curve for each column, in SVG and PNG", function()
    local at = folder
    process.write(at .. "/log.csv", "time,a,b\n0,1,10\n1,2,20\n2,4,30\n3,8,nan\n")
    local said = command("plot", "log.csv", "log.svg", "--y", "a,b", "--y", "b", "--title", "Growth")
    assert.equal(0, said.code, said.err)
    has(said.out, "log.svg: 2 panels")
    local svg = read "log.svg"
    has(svg, "<svg")
    has(svg, "</svg>")
    local curves = select(2, svg:gsub('stroke="rgb%(26%.66%d*%%, 46%.66%d*%%, 66%.66%d*%%%)"', ""))
      + select(2, svg:gsub("stroke:rgb%(26%.66%d*%%,46%.66%d*%%,66%.66%d*%%%)", ""))
    assert.equal(3, curves, "the first curve of each panel and its line in the legend")
    said = command("plot", "log.csv", "wide.svg", "--x", "a", "--y", "b", "--log-x", "--width", "700", "--height", "300")
    assert.equal(0, said.code, said.err)
    local wide = read "wide.svg"
    assert.truthy(wide:find 'width="700[pt]*" height="300', wide:match "<svg[^>]*>")
    assert.equal(0, command("plot", "log.csv", "even.svg", "--x", "a", "--y", "b", "--width", "700", "--height", "300").code)
    assert.is_true(read "even.svg" ~= wide)
    assert.equal(0, command("plot", "log.csv", "log.png", "--log-y").code)
    if process.python then
      local p = look "log.png"
      assert.is_true(p.width == 900 and p.count > 2000 and p.colours > 50)
    end
    assert.is_nil(read "log.svg.part")
  end)
end)
