-- new.lua -- `barchan new NAME`: a folder with a scenario to start from and what an editor needs: NAME/NAME.lua, .luarc.json, .vscode,
-- the annotations of the API. Nothing that is there already is touched.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local json = require "barchan.json"
local native = require "barchan.native"
local settings = require "barchan.settings"
local stubs = require "barchan.stubs"
local C = native.C

local new = {}

local FILE = 4 -- exit code: cli.lua

local scenario = [[
-- @NAME@.lua -- grains fall into a drum that turns; the torque that it takes is written to a table.
--
--   barchan check @NAME@.lua     everything but the run: time step, missing values, memory, how long it will take
--   barchan run @NAME@.lua       runs it, some 30 s of one core; --set count=5000 changes the value of that name below
--   barchan describe sim:insert    the manual page of any call; barchan describe lists them
--
-- Everything is in SI units and radians; barchan.units has factors.
local barchan = require "barchan"
local mm, rpm = barchan.units.mm, barchan.units.rpm

-- Values that --set NAME=VALUE may change.
local count = barchan.set.count or 1500
local speed = (barchan.set.rpm or 30)*rpm
local turns = barchan.set.turns or 1

local radius, depth = 50*mm, 20*mm

-- Where grains may be. A grain that leaves stops the run: nothing disappears unnoticed.
local sim = barchan.simulation {
  domain  = { lo = {-60*mm, 0, -60*mm}, hi = {60*mm, depth, 60*mm}, periodic = "y" }, -- endless along the drum's axis
  gravity = {0, 0, -9.81},
  seed    = 1, -- same script, same seed: the same bits, whatever the number of threads
}

-- Materials, the contact law, and what the law wants to know of each pair. Glass has 7e10 Pa; softer grains
-- allow longer time steps, and flow the same while they overlap by little.
local glass = sim:material { name = "glass", young = 3e6, poisson = 0.25, density = 2500 }
local steel = sim:material { name = "steel", young = 3e7, poisson = 0.30, density = 7800 }
sim:law("hertz_mindlin", { rolling = "epsd" })
sim:pair(glass, glass, { restitution = 0.7, friction = 0.5, rolling_friction = 0.02 })
sim:pair(glass, steel, { restitution = 0.6, friction = 0.6, rolling_friction = 0.02 })

-- Walls, and how they move. sim:mesh{ file = "part.stl", scale = mm, material = steel } reads a part from CAD.
local drum = sim:cylinder { from = {0, -depth, 0}, to = {0, 2*depth, 0}, radius = radius, open = true, side = "inside", material = steel }

-- Grains: so many, of sizes between two radii, at random in a region.
sim:insert {
  region = sim.cylinder { from = {0, 0, 0}, to = {0, depth, 0}, radius = radius - 3*mm },
  material = glass, radius = {1*mm, 1.5*mm}, count = count,
}

-- Files: a trajectory for ParaView and Python, and a table with what is asked for.
sim:output { file = "@NAME@.vtkhdf", every = 0.02 }
sim:log { file = "@NAME@.csv", every = 0.005, columns = { "time", "kinetic_energy",
  { "torque", function() return -drum.torque[2] end } } } -- [N m] that the drum needs

-- Let the grains come to rest: until_ is looked at ten times a second of simulated time, at most for 0.5 s.
sim:run { time = 0.5, every = 0.02, until_ = function(s) return s.time > 0.1 and s.kinetic_energy < 1e-6 end }

-- Then turn.
drum:rotate { axis = {0, 1, 0}, origin = {0, 0, 0}, rate = speed }
local start, sum, samples = sim.time, 0, 0
sim:run { time = turns*2*math.pi/speed, every = 0.01, call = function(s)
  if s.time - start < 0.25*turns*2*math.pi/speed then return end -- not before it is steady
  sum, samples = sum - drum.torque[2], samples + 1
end }
print(("%d grains, %.2f turns at %.0f rpm: mean torque %.3g N m"):format(sim.count, turns, speed/rpm, sum/math.max(samples, 1)))
]]

local function editor_files()
  local settings_of = { ["runtime.version"] = "LuaJIT", ["workspace.library"] = { ".barchan" }, ["workspace.checkThirdParty"] = false,
    ["diagnostics.globals"] = stubs.globals() }
  local vscode = { ["files.associations"] = { ["*.lua"] = "lua" } }
  for name, value in pairs(settings_of) do vscode["Lua." .. name] = value end
  local task = function(command, group)
    return { label = "barchan " .. command, type = "shell", command = "barchan", args = { command, "${file}" }, group = group,
      options = { cwd = "${fileDirname}" },
      problemMatcher = { owner = "barchan", fileLocation = { "autoDetect", "${fileDirname}" },
        pattern = { regexp = "^barchan: (.*?):(\\d+): (.*)$", file = 1, line = 2, message = 3 } } }
  end
  settings_of["$schema"] = "https://raw.githubusercontent.com/LuaLS/vscode-lua/master/setting/schema.json"
  return {
    { ".luarc.json", json.encode(settings_of) },
    { ".vscode/settings.json", json.encode(vscode) },
    { ".vscode/extensions.json", json.encode { recommendations = { "sumneko.lua" } } },
    { ".vscode/tasks.json", json.encode { version = "2.0.0", tasks = { task("run", { kind = "build", isDefault = true }),
      task("check", "test") } } },
    { ".barchan/barchan.lua", stubs.text() },
    { ".gitignore", "*.vtkhdf\n*.pvd\n*.vtp\n*.csv\n*.chk.*\n*.part" },
  }
end

-- JSON with a line for each member of the outermost object: people edit these files.
local function spread(text)
  if text:sub(1, 1) ~= "{" then return text end
  local parts, depth, inside, from = {}, 0, false, 2
  local i = 1
  while i <= #text do
    local c = text:sub(i, i)
    if inside then
      if c == "\\" then i = i + 1 elseif c == '"' then inside = false end
    elseif c == '"' then inside = true
    elseif c == "{" or c == "[" then depth = depth + 1
    elseif c == "}" or c == "]" then
      depth = depth - 1
      if depth == 0 then parts[#parts + 1] = text:sub(from, i - 1) end
    elseif c == "," and depth == 1 then
      parts[#parts + 1] = text:sub(from, i - 1)
      from = i + 1
    end
    i = i + 1
  end
  return "{\n  " .. table.concat(parts, ",\n  ") .. "\n}"
end

local function exists(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  return file ~= nil
end

local function write(path, text)
  local folder = path:match "^(.*)/[^/]*$"
  if folder and tonumber(C.brc_folder_make(folder)) ~= 0 then return ffi.string(C.brc_last_error()) end
  local file, message = io.open(path, "wb")
  if not file then return message end
  local ok
  ok, message = file:write(text, text:sub(-1) == "\n" and "" or "\n")
  if not file:close() or not ok then return message or path .. " cannot be written" end
end

--- The exit code of `barchan new NAME`.
function new.main(path)
  path = path:gsub("/+$", "")
  local name = path:match "[^/]+$" or "scenario"
  if name == "." or name == ".." then name = "scenario" end
  name = name:gsub("%.lua$", "")
  local folder = path:gsub("%.lua$", "")
  local files = { { name .. ".lua", (scenario:gsub("@NAME@", function() return name end)) } }
  for _, f in ipairs(editor_files()) do files[#files + 1] = { f[1], spread(f[2]) } end
  local made = 0
  for _, f in ipairs(files) do
    local place = folder .. "/" .. f[1]
    if exists(place) then
      settings.say(("barchan: %s is there already and stays as it is\n"):format(place))
    else
      local problem = write(place, f[2])
      if problem then
        settings.say(("barchan: new: %s\n"):format(problem))
        return FILE
      end
      made = made + 1
    end
  end
  if made > 0 then
    print(("%s/%s.lua: a scenario to start from; cd %s && barchan run %s.lua"):format(folder, name, folder, name))
    print "An editor with lua-language-server (in VS Code: the extension sumneko.lua) completes and checks the calls."
  end
  return 0
end

return new
