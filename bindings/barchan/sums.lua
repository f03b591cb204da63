-- sums.lua -- sim:sum, sim:max, sim:min: what a function says of each particle, added up or compared over those of all ranks; the same of the
-- contacts of a network. Each rank asks of its own, and the engine adds exactly (reduce.c), so the answer has the same bits on any ranks.
jit.off(true, true) -- cold, but for the loops below, which are chunks of their own: see init.lua
local ffi = require "ffi"
local native = require "barchan.native"
local checks = require "barchan.checks"
local errors = require "barchan.errors"
local fields = require "barchan.fields"
local journal = require "barchan.journal"
local meet = require "barchan.meet"
local simulation = require "barchan.simulation"
local C = native.C

local sums = {}
local MOST = tonumber(C.BRC_REDUCE_COLUMNS)

-- ---- what a function says of each -----------------------------------------------------------------------------------------
-- Each is asked once, in order, because what a script asks may count, or draw a number. How many values there are is known from the first
-- that has any: first_of goes as far as to that one, and the loop for so many values goes on from there, with what was said of it. The loop
-- ends early at a value that cannot be taken: answers the rows so far, and the particle, the number of the value (0: the key) and the value.
local first_source = [[
local select = select
local function keep(said, ...)
  if (...) == nil then return false end
  for c = 1, select("#", ...) do said[c] = (select(c, ...)) end
  said.count = select("#", ...)
  return true
end
return function(f, count, said)
  for i = 1, count do
    if keep(said, f(i)) then return i end
  end
end
]]
local row_source = [[
    local k = v1 ~= nil and (not key or key(i))
    if k ~= nil and v1 ~= nil then
      TESTS
      if more ~= nil then return rows, i, COLUMNS + 1, more end
      if key then
        if type(k) ~= "number" or k ~= k then return rows, i, 0, k end
        keys[rows] = k
      end
      STORES
      if at then at[rows] = i end
      rows = rows + 1
    end
]]
local loop_source = [[
local type = type
return function(f, key, first, count, value, stride, keys, at, NAMES, more)
  local rows, i = 0, first
  do
ROW
  end
  for i = first + 1, count do
    local NAMES, more = f(i)
ROW
  end
  return rows
end
]]
local view_source = "local view = ... return function(i) return view[i] end"
local CHUNK = debug.getinfo(1, "S").source -- so that messages pass over them

local loops = {}
local function loop(columns)
  if not loops[columns] then
    local names, tests, stores = {}, {}, {}
    for c = 1, columns do
      local name = "v" .. c
      names[c], stores[c] = name, ("value[rows + %d*stride] = %s"):format(c - 1, name)
      tests[c] = ('if type(%s) ~= "number" or %s - %s ~= 0 then return rows, i, %d, %s end'):format(name, name, name, c, name)
    end
    local text = loop_source:gsub("ROW", row_source):gsub("%u%u%u+", { NAMES = table.concat(names, ", "), COLUMNS = columns,
      TESTS = table.concat(tests, "\n"), STORES = table.concat(stores, "\n") })
    loops[columns] = assert(loadstring(text, CHUNK))()
  end
  return loops[columns]
end

local first_of = assert(loadstring(first_source, CHUNK))()

-- A function from what a script gives: one, or a view of numbers.
local function function_of(of, what, name, value)
  if type(value) == "function" then return value end
  local owner = fields.owner(value)
  if not owner then
    errors.raise(("%s: %s must be a function of the index of a %s, or a field of numbers such as %s, got %s"):format(what, name, of.one,
      of.field, checks.show(value)))
  elseif owner ~= of.owner then
    errors.raise(("%s: %s is a field of something else"):format(what, name))
  elseif value._column < 0 then
    errors.raise(("%s: %s is a field of vectors; take a component, as in %s"):format(what, name, of.field))
  end
  return assert(loadstring(view_source, CHUNK))(value)
end

local function refuse(of, what, i, column, value, columns)
  local who = ("%s %s"):format(of.one, of.name(i))
  if column == 0 then
    errors.raise(("%s: by must give a number, or nil to leave one out, got %s for %s"):format(what, checks.show(value), who))
  end
  if column > columns then
    errors.raise(("%s: the function must give as many numbers for each, and gives more than %d for %s"):format(what, columns, who))
  end
  errors.raise(("%s: the function must give finite numbers, or nil to leave one out, got %s for %s"):format(what, checks.show(value), who))
end

-- Memory of the engine for `count` of a type: LuaJIT has none for arrays of 2 GiB and more.
local function room(what, type, count)
  local p = ffi.new "void*[1]"
  native.check(C.brc_memory_take(count*ffi.sizeof(type), p), what)
  return ffi.gc(ffi.cast(type .. "*", p[0]), C.brc_memory_free)
end

-- It may be much: not left until the collector comes.
local function give_back(mine)
  for _, name in ipairs { "value", "key", "at", "label" } do
    if mine[name] then C.brc_memory_free(ffi.gc(mine[name], nil)) end
    mine[name] = nil
  end
end

-- The rows of this rank.
local function ask(of, what, way, value, by)
  local f = function_of(of, what, "value", value)
  local key = by ~= nil and function_of(of, what, "by", by) or nil
  local count, said = of.count(), {}
  local first = first_of(f, count, said)
  local columns, most = said.count, first and count - first + 1 or 0
  if columns and columns > (way == "sum" and MOST or 1) then
    errors.raise(("%s: the function must give %s, it gives %d"):format(what,
      way == "sum" and ("at most %d numbers"):format(MOST) or "one number", columns))
  end
  local mine = { columns = columns, stride = most, value = room(what, "double", (columns or 0)*most),
    key = key and room(what, "double", most) or nil, at = way ~= "sum" and room(what, "int32_t", most) or nil }
  local rows = 0
  if first then
    local bad, column, got
    rows, bad, column, got = loop(columns)(f, key, first, count, mine.value, most, mine.key, mine.at, unpack(said, 1, columns))
    if bad then refuse(of, what, bad, column, got, columns) end
  end
  mine.rows = rows
  if way == "sum" then return mine end
  mine.label = room(what, "int64_t", 2*most)
  for row = 0, rows - 1 do
    mine.label[row], mine.label[row + most] = of.label(mine.at[row])
    if way == "min" then mine.value[row] = -mine.value[row] end
  end
  return mine
end

-- ---- what all come to -----------------------------------------------------------------------------------------------------
-- The same, in step with the other ranks: an error of one is that of all, and where one has nothing to say it learns how many numbers the
-- others give.
local function ask_together(of, what, ...)
  local ok, mine = xpcall(ask, errors.note_traceback, of, what, ...)
  if not ok then meet.outcome(of.meeting, false, mine) end
  local columns = mine.columns
  local most = meet.stop(of.meeting, ("%s: %s, after the function was asked"):format(errors.where() or "?", what), 0,
    { columns or 0, columns and -columns or -MOST - 1 })
  if most(1) > 0 and most(1) ~= -most(2) then
    errors.raise(("%s: the function must give as many numbers for each %s, and gives %d for one and %d for another"):format(what, of.one,
      -most(2), most(1)))
  end
  mine.columns = most(1) > 0 and most(1) or nil
  return mine
end

local function list(from, count, sign)
  local t = {}
  for b = 1, count do t[b] = sign*tonumber(from[b - 1]) + 0 end -- 0 for -0
  return t
end

--- What `way` ("sum", "max", "min") makes of all: { keys = list or nil, lists of one number for each key, ... }. of: what a row is: one (its
-- name), name(i), field (an example), owner (of views), count(), label(i) -> two numbers that tell who it is, labels (how many of these are
-- answered), comm, meeting.
function sums.reduce(of, what, way, value, by)
  local mine = (of.meeting and ask_together or ask)(of, what, way, value, by)
  local def, q = ffi.new("brc_reduce_def"), ffi.new("brc_reduced")
  def.count, def.stride, def.columns, def.largest = mine.rows, mine.stride, mine.columns or 1, way == "sum" and 0 or 1
  def.value, def.key, def.label = mine.value, mine.key, mine.label
  local status = C.brc_reduce(of.comm, def, q)
  give_back(mine)
  native.check(status, what)
  local bins, out = tonumber(q.bins), {}
  if by ~= nil then out.keys = list(q.key, bins, 1) end
  local there = by ~= nil or q.rows > 0
  if way == "sum" then
    for c = 1, mine.columns or MOST do out[c] = list(q.value + (mine.columns and c - 1 or 0)*bins, bins, 1) end
  elseif there then
    out[1] = list(q.value, bins, way == "min" and -1 or 1)
    for c = 1, of.labels do out[c + 1] = list(q.label + (c - 1)*bins, bins, 1) end
  end
  C.brc_reduced_free(q)
  return out
end

--- The answer for the script: numbers, or tables by key.
function sums.answer(out)
  local values = {}
  for c, column in ipairs(out) do
    local t = out.keys and {} or column[1]
    for b, key in ipairs(out.keys or {}) do t[key] = column[b] end
    values[c] = t
  end
  return unpack(values)
end

-- ---- of particles ---------------------------------------------------------------------------------------------------------
local function particles(s)
  local id = fields.view(s, "id")
  return { one = "particle", field = "sim.x.z", owner = s, comm = s.comm, meeting = s.meeting, labels = 1,
    count = function() return tonumber(s.fields.id.count) end,
    name = function(i) return ("with id %d"):format(id[i]) end,
    label = function(i) return id[i], 0 end }
end

for _, way in ipairs { "sum", "max", "min" } do
  local what = "sim:" .. way
  simulation.method(way, function(s, value, by, more)
    if more ~= nil then errors.raise(what .. " takes one function, and perhaps another for the key") end
    return (sums.reduce(particles(s), what, way, value, by))
  end)
  local inner = simulation.methods[way]
  simulation.methods[way] = function(...) return sums.answer(inner(...)) end
  journal.keep(what, function(out) return out end, function(_, out) return out end)
end

return sums
