-- csv.lua -- CSV files that grow row by row. A row is on the disk before the next one begins; when the disk is full the file
-- is cut back to its whole rows, so that a reader never finds half of one.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local errors = require "barchan.errors"
local checks = require "barchan.checks"
local api = require "barchan.api"
local files = require "barchan.files"

ffi.cdef "int truncate(const char* path, long length);"
local journal = require "barchan.journal"

local csv = {}
local Csv = {}
Csv.__index = function(_, key)
  if csv[key] then return csv[key] end
  errors.raise(errors.unknown("member of a CSV file", key, { "row", "close" }))
end

local function put(self, what, text)
  if self.only_check or self.waiting then return end -- waiting: the rows of runs that are over are in the file already
  local ok, message = self.handle:write(text)
  if ok then ok, message = self.handle:flush() end
  if not ok then
    self.handle:close()
    self.handle = false
    ffi.C.truncate(self.path, self.size)
    errors.raise(("%s: cannot write '%s': %s; it holds %d whole rows"):format(what, self.path,
      (tostring(message):gsub("^.*: ", "")), self.rows), errors.FILE)
  end
  self.size = self.size + #text
end
jit.off(put) -- compiled code repeats a write or flush that fails, and the second one claims to have worked

local function quoted(text)
  text = tostring(text)
  return text:find('[",\n]') and '"' .. text:gsub('"', '""') .. '"' or text
end

local function open_file(self, mode)
  local handle, message = io.open(self.path, mode)
  if not handle then
    errors.raise(("%s: cannot write '%s'%s"):format(self.what, self.path, message:sub(#self.path + 1)), errors.FILE)
  end
  return handle
end

--- Opens a file and writes its header. Where a run is being resumed, that waits until it is known what the file holds.
function csv.new(what, path, columns)
  local names = {}
  for i, name in ipairs(columns) do names[i] = quoted(name) end
  local self = setmetatable({ handle = true, path = path, size = 0, rows = 0, columns = #columns,
    only_check = files.only_check(what, path), what = what, header = table.concat(names, ",") .. "\n", waiting = journal.pending,
    call = what == "barchan.csv" and "csv:row" or what }, Csv)
  if not self.only_check and not self.waiting then csv.start(self) end
  if what ~= "network:export" then table.insert(journal.writers, self) end
  return self
end

--- Begins the file.
function csv.start(self)
  self.waiting = false
  if self.handle == false then return end -- closed
  self.handle = open_file(self, "wb")
  put(self, self.what, self.header)
end

--- Where the file is, for a checkpoint; and going on from there: what was written after it is cut off.
function csv.position(self)
  return { path = self.path, size = self.size, rows = self.rows, closed = self.handle == false }
end

function csv.resume(self, at)
  self.waiting = false
  if at.path ~= self.path then errors.raise(("--resume: the script writes '%s', and wrote '%s'"):format(self.path, at.path)) end
  self.size, self.rows = at.size, at.rows
  if at.closed then
    self.handle = false
    return
  end
  local handle = open_file(self, "r+b")
  local size = handle:seek "end"
  if size < at.size then
    handle:close()
    errors.raise(("--resume: '%s' has %d bytes; when the checkpoint was written it had %d"):format(self.path, size, at.size), errors.FILE)
  end
  ffi.C.truncate(self.path, at.size)
  handle:seek("set", at.size)
  self.handle = handle
end

--- Writes a row: as many values as there are columns.
function csv.row(self, ...)
  if getmetatable(self) ~= Csv then errors.raise("csv.row must be called with a colon: csv:row(...)") end
  if not self.handle then errors.raise(("csv:row: '%s' is closed"):format(self.path)) end
  local n = select("#", ...)
  if n ~= self.columns then
    errors.raise(("csv:row: '%s' has %d columns, got %d value%s"):format(self.path, self.columns, n, n == 1 and "" or "s"))
  end
  local parts = {}
  for i = 1, n do
    local value = select(i, ...)
    if type(value) == "number" then
      parts[i] = ("%.12g"):format(value)
    elseif type(value) == "string" then
      parts[i] = quoted(value)
    else
      errors.raise(("csv:row: value %d must be a number or a text, got %s"):format(i, checks.show(value)))
    end
  end
  put(self, self.call, table.concat(parts, ",") .. "\n")
  self.rows = self.rows + 1
end

function csv.close(self)
  if getmetatable(self) ~= Csv then errors.raise("csv.close must be called with a colon: csv:close()") end
  if self.handle and not self.only_check and not self.waiting then self.handle:close() end
  self.handle = false
end

--- barchan.csv(file, { "name", ... })
function csv.open(file, columns)
  local p = api.calls["barchan.csv"].parameters
  checks.value("barchan.csv", p[1], file)
  checks.value("barchan.csv", { name = "columns", type = "list", of = "string", least = 1 }, columns)
  return csv.new("barchan.csv", file, columns)
end

return csv
