-- csv.lua -- CSV files that grow row by row. A row is on the disk before the next one begins; when the disk is full the file
-- is cut back to its whole rows, so that a reader never finds half of one.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local errors = require "barchan.errors"
local checks = require "barchan.checks"
local api = require "barchan.api"
local files = require "barchan.files"
local meet = require "barchan.meet"
local ranks = require "barchan.ranks"
local settings = require "barchan.settings"

ffi.cdef "int truncate(const char* path, long length);"
local journal = require "barchan.journal"

local csv = {}
local Csv = {}
Csv.__index = function(_, key)
  if csv[key] then return csv[key] end
  errors.raise(errors.unknown("member of a CSV file", key, { "row", "close" }))
end

-- What an earlier process has written beyond the checkpoint stays until the run has come to it: another simulation of the script may have
-- a later checkpoint. Answers whether it is the text that would be written now; if it is another one the file ends here.
local function repeated(self, text)
  local old = self.handle:read(#text)
  if old == text then
    self.size = self.size + #text
    if self.size >= self.rest then self.rest = false end
    if not self.rest then self.handle:seek("set", self.size) end -- from reading to writing
    return true
  end
  if not journal.decided then -- it will be told at the first sim:run whether this is the script of then: until then nothing is lost
    self.held = { text }
    return true
  end
  self.rest = false
  ffi.C.truncate(self.path, self.size)
  self.handle:seek("set", self.size)
  return false
end

local function put(self, what, text)
  if self.only_check or self.silent or journal.replaying > 0 then return end -- the rows of runs that are over are in the file already
  if self.held then
    self.held[#self.held + 1] = text
    return
  end
  if self.rest and repeated(self, text) then return end
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

-- A run that is resumed compares what it writes with what is there.
local function open_or_repeat(self)
  local there = settings.resume and io.open(self.path, "r+b")
  self.handle = there or open_file(self, "wb")
  local size = there and there:seek "end" or 0
  self.handle:seek("set", 0)
  self.rest = size > 0 and size
end

--- Opens a file and writes its header.
function csv.new(what, path, columns)
  local names = {}
  for i, name in ipairs(columns) do names[i] = quoted(name) end
  local self = setmetatable({ handle = true, path = path, size = 0, rows = 0, rest = false, held = false, columns = #columns,
    only_check = files.only_check(what, path), what = what,
    call = what == "barchan.csv" and "csv:row" or what }, Csv)
  self.silent = not ranks.is_first() -- of several ranks the first one writes
  meet.first(ranks.meeting(), function()
    if self.only_check then return end
    open_or_repeat(self)
    put(self, what, table.concat(names, ",") .. "\n")
  end)
  if what ~= "network:export" then table.insert(journal.writers, self) end
  return self
end

--- The run begins at its start: what was held back is written.
function csv.decide(self)
  local held = self.held
  if not held then return end
  self.held = false
  if self.silent then return end
  self.handle:seek("set", self.size)
  for _, text in ipairs(held) do put(self, self.what, text) end
end

--- Where the file is, for a checkpoint; and going on from there.
function csv.position(self)
  return { path = self.path, size = self.size, rows = self.rows, closed = self.handle == false }
end

function csv.resume(self, at)
  if at.path ~= self.path then errors.raise(("--resume: the script writes '%s', and wrote '%s'"):format(self.path, at.path)) end
  self.held = false
  if at.closed then
    csv.close(self)
    return
  end
  self.size, self.rows = at.size, at.rows
  if self.silent then return end
  if not self.handle then self.handle = open_file(self, "r+b") end
  local size = self.handle:seek "end"
  if size < at.size then
    errors.raise(("--resume: '%s' has %d bytes; when the checkpoint was written it had %d"):format(self.path, size, at.size), errors.FILE)
  end
  self.rest = size > at.size and size
  self.handle:seek("set", at.size)
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
  if self.handle and not self.only_check and not self.silent then
    self.handle:close()
    if self.rest and not self.held and journal.replaying == 0 then ffi.C.truncate(self.path, self.size) end -- the run ends earlier than then
  end
  self.handle = false
end

--- barchan.csv(file, { "name", ... })
function csv.open(file, columns)
  local m = ranks.meeting()
  if m then meet.call(m, "barchan.csv", file, columns) end
  local p = api.calls["barchan.csv"].parameters
  checks.value("barchan.csv", p[1], file)
  checks.value("barchan.csv", { name = "columns", type = "list", of = "string", least = 1 }, columns)
  return csv.new("barchan.csv", files.place(file), columns)
end

return csv
