-- exercised.lua -- which names of the schema no test and no example has given with success: reads what record.lua has noted in every
-- process of the last run of each test. The last test of all; where some test has not run since it was changed there is nothing to be said.
--
--   luajit exercised.lua FOLDER LIST     FOLDER/TEST/*: the notes; LIST: a line "TEST FILE" for each test that makes them
local names = require "tools.names"
local process = require "tools.process"

local SKIPPED = 77 -- ctest's SKIP_RETURN_CODE

-- Names whose use cannot be seen from outside, and why.
local unseen = {
  ["word if"] = "Lua's own", ["word for"] = "Lua's own",
  ["property law.name"] = "stands in the law's own table",
  ["property vector.x"] = "of a C structure", ["property vector.y"] = "of a C structure", ["property vector.z"] = "of a C structure",
}

local folder, list = arg[1], arg[2]
local late, noted, by_sharing = {}, {}, {}
for test, file in assert(process.read(list)):gmatch "(%S+) ([^\n]+)" do
  local notes = process.output(("cd %s/%s 2>/dev/null && test . -nt %s && cat [0-9]*"):format(process.quote(folder), test,
    process.quote(file)))
  if notes == "" then late[#late + 1] = test end
  for name in notes:gmatch "[^\n]+" do noted[name] = true end
end
if #late > 0 then
  print(("exercised: not all tests have run since they were changed, so nothing is said; missing: %s"):format(table.concat(late, ", ")))
  os.exit(SKIPPED)
end

-- Where there is no device, or no ffmpeg, no test can have asked for it.
local doctor = require("barchan.json").decode(process.run({ "doctor", "--json" }, { name = "exercised" }).out)
local absent = {}
if #doctor.devices == 0 then absent["a device"] = { "= vulkan$", "[%- ]device$" } end
if process.output "command -v ffmpeg" == "" then absent["ffmpeg"] = { "^option render %-%-rate$" } end
local function excused(name)
  for _, patterns in pairs(absent) do
    for _, pattern in ipairs(patterns) do
      if name:find(pattern) then return true end
    end
  end
end

-- The recipes of the laboratory share the table of what a simulation may be given: a choice in it counts for all.
local function shared(name) return (name:gsub("^choice barchan%.lab%.[%w_]+: simulation%.", "choice barchan.lab: simulation.")) end
for name in pairs(noted) do by_sharing[shared(name)] = true end

local missing, count, exercised = {}, 0, 0
local function look(name)
  count = count + 1
  local given = noted[name] or by_sharing[shared(name)]
  if given then exercised = exercised + 1 end
  if not given and not unseen[name] and not excused(name) then missing[#missing + 1] = name end
  if given and unseen[name] then missing[#missing + 1] = name .. " (is seen after all: take it off the list)" end
end
names.each(function(...) look(names.noted(...)) end)
names.each_option(require("barchan.cli").list(), look)
for what in pairs(absent) do print(("exercised: without %s, and so without the names that need it"):format(what)) end
table.sort(missing)
for _, name in ipairs(missing) do print("no test or example exercises " .. name) end
print(("exercised: %d of %d names; %d of the others cannot be seen or need what is not here"):format(exercised, count,
  count - exercised - #missing))
os.exit(#missing == 0 and 0 or 1)
