-- init.lua -- require "barchan": granular matter by the discrete element method. Start reading at simulation.lua and run.lua.
if not rawget(_G, "jit") then
  error("barchan needs LuaJIT, and this is " .. tostring(_VERSION)
    .. ": run the script with `luajit script.lua` or `barchan run script.lua`", 0)
end
if not pcall(require, "ffi") then error("barchan needs LuaJIT's FFI, which this build of LuaJIT lacks", 0) end

-- One instance in a Lua state, whatever happens to package.loaded (test runners empty it between files): C types and what hangs
-- on them cannot be made twice.
local registry = debug.getregistry()
if registry.barchan then
  for name, module in pairs(registry.barchan.loaded) do package.loaded[name] = module end
  return registry.barchan.module
end

-- LuaJIT 2.1.0-beta3, which Debian 12 has, was seen to lose keys of tables in compiled code, and to walk a table for ever when its
-- compiled loop ended within a finalizer. So what runs seldom is never compiled: files of setup, checks and reports begin with
-- jit.off(true, true). Only what stands in a script's own loops over particles is left to the compiler: fields, vectors, handles.
-- It starts sooner, too.
--
-- The defaults of the trace compiler overflow with a few hundred distinct loops, and then compile them again and again.
require("jit.opt").start("maxtrace=60000", "maxmcode=65536", "maxside=1000", "maxrecord=20000", "maxsnap=4000", "maxirconst=4000",
  "loopunroll=60")

local ffi = require "ffi"
local native = require "barchan.native"
local errors = require "barchan.errors"
local settings = require "barchan.settings"
settings.started = native.core.clock()
if not native.embedded and type(_G.arg) == "table" then -- luajit script.lua --set name=value
  for i, word in ipairs(_G.arg) do
    if word == "--set" and not settings.take(_G.arg[i + 1]) then
      errors.raise(("--set must be followed by name=value, got '%s'"):format(_G.arg[i + 1] or ""))
    end
  end
end
local ranks = require "barchan.ranks"
local apart = ranks.open()
if apart and not native.embedded then -- the executable says it in its own way: cli.lua
  ranks.let_first_speak()
  error("barchan: " .. apart, 0)
end
local law = require "barchan.law"
local meet = require "barchan.meet"
local simulation = require "barchan.simulation"
require "barchan.materials"
require "barchan.walls"
require "barchan.driven"
require "barchan.cell"
require "barchan.insertion"
require "barchan.bonds"
require "barchan.kernels"
require "barchan.particle"
require "barchan.coarse"
require "barchan.measures"
require "barchan.sums"
require "barchan.network"
require "barchan.output"
require "barchan.snapshots"
require "barchan.checkpoint"
require "barchan.random"
local load_checkpoint = require "barchan.load"
local campaign = require "barchan.campaign"
require "barchan.run"
require("barchan.walls").watch()

local barchan = {
  simulation = simulation.new,
  load = load_checkpoint,
  region = require "barchan.regions",
  units = setmetatable(require "barchan.units", { __index = function(units, key)
    local names = {}
    for name in pairs(units) do names[#names + 1] = name end
    table.sort(names)
    local long = { meter = "m", metre = "m", millimeter = "mm", millimetre = "mm", micrometer = "um", micron = "um",
      centimeter = "cm", gram = "g", second = "s", degree = "deg", newton = "N", pascal = "Pa", liter = "litre" }
    local meant = type(key) == "string" and long[key:lower():gsub("s$", "")]
    if meant then errors.raise(("barchan.units: unknown unit '%s'; did you mean '%s'?"):format(key, meant)) end
    errors.raise("barchan.units: " .. errors.unknown("unit", key, names))
  end }),
  vector = function(x, y, z) return (require("barchan.vector").new(x, y, z)) end,
  csv = require("barchan.csv").open,
  campaign = campaign.run,
  calibrate = require "barchan.calibrate",
  cases = campaign.cases,
  lab = require "barchan.lab",
  result = campaign.result,
  version = ffi.string(native.C.brc_version()),
  compiler = ffi.string(native.C.brc_compiler()),
  set = settings.set, -- values of --set name=value
  args = settings.args,
  --- What kind of error a message that pcall returned is: "argument", "guard", "file", ...; nil when it is not barchan's.
  error_kind = errors.kind,
  --- Seconds of a clock that never jumps.
  clock = native.core.clock,
}

for name, maker in pairs(law.makers) do barchan[name] = maker end -- vec3, normal_model, ...
barchan.contact_law = require("barchan.law.explain").contact_law

function ranks.at_end() -- of a Lua state that is closed
  if not ranks.world_meeting() then return end
  local message = meet.end_of_script(nil, 0)
  if message and not meet.raised then settings.say("barchan: " .. message .. "\n") end
  if native.C.brc_comm_hosted(ranks.world()) == native.C.BRC_MPI_OVER then return end
  local failure = simulation.close_all()
  if failure then settings.say("barchan: " .. failure .. "\n") end
end

-- Files are closed whatever way the script ends.
local exit = os.exit
function os.exit(code, ...) -- luacheck: ignore 122
  if ranks.world_meeting() then
    local number = (code == nil or code == true) and 0 or tonumber(code) or 1
    local message, agreed = meet.end_of_script(nil, number)
    if message then settings.say("barchan: " .. message .. "\n") end
    if agreed ~= 0 then code = agreed end
  end
  local failure = simulation.close_all()
  if failure then
    settings.say("barchan: " .. failure .. "\n")
    if code == nil or code == true or code == 0 then code = errors.exit_code(failure) end
  end
  io.stdout:flush()
  ranks.close()
  return exit(code, ...)
end

registry.barchan = { module = barchan, loaded = {} }
for name, module in pairs(package.loaded) do
  if name:find("^barchan%.") then registry.barchan.loaded[name] = module end
end

return setmetatable(barchan, { __index = function(_, key)
  if key == "rank" then return ranks.index() elseif key == "ranks" then return ranks.count() end
  local names = {}
  for name in pairs(barchan) do names[#names + 1] = name end
  names[#names + 1], names[#names + 2] = "rank", "ranks"
  table.sort(names)
  errors.raise(errors.unknown("member of barchan", key, names))
end })
