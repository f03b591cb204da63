-- files.lua -- what everything that writes files needs: the ending of a name, and `barchan check`, which writes nothing.
jit.off(true, true) -- cold: see init.lua
local errors = require "barchan.errors"
local meet = require "barchan.meet"
local ranks = require "barchan.ranks"
local settings = require "barchan.settings"

local files = {}

local function is_relative(path) return not path:find "^/" end

--- Where a file goes that a script writes: cases of a campaign have a folder each.
function files.place(path)
  return settings.folder and is_relative(path) and settings.folder .. "/" .. path or path
end

--- Where a file is that a script reads: in the folder of the case, if it is there.
function files.find(path)
  local placed = files.place(path)
  local file = placed ~= path and io.open(placed, "rb")
  if not file then return path end
  file:close()
  return placed
end

--- Raises unless the path ends in one of the endings; returns that one.
function files.needs_ending(what, path, ...)
  for _, ending in ipairs { ... } do
    if path:lower():sub(-#ending) == ending then return ending end
  end
  errors.raise(("%s: the name of the file must end in %s, got '%s'"):format(what, table.concat({ ... }, " or "), path))
end

local function try(what, path)
  local existed = io.open(path, "rb")
  if existed then existed:close() end
  local file, message = io.open(path, "ab")
  if not file then errors.raise(("%s: cannot write '%s'%s"):format(what, path, message:sub(#path + 1)), errors.FILE) end
  file:close()
  if not existed then os.remove(path) end
end

--- Raises unless the file could be written; leaves it as it is.
function files.needs_writable(what, path) meet.first(ranks.meeting(), try, what, path) end

--- In `barchan check`: says whether the file could be written, leaves it as it is, and returns true.
function files.only_check(what, path)
  if not settings.check then return false end
  files.needs_writable(what, path)
  return true
end

return files
