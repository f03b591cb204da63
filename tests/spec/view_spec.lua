-- view_spec.lua -- `barchan view`: the page holds what the trajectory holds, asks for nothing from elsewhere, and shows grains in a browser.
local process = require "tools.process"
local expect = require "tools.expect"
local has = expect.has

local folder = process.folder "view"
local function command(...) return process.run({ ... }, { folder = folder }) end

local scene = [[
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = { -0.05, -0.02, -0.05 }, hi = { 0.05, 0.02, 0.05 } }, dt = 2e-5, seed = 7 }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:field { name = "heat", unit = "K", default = 300 }
sim:law "hertz_mindlin"
sim:pair(glass, glass, { restitution = 0.6, friction = 0.4 })
local lid = sim:mesh { vertices = { {-0.04,-0.02,-0.04}, {0.04,-0.02,-0.04}, {0.04,0.02,-0.04}, {-0.04,0.02,-0.04} },
  triangles = { { 1, 2, 3 }, { 1, 3, 4 } }, material = glass }
lid:move { velocity = { 0, 0, 0.05 } }
sim:insert { region = sim.box { lo = { -0.03, -0.02, -0.03 }, hi = { 0.03, 0.02, 0.02 } }, count = 200, radius = { 2e-3, 3e-3 },
  material = glass }
sim:output { file = "run.vtkhdf", every = 5e-3 }
sim:run { time = 0.03 }
]]

describe("barchan view #slow", function()
  if not process.exists(process.program) then return pending("the executable was not built") end
  setup(function()
    process.write(folder .. "/run.lua", scene)
    local said = command("run", "run.lua", "--quiet")
    assert.equal(0, said.code, said.err)
    said = command("view", "run.vtkhdf", "run.html")
    assert.equal(0, said.code, said.err)
    has(said.out, "run.html: 7 steps, 0.0 MB; open it in a browser")
  end)

  it("writes a page with the numbers of the run, and nothing from elsewhere", function()
    local page = process.read(folder .. "/run.html")
    has(page, "<title>run.vtkhdf</title>")
    has(page, '"label":"heat"')
    assert.is_nil(page:find "TITLE")
    assert.equal(1, select(2, page:gsub("</html>", "")))
    if not process.python then return end
    local out = process.output(("cd %s && %s %s run.html run.vtkhdf 2>&1; echo code $?"):format(process.quote(folder), process.python,
      process.quote(process.source .. "tests/tools/check_view.py")))
    has(out, "code 0")
  end)

  it("draws planes as far as grains reach, not to the ends of the domain", function()
    local wide = scene:gsub("{ %-0.05, %-0.02, %-0.05 }, hi = { 0.05, 0.02, 0.05 }", "{ -5, -5, -0.05 }, hi = { 5, 5, 5 }")
      :gsub("sim:output", "sim:plane { point = { 0, 0, -0.05 }, normal = { 0, 0, 1 }, material = glass }\n%0"):gsub("run.vtkhdf", "wide.vtkhdf")
    process.write(folder .. "/wide.lua", wide)
    local said = command("run", "wide.lua", "--quiet")
    assert.equal(0, said.code, said.err)
    assert.equal(0, command("view", "wide.vtkhdf", "wide.html").code)
    local size = 0
    local hi, lo = process.read(folder .. "/wide.html"):match '"box":{"hi":%[([^%]]+)%],"lo":%[([^%]]+)%]'
    local from = {}
    for v in (hi .. "," .. lo):gmatch "[^,]+" do from[#from + 1] = tonumber(v) end
    for c = 1, 3 do size = math.max(size, from[c] - from[c + 3]) end
    assert.is_true(size > 0.08 and size < 0.12, size) -- the lid is 0.08 wide, the domain 10
  end)

  it("takes fewer steps and fields where that is asked", function()
    local said = command("view", "run.vtkhdf", "few.html", "--every", "3", "--field", "radius", "--field", "velocity_x")
    has(said.out, "few.html: 3 steps")
    local page = process.read(folder .. "/few.html")
    has(page, '"label":"velocity x"')
    assert.is_nil(page:find('"label":"speed"', 1, true))
  end)

  it("takes one step, another scale of colours, and stays below a size", function()
    local said = command("view", "run.vtkhdf", "third.html", "--step", "3")
    assert.equal(0, said.code, said.err)
    has(said.out, "third.html: 1 step,")
    assert.equal(0, command("view", "run.vtkhdf", "time.html", "--time", "0.0101", "--most", "1").code)
    assert.is_true(process.read(folder .. "/third.html"):gsub("third", "time") == process.read(folder .. "/time.html")) -- a step each 5 ms
    assert.equal(0, command("view", "run.vtkhdf", "grey.html", "--time", "0.0101", "--map", "grey").code)
    assert.is_true(process.read(folder .. "/grey.html") ~= process.read(folder .. "/time.html"))
  end)

  it("says what is wrong", function()
    for _, case in ipairs {
      { { "view", "run.vtkhdf" }, 2, "which files? barchan view FILE.vtkhdf OUT.html" },
      { { "view", "run.vtkhdf", "x.htm5" }, 2, "must end in .html, got 'x.htm5'" },
      { { "view", "run.vtkhdf", "x.html", "--field", "hot" }, 2, "unknown field 'hot'" },
      { { "view", "run.vtkhdf", "x.html", "--most", "0.003" }, 2, "the page would have more than 0.003 MB after 1 of 7 steps" },
      { { "view", "run.lua", "x.html" }, 4, "'run.lua' is no trajectory" },
      { { "view", "run-walls.vtkhdf", "x.html" }, 2, "holds walls" },
      { { "view", "run.vtkhdf", "nowhere/x.html" }, 4, "cannot write 'nowhere/x.html'" },
    } do
      local said = command(unpack(case[1]))
      assert.equal(case[2], said.code, said.err)
      has(said.err, case[3])
    end
    assert.is_nil(process.read(folder .. "/x.html"))
  end)

  it("is shown by Chromium without an error, with grains in it", function()
    local browser = process.output "command -v chromium-headless-shell || command -v chromium":match "%S+"
    if not browser then return pending("no Chromium") end
    local start = ("cd %s && HOME=%s timeout 120 %s --headless --no-sandbox --disable-dev-shm-usage --use-angle=swiftshader "
      .. "--enable-unsafe-swiftshader --enable-logging=stderr --window-size=900,600"):format(process.quote(folder), process.quote(folder),
        browser)
    local page = "'file://" .. folder .. "/run.html#frame=7&camera=front&check=1'"
    local out, console, state, drawn
    for _, budget in ipairs { 3000, 10000, 30000 } do -- [ms] of the page's own clock, which does not wait for a busy machine
      out = process.output(("%s --virtual-time-budget=%d --dump-dom %s 2>console.txt"):format(start, budget, page))
      console = process.read(folder .. "/console.txt")
      if out == "" then return pending("Chromium did not start: " .. console:sub(1, 200)) end
      assert.is_nil(console:match "[^\n]*ERROR:CONSOLE[^\n]*")
      assert.is_nil(console:match "[^\n]*[Uu]ncaught[^\n]*")
      state, drawn = out:match 'data%-state="(%w+)"', tonumber(out:match 'data%-drawn="(%d+)"')
      if state then break end
    end
    assert.equal("ready", state)
    assert.is_true(drawn > 10000, tostring(drawn) .. " pixels of 580 x 550 are not the background's")
    has(out, "200 grains")
    process.output(("%s --virtual-time-budget=10000 --screenshot=shot.png %s 2>/dev/null"):format(start, page))
    if process.python then
      local said = process.output(("%s %s %s 0 0.6"):format(process.python, process.quote(process.source .. "tests/tools/check_picture.py"),
        process.quote(folder .. "/shot.png")))
      local count = tonumber(said:match "^%S+ %S+ %S+ %S+ %S+ %S+ %S+ (%d+)")
      assert.is_true(count > 8000, said)
    end
  end)
end)
