-- errors.lua -- errors that point at the user's line: file and line of the first stack frame outside this folder, what is
-- wrong, what is allowed, the nearest match. An error is a plain string; its status is remembered beside it, so that the
-- executable can end with the right exit code wherever the string comes out.
local errors = {}

local folder = debug.getinfo(1, "S").source:match("^(.*[/\\])") or "@"

--- Statuses: those of the engine (brc_status) and the exit code of each.
errors.ARGUMENT, errors.STATE, errors.MEMORY, errors.GUARD, errors.FILE, errors.DEVICE, errors.INTERRUPTED, errors.WALLTIME
  = 1, 2, 3, 4, 5, 6, 7, 8
local kinds = { "argument", "state", "memory", "guard", "file", "device", "interrupted", "walltime" }
local exit_codes = { argument = 1, state = 1, memory = 1, guard = 3, file = 4, device = 5, interrupted = 130, walltime = 6 }

--- Is this stack frame one of ours?
function errors.internal(source)
  return source:sub(1, #folder) == folder
end

--- "file:line" of the user's code that led here, or nil when there is none (all frames are ours).
function errors.where()
  for level = 2, 200 do
    local info = debug.getinfo(level, "Sl")
    if not info then return nil end
    if info.what ~= "C" and info.currentline > 0 and not errors.internal(info.source) then
      local name = info.source:sub(1, 1) == "@" and info.source:sub(2) or info.short_src
      return name .. ":" .. info.currentline
    end
  end
end

local recent, turn = {}, 0 -- the last errors with a status: enough for a script that catches one and raises another

local function raise(where, message, status)
  local text = (where and where .. ": " or "") .. message
  turn = turn % 16 + 1
  recent[turn] = { text = message, status = status or errors.ARGUMENT }
  error(text, 0)
end

--- Raise at the user's line. status: one of the numbers above, default ARGUMENT.
function errors.raise(message, status)
  raise(errors.where(), message, status)
end

--- Raise a message that holds its place already.
function errors.raise_text(message, status)
  raise(nil, message, status)
end

--- Raise at a place noted earlier with errors.where(), for what turns out wrong only later.
function errors.raise_at(where, message, status)
  raise(where or errors.where(), message, status)
end

--- What stands for an error of the user's code (`whose`): its text, with a line also where Lua gave none.
function errors.placed(message, whose)
  local meta, ok = type(message) == "table" and getmetatable(message), nil
  if meta and meta.__tostring then ok, message = pcall(tostring, message) end
  if type(message) ~= "string" or ok == false then
    message = ("%s raised a %s where a text is expected"):format(whose, ok == nil and type(message) or "table")
  end
  if not message:find "^[^\n]-:%d+:" then
    local where = errors.where()
    if where then message = where .. ": " .. message end
  end
  return message
end

--- What kind of error a message (or a text that contains it) is: "argument", "guard", "file", ...; nil when it is not ours.
function errors.kind(message)
  message = tostring(message)
  for i = 0, #recent - 1 do
    local entry = recent[(turn - i - 1) % 16 + 1]
    if entry and message:find(entry.text, 1, true) then return kinds[entry.status] end
  end
end

--- The exit code that a process which ends with this message should have.
function errors.exit_code(message)
  return exit_codes[errors.kind(message)] or 1
end

-- ---- tracebacks -------------------------------------------------------------------------------------------------------
local noted -- { message, traceback } of the last error that passed a protected call of ours

--- The stack without our own frames (all of it when `all`): lines "\tfile:line: in ..." of the user's functions.
function errors.stack(level, all)
  local lines = {}
  for l = level + 1, 200 do
    local info = debug.getinfo(l, "Snl")
    if not info then break end
    local ours = info.what == "C" and not all or errors.internal(info.source) and not all
    if not ours then
      local place = info.source:sub(1, 1) == "@" and info.source:sub(2) or info.short_src
      if info.currentline > 0 then place = place .. ":" .. info.currentline end
      local name = info.what == "main" and "main chunk" or info.name and "function '" .. info.name .. "'"
        or info.what == "C" and "a C function" or ("function at line %d"):format(info.linedefined)
      lines[#lines + 1] = "\t" .. place .. ": in " .. name
    end
  end
  return lines
end

--- Message handler for xpcall: remembers the stack, which is gone when the error is raised again, and passes the message on.
function errors.note_traceback(message)
  if not (noted and noted.message == message) then
    noted = { message = message, lines = errors.stack(2), all = errors.stack(2, true) }
  end
  return message
end

--- The lines noted for a message, or those of the stack now.
function errors.traceback(message, all)
  if noted and noted.message == message then return all and noted.all or noted.lines end
  return errors.stack(3, all)
end

-- ---- what was meant ---------------------------------------------------------------------------------------------------
-- Edits (insert, delete, replace, swap of neighbours) that turn a into b.
local function distance(a, b)
  local before, row = {}, {}
  for j = 0, #b do row[j] = j end
  for i = 1, #a do
    local older = before
    before, row = row, { [0] = i }
    for j = 1, #b do
      local same = a:byte(i) == b:byte(j)
      local best = math.min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (same and 0 or 1))
      if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
        best = math.min(best, older[j - 2] + 1)
      end
      row[j] = best
    end
  end
  return row[#b]
end

--- The name in the list that was probably meant, or nil.
function errors.nearest(name, names)
  local lower, best, least = tostring(name):lower(), nil, math.huge
  for _, candidate in ipairs(names) do
    local other = candidate:lower()
    local d = distance(lower, other)
    if #lower >= 3 and (other:find(lower, 1, true) or lower:find(other, 1, true)) then d = math.min(d, 2) end
    if d < least then best, least = candidate, d end
  end
  if best and #lower > 1 and least <= math.min(3, math.floor(#lower / 2)) then return best end
end

--- "unknown key 'radus'; did you mean 'radius'?" with the list of what there is when it is short or nothing is near.
function errors.unknown(what, name, names)
  local shown = type(name) == "string" and "'" .. name .. "'" or "[" .. tostring(name) .. "]"
  local near = type(name) == "string" and errors.nearest(name, names)
  local text = "unknown " .. what .. " " .. shown
  if near then text = text .. "; did you mean '" .. near .. "'?" end
  if #names > 0 and (not near or #names <= 12) then
    text = text .. (near and " (there are: " or "; there are: ") .. table.concat(names, ", ") .. (near and ")" or "")
  end
  return text
end

return errors
