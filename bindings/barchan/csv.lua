-- csv.lua -- CSV files that grow row by row. A row is on the disk before the next one begins; when the disk is full the file
-- is cut back to its whole rows, so that a reader never finds half of one.
local ffi = require "ffi"
local errors = require "barchan.errors"
local checks = require "barchan.checks"
local api = require "barchan.api"
local files = require "barchan.files"

ffi.cdef "int truncate(const char* path, long length);"

local csv = {}
local Csv = {}
Csv.__index = function(_, key)
  if csv[key] then return csv[key] end
  errors.raise(errors.unknown("member of a CSV file", key, { "row", "close" }))
end

local function put(self, what, text)
  if self.only_check then return end
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

--- Opens a file and writes its header.
function csv.new(what, path, columns)
  local only_check = files.only_check(what, path)
  local handle, message = true, nil
  if not only_check then handle, message = io.open(path, "wb") end
  if not handle then errors.raise(("%s: cannot write '%s'%s"):format(what, path, message:sub(#path + 1)), errors.FILE) end
  local self = setmetatable({ handle = handle, path = path, size = 0, rows = 0, columns = #columns, only_check = only_check,
    call = what == "barchan.csv" and "csv:row" or what }, Csv)
  local names = {}
  for i, name in ipairs(columns) do names[i] = quoted(name) end
  put(self, what, table.concat(names, ",") .. "\n")
  return self
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
  if self.handle and not self.only_check then self.handle:close() end
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
