-- journal.lua -- what a script has asked of its simulation outside of callbacks, in order: each call with its arguments, and what
-- it answered. A run that is resumed executes the script from its top; up to the first sim:run everything is done again, and from
-- there to the sim:run in which the checkpoint was written the journal answers what depends on the state: runs that are over
-- return at once, values are those of then, and calls that put particles in or out are not repeated. A call that is another one
-- than then is refused with both.
jit.off(true, true) -- cold: see init.lua
local errors = require "barchan.errors"
local checks = require "barchan.checks"
local meet = require "barchan.meet"
local plain = require "barchan.plain"
local vector = require "barchan.vector"

local journal = {
  writers = {}, -- files of rows (csv.lua) in the order of their making; they need not belong to a simulation
  replaying = 0, -- simulations whose runs are being passed over: their callbacks have written what they write already
  decided = false, -- with --resume: it is known whether a simulation goes on from a checkpoint
  running = nil, -- the inner state of the simulation that is running
}

-- What a call is to a resumed run, by name; those that are not named here are executed again.
local answers = {}  -- gives a value that depends on the state
local skipped = {}  -- changes the state or writes a file
local special = {}  -- save(result) -> plain, load(s, plain) -> result
local refused = {}  -- gives what cannot be kept
local closures = {} -- brings a function or a file of the script: in a callback it cannot be brought again

for _, name in ipairs { "sim:stress", "sim:packing", "sim:energies", "sim:overlap", "sim:profile", "sim:hash", "bonds:pairs",
  "bonds:ends", "wall:solid" } do
  answers[name] = true
end
for _, name in ipairs { "sim:export", "sim:remove", "output:write" } do skipped[name] = true end
for _, name in ipairs { "sim:particle", "sim:contact_network", "sim:coarse_grain", "inserter:particle" } do refused[name] = true end
for _, name in ipairs { "sim:output", "sim:series", "sim:log", "sim:kernel", "sim:law", "sim:material", "sim:pair", "sim:field",
  "sim:coarse_grain", "sim:checkpoint", "output:close" } do
  closures[name] = true
end

--- How the result of a call is kept: save(result) gives plain values, load(s, values) the result again.
function journal.keep(name, save, load) special[name] = { save = save, load = load } end

-- ---- arguments as a text ------------------------------------------------------------------------------------------------
local MOST = 40 -- elements of a list that are shown: a change further on is found by the hash of the state

local show
local function show_table(value, depth)
  local meta = getmetatable(value)
  if meta and meta.__tostring then return tostring(value) end
  if meta then return "an object" end
  if depth > 6 then return "{...}" end
  local parts, keys = {}, {}
  for i = 1, math.min(#value, MOST) do parts[i] = show(value[i], depth + 1) end
  if #value > MOST then parts[#parts + 1] = ("... (%d)"):format(#value) end
  for key in pairs(value) do
    if not (type(key) == "number" and key >= 1 and key <= #value) then keys[#keys + 1] = key end
  end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  for _, key in ipairs(keys) do parts[#parts + 1] = ("%s = %s"):format(tostring(key), show(value[key], depth + 1)) end
  return "{ " .. table.concat(parts, ", ") .. " }"
end

show = function(value, depth)
  local kind = type(value)
  if kind == "number" then return (("%.17g"):format(value):gsub("^(-?%d+%.%d-)0+$", "%1")) end
  if kind == "table" then return (show_table(value, depth)) end
  if vector.is(value) then
    local x, y, z = vector.components(value)
    return (show({ x, y, z }, depth))
  end
  if kind == "string" then return ("'%s'"):format(value) end
  if kind == "cdata" or kind == "userdata" then return "an object" end
  return kind == "function" and "a function" or tostring(value)
end

local function show_all(...)
  local parts = {}
  for i = 1, select("#", ...) do parts[i] = show((select(i, ...)), 0) end
  return table.concat(parts, ", ")
end
journal.show = show_all

-- ---- recording and answering --------------------------------------------------------------------------------------------
function journal.new() return { entries = {}, started = false } end

local function line_of(e) return e and (" (%s)"):format(e.where or "?") or "" end

-- Numbers with all their digits as people write them: 0.40000000000000002 is 0.4.
local function readable(text)
  return (text:gsub("%d+%.%d+", function(digits)
    local short = ("%.15g"):format(tonumber(digits))
    return #digits > 15 and tonumber(short) == tonumber(digits) and short or digits
  end))
end

--- Refuses a script that is not the one of the checkpoint.
function journal.conflict(s, here, e)
  local r = s.replay
  local then_it = e and ("did %s%s"):format(e.value and "read " .. e.name or ("%s(%s)"):format(e.name, e.args), line_of(e))
    or "was in the sim:run that is to be resumed"
  errors.raise(readable(("--resume: the script is another one than when '%s' was written: here it %s, and then it %s. Run it without "
    .. "--resume, or put the script back as it was"):format(r and r.path or "the checkpoint", here, then_it)))
end

-- The next entry of a journal that is being replayed, if it is this one.
local function next_entry(s, name, args)
  local r = s.replay
  local e = r.entries[r.at]
  if not e or e.name ~= name or e.args ~= args or e.value then
    journal.conflict(s, ("does %s(%s)"):format(name, args), e)
  end
  r.at = r.at + 1
  return e
end

-- Whether another simulation is running, whose callback has come to this one. What one has done in another's callbacks is not done again
-- when runs are passed over, so neither can be resumed.
local function between(s, name)
  local other = journal.running
  if not other or other == s then return false end
  if s.replay then s.hidden(name .. ", in a callback of another simulation,") end
  local text = ("%s in a callback of another simulation (%s), which would not be done again"):format(name, errors.where() or "?")
  s.obstacle, other.obstacle = s.obstacle or text, other.obstacle or text
  return true
end

--- A call outside of callbacks. s: inner state; fn(self or s, ...) does it.
function journal.call(s, name, fn, self, ...)
  if s.meeting then meet.call(s.meeting, name, ...) end
  local j = s.journal
  if journal.running and between(s, name) or not j then return fn(self, ...) end
  if s.running then
    if closures[name] and not s.obstacle then
      s.obstacle = ("%s in a callback (%s), which would not be done again"):format(name, errors.where() or "?")
    end
    return fn(self, ...)
  end
  local args = show_all(...)
  if s.replay then
    if refused[name] then s.hidden(name) end
    local e = next_entry(s, name, args)
    if special[name] then return special[name].load(s, e.result) end
    if answers[name] then return e.result end
    if skipped[name] then return end
    return fn(self, ...)
  end
  local e = { name = name, args = args, where = errors.where() }
  local result, second, third = fn(self, ...)
  if special[name] then e.result = special[name].save(result)
  elseif answers[name] then e.result = plain.is(result) and result or nil end
  j.entries[#j.entries + 1] = e
  if third ~= nil then return result, second, third end
  if second ~= nil then return result, second end
  return result -- not with two nils behind it: file:write(sim:hash())
end

--- A value that depends on the state, read outside of callbacks by fn(...). Functions and objects are handed through.
function journal.read(s, name, fn, ...)
  local j = s.journal
  if s.replay then
    local e = s.replay.entries[s.replay.at]
    if e and e.value and e.name == name then
      s.replay.at = s.replay.at + 1
      return e.result
    end
    local ok, value = pcall(fn, ...)
    if ok and (type(value) == "function" or type(value) == "table" and getmetatable(value)) then return value end
    if ok and type(value) == "table" then s.hidden(name) end
    journal.conflict(s, "reads " .. name, e)
  end
  local value = fn(...)
  if type(value) == "function" or type(value) == "table" and not plain.is(value) then return value end
  j.entries[#j.entries + 1] = { name = name, value = true, result = value, where = errors.where() }
  return value
end

--- Whether reads have to be recorded or answered now.
function journal.watches(s)
  if journal.running and between(s, "a value read") then return false end
  return s.journal and s.journal.started and not s.running
end

--- Lets the journal see what is called on and read from objects with rawget(object, "_").state, named `what` in messages.
function journal.object(metatable, methods, what)
  local inner = metatable.__index
  metatable.__index = function(object, key)
    local o = rawget(object, "_")
    local s = o and o.state
    if not s or methods[key] or s.closed or not journal.watches(s) then return inner(object, key) end
    return (journal.read(s, what .. "." .. tostring(key), inner, object, key))
  end
  for key, fn in pairs(methods) do
    local name = what .. ":" .. key
    methods[key] = function(object, ...)
      local o = type(object) == "table" and rawget(object, "_")
      local s = type(o) == "table" and o.state
      if not s or s.closed then return fn(object, ...) end
      return journal.call(s, name, fn, object, ...)
    end
  end
end

--- What a table of two journals' entries differs in before the first sim:run; raises.
function journal.compare(s, mine, theirs, count)
  for i = 1, math.max(#mine, count) do
    local a, b = mine[i], i <= count and theirs[i] or nil
    if not a then journal.conflict(s, "comes to its first sim:run", b) end
    if not b or a.name ~= b.name or a.args ~= b.args then
      journal.conflict(s, ("does %s(%s)%s"):format(a.name, a.args or "", line_of(a)), b or { name = "its first sim:run", args = "" })
    end
  end
end

checks.define("plain", function(where, name, _, value, at)
  local ok, message = pcall(plain.encode, value, name)
  if not ok then errors.raise_at(at, ("%s: %s"):format(where, message)) end
  return value
end)

return journal
