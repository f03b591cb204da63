-- file_commands.lua -- the commands that make something else of the files of a run: their options and what they print.
jit.off(true, true) -- cold: see init.lua
local commands = {}

local function number(least, wanted)
  return function(text)
    local n = tonumber(text)
    if not n or not (n >= least) or n == math.huge then return nil, wanted end
    return n
  end
end

local function step_number(text)
  local n = tonumber(text)
  if not n or n ~= math.floor(n) or n == 0 or math.abs(n) > 2 ^ 53 then return nil, "a whole number, from 1, or -1 for the last" end
  return n
end

-- Options whose values are put into a table by their names, with _ for -.
local function options(into, list)
  for _, o in ipairs(list) do
    local key = o[1]:gsub("-", "_")
    o[5] = function(v) into[key] = v == nil or v end
  end
  return list
end

-- Which steps of a file; each command has its own.
local function steps_of(list, more)
  local all = { { "step", "K", "only step K of the file, from 1; -1: the last", step_number },
    { "time", "T", "only the step nearest to T seconds", number(0, "a time >= 0") },
    { "every", "N", "every N-th step", function(text)
      local n = tonumber(text)
      if not n or n ~= math.floor(n) or n < 1 then return nil, "a whole number >= 1" end
      return n
    end } }
  for _, o in ipairs(more or {}) do all[#all + 1] = o end
  return options(list, all)
end

-- Runs a command whose errors are words for a person.
local function run(main)
  local errors = require "barchan.errors"
  local ok, message = pcall(main)
  if ok then return 0 end
  require("barchan.settings").say("barchan: " .. tostring(message):gsub("^[^\n]-:%d+: ", ""):gsub(" %[[%w_]+%.c:%d+ [%w_]+%]$", "") .. "\n")
  local kind = errors.kind(message)
  return kind == nil and 1 or kind == "argument" and 2 or errors.exit_code(message)
end

local export_asked = {}
commands.export = { "export FILE OUT [options]", "steps of a trajectory as .dump (LAMMPS, OVITO), .vtp, .pvd, .vtk or .csv",
  steps_of(export_asked), function(operands)
    if not operands[2] or operands[3] then
      require("barchan.settings").say "barchan: which files? barchan export FILE.vtkhdf OUT.dump\n"
      return 2
    end
    return run(function()
      local steps, files = require("barchan.export_command").run(operands[1], operands[2], export_asked)
      print(("%s: %d step%s in %d file%s"):format(operands[2], steps, steps == 1 and "" or "s", files, files == 1 and "" or "s"))
    end)
  end }

commands.order = { "export" }
return commands
