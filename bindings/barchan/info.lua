-- info.lua -- `barchan info FILE...`: what a file is, who wrote it, what it holds, whether it is whole, and what to do with it. Looks at
-- anything: what is not ours, or is damaged, is said in words. HDF5 and mesh files are looked at by another process (core.inspect).
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local native = require "barchan.native"
local json = require "barchan.json"
local plain = require "barchan.plain"
local shapes = require "barchan.shapes"
local status = require "barchan.status"
local C, core = native.C, native.core

local info = {}

local HDF5 = "\137HDF\r\n\26\n"
local SECONDS = 20        -- of processor time for a look at a file without its data
local version = ffi.string(C.brc_version())

local function grouped(n) return n and (status.grouped(n)) or "?" end

-- What the engine says without the place in its source.
local function engine_says(text) return (text:gsub(" %[[%w_]+%.c:%d+ [%w_]+%]$", "")) end

-- ---- the report ---------------------------------------------------------------------------------------------------------
-- r: what --json gives. r.kind, r.good; r.problem: what is wrong; r.advice: what to do. Lines of words beside it: { label, text }.
local function say(r, label, text) if text then r.lines[#r.lines + 1] = { label, text } end end

local function wrong(r, text, advice)
  if r.problem then return end
  r.good, r.problem, r.advice = false, text, advice or r.advice
end

-- A provenance text (provenance.lua): script, program, seed, precision.
local function tell_provenance(r, text)
  local p = text and json.decode(text)
  if type(p) ~= "table" then return end
  r.version, r.compiler, r.script, r.seed, r.precision, r.law, r.written = p.version, p.compiler, p.script, p.seed, p.precision, p.law,
    p.date
  r.machine, r.arguments = p.machine, p.arguments
  local function word(value) return type(value) == "string" and value or nil end
  if word(p.script) then
    say(r, "script", ("%s%s"):format(p.script, word(p.script_text) and (", whose %s bytes of text are in the file"):format(
      grouped(#p.script_text)) or ""))
  end
  if type(p.arguments) == "table" and #p.arguments > 0 then
    local words = {}
    for i, w in ipairs(p.arguments) do words[i] = tostring(w) end
    say(r, "arguments", table.concat(words, " "))
  end
  if word(p.date) then say(r, "begun", ("%s%s"):format(p.date, word(p.machine) and " on " .. p.machine or "")) end
  local parts = {}
  if tonumber(p.seed) then parts[1] = ("seed %.0f"):format(p.seed) end
  if word(p.precision) then parts[#parts + 1] = p.precision .. " precision" end
  if word(p.law) then parts[#parts + 1] = "law " .. p.law end
  say(r, "run", #parts > 0 and table.concat(parts, ", ") or nil)
  if type(p.materials) == "table" and #p.materials > 0 then
    r.materials = {}
    for i, m in ipairs(p.materials) do r.materials[i] = type(m) == "table" and tostring(m.name) or "?" end
    say(r, "materials", table.concat(r.materials, ", "))
  end
end

local function of_program(r)
  if not r.version then return "" end
  return (" of Barchan %s%s"):format(r.version, r.version ~= version and (" (this is %s)"):format(version) or "")
end

-- ---- HDF5 ---------------------------------------------------------------------------------------------------------------
local function little(text, at, bytes)
  local n = 0
  for k = bytes, 1, -1 do n = 256 * n + text:byte(at + k - 1) end
  return n
end

-- How long the file should be, as its first block says; nil when that block is of another form.
local function promised_length(head)
  local form = head:byte(9)
  if not form or #head < 48 then return nil end
  if form <= 1 and head:byte(14) == 8 then return little(head, (form == 0 and 24 or 28) + 17, 8) end
  if form <= 3 and form >= 2 and head:byte(10) == 8 then return little(head, 29, 8) end
end

local function shape(item)
  local parts = {}
  for i, n in ipairs(item.dims) do parts[i] = grouped(n) end
  return #parts == 0 and "one" or table.concat(parts, " x ")
end

local types = { d = "double", f = "float", l = "int64", i = "int32", b = "byte", s = "text" }

local function by_path(found)
  local items = {}
  for _, item in ipairs(found.items) do items[item.path] = item end
  return items
end

local function tell_fields(r, found, folder, label, plural)
  r.fields = r.fields or {}
  local names = {}
  for _, item in ipairs(found.items) do
    local name = item.path:match("^" .. folder .. "/([^/]+)$")
    if name then
      local columns = item.dims[2]
      r.fields[#r.fields + 1] = { name = name, unit = item.unit, type = types[item.type] or "other", columns = columns or 1,
        rows = item.dims[1], description = item.description }
      local unit = item.unit and item.unit ~= "1" and " [" .. item.unit .. "]" or ""
      names[#names + 1] = name .. (columns and (" x %d"):format(columns) or "") .. unit
    end
  end
  if #names == 0 then return end
  say(r, label, ("%d of each %s: %s"):format(#names, plural, table.concat(names, ", ")))
end

local function tell_trajectory(r, found, items)
  local walls, contacts = items["barchan/walls/first"], items["VTKHDF/CellData/overlap"]
  r.content = walls and "walls" or contacts and "contacts" or "particles"
  tell_provenance(r, items["barchan/provenance"] and items["barchan/provenance"].text)
  r.version = r.version or found.source_code:match "^Barchan (%S+)"
  r.kind = "trajectory"
  r.title = ("a trajectory of %s%s"):format(r.content, of_program(r))
  r.steps = found.steps
  local times, points = items["VTKHDF/Steps/Values"], items["VTKHDF/NumberOfPoints"]
  if not found.steps then wrong(r, "the number of its steps cannot be read") return end
  if found.steps == 0 then
    say(r, "steps", "none")
    wrong(r, "it holds no step", "the run ended before it wrote one: run it again")
    return
  end
  if times and times.first then
    r.first_time, r.last_time = times.first, times.last
    say(r, "steps", ("%s, from time %.9g s to %.9g s"):format(grouped(found.steps), times.first, times.last))
    if not times.rising then wrong(r, "the times of its steps do not increase") end
  end
  if points and points.first then
    local unit = r.content == "contacts" and 2 or 1
    local noun = r.content == "walls" and "vertices" or r.content
    r.counts = { first = points.first / unit, last = points.last / unit, least = points.least / unit, most = points.most / unit }
    say(r, noun, points.least == points.most and ("%s in each step"):format(grouped(points.last / unit))
      or ("%s in the first step, %s in the last, %s to %s in all"):format(grouped(r.counts.first), grouped(r.counts.last),
        grouped(r.counts.least), grouped(r.counts.most)))
  end
  tell_fields(r, found, "VTKHDF/PointData", "fields", "point")
  tell_fields(r, found, "VTKHDF/CellData", "fields", r.content == "contacts" and "contact" or "cell")
  local books = {}
  for _, name in ipairs { "inserted", "removed", "lost" } do
    local item = items["barchan/series/" .. name]
    if item and item.last then
      r[name] = item.last
      books[#books + 1] = ("%s %s"):format(grouped(item.last), name)
    end
  end
  say(r, "at its end", #books > 0 and table.concat(books, ", ") or nil)
  r.advice = "open it in ParaView (5.13 or later), or read it with h5py; the run's script is in /barchan/provenance"
end

local function tell_other_hdf5(r, found)
  r.kind = "hdf5"
  if found.vtk_type then
    r.title = ("a VTKHDF file of type %s that Barchan has not written%s"):format(found.vtk_type,
      found.source_code and " but " .. found.source_code or "")
  else
    r.title = "an HDF5 file that Barchan has not written"
  end
  local names = {}
  for i, item in ipairs(found.items) do
    if i <= 8 then names[i] = ("%s (%s %s)"):format(item.path, shape(item), types[item.type] or "other") end
  end
  say(r, "holds", #found.items == 0 and "nothing" or table.concat(names, ", ") .. (#found.items > 8 and ", ..." or ""))
  wrong(r, "it is no file of this program", "h5dump -H shows what it holds")
end

local function rows(items, name, columns) return items[name] and (items[name].dims[1] or 0) / (columns or 1) or 0 end

-- Blocks of numbers and the script's part. whole: the checksum is right.
local function tell_checkpoint(r, items)
  local text = items.script and items.script.text
  local ok, data = pcall(plain.decode, text or "")
  r.kind, r.title = "checkpoint", "a checkpoint"
  if not ok or type(data) ~= "table" then
    wrong(r, "the script's part of it cannot be read")
    return
  end
  local formats = { shapes.FORMAT, C.BRC_CHECKPOINT_FORMAT }
  if data.format ~= formats[1] or items.simulation and items.simulation.first ~= formats[2] then
    r.version = type(data.version) == "string" and data.version or nil
    r.title = "a checkpoint" .. of_program(r)
    wrong(r, ("it has format %s.%s, and this program reads format %d.%d"):format(tostring(data.format),
      tostring(items.simulation and items.simulation.first), unpack(formats)), "resume it with the program that wrote it")
    return
  end
  local problem = shapes.problem(data)
  if problem then
    wrong(r, "it is damaged: of the script's part " .. problem)
    return
  end
  tell_provenance(r, data.provenance)
  r.version, r.title = data.version, ("a checkpoint%s"):format(of_program({ version = data.version }))
  r.step, r.time = tonumber(data.step), tonumber(data.time)
  say(r, "written", ("at step %s, time %.9g s"):format(grouped(r.step), r.time or 0 / 0))
  r.particles, r.contacts = rows(items, "particles.id"), rows(items, "contacts.ids", 2)
  r.wall_contacts, r.bonds = rows(items, "touches.ids", 3), rows(items, "bonds.ids", 3)
  local parts = { grouped(r.particles) .. " particles", ("%s near pairs with their histories"):format(grouped(r.contacts)),
    ("%s contacts with walls"):format(grouped(r.wall_contacts)) }
  if r.bonds > 0 then parts[#parts + 1] = grouped(r.bonds) .. " bonds" end
  say(r, "holds", table.concat(parts, ", "))
  local lua = type(data.lua) == "table" and data.lua or {}
  local walls = 0
  for _, w in pairs(type(lua.walls) == "table" and lua.walls or {}) do
    if type(w) == "table" and not w.removed then walls = walls + 1 end
  end
  r.walls, r.outputs = walls, {}
  for _, f in ipairs(type(lua.outputs) == "table" and lua.outputs or {}) do r.outputs[#r.outputs + 1] = tostring(f.file) end
  say(r, "and", ("%d wall%s, the journal of %d calls of the script%s"):format(walls, walls == 1 and "" or "s",
    type(data.entries) == "table" and #data.entries or 0, type(data.state) == "string" and #data.state > 3 and ", sim.state" or ""))
  if #r.outputs > 0 then say(r, "goes on with", table.concat(r.outputs, ", ")) end
  if data.obstacle then
    r.obstacle = tostring(data.obstacle)
    r.advice = "it cannot be resumed: the script had used " .. r.obstacle
  else
    r.advice = ("barchan run %s --resume goes on from the newer one of the two that are whole; barchan.load '%s' goes on in another way")
      :format(r.script or "SCRIPT", r.file)
  end
end

local function tell_hdf5(r, path, head, options)
  local promised = promised_length(head)
  local file = io.open(path, "rb")
  file:seek("set", math.max(0, r.size - 32))
  local marked = file:read(8) == "BRCCHK1\0"
  file:close()
  local found, problem = core.inspect(path, options.data and C.BRC_INSPECT_HDF5_DATA or C.BRC_INSPECT_HDF5,
    options.data and SECONDS + math.floor(r.size / 1e6) or SECONDS)
  local ok
  if found then ok, found = pcall(plain.decode, found) end
  if not ok then found = nil end
  local items = found and by_path(found) or {}
  local checkpoint = marked or items.script and items.simulation
  if checkpoint then
    r.kind, r.title = "checkpoint", "a checkpoint"
    if tonumber(C.brc_checkpoint_check(path)) ~= 0 then
      local why = engine_says(ffi.string(C.brc_last_error())):gsub("^'.-' is ", "it is "):gsub("^'.-':? ?", "")
      wrong(r, marked and why or "its end is missing, and with it the checksum",
        "do not use it: --resume takes the other one of the two")
    else
      r.checksum = true
    end
    if found then
      local advice = r.advice
      tell_checkpoint(r, items)
      if r.problem and advice then r.advice = advice end
    end
    return
  end
  if not found then
    r.kind = "hdf5"
    if promised and promised > r.size then
      r.title = "the beginning of an HDF5 file"
      wrong(r, ("its end is missing: it has %s bytes of %s"):format(grouped(r.size), grouped(promised)),
        "a run that is killed leaves whole files: this one was cut when it was copied, or by the disk")
    else
      r.title = "an HDF5 file"
      wrong(r, "it is damaged: " .. engine_says(problem or "its parts make no sense"))
    end
    return
  end
  if (found.source_code or ""):find "^Barchan " or items["barchan/provenance"] then
    found.source_code = found.source_code or "Barchan ?"
    tell_trajectory(r, found, items)
    if found.problem then
      wrong(r, found.problem, "steps before the damage may be readable; the run can write it again from a checkpoint or its start")
    end
    if not r.problem and not options.data then r.unread = true end
  else
    tell_other_hdf5(r, found)
  end
end

-- ---- meshes -------------------------------------------------------------------------------------------------------------
local function tell_mesh(r, path)
  r.kind, r.title = "mesh", "a mesh"
  local found, problem = core.inspect(path, C.BRC_INSPECT_MESH, SECONDS)
  local ok, m = pcall(plain.decode, found or "")
  if not ok then
    wrong(r, problem and engine_says(problem):gsub("^mesh '.-':? ?", ""):gsub("^'.-':? ?", "") or "it cannot be read",
      "export it anew as STL, OBJ or PLY")
    return
  end
  r.vertices, r.triangles, r.lo, r.hi, r.area = m.vertices, m.triangles, m.lo, m.hi, m.area
  say(r, "holds", ("%s triangles, %s vertices"):format(grouped(m.triangles), grouped(m.vertices)))
  say(r, "extent", ("%.6g x %.6g x %.6g, from (%.6g, %.6g, %.6g) to (%.6g, %.6g, %.6g)"):format(m.hi[1] - m.lo[1], m.hi[2] - m.lo[2],
    m.hi[3] - m.lo[3], m.lo[1], m.lo[2], m.lo[3], m.hi[1], m.hi[2], m.hi[3]))
  r.advice = ("sim:mesh { file = '%s', scale = ..., material = ... }; its numbers have no unit: scale = barchan.units.mm for millimetres")
    :format(path)
end

-- ---- texts --------------------------------------------------------------------------------------------------------------
local function tail_of(path, size, bytes)
  local file = io.open(path, "rb")
  file:seek("set", math.max(0, size - bytes))
  local text = file:read "*a" or ""
  file:close()
  return text
end

local function tell_vtk_xml(r, path, head)
  local kind = head:match '<VTKFile type="(%w+)"'
  local names = { PolyData = "the particles of one moment (.vtp)", Collection = "a list of .vtp files with their times (.pvd)",
    ImageData = "coarse-grained fields on a grid (.vti)" }
  r.kind, r.title = "vtk", ("a VTK file: %s"):format(names[kind] or tostring(kind))
  if not tail_of(path, r.size, 64):find "</VTKFile>%s*$" then
    wrong(r, "its end is missing", "it was cut: write it again")
    return
  end
  if kind == "Collection" then
    local folder, missing, count, first = path:match "^.*/" or "", 0, 0, nil
    for name in io.lines(path) do
      name = name:match 'file="([^"]*)"'
      if name then
        count = count + 1
        local file = io.open(folder .. name, "rb")
        if file then file:close() else missing, first = missing + 1, first or name end
      end
    end
    r.files = count
    say(r, "lists", ("%d files"):format(count))
    if missing > 0 then wrong(r, ("%d of its files are not there, the first is %s"):format(missing, first)) end
  else
    local points = head:match 'NumberOfPoints="(%d+)"'
    r.particles = tonumber(points)
    if points then say(r, "holds", grouped(tonumber(points)) .. " points") end
    local fields = {}
    for name in head:gmatch '<DataArray [^>]-Name="([%w_]+)"' do fields[#fields + 1] = name end
    say(r, "fields", #fields > 0 and table.concat(fields, ", ") or nil)
  end
  r.advice = "open it in ParaView"
end

local function tell_vtk(r, head)
  local title = head:match "^[^\n]*\n([^\n]*)"
  r.kind, r.title = "vtk", "a VTK file of the old form" .. (title and title:find "^Barchan" and ": " .. title or "")
  r.version = title and title:match "^Barchan (%S+),"
  local points = tonumber(head:match "\nPOINTS (%d+)")
  r.particles = points
  if points then say(r, "holds", grouped(points) .. " points") end
  if points and r.size < 24 * points then wrong(r, "its end is missing: it is shorter than its points") end
  r.advice = "open it in ParaView"
end

local function words_of(line, separator)
  local out = {}
  if separator == "," then
    for word in (line .. ","):gmatch "([^,]*)," do out[#out + 1] = word:match '^%s*"?(.-)"?%s*$' end
  else
    for word in line:gmatch "%S+" do out[#out + 1] = word end
  end
  return out
end

local function tell_table(r, path)
  local names, count, uneven, first, last, width
  for line in io.lines(path) do
    line = line:gsub("\r$", "")
    if line:find "%S" and not line:find "^%s*#" then
      if not names then
        names = words_of(line, line:find(",", 1, true) and "," or " ")
        width, count = #names, 0
        r.separator = line:find(",", 1, true) and "," or " "
      else
        count, first, last = count + 1, first or line, line
        if not uneven and #words_of(line, r.separator) ~= width then uneven = count end
      end
    end
  end
  r.kind, r.rows, r.columns = "table", count, names
  r.separator = nil
  r.title = "a table of numbers"
  say(r, "columns", table.concat(names, ", "))
  say(r, "rows", grouped(count))
  if names[1]:lower() == "time" and last and count > 0 then
    local a, b = tonumber(first:match "^[^,%s]+"), tonumber(last:match "^[^,%s]+")
    r.title, r.first_time, r.last_time = "a log: a time series", a, b
    if a and b then say(r, "times", ("%.9g s to %.9g s"):format(a, b)) end
  end
  if uneven then
    wrong(r, ("row %d has another number of values than there are columns"):format(uneven))
    return
  end
  if tail_of(path, r.size, 1) ~= "\n" then
    wrong(r, "its last row has no end", "the last row may be cut: take it away")
    return
  end
  local has = {}
  for _, name in ipairs(names) do has[name:lower()] = true end
  if has.x and has.y and has.z and (has.radius or has.r or has.d or has.diameter) then
    local file = ffi.new("brc_particle_file")
    r.title = "particles in a table"
    if tonumber(C.brc_csv_read(path, 1, file)) ~= 0 then
      wrong(r, engine_says(ffi.string(C.brc_last_error())):gsub("^'.-':? ?", ""))
      return
    end
    r.particles = tonumber(file.count)
    local low, high = math.huge, 0
    for i = 0, r.particles - 1 do low, high = math.min(low, file.radius[i]), math.max(high, file.radius[i]) end
    C.brc_particle_file_free(file)
    say(r, "radii", ("%.6g to %.6g"):format(low, high))
    r.advice = ("sim:insert { file = '%s', scale = ..., material = ... }"):format(path)
  else
    r.advice = "any program that reads CSV takes it"
  end
end

local function tell_dump(r, path)
  r.kind, r.title = "dump", "a dump of LAMMPS or LIGGGHTS"
  local file, query = ffi.new("brc_particle_file"), ffi.new("brc_particles_query", { scale = 1 })
  if tonumber(C.brc_particles_read(path, query, file)) ~= 0 then
    wrong(r, engine_says(ffi.string(C.brc_last_error())):gsub("^'.-':? ?", ""))
    return
  end
  r.steps, r.particles = tonumber(file.steps), tonumber(file.count)
  C.brc_particle_file_free(file)
  say(r, "holds", ("%s steps, %s particles in the last"):format(grouped(r.steps), grouped(r.particles)))
  r.advice = ("sim:insert { file = '%s', material = ... } takes the last step, or step = K; OVITO opens it"):format(path)
end

local function tell_status(r, path)
  local file = io.open(path, "rb")
  local t = json.decode(file:read "*a")
  file:close()
  r.kind, r.title = "json", "a JSON file that Barchan has not written"
  if type(t) == "table" and t.state and t.process then
    r.kind, r.title = "status", "what a run says of itself"
    local gone = t.state == "running" and not status.is_running(t.process, t.script)
    say(r, "state", ("%s%s%s"):format(tostring(t.state), t.reason and (", because of %s, exit code %s"):format(tostring(t.reason),
      tostring(t.exit_code)) or "", gone and (", but there is no such process %s here: on another machine, or killed"):format(
      tostring(t.process)) or ""))
    say(r, "progress", ("step %s of %s, time %.9g s, %s particles"):format(grouped(tonumber(t.step)), grouped(tonumber(t.last_step)),
      tonumber(t.time) or 0, grouped(tonumber(t.particles))))
    r.state, r.reason, r.step, r.time = t.state, t.reason, t.step, t.time
    r.advice = "it is renewed every second while the run goes on"
  else
    wrong(r, t == nil and "it is no whole JSON" or "it is no file of this program")
  end
end

-- ---- which of them it is --------------------------------------------------------------------------------------------------
local meshes = { stl = true, obj = true, ply = true, gltf = true, glb = true }

local function tell(r, path, options)
  local file, message = io.open(path, "rb")
  if not file then
    r.kind, r.title = "missing", "cannot be opened"
    wrong(r, message and message:sub(#path + 3) or "it cannot be opened")
    return
  end
  local head = file:read(4096)
  r.size = file:seek "end"
  file:close()
  if not head or not r.size or r.size < 0 or r.size >= 2 ^ 60 then
    local folder = not head and r.size ~= 0
    r.kind, r.title, r.size = folder and "folder" or "empty", folder and "a folder" or "an empty file", nil
    wrong(r, folder and "it is a folder" or "it is empty", not folder and "a run that was killed at once may leave one: delete it" or nil)
    return
  end
  local ending = (path:match "%.(%w+)$" or ""):lower()
  local left = path:match "%.%d+%.part$"
  if head:sub(1, 8) == HDF5 then tell_hdf5(r, path, head, options)
  elseif meshes[ending] or head:find "^solid%s" or head:find "^ply[\r\n]" or head:find "^glTF" then tell_mesh(r, path)
  elseif head:find "<VTKFile " then tell_vtk_xml(r, path, head)
  elseif head:find "^# vtk DataFile" then tell_vtk(r, head)
  elseif head:find "^ITEM: " then tell_dump(r, path)
  elseif head:find "[%z\1-\8\14-\31]" then
    r.kind, r.title = "foreign", "a file of another program"
    if ending == "vtkhdf" or path:find "%.chk%.[12]$" then
      r.title = "no HDF5 file, though it is named like one of ours"
      wrong(r, "its beginning is not that of an HDF5 file", "it is damaged or something else bears its name")
    end
    wrong(r, "it is no file of this program")
  elseif ending == "lua" or head:find 'require%s*%(?%s*["\']barchan["\']' then
    r.kind, r.title = "script", "a Lua script"
    r.advice = ("barchan check %s looks at it, barchan run %s runs it"):format(path, path)
  elseif head:find "^%s*[{%[]" then tell_status(r, path)
  elseif ending == "csv" or ending == "txt" or ending == "dat" or head:find "^[%w_\"]+,[%w_\",]+[\r\n]" then tell_table(r, path)
  else
    r.kind, r.title = "foreign", "a text that is none of Barchan's files"
    wrong(r, "it is no file of this program")
  end
  if left then
    r.unfinished = true
    wrong(r, "it was not finished", nil)
    r.advice = "a run that was killed while it wrote has left it: it can be deleted when that run is over"
  end
end

--- What there is to say of a file: { file, kind, good, title, lines, ... }.
function info.of(path, options)
  local r = { file = path, good = true, lines = {} }
  local ok, message = pcall(tell, r, path, options or {})
  if not ok then -- a file that leads even us astray
    r.kind, r.title = r.kind or "foreign", r.title or "a file"
    wrong(r, "it cannot be made sense of: " .. tostring(message):gsub("^.-:%d+: ", ""))
  end
  return r
end

local function as_words(r)
  local lines = { ("%s: %s"):format(r.file, r.title) }
  local function line(label, text) lines[#lines + 1] = ("  %-14s%s"):format(label, text) end
  for _, l in ipairs(r.lines) do line(l[1], l[2]) end
  if r.size then line("size", ("%s bytes"):format(grouped(r.size))) end
  if r.problem then line("PROBLEM", r.problem)
  elseif r.checksum then line("state", "whole: its checksum is right")
  elseif r.unread then line("state", "whole; it has no checksum: --data reads all of it, too")
  elseif r.kind == "trajectory" then line("state", "whole, and all of its data can be read")
  elseif r.kind ~= "script" then line("state", "whole") end
  if r.advice then line("use", r.advice) end
  return table.concat(lines, "\n")
end

--- The exit code of `barchan info`; options: json, data.
function info.main(paths, options)
  local code, all = 0, {}
  for i, path in ipairs(paths) do
    local r = info.of(path, options)
    if not r.good then code = 4 end
    if options.json then
      r.lines = nil
      all[i] = r
    else
      print((i > 1 and "\n" or "") .. as_words(r))
    end
  end
  if options.json then print((json.encode(all))) end
  return code
end

return info
