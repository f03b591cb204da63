-- output.lua -- files that a run writes: trajectories (VTKHDF), series of .vtp files, time series (CSV), the state now.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local native = require "barchan.native"
local errors = require "barchan.errors"
local checks = require "barchan.checks"
local api = require "barchan.api"
local csv = require "barchan.csv"
local files = require "barchan.files"
local journal = require "barchan.journal"
local materials = require "barchan.materials"
local meet = require "barchan.meet"
local provenance = require "barchan.provenance"
local settings = require "barchan.settings"
local simulation = require "barchan.simulation"
local status = require "barchan.status"
local C = native.C

-- An occurrence every `every` seconds from now on, also now: see run.lua.
local function schedule(s, every, fire)
  local event = { base = simulation.time(s, s.step), every = every, k = 0, fire = fire }
  table.insert(s.events, event)
  return event
end

local function unschedule(s, event)
  for i, e in ipairs(s.events) do
    if e == event then table.remove(s.events, i) break end
  end
end

-- ---- VTKHDF -------------------------------------------------------------------------------------------------------------
local Output = {}
Output.__index = function(_, key)
  if Output[key] then return Output[key] end
  errors.raise(errors.unknown("member of an output", key, { "write", "close" }))
end

local place = ffi.new("brc_output_place")
local place_keys = { "steps", "last_step", "next_point", "counted", "vertex_row", "triangle_row", "next_triangle", "pose_row" }

-- at: nil for a new file, else where the file of an earlier run was.
local function open(s, o, path, content, what, at)
  local def, out = ffi.new("brc_output_def"), ffi.new("brc_output*[1]")
  local text = provenance.text(s)
  def.path, def.provenance, def.content, def.single, def.compress = path, text, content, o.single and 1 or 0, o.compress
  for _, key in ipairs(place_keys) do place[key] = at and at[key] or 0 end
  if at then native.check(C.brc_output_reopen(s.handle, def, place, out), what)
  else native.check(C.brc_output_open(s.handle, def, out), what) end
  return out[0]
end

-- Walls are written when they are new, have moved or have gone: a file of a still scene stays small.
local function write_walls(f)
  local s = f.state
  local any, moving = false, false
  for _, wall in pairs(s.walls) do
    local w = rawget(wall, "_")
    if not w.removed then any, moving = true, moving or w.moves end
  end
  if not f.walls then
    if not any then return end
    f.walls = open(s, f.options, f.walls_path, C.BRC_CONTENT_WALLS, "sim:output")
  elseif not (moving or f.walls_seen ~= s.walls_version) then
    return
  end
  f.walls_seen = s.walls_version
  native.check(C.brc_output_write(f.walls), "sim:output")
end

local function write(f)
  native.check(C.brc_output_write(f.particles), "sim:output")
  if f.options.walls then write_walls(f) end
  if f.contacts then
    materials.prepare(f.state, "sim:output")
    native.check(C.brc_output_write(f.contacts), "sim:output")
  end
end

local function close(f)
  local failure
  for _, name in ipairs { "particles", "walls", "contacts" } do
    local handle = f[name]
    f[name] = nil
    if handle then
      local code = tonumber(C.brc_output_close(handle))
      if code ~= 0 and not failure then
        failure = { code, ("sim:output: '%s': %s"):format(f.options.file, ffi.string(C.brc_last_error())) }
      end
    end
  end
  f.closed = true
  unschedule(f.state, f.event)
  if failure then errors.raise(failure[2], failure[1]) end
end

local function open_file(output, what)
  local f = type(output) == "table" and getmetatable(output) == Output and rawget(output, "_")
  if not f then errors.raise(what .. " must be called with a colon") end
  if f.closed or f.state.closed then errors.raise(("%s: '%s' is closed"):format(what, f.options.file)) end
  return f
end
--- Writes the state now, besides the regular times.
function Output.write(output) write(open_file(output, "output:write")) end
--- Closes the file before the simulation is closed.
function Output.close(output) close(open_file(output, "output:close")) end

-- The first time; or, in a run that is resumed, when it is known how.
local function start(f)
  if f.closed then return end
  local s, o = f.state, f.options
  f.particles = open(s, o, o.file, C.BRC_CONTENT_PARTICLES, "sim:output")
  if o.contacts then f.contacts = open(s, o, f.contacts_path, C.BRC_CONTENT_CONTACTS, "sim:output") end
end

-- In an order, which is the same on all ranks: each file is opened by all of them together.
local parts = { { "particles", C.BRC_CONTENT_PARTICLES }, { "walls", C.BRC_CONTENT_WALLS }, { "contacts", C.BRC_CONTENT_CONTACTS } }

-- How many steps each file has; and going on behind these.
local function save(f)
  local t = { closed = f.closed, walls_seen = f.walls_seen, file = f.options.file, at = {} }
  for _, part in ipairs(parts) do
    local name = part[1]
    if f[name] then
      C.brc_output_place_get(f[name], place)
      t.at[name] = {}
      for _, key in ipairs(place_keys) do t.at[name][key] = tonumber(place[key]) end
    end
  end
  return t
end

local function resume(f, t)
  local s, o = f.state, f.options
  f.closed, f.walls_seen = t.closed, t.walls_seen
  if t.file ~= o.file then errors.raise(("--resume: the script writes '%s', and wrote '%s'"):format(o.file, t.file)) end
  if not t.closed and not (t.at.particles and (t.at.contacts or not o.contacts)) then
    errors.raise(("--resume: the checkpoint is damaged: it does not know how much of '%s' was written"):format(o.file), errors.FILE)
  end
  for _, part in ipairs(parts) do
    local name, content = part[1], part[2]
    local n = t.at[name]
    if n and not t.closed then f[name] = open(s, o, name == "particles" and o.file or f[name .. "_path"], content, "--resume", n) end
  end
end

-- The engine's files, which a checkpoint wants on the disk.
local function opened(f, list)
  for _, part in ipairs(parts) do
    local name = part[1]
    if f[name] then list[#list + 1] = f[name] end
  end
end

do -- Output is its own metatable
  local members = { write = Output.write, close = Output.close }
  journal.object({}, members, "output")
  Output.write, Output.close = members.write, members.close
end

simulation.options_method("output", function(s, o)
  files.needs_ending("sim:output", o.file, ".vtkhdf")
  o.file = files.place(o.file)
  local f = { state = s, options = o, walls_path = o.file:sub(1, -8) .. "-walls.vtkhdf" }
  if not files.only_check("sim:output", o.file) then
    status.beside(o.file)
    f.contacts_path = o.file:sub(1, -8) .. "-contacts.vtkhdf"
    local j = s.journal -- a run that is resumed: it will turn out how
    if not (settings.resume and j and (s.replay or not j.started)) then start(f) end
    table.insert(s.outputs, { start = function() start(f) end, save = function() return save(f) end, opened = function(list) opened(f, list) end,
      resume = function(at) resume(f, at) end })
    f.event = schedule(s, o.every, function() write(f) end)
    table.insert(s.closers, function() if not f.closed then close(f) end end)
  end
  return setmetatable({ _ = f }, Output)
end)

-- ---- one state, and series of them ---------------------------------------------------------------------------------------
local formats = { [".vtk"] = C.BRC_EXPORT_VTK, [".vtp"] = C.BRC_EXPORT_VTP, [".csv"] = C.BRC_EXPORT_CSV, [".dump"] = C.BRC_EXPORT_LAMMPS }

simulation.method("export", function(s, file)
  if s.in_hook then errors.raise("sim:export: not in the middle of a step (each_step); use call") end
  if type(file) == "table" then file = checks.options("sim:export", api.calls["sim:export"].parameters, file).file end
  checks.value("sim:export", api.calls["sim:export"].parameters[1], file)
  local ending = files.needs_ending("sim:export", file, ".vtk", ".vtp", ".csv", ".dump")
  file = files.place(file)
  if files.only_check("sim:export", file) then return end
  native.check(C.brc_export(s.handle, file, formats[ending]), "sim:export")
end)

-- Files that are numbered by the step: each is whole in itself.
local function numbered(s, o)
  local ending = files.needs_ending("sim:series", o.file, ".dump", ".csv", ".vtp")
  if o.file:find "%*.*%*" then errors.raise(("sim:series: one * in the name of the file, got '%s'"):format(o.file)) end
  o.file = files.place(o.file)
  local function path() return (o.file:gsub("%*", ("%09d"):format(s.step))) end
  if files.only_check("sim:series", path()) then return end
  files.needs_writable("sim:series", path())
  schedule(s, o.every, function() native.check(C.brc_export(s.handle, path(), formats[ending]), "sim:series") end)
end

simulation.options_method("series", function(s, o)
  if o.file:find("*", 1, true) then return numbered(s, o) end
  files.needs_ending("sim:series", o.file, ".pvd")
  o.file = files.place(o.file)
  if files.only_check("sim:series", o.file) then return end
  files.needs_writable("sim:series", o.file) -- the first file is written by the run: too late to find a folder missing
  status.beside(o.file)
  local stem = o.file:sub(1, -5)
  local list = { times = {}, paths = {} }
  table.insert(s.series, list)
  schedule(s, o.every, function()
    local times, paths = list.times, list.paths
    local path = ("%s_%06d.vtp"):format(stem, #paths)
    native.check(C.brc_export(s.handle, path, C.BRC_EXPORT_VTP), "sim:series")
    times[#times + 1], paths[#paths + 1] = simulation.time(s, s.step), path:match("[^/]*$")
    local t, names = ffi.new("double[?]", #times, times), ffi.new("const char*[?]", #paths, paths)
    meet.first(s.meeting, function() native.check(C.brc_pvd_write(o.file, #paths, t, names), "sim:series") end)
  end)
end)

-- ---- time series -----------------------------------------------------------------------------------------------------------
simulation.options_method("log", function(s, o)
  local what, where = "sim:log", errors.where()
  local names, readers = {}, {}
  for i, column in ipairs(o.columns) do
    if type(column) == "table" and type(column[1]) == "string" and type(column[2]) == "function" then
      names[i] = column[1]
      readers[i] = function(sim) return (column[2](sim)) end
    elseif type(column) == "string" then
      local known, list = false, {}
      for _, p in ipairs(api.properties) do
        if p.unit ~= "" and p.name ~= "gravity" and p.name ~= "momentum" then
          known, list[#list + 1] = known or p.name == column, p.name
        end
      end
      if not known then errors.raise(("%s: columns[%d]: %s"):format(what, i, errors.unknown("property", column, list))) end
      names[i] = column
      readers[i] = function() return (simulation.property(s, column)) end
    else
      errors.raise(("%s: columns[%d] must be the name of a property or { name, function(sim) -> number }, got %s"):format(what, i,
        checks.show(column)))
    end
  end
  if #names == 0 then errors.raise(what .. ": columns must have at least one column") end
  o.file = files.place(o.file)
  if files.only_check(what, o.file) then return end
  local file = csv.new(what, o.file, names)
  local values = {}
  schedule(s, o.every, function()
    simulation.summary(s, true)
    for i, reader in ipairs(readers) do
      local value = reader(s.public)
      if type(value) ~= "number" then
        errors.raise_at(where, ("%s: column '%s' must give a number, got %s"):format(what, names[i], checks.show(value)))
      end
      values[i] = value
    end
    file:row(unpack(values, 1, #readers))
  end)
  table.insert(s.closers, function() file:close() end)
  return file
end)
