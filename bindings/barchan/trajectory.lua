-- trajectory.lua -- reads trajectory files of sim:output for the commands that export, draw and show them. Steps count from 1.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local errors = require "barchan.errors"
local json = require "barchan.json"
local native = require "barchan.native"
local plain = require "barchan.plain"
local C, core = native.C, native.core

local trajectory = {}
local Trajectory = {}
Trajectory.__index = Trajectory

local SECONDS = 20 -- of processor time for the look of another process at a file that may be damaged
local contents = { [0] = "particles", "walls", "contacts" }
local kinds = { point = C.BRC_COLUMN_POINT, cell = C.BRC_COLUMN_CELL, series = C.BRC_COLUMN_SERIES }

local function says(text) return (tostring(text):gsub(" %[[%w_]+%.c:%d+ [%w_]+%]$", "")) end

-- What the materials are called, by what the file says of its origin; nil when it does not say.
local function names_of(text)
  local origin = text and json.decode(text)
  local list, names = type(origin) == "table" and origin.materials, {}
  if type(list) ~= "table" then return nil end
  for i, m in ipairs(list) do names[i] = type(m) == "table" and type(m.name) == "string" and m.name or tostring(i - 1) end
  return names
end

--- Opens a file, or raises why not. what: for messages, e.g. "barchan export".
function trajectory.open(what, path)
  local file = io.open(path, "rb")
  if not file then errors.raise(("%s: cannot open '%s'"):format(what, path), errors.FILE) end
  local head = file:read(8)
  file:close()
  if head ~= "\137HDF\r\n\26\n" then
    errors.raise(("%s: '%s' is no trajectory of sim:output (.vtkhdf); barchan info %s says what it is"):format(what, path, path), errors.FILE)
  end
  local found, problem = core.inspect(path, C.BRC_INSPECT_HDF5, SECONDS)
  if not found then errors.raise(("%s: '%s' is damaged: %s"):format(what, path, says(problem)), errors.FILE) end
  local out = ffi.new("brc_trajectory*[1]")
  native.check(C.brc_trajectory_open(path, out), what)
  local info, field = ffi.new("brc_trajectory_info"), ffi.new("brc_trajectory_field")
  C.brc_trajectory_get(out[0], info)
  local t = setmetatable({ handle = ffi.gc(out[0], C.brc_trajectory_close), what = what, path = path, steps = tonumber(info.steps),
    content = contents[info.content], columns = {}, place = ffi.new("brc_trajectory_step") }, Trajectory)
  for kind, number in pairs(kinds) do
    t.columns[kind] = {}
    for i = 0, info.columns - 1 do
      C.brc_trajectory_column(t.handle, i, field)
      if field.kind == number then
        table.insert(t.columns[kind], { name = ffi.string(field.name), unit = ffi.string(field.unit), components = field.components })
      end
    end
  end
  local ok, seen = pcall(plain.decode, found)
  for _, item in ipairs(ok and seen.items or {}) do
    if item.path == "barchan/provenance" then t.materials = names_of(item.text) end
  end
  if t.steps == 0 then errors.raise(("%s: '%s' holds no time step"):format(what, path), errors.FILE) end
  t.times = {}
  for k = 1, t.steps do t.times[k] = t:at(k).time end
  return t
end

--- The file of the walls or the contacts beside a file of particles: a trajectory, or nil when there is none.
function Trajectory:beside(content)
  local path = self.path:gsub("%.vtkhdf$", "") .. "-" .. content .. ".vtkhdf"
  local file = io.open(path, "rb")
  if not file then return nil end
  file:close()
  local other = trajectory.open(self.what, path)
  return other.content == content and other or nil
end

--- What a step is: { time, step, points, cells, lo, hi }.
function Trajectory:at(k)
  local p = self.place
  native.check(C.brc_trajectory_at(self.handle, k - 1, p), self.what)
  return { time = p.time, step = tonumber(p.step), points = tonumber(p.points), cells = tonumber(p.cells),
    lo = { p.lo[0], p.lo[1], p.lo[2] }, hi = { p.hi[0], p.hi[1], p.hi[2] } }
end

--- The description of a column, or nil.
function Trajectory:column(kind, name)
  for _, c in ipairs(self.columns[kind]) do
    if c.name == name then return c end
  end
end

--- A column of a step as double[]; then how many rows it has and numbers in each.
function Trajectory:read(k, kind, name)
  local at = self:at(k)
  local c = self:column(kind, name)
  local width = kind == "point" and name == "position" and 3 or c and c.components or 1
  local count = kind == "point" and at.points or at.cells
  local out = ffi.new("double[?]", math.max(1, count * width))
  native.check(C.brc_trajectory_read(self.handle, k - 1, kinds[kind], name, count * width, out), self.what)
  return out, count, width
end

--- The corners of the cells of a step: three points for each triangle, two for each line, from 0; and how many cells.
function Trajectory:cells(k)
  local count, corners = self:at(k).cells, self.content == "walls" and 3 or self.content == "contacts" and 2 or 1
  local out = ffi.new("int64_t[?]", math.max(1, count * corners))
  native.check(C.brc_trajectory_cells(self.handle, k - 1, count * corners, out), self.what)
  return out, count
end

--- A column of the table that has a row for each step: double[steps * components].
function Trajectory:series(name)
  local c = self:column("series", name)
  local n = self.steps * (c and c.components or 1)
  local out = ffi.new("double[?]", n)
  native.check(C.brc_trajectory_series(self.handle, name, n, out), self.what)
  return out
end

--- The last step that is not after `time`, or the first.
function Trajectory:before(time)
  local found = 1
  for k = 2, self.steps do
    if self.times[k] <= time * (1 + 1e-12) + 1e-15 then found = k end
  end
  return found
end

--- The step nearest to `time`.
function Trajectory:nearest(time)
  local found = 1
  for k = 2, self.steps do
    if math.abs(self.times[k] - time) < math.abs(self.times[found] - time) then found = k end
  end
  return found
end

--- The steps that options ask for: { step = K (negative: from the end) | time = T | every = N }; without any of these all, or only
-- the last one.
function Trajectory:choose(o, only)
  if o.step then
    local k = o.step < 0 and self.steps + 1 + o.step or o.step
    if k < 1 or k > self.steps then
      errors.raise(("%s: '%s' has %d steps, there is no step %d"):format(self.what, self.path, self.steps, o.step))
    end
    return { k }
  end
  if o.time then return { self:nearest(o.time) } end
  if only and not o.every then return { self.steps } end
  local list = {}
  for k = 1, self.steps, o.every or 1 do list[#list + 1] = k end
  return list
end

function Trajectory:close()
  if self.handle then C.brc_trajectory_close(ffi.gc(self.handle, nil)) end
  self.handle = nil
end

return trajectory
