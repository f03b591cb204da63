-- campaign_journal.lua -- what has happened in a campaign, record by record: a file that only grows. A record is on the disk before what
-- follows from it is done, and has a checksum, so that a kill at any moment costs at most the record that was being written.
jit.off(true, true) -- cold: see init.lua
local errors = require "barchan.errors"
local native = require "barchan.native"
local plain = require "barchan.plain"
local core = native.core

local journal = {}
journal.FORMAT = 1

local checksum = native.checksum

--- Reads the records of a file: a list, and how many bytes of it are whole. An empty list where there is no file.
function journal.read(path)
  local file, message, code = io.open(path, "rb")
  if not file then
    if code == 2 then return {}, 0 end
    return nil, message
  end
  local text = file:read "*a"
  file:close()
  local records, at = {}, 1
  while at <= #text do
    local digest, length, first = text:match("^(%x+) (%d+) ()", at)
    length = tonumber(length)
    if not length or first + length > #text or text:sub(first + length, first + length) ~= "\n" then break end
    local body = text:sub(first, first + length - 1)
    if checksum(body) ~= digest then break end
    local ok, record = pcall(plain.decode, body)
    if not ok or type(record) ~= "table" then break end
    records[#records + 1] = record
    at = first + length + 1
  end
  return records, at - 1, #text
end

--- Opens the journal for writing: reads what is there and cuts off half a record at its end.
function journal.open(what, path)
  local records, whole, size = journal.read(path)
  if not records then errors.raise(("%s: cannot read '%s'%s"):format(what, path, whole:sub(#path + 1)), errors.FILE) end
  if size and size > whole then
    local ok, message = core.cut(path, whole)
    if not ok then errors.raise(("%s: cannot write '%s': %s"):format(what, path, message), errors.FILE) end
  end
  return { what = what, path = path, records = records }
end

--- Adds a record; returns when it is on the disk.
function journal.add(self, record)
  local text = plain.encode(record, "the record")
  local ok, message = core.append(self.path, ("%s %d %s\n"):format(checksum(text), #text, text))
  if not ok then
    errors.raise(("%s: cannot write '%s': %s; what has ended until now is in it, and the same command goes on from there"):format(self.what,
      self.path, message), errors.FILE)
  end
  self.records[#self.records + 1] = record
end

return journal
