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
commands.export = { "export FILE OUT [options]", "steps of a trajectory as .dump (LAMMPS, OVITO), .vtp, .pvd, .vtk, .csv, .ondem.vtkhdf",
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

local function pixels(text)
  local n = tonumber(text)
  if not n or n ~= math.floor(n) or n < 16 or n > 16384 then return nil, "a whole number of pixels from 16 to 16384" end
  return n
end
local function numbers(count, wanted)
  return function(text)
    local list = {}
    for word in text:gmatch "[^:,]+" do list[#list + 1] = tonumber(word) end
    if #list ~= count then return nil, wanted end
    return list
  end
end
local function one_of(list)
  return function(text)
    for _, name in ipairs(list) do
      if name == text then return text end
    end
    return nil, "one of " .. table.concat(list, " ")
  end
end
local function any(text) return text end

local render_asked = { cut = {} }
commands.render = { "render FILE OUT.png [options]", "a picture of a trajectory: its last step; OUT-*.png or OUT.mp4: of all",
  steps_of(render_asked, {
    { "field", "NAME", "colour by velocity (default), velocity_z, radius, material_id, force, a field of the script, ...", any },
    { "range", "LO:HI", "range of the colours (default: that of the field)", numbers(2, "two numbers like 0:1.5") },
    { "map", "NAME", "viridis (default), plasma, coolwarm, heat, force (default of --chains), grey",
      one_of { "viridis", "plasma", "coolwarm", "heat", "force", "grey" } },
    { "camera", "NAME", "from where: iso (default), front, back, left, right, top, bottom",
      one_of { "iso", "front", "back", "left", "right", "top", "bottom" } },
    { "eye", "X,Y,Z", "from here, looking at --target or the middle", numbers(3, "three numbers like 0.1,-0.5,0.2") },
    { "target", "X,Y,Z", "what is in the middle of the picture", numbers(3, "three numbers like 0,0,0.1") },
    { "cut", "PLANE", "takes away what is there: y<0, z>0.1; up to three", any },
    { "walls", "OPACITY", "0: not drawn, 1: opaque (default 0.16)", function(text)
      local n = tonumber(text)
      if not n or not (n >= 0 and n <= 1) then return nil, "a number from 0 to 1" end
      return n
    end },
    { "chains", nil, "forces between grains as rods; the run has written contacts" },
    { "grains", "SCALE", "radii times this (default 1; with --chains 0: none)", number(0, "a number >= 0") },
    { "width", "N", "pixels (default 1200)", pixels },
    { "height", "N", "pixels (default 900)", pixels },
    { "samples", "N", "rays through each pixel (default 24)", function(text)
      local n = tonumber(text)
      if not n or n ~= math.floor(n) or n < 1 or n > 4096 then return nil, "a whole number from 1 to 4096" end
      return n
    end },
    { "shades", "N", "of red, green and blue each, from 2; 24 make a file half as large (default 256)", function(text)
      local n = tonumber(text)
      if not n or n ~= math.floor(n) or n < 2 or n > 256 then return nil, "a whole number from 2 to 256" end
      return n
    end },
    { "threads", "N", "processor cores (default: all)", function(text)
      local n = tonumber(text)
      if not n or n ~= math.floor(n) or n < 1 or n > 1024 then return nil, "a whole number from 1 to 1024" end
      return n
    end },
    { "rate", "N", "of an .mp4: pictures per second (default 25)", number(0.1, "a number >= 0.1") },
    { "plain", nil, "without bar of colours, time and floor" },
  }), function(operands)
    if not operands[2] or operands[3] then
      require("barchan.settings").say "barchan: which files? barchan render FILE.vtkhdf OUT.png\n"
      return 2
    end
    if render_asked.plain then render_asked.legend, render_asked.ground = false, false end
    return run(function()
      local count = require("barchan.render").file("barchan render", operands[1], operands[2], render_asked)
      print(("%s: %d picture%s"):format(operands[2], count, count == 1 and "" or "s"))
    end)
  end }
for _, o in ipairs(commands.render[3]) do
  if o[1] == "cut" then o[5] = function(v) table.insert(render_asked.cut, v) end end
end

local plot_asked = { y = {} }
commands.plot = { "plot FILE... OUT.svg [options]", "columns of logs (CSV) and trajectories over time, as SVG or PNG", options(plot_asked, {
  { "x", "NAME", "column along the axis (default: time, or the first)", any },
  { "y", "NAMES", "columns of one panel, like a,b; again for another panel (default: a panel for each of the first)", any },
  { "log-x", nil, "a logarithmic axis along x" },
  { "log-y", nil, "logarithmic axes along y" },
  { "title", "TEXT", "what stands above", any },
  { "width", "N", "pixels or points (default 900)", pixels },
  { "height", "N", "pixels or points (default: by the number of panels)", pixels },
}), function(operands)
  if not operands[2] then
    require("barchan.settings").say "barchan: which files? barchan plot FILE.csv OUT.svg\n"
    return 2
  end
  return run(function()
    local out = table.remove(operands)
    local count = require("barchan.plot").run(operands, out, plot_asked)
    print(("%s: %d panel%s"):format(out, count, count == 1 and "" or "s"))
  end)
end }
commands.plot[3][2][5] = function(v)
  local names = {}
  for name in v:gmatch "[^,]+" do names[#names + 1] = name end
  table.insert(plot_asked.y, names)
end

local view_asked = { fields = {} }
commands.view = { "view FILE OUT.html [options]", "a page that plays a trajectory in a browser, without a server", steps_of(view_asked, {
  { "field", "NAME", "what grains can be coloured by; may be repeated (default: all that there is)", any },
  { "map", "NAME", "viridis (default), plasma, coolwarm, heat, grey", one_of { "viridis", "plasma", "coolwarm", "heat", "grey" } },
  { "most", "MB", "how large the page may become (default 200)", number(0.001, "a number of megabytes") },
}), function(operands)
  if not operands[2] or operands[3] then
    require("barchan.settings").say "barchan: which files? barchan view FILE.vtkhdf OUT.html\n"
    return 2
  end
  return run(function()
    local frames, size = require("barchan.view").run(operands[1], operands[2], view_asked)
    print(("%s: %d step%s, %.1f MB; open it in a browser"):format(operands[2], frames, frames == 1 and "" or "s", size / 1e6))
  end)
end }
for _, o in ipairs(commands.view[3]) do
  if o[1] == "field" then o[5] = function(v) table.insert(view_asked.fields, v) end end
end

commands.order = { "export", "render", "plot", "view" }
return commands
