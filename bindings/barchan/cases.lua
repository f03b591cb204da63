-- cases.lua -- barchan.cases: the cases of a campaign, each a table of parameters by name: all combinations of values, a list, a Latin
-- hypercube, points of a Sobol sequence, the rows of a CSV file. The same call gives the same cases everywhere.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local api = require "barchan.api"
local checks = require "barchan.checks"
local errors = require "barchan.errors"
local files = require "barchan.files"
local native = require "barchan.native"
local sobol = require "barchan.sobol"
local C = native.C

local cases, make = {}, {}
local Cases = {}
local MOST = 1e6

--- Words of the table of results, which a parameter or a result cannot be called.
cases.taken = { case = true, number = true, folder = true, attempt = true, attempts = true, state = true, reason = true, error = true,
  seconds = true, warnings = true, lost = true, provenance = true }

--- Raises unless this can be the name of a parameter or a result.
function cases.check_name(what, name)
  if type(name) ~= "string" or not name:find "^[%a_][%w_]*$" or #name > 60 then
    errors.raise(("%s: a parameter has a name of letters, digits and _, got %s"):format(what, checks.show(name)))
  end
  if cases.taken[name] then errors.raise(("%s: '%s' is a word of the table of results: give the parameter another name"):format(what, name)) end
end

local function new(kind, names, rows)
  if #names == 0 then errors.raise(("barchan.cases.%s: there are no parameters: name them, e.g. friction = { 0.1, 0.5 }"):format(kind)) end
  if #rows == 0 then errors.raise(("barchan.cases.%s: there are no cases"):format(kind)) end
  return setmetatable({ kind = kind, names = names, rows = rows }, Cases)
end

-- Options that the schema knows, and the parameters: the other keys, in the order of the alphabet.
local function take(kind, options)
  local what = "barchan.cases." .. kind
  local entry = api.calls[what]
  if type(options) ~= "table" then errors.raise(("%s: expected a table, %s{ name = ... }, got %s"):format(what, what, checks.show(options))) end
  local known, own, names = {}, {}, {}
  for _, p in ipairs(entry.parameters) do known[p.name] = true end
  for key, value in pairs(options) do
    if known[key] then own[key] = value else names[#names + 1] = key end
  end
  table.sort(names, function(a, b) return tostring(a) < tostring(b) end)
  for _, name in ipairs(names) do cases.check_name(what, name) end
  return checks.options(what, entry.parameters, own), names, what
end

local function check_value(what, name, value)
  local kind = type(value)
  if kind == "number" and value - value == 0 or kind == "boolean" then return end
  if kind == "string" and not value:find "[%c]" then return end
  errors.raise(("%s: %s must be a finite number, a text of one line, true or false, got %s"):format(what, name, checks.show(value)))
end

--- All combinations; the last of the names in the alphabet changes first.
function make.grid(options)
  local _, names, what = take("grid", options)
  local count = 1
  for _, name in ipairs(names) do
    local values = options[name]
    if type(values) ~= "table" or #values == 0 then
      errors.raise(("%s: %s must be a list of values, got %s"):format(what, name, checks.show(values)))
    end
    for i, value in ipairs(values) do check_value(what, ("%s[%d]"):format(name, i), value) end
    count = count * #values
  end
  if count > MOST then errors.raise(("%s: these are %.3g cases; a campaign has at most %.0g"):format(what, count, MOST)) end
  local rows = {}
  for i = 0, #names > 0 and count - 1 or -1 do
    local row, rest = {}, i
    for k = #names, 1, -1 do
      local values = options[names[k]]
      row[names[k]] = values[rest % #values + 1]
      rest = math.floor(rest / #values)
    end
    rows[i + 1] = row
  end
  return new("grid", names, rows)
end

--- Cases one by one: a list of tables.
function make.list(list)
  local what = "barchan.cases.list"
  if type(list) ~= "table" or type(list[1]) ~= "table" then
    errors.raise(("%s: expected a list of tables, { { friction = 0.1 }, { friction = 0.2 } }, got %s"):format(what, checks.show(list)))
  end
  local names, seen, rows = {}, {}, {}
  for i, given in ipairs(list) do
    if type(given) ~= "table" then errors.raise(("%s: case %d must be a table, got %s"):format(what, i, checks.show(given))) end
    rows[i] = {}
    for name, value in pairs(given) do
      cases.check_name(what, name)
      check_value(what, ("%s of case %d"):format(name, i), value)
      if not seen[name] then names[#names + 1], seen[name] = name, true end
      rows[i][name] = value
    end
  end
  table.sort(names)
  for i, row in ipairs(rows) do
    for _, name in ipairs(names) do
      if row[name] == nil then errors.raise(("%s: case %d has no value for %s, which other cases have"):format(what, i, name)) end
    end
  end
  return new("list", names, rows)
end

--- Checks a range { lo, hi, log = true, whole = true } and returns it with numbers in place.
function cases.range(what, name, r)
  if type(r) ~= "table" or type(r[1]) ~= "number" or type(r[2]) ~= "number" or not (r[1] < r[2]) or not (r[2] - r[1] < math.huge) then
    errors.raise(("%s: %s must be a range {lo, hi} with lo < hi, got %s"):format(what, name, checks.show(r)))
  end
  for key in pairs(r) do
    if not (key == 1 or key == 2 or key == "log" or key == "whole" or key == "start") then
      errors.raise(("%s: %s: %s"):format(what, name, errors.unknown("key", key, { "log", "whole" })))
    end
  end
  if r.log and not (r[1] > 0) then
    errors.raise(("%s: %s has log = true, so its range must be above 0, got %s"):format(what, name, checks.show(r[1])))
  end
  return { lo = r[1], hi = r[2], log = r.log and true or false, whole = r.whole and true or false }
end

--- The value of a range at u in [0, 1].
function cases.at(range, u)
  local lo, hi = range.lo, range.hi
  if range.whole then -- each whole number is as likely
    local first, last = math.ceil(lo), math.floor(hi)
    if range.log then return math.max(first, math.min(last, math.floor(C.brc_exp(C.brc_log(lo) + u * C.brc_log(hi / lo)) + 0.5))) end
    return math.min(last, first + math.floor(u * (last - first + 1)))
  end
  if range.log then return math.max(lo, math.min(hi, C.brc_exp(C.brc_log(lo) + u * C.brc_log(hi / lo)))) end
  return math.max(lo, math.min(hi, lo + u * (hi - lo)))
end

local function ranges_of(what, names, options)
  local ranges = {}
  for k, name in ipairs(names) do
    ranges[k] = cases.range(what, name, options[name])
    if options[name].start ~= nil then errors.raise(("%s: %s: start is for barchan.calibrate"):format(what, name)) end
  end
  return ranges
end

local function rows_of(names, ranges, n, point)
  local rows = {}
  for i = 1, n do
    local u, row = point(i), {}
    for k, name in ipairs(names) do row[name] = cases.at(ranges[k], u[k]) end
    rows[i] = row
  end
  return rows
end

--- n cases; of each parameter's range every n-th part holds one of them, at a random place (McKay, Beckman and Conover 1979).
function make.latin_hypercube(options)
  local o, names, what = take("latin_hypercube", options)
  local ranges, orders, pair = ranges_of(what, names, options), {}, ffi.new("double[2]")
  for k = 1, #names do
    local order = {}
    for i = 1, o.n do order[i] = i - 1 end
    for i = o.n, 2, -1 do -- Fisher and Yates, with a number that depends on (seed, parameter, i) only
      C.brc_random_pair(o.seed, 2 * k - 2, i, pair)
      local j = 1 + math.floor(pair[0] * i)
      order[i], order[j] = order[j], order[i]
    end
    orders[k] = order
  end
  return new("latin_hypercube", names, rows_of(names, ranges, o.n, function(i)
    local u = {}
    for k = 1, #names do
      C.brc_random_pair(o.seed, 2 * k - 1, i, pair)
      u[k] = (orders[k][i] + pair[0]) / o.n
    end
    return u
  end))
end

--- n points of a Sobol sequence.
function make.sobol(options)
  local o, names, what = take("sobol", options)
  if #names > sobol.DIMENSIONS then
    errors.raise(("%s: at most %d parameters, got %d"):format(what, sobol.DIMENSIONS, #names))
  end
  return new("sobol", names, rows_of(names, ranges_of(what, names, options), o.n, function(i)
    return (sobol.point(o.skip + i - 1, #names))
  end))
end

-- ---- CSV ----------------------------------------------------------------------------------------------------------------
-- The cells of a line; nil when a quote is not closed.
local function split(line)
  local cells, at = {}, 1
  while true do
    local quoted, stop = line:match('^%s*"([^"]*)()', at)
    if quoted then
      while line:sub(stop, stop + 1) == '""' do
        local more
        more, stop = line:match('^([^"]*)()', stop + 2)
        quoted = quoted .. '"' .. more
      end
      at = line:match('^"%s*()', stop)
      if not at then return nil end
      cells[#cells + 1] = quoted
    else
      local cell
      cell, at = line:match("^%s*([^,]*)()", at)
      cells[#cells + 1] = cell:match "^(.-)%s*$"
    end
    if line:sub(at, at) ~= "," then return at > #line and cells or nil end
    at = at + 1
  end
end

local words = { ["true"] = true, ["false"] = false }

--- The rows of a CSV file, whose first line names the parameters.
function make.table(options)
  local what = "barchan.cases.table"
  local o = checks.options(what, api.calls[what].parameters, type(options) == "string" and { file = options } or options)
  local path = files.find(o.file)
  local file, message = io.open(path, "rb")
  if not file then errors.raise(("%s: cannot open '%s'%s"):format(what, path, message:sub(#path + 1)), errors.FILE) end
  local names, rows, number = nil, {}, 0
  local function bad(text, ...)
    if io.type(file) == "file" then file:close() end
    errors.raise(("%s: '%s', line %d: %s"):format(what, path, number, text:format(...)), errors.FILE)
  end
  for line in file:lines() do
    number = number + 1
    line = line:gsub("\r$", "")
    if number == 1 then line = line:gsub("^\239\187\191", "") end -- the mark that some programs begin a text with
    if line:find "%S" and not line:find "^%s*#" then
      local cells = split(line)
      if not cells then bad("a quotation mark is not closed") end
      if not names then
        names = cells
        local seen = {}
        for _, name in ipairs(names) do
          if not name:find "^[%a_][%w_]*$" or cases.taken[name] then bad("'%s' cannot be the name of a parameter", name) end
          if seen[name] then bad("there are two columns '%s'", name) end
          seen[name] = true
        end
      else
        if #cells ~= #names then bad("it has %d values, and there are %d columns", #cells, #names) end
        local row = {}
        for k, cell in ipairs(cells) do
          local value = words[cell]
          if value == nil then value = tonumber(cell) or cell end
          if value == "" then bad("%s has no value", names[k]) end
          if type(value) == "number" and value - value ~= 0 then bad("%s is no finite number", names[k]) end
          row[names[k]] = value
        end
        rows[#rows + 1] = row
      end
    end
  end
  file:close()
  if not names then bad("there is no line with the names of the parameters") end
  if #rows == 0 then bad("there are no cases") end
  return new("table", names, rows)
end

-- ---- the object -----------------------------------------------------------------------------------------------------------
function Cases.__tostring(self) return ("%d cases of %s"):format(#self.rows, table.concat(self.names, ", ")) end

for name, fn in pairs(make) do cases[name] = fn end
local public = setmetatable({}, { __index = function(_, key)
  if make[key] then return make[key] end
  local names = {}
  for name in pairs(make) do names[#names + 1] = name end
  table.sort(names)
  errors.raise("barchan.cases: " .. errors.unknown("kind of cases", key, names))
end })
cases.public = public

checks.define("cases", function(where, name, _, value, at)
  if type(value) == "table" and getmetatable(value) == Cases then return value end
  if type(value) == "table" and not getmetatable(value) and type(value[1]) == "table" then return (make.list(value)) end
  errors.raise_at(at, ("%s: %s must be cases (barchan.cases.grid{...}, .list, .latin_hypercube, .sobol, .table), got %s"):format(where, name,
    checks.show(value)))
end)

return cases
