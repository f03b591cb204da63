-- export_command.lua -- `barchan export FILE OUT`: steps of a trajectory as files for other programs.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local errors = require "barchan.errors"
local native = require "barchan.native"
local trajectory = require "barchan.trajectory"
local C = native.C

local export = {}
local WHAT = "barchan export"

local formats = { dump = C.BRC_EXPORT_LAMMPS, vtp = C.BRC_EXPORT_VTP, vtk = C.BRC_EXPORT_VTK, csv = C.BRC_EXPORT_CSV, pvd = C.BRC_EXPORT_VTP }

local function write(t, steps, path, format)
  local list = ffi.new("int64_t[?]", #steps)
  for i, k in ipairs(steps) do list[i - 1] = k - 1 end
  native.check(C.brc_trajectory_export(t.handle, #steps, list, path, format), WHAT)
end

-- A .vtp file for each step, and the list of them.
local function write_pvd(t, steps, path)
  local stem, names, times = path:sub(1, -5), {}, ffi.new("double[?]", #steps)
  for i, k in ipairs(steps) do
    local file = ("%s_%06d.vtp"):format(stem, i - 1)
    write(t, { k }, file, C.BRC_EXPORT_VTP)
    names[i], times[i - 1] = file:match "[^/]*$", t.times[k]
  end
  native.check(C.brc_pvd_write(path, #steps, times, ffi.new("const char*[?]", #steps, names)), WHAT)
end

--- Returns how many steps went into how many files.
function export.run(path, out, o)
  if out:lower():find "%.ondem%.vtkhdf$" then return require("barchan.ondem").run(path, out, o) end
  local ending = (out:match "%.(%w+)$" or ""):lower()
  local format = formats[ending]
  if not format then
    errors.raise(("%s: the name of what is written must end in .dump (LAMMPS, OVITO), .vtp, .pvd, .vtk, .csv or .ondem.vtkhdf, got '%s'")
      :format(WHAT, out))
  end
  local numbered = out:find("*", 1, true)
  local t = trajectory.open(WHAT, path)
  local steps = t:choose(o, not numbered and ending ~= "dump" and ending ~= "pvd")
  local files = 1
  if numbered then
    for _, k in ipairs(steps) do write(t, { k }, (out:gsub("%*", ("%06d"):format(k))), format) end
    files = #steps
  elseif ending == "pvd" then
    write_pvd(t, steps, out)
    files = #steps + 1
  elseif #steps > 1 and ending ~= "dump" then
    errors.raise(("%s: a .%s file holds one step, and these are %d: put a * into its name, where the number of the step comes"):format(WHAT,
      ending, #steps))
  else
    write(t, steps, out, format)
  end
  t:close()
  return #steps, files
end

return export
