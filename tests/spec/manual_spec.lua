-- manual_spec.lua -- every name of the schema is in the manual, in the annotations for editors and in `barchan describe`; the commands that
-- write these; shell completion; `barchan new`. That a test exercises each name is what the test `exercised` looks for.
require "barchan"
local api = require "barchan.api"
local pages = require "barchan.describe"
local manual = require "barchan.manual"
local stubs = require "barchan.stubs"
local units = require "barchan.units"
local names = require "tools.names"
local process = require "tools.process"
local expect = require "tools.expect"
local has = expect.has

local each_name = names.each

local function escaped(text) return (text:gsub("[%^%$%(%)%%%.%[%]%*%+%-%?]", "%%%0")) end
-- The name as a word of its own.
local function word(name) return name:find "%w" and "%f[%w_]" .. escaped(name) .. "%f[^%w_]" or escaped(name) end

describe("every name of the schema", function()
  -- What an arbitrary text must hold of a name: for a call the whole of it, else the name as a word.
  local function missing_in(text, skip)
    local missing = {}
    each_name(function(kind, name, parent)
      if not skip[kind] and not text:find(word(name)) then missing[#missing + 1] = ("%s %s of %s"):format(kind, name, parent or "it") end
    end)
    return missing
  end

  it("is in the manual", function()
    local html = manual.html {}:gsub("&quot;", '"')
    assert.same({}, missing_in(html, {}))
    for _, call in ipairs(api.order) do has(html, ('<h3 id="%s">'):format(call)) end
    local markdown = manual.markdown {}:gsub("\\", "")
    assert.same({}, missing_in(markdown, {}))
    for _, call in ipairs(api.order) do assert.truthy(markdown:find("\n### " .. escaped(call) .. "\n"), call) end
  end)

  it("of the command line is in the manual and in the completion of shells", function()
    local list = require("barchan.cli").list()
    local markdown, html = manual.markdown(list):gsub("\\", ""), manual.html(list)
    local completion = require "barchan.completion"
    local bash, fish = completion.bash(list), completion.fish(list)
    for _, command in ipairs(list) do
      local page = (markdown .. "\n### "):match("\n### barchan " .. command.name .. "\n(.-)\n### ")
      assert.truthy(page, command.name)
      has(html, ('<h3 id="barchan-%s">'):format(command.name))
      for _, option in ipairs(command.options) do
        for _, text in ipairs { page, html, bash } do assert.truthy(text:find("%-%-" .. escaped(option[1]) .. "%f[^%w-]"), option[1]) end
        assert.truthy(fish:find("%-l '?" .. escaped(option[1]) .. "%f[^%w-]"), option[1])
      end
    end
  end)

  it("is in the annotations for editors", function()
    local text = stubs.text()
    assert.is_function(loadstring(text))
    -- Globals of laws are told to the editor in its settings.
    assert.same({}, missing_in(text, { word = true }))
    for _, call in ipairs(api.order) do
      assert.truthy(text:find("\nfunction " .. escaped(call) .. "%("), call)
      for _, p in ipairs(api.calls[call].parameters) do
        local line = ("\n---@%s %s%%?? "):format(api.calls[call].values and "param" or "field", escaped(p.name))
        assert.truthy(text:find(line), call .. " " .. p.name)
      end
    end
    for _, shape in ipairs { "box", "cylinder", "cone", "sphere" } do -- sim.box{...} beside sim:box{...}
      local line = ("\n---@overload fun(options: barchan.options.region.%s): barchan.region\nfunction sim:%s(options)"):format(shape, shape)
      assert.truthy(text:find(line, 1, true), shape)
    end
    local globals = table.concat(stubs.globals(), " ")
    for _, name in ipairs { "sqrt", "dot", "stick_or_slide", "quantity" } do has(globals, name) end
  end)

  it("is told by `barchan describe`", function()
    local text = {}
    for _, name in ipairs(pages.names()) do text[#text + 1] = table.concat(assert(pages.page(name), name), "\n") end
    assert.same({}, missing_in(table.concat(text, "\n"), {}))
    for _, call in ipairs(api.order) do -- its own page, and not one that happens to hold the word
      local page = table.concat(pages.page(call), "\n")
      assert.equal(call, page:match "^[^\n]+")
      for _, p in ipairs(api.calls[call].parameters) do assert.truthy(page:find("\n%s+" .. escaped(p.name) .. "%s"), call .. " " .. p.name) end
    end
  end)

  it("is found by `barchan describe` under its own name", function()
    each_name(function(kind, name, parent)
      if kind == "word" or kind == "choice" then return end -- all on the page `language`, and on that of the call
      if kind == "sub-model" then has(table.concat(pages.page(parent .. "_" .. name), "\n"), ('%s = "%s"'):format(parent, name)) end
      local asked = kind == "property" and parent .. "." .. name or kind == "unit" and "units." .. name or name
      local page, message = pages.page(asked)
      assert.truthy(page, ("%s of %s: %s"):format(asked, parent or "it", message or ""))
      assert.truthy(table.concat(page, "\n"):find(word(name)), asked)
      if kind == "property" then -- that of its owner, not of another
        assert.equal("property   " .. asked, page[1]:match "^%S+%s+%S+")
      end
    end)
    for asked, part in pairs { ["wall.temperature_flux"] = "wall.temperature_flux", temperature = "reads temperature [K]",
      restitution = "sim:pair", rolling = "epsd2", ["radius"] = "sim:insert", ["particle.v"] = "velocity" } do
      has(table.concat(assert(pages.page(asked)), "\n"), part)
    end
    local page, message = pages.page "wall.nonsense"
    assert.is_nil(page)
    has(message, "nothing is called 'wall.nonsense'")
    assert.is_nil((pages.page "nonsense_flux"))
  end)

  it("of what calls answer is one that exists", function()
    local classes = { sim = true, wall = true, number = true, string = true }
    for _, object in ipairs(api.objects) do classes[object.name] = true end
    for call, class in pairs(api.returns) do
      assert.is_table(api.calls[call], call)
      assert.is_true(classes[class], class)
    end
  end)
end)

describe("a page of Markdown", function()
  -- sim:insert, wall:move, barchan.cases.sobol, sim.kinetic_energy, --walltime, `barchan doctor`: each is one that exists.
  local function check(path)
    local text = process.read(process.source .. path)
    local unknown = {}
    local classes, methods = {}, {}
    for _, call in ipairs(api.order) do
      local class, method = call:match "^(%l+):(.*)$"
      if class then classes[class], methods[method] = true, true end
    end
    for object, method in text:gmatch "%f[%w](%l+):(%l[%w_]*)%f[^%w_]" do -- a class of the schema, or a script's name for one
      if not (api.calls[object .. ":" .. method] or not classes[object] and methods[method]) then
        unknown[#unknown + 1] = object .. ":" .. method
      end
    end
    local values = {}
    for _, p in ipairs(api.values) do values[p.name] = true end
    for name in text:gmatch "%f[%w]barchan%.([%l_][%w_.]*)%f[^%w_.]" do
      name = name:gsub("%.+$", "")
      local first = name:match "^[%w_]+"
      local other = ({ units = 1, cases = 1, region = 1, h = 1, pc = 1, lua = 1 })[first] -- barchan.h is a file
      if not (api.calls["barchan." .. name] or values[first] or other) then
        unknown[#unknown + 1] = "barchan." .. name
      end
    end
    for name in text:gmatch "barchan%.units%.(%w+)" do
      if not units[name] then unknown[#unknown + 1] = "barchan.units." .. name end
    end
    assert.same({}, unknown, path)
  end

  it("names only calls that exist", function()
    for _, path in ipairs { "README.md", "examples/tutorial/README.md", "examples/tutorial/coming-from.md" } do check(path) end
  end)

  it("has beside other programs' words calls that are accepted as they stand", function()
    -- What the table leaves out, and a value for it.
    local room = "sim.box { lo = { 0, 0, 0.5 }, hi = { 1, 1, 1 } }"
    local filled = { region = room, material = "m", lo = "{ 0, 0, 0 }", hi = "{ 1, 1, 1 }", from = "{ 0, 0, 0 }", to = "{ 0, 0, 1 }",
      radius = "0.01", count = "10", mass = "0.01", young = "1e7", tensile_strength = "1e5", within = "1e-4", point = "{ 0, 0, 0.1 }",
      normal = "{ 0, 0, 1 }", radii = "{ 0.01, 0.02 }", cumulative = "{ 0, 1 }" }
    local folder = process.folder "coming_from"
    process.write(folder .. "/a.stl", process.read(process.source .. "examples/hopper.stl"))
    local box = "vertices = {{0,0,0},{1,0,0},{0,1,0},{0,0,1}}, triangles = {{1,3,2},{1,2,4},{1,4,3},{2,3,4}}"
    local accepted, refused = 0, {}
    for row in process.read(process.source .. "examples/tutorial/coming-from.md"):gmatch "\n|([^\n]*)|" do
      for said in row:match "|([^|]*)$":gmatch "`([^`]*)`" do
        local code = said:gsub("([%a_]+) =%s*([,}])", function(name, after) return name .. " = " .. (filled[name] or name) .. after end)
          :gsub("columns = { %.%.%. }", 'columns = { "time" }'):gsub('"([%w.]+%.[%a]+)"', '"' .. folder .. '/%1"')
          :gsub("100000", "2"):gsub("time = 1 ", "time = 1e-3 ")
        if code:find "^sim[:.]" or code:find "^wall[:.]" or code:find "^barchan%." then
          code = code:gsub("mass_rate", "material = m, radius = 0.01, %0")
          if code:find "%.%.%." then code = "assert(" .. code:match "^[%w_.:]+":gsub(":", ".") .. ")" end -- nothing of it is told
          local scene = ([[
            local barchan = require "barchan"
            local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 1, 1, 1 }, periodic = "%s" }, dt = 1e-4, threads = 1 }
            local m = sim:material { name = "m", young = 5e6, poisson = 0.3, density = 2500 }
            local a, b, wall = m, m, nil
            ]]):format(code:find "deform" and "xyz" or "")
          if not code:find "sim:law" then scene = scene .. 'sim:law "hertz_mindlin" sim:pair(m, m, { restitution = 0.5, friction = 0.5 }) ' end
          if code:find "^wall" then scene = scene .. ("wall = sim:mesh { material = m, %s } "):format(box) end
          if not code:find "sim:insert" and not code:find "sim:law" then
            scene = scene .. "sim:insert { x = { 0.5, 0.5, 0.5 }, radius = 1e-3, material = m } "
          end
          local chunk = loadstring(scene .. code .. " sim:close()") or loadstring(scene .. "local _ = " .. code .. " sim:close()")
          local ok, message = pcall(chunk or error, "no Lua: " .. code)
          accepted = accepted + 1
          if not ok then refused[#refused + 1] = said .. " -> " .. tostring(message) end
        end
      end
    end
    assert.same({}, refused)
    assert.is_true(accepted > 30, accepted .. " calls")
  end)

  it("has a part of the tutorial for each script, and a script for each part", function()
    local text = process.read(process.source .. "examples/tutorial/README.md")
    local scripts = 0
    for _, name in ipairs(process.list(process.source .. "examples/tutorial")) do
      local number = name:match "^(%d+)_.*%.lua$"
      if number then
        scripts = scripts + 1
        has(text, ("[%d](%s)"):format(tonumber(number), name))
        assert.truthy(text:find(("\n## %d. "):format(tonumber(number)), 1, true), name)
      end
    end
    assert.equal(10, scripts)
  end)

  it("has in the gallery pictures that are there, are small, and were made by the command beside them", function()
    local text, folder, scenes, shown = process.read(process.source .. "examples/README.md"), process.source .. "examples/", 0, {}
    for start in text:gmatch "()\n### " do
      local part = text:sub(start, (text:find("\n##", start + 1, true) or #text + 1) - 1)
      local script = part:match "%]%((%w[%w_]*)%.lua%)"
      assert.truthy(script and process.read(folder .. script .. ".lua"), part)
      assert.truthy(part:find("barchan run examples/" .. script .. ".lua", 1, true), script .. ": no command")
      assert.truthy(part:find("*Checked:*", 1, true), script .. ": not told what is checked")
      local pictures = 0
      for name in part:gmatch "%]%(pictures/([%w_]+%.png)%)" do
        local data = assert(process.read(folder .. "pictures/" .. name), name .. " is missing")
        assert.is_true(#data <= 60000, ("%s has %d bytes"):format(name, #data))
        local file = name:gsub("%.", "%%.") -- of a trajectory, or drawn by the script itself, which the line says
        assert.truthy(part:find("\nbarchan %w+ [%w_]+%.%w+ " .. file) or part:find("\nbarchan run [^\n]* # draws " .. file),
          name .. ": no command")
        pictures, shown[name] = pictures + 1, true
      end
      if pictures > 0 then scenes = scenes + 1 end
    end
    assert.is_true(scenes >= 18, scenes .. " scenes")
    local front = process.read(process.source .. "README.md")
    for _, name in ipairs(process.list(folder .. "pictures")) do
      assert.truthy(shown[name] or front:find("pictures/" .. name, 1, true), name .. " is shown nowhere")
    end
  end)
end)

describe("barchan bench #slow", function()
  if not process.exists(process.program) then return pending("the executable was not built: " .. process.program) end

  it("times a bed of grains in both precisions", function()
    local json = require "barchan.json"
    local said = process.run({ "bench", "--particles", "300", "--json" }, { name = "bench" })
    assert.equal(0, said.code, said.err)
    local rows = json.decode(said.out)
    local seen = {}
    for _, row in ipairs(rows) do
      seen[row.precision] = true
      assert.is_true(row.ns > 0 and math.abs(row.million * row.ns - 1e3) < 1e-6)
      assert.equal(300, row.particles)
      assert.is_true(row.coordination > 3 and row.coordination < 7) -- a bed, not a rain
    end
    assert.is_true(seen.mixed and seen.double)
    assert.equal(2, process.run({ "bench", "fast" }, { name = "bench" }).code)
  end)
end)

describe("barchan describe, new and completion #slow", function()
  if not process.exists(process.program) then return pending("the executable was not built: " .. process.program) end

  it("write the manual and the annotations into files", function()
    local said = process.run({ "describe", "--html", "m.html", "--markdown", "m.md", "--stubs", "s.lua" }, { name = "manual" })
    assert.equal(0, said.code, said.err)
    local html = process.read(said.folder .. "/m.html")
    has(html, "<h3 id=\"barchan-run\">")
    has(html, "--walltime")
    for name in html:gmatch 'href="#([^"]+)"' do has(html, 'id="' .. name .. '"') end -- no link leads nowhere
    for tag in ("table tbody tr td p pre code nav main"):gmatch "%a+" do
      local _, opened = html:gsub("<" .. tag .. "[ >]", "")
      local _, closed = html:gsub("</" .. tag .. ">", "")
      assert.equal(opened, closed, tag)
    end
    has(process.read(said.folder .. "/m.md"), "### barchan doctor")
    has(process.read(said.folder .. "/s.lua"), "---@meta barchan")
    said = process.run({ "describe", "--html", "/nowhere/m.html" }, { name = "manual" })
    assert.equal(4, said.code)
    has(said.err, "cannot write '/nowhere/m.html'")
  end)

  it("make a scenario that runs, with settings for editors", function()
    local json = require "barchan.json"
    local said = process.run({ "new", "drum" }, { name = "new" })
    assert.equal(0, said.code, said.err)
    local folder = said.folder .. "/drum"
    assert.same({ ".barchan", ".gitignore", ".luarc.json", ".vscode", "drum.lua" }, process.list(folder))
    local settings = json.decode(process.read(folder .. "/.luarc.json"))
    assert.equal("LuaJIT", settings["runtime.version"])
    assert.is_true(process.exists(folder .. "/" .. settings["workspace.library"][1] .. "/barchan.lua"))
    for _, name in ipairs { "settings", "extensions", "tasks" } do
      assert.is_table(json.decode(process.read(folder .. "/.vscode/" .. name .. ".json")))
    end
    local problem = json.decode(process.read(folder .. "/.vscode/tasks.json")).tasks[1].problemMatcher.pattern.regexp
    assert.equal("^barchan: (.*?):(\\d+): (.*)$", problem) -- the form of our messages: api_spec.lua
    said = process.run({ "run", "drum.lua", "--quiet", "--set", "count=200", "--set", "turns=0.1" }, { folder = folder })
    assert.equal(0, said.code, said.err)
    assert.truthy(tonumber(said.out:match "mean torque (%S+) N m") > 0)
    -- What a person has written stays.
    process.write(folder .. "/drum.lua", "mine")
    said = process.run({ "new", "drum" }, { folder = folder .. "/.." })
    assert.equal(0, said.code)
    has(said.err, "drum/drum.lua is there already and stays as it is")
    assert.equal("mine", process.read(folder .. "/drum.lua"))
    for _, words in ipairs { { "new" }, { "new", "a", "b" } } do assert.equal(2, process.run(words, { name = "new" }).code) end
    assert.equal(4, process.run({ "new", "/proc/nowhere" }, { name = "new" }).code)
  end)

  it("complete commands, options, names and files in bash, zsh and fish", function()
    local said = process.run({ "completion", "bash" }, { name = "completion" })
    assert.equal(0, said.code, said.err)
    local folder = said.folder
    process.write(folder .. "/c.bash", said.out)
    process.write(folder .. "/scene.lua", "")
    process.write(folder .. "/other.txt", "")
    -- what bash would offer for these words, the last of which is being typed
    local function offers(...)
      local words = { ... }
      for i, w in ipairs(words) do words[i] = process.quote(w) end
      local text = process.output(("cd %s && bash -c %s"):format(process.quote(folder), process.quote(
        ("source ./c.bash; COMP_WORDS=(%s); COMP_CWORD=%d; _barchan; printf '%%s\\n' \"${COMPREPLY[@]}\" | sort"):format(
          table.concat(words, " "), #words - 1))))
      local list = {}
      for line in text:gmatch "[^\n]+" do list[#list + 1] = line end
      return list
    end
    assert.same({ "describe", "doctor" }, offers("barchan", "d"))
    assert.same({ "--resume", "--retry" }, offers("barchan", "run", "--re"))
    assert.same({ "vulkan" }, offers("barchan", "run", "--backend", "v"))
    assert.same({ "scene.lua" }, offers("barchan", "run", "s"))
    assert.same({ "hertz_mindlin" }, offers("barchan", "describe", "her"))
    assert.same({ "report" }, offers("barchan", "campaign", "rep"))
    for _, call in ipairs(api.order) do has(said.out, call) end
    said = process.run({ "completion", "zsh" }, { name = "completion" })
    assert.equal(0, said.code)
    assert.equal("#compdef barchan", said.out:match "^[^\n]+")
    if process.output "command -v zsh" ~= "" then
      process.write(folder .. "/_barchan", said.out)
      assert.equal("", process.output(("zsh -n %s/_barchan 2>&1"):format(process.quote(folder))))
    end
    said = process.run({ "completion", "fish" }, { name = "completion" })
    assert.equal(0, said.code)
    for _, call in ipairs(api.order) do has(said.out, call) end
    if process.output "command -v fish" ~= "" then
      process.write(folder .. "/c.fish", said.out)
      process.write(folder .. "/scene.lua", "") -- the folder is a fresh one
      local function fish(words) -- names without their texts
        local list = {}
        local out = process.output(("cd %s && HOME=%s fish --no-config -c %s"):format(process.quote(folder), process.quote(folder),
          process.quote(("source c.fish; complete -C '%s'"):format(words))))
        for line in out:gmatch "[^\n]+" do list[#list + 1] = line:match "^[^\t]+" end
        return list
      end
      assert.same({ "describe", "doctor" }, fish "barchan d")
      assert.same({ "--resume", "--retry" }, fish "barchan run --re")
      assert.same({ "vulkan" }, fish "barchan run --backend v")
      assert.same({ "scene.lua" }, fish "barchan run s")
      assert.same({ "hertz_mindlin" }, fish "barchan describe her")
      assert.same({ "report" }, fish "barchan campaign rep")
    end
    assert.equal(2, process.run({ "completion", "csh" }, { name = "completion" }).code)
  end)
end)
