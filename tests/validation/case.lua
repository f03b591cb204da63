-- case.lua -- what a validation scenario reports: rows of got, expected, tolerance and source. A scenario begins with
--   local test = require "case" { id = "A1", title = "...", source = "..." }
-- says what it measured with test:relative, test:absolute, test:between, test:worst, what it tests otherwise than asked with
-- test:instead, and ends with test:done(). It runs with
-- `barchan run FILE [--set precision=mixed] [--set threads=2]`; `scripts/validate` runs them all and writes README.md here.
--
-- Sources: [P] a published number, [F] a closed formula, [X] another code or a tiny-step integrator, [R] a value of the literature
-- that is known to a few per cent.
local barchan = require "barchan"

local Case = {}
Case.__index = Case

local function number(x) return ("%.9g"):format(x) end

-- What known.txt says of a scenario, by the quantity. That such a row passes is an error: the note is to be taken away then.
local function known_of(path)
  local folder, name = path:match "^@?(.-)([^/]*)%.lua$"
  local list = {}
  for line in assert(io.open(folder .. "known.txt")):lines() do
    local of, quantity, reason = line:match "^(%S+) | (.-) | (.*)$"
    if of == name then list[quantity] = reason end
  end
  return list
end

-- One row. off: how far got is from what was expected, in the unit of the tolerance.
local function add(self, row)
  row.source = row.source or self.current
  row.known = self.known[row.quantity:gsub(", worst of %d+: .*", "")]
  row.ok = row.off <= row.tolerance -- not for NaN
  self.rows[#self.rows + 1] = row
  print(("%s %s: got %s expected %s%s (tolerance %.3g%s, off by %.2g) %s"):format(self.id, row.quantity, number(row.got),
    row.low and ("%.6g to %.6g"):format(row.low, row.high) or number(row.expected), row.unit and " " .. row.unit or "",
    row.tolerance, row.relative and " of it" or "", row.off, row.ok and "ok" or row.known and "FAILS, as known" or "FAILS"))
  return row.ok
end

--- Passes when |got / expected - 1| <= tolerance.
function Case:relative(quantity, got, expected, tolerance, unit, source)
  return add(self, { quantity = quantity, got = got, expected = expected, tolerance = tolerance, unit = unit, relative = true,
    off = math.abs(got - expected) / math.abs(expected), source = source })
end

--- Passes when |got - expected| <= tolerance.
function Case:absolute(quantity, got, expected, tolerance, unit, source)
  return add(self, { quantity = quantity, got = got, expected = expected, tolerance = tolerance, unit = unit,
    off = math.abs(got - expected), source = source })
end

--- Passes when low <= got <= high.
function Case:between(quantity, got, low, high, unit, source)
  return add(self, { quantity = quantity, got = got, low = low, high = high, expected = (low + high) / 2,
    tolerance = (high - low) / 2, unit = unit, off = math.abs(got - (low + high) / 2), source = source })
end

--- Passes when the condition holds: a condition for the other rows to mean something.
function Case:must(quantity, condition, source)
  return add(self, { quantity = quantity, got = condition and 1 or 0, expected = 1, tolerance = 0, off = condition and 0 or 1,
    yes = true, source = source })
end

--- Many numbers against many, one row for the worst: w:relative(name, got, expected), w:absolute(...), and w:done() at the end.
function Case:worst(quantity, tolerance, unit, source)
  local w, n = { off = -1 }, 0
  local function take(name, got, expected, off, relative)
    n = n + 1
    if not (off <= w.off) then w = { name = name, got = got, expected = expected, off = off, relative = relative } end
  end
  local list = {}
  function list.relative(_, name, got, expected) take(name, got, expected, math.abs(got - expected) / math.abs(expected), true) end
  function list.absolute(_, name, got, expected) take(name, got, expected, math.abs(got - expected)) end
  function list.done()
    assert(n > 0, quantity .. ": nothing to compare")
    w.quantity = n > 1 and ("%s, worst of %d: %s"):format(quantity, n, tostring(w.name)) or quantity
    w.tolerance, w.unit, w.source = tolerance, unit, source
    return add(self, w)
  end
  return list
end

--- The source of the rows that follow and name none.
function Case:from(source) self.current = source end

--- The case as it is asked for (asked: in the words of its source or of who set it), what is tested in its stead, and why. The page
-- reads these in the script and lists them above all rows: no criterion is changed in silence.
function Case:instead(o)
  assert(o.asked and o.tested and o.why, "test:instead { asked =, tested =, why = }")
  print(("%s instead of: %s. Tested: %s. Because: %s."):format(self.id, o.asked, o.tested, o.why))
end

--- A figure worth telling that is not judged.
function Case:remark(text, ...)
  local line = text:format(...)
  self.remarks[#self.remarks + 1] = line
  print(self.id .. " remark: " .. line)
end

-- ---- the end ----------------------------------------------------------------------------------------------------------------
local function json(value)
  if type(value) == "number" then
    if value ~= value then return "NaN" end
    if math.abs(value) == math.huge then return value > 0 and "Infinity" or "-Infinity" end
    return ("%.17g"):format(value)
  elseif type(value) == "string" then
    return '"' .. value:gsub('[%c"\\]', function(c) return ("\\u%04x"):format(c:byte()) end) .. '"'
  elseif type(value) == "table" then
    local parts = {}
    if #value > 0 or next(value) == nil then
      for i, each in ipairs(value) do parts[i] = json(each) end
      return "[" .. table.concat(parts, ",\n") .. "]"
    end
    for key, each in pairs(value) do parts[#parts + 1] = json(key) .. ": " .. json(each) end
    table.sort(parts)
    return "{" .. table.concat(parts, ", ") .. "}"
  end
  return tostring(value)
end

--- Writes the rows where `--set rows=FILE` says, and raises when one is not as it should be.
function Case:done()
  assert(#self.rows > 0, "nothing was measured")
  if self.path then
    local file = assert(io.open(self.path, "w"))
    file:write(json { id = self.id, title = self.title, version = barchan.version, rows = self.rows, remarks = self.remarks }, "\n")
    file:close()
  end
  local bad, known = {}, 0
  for _, row in ipairs(self.rows) do
    if row.known then
      known = known + 1
      if row.ok then bad[#bad + 1] = row.quantity .. " passes, though it is noted as failing: " .. row.known end
    elseif not row.ok then
      bad[#bad + 1] = ("%s: got %s, expected %s"):format(row.quantity, number(row.got), number(row.expected))
    end
  end
  print(("%s: %d rows, %d known to fail, %d wrong"):format(self.id, #self.rows, known, #bad))
  if #bad > 0 then error(self.id .. " " .. table.concat(bad, "; "), 2) end
  return self.rows
end

--- Begins a case. about: id, title, source (of rows that name none); what the runner reads in the file's text: long = "20 minutes"
-- (runs only when asked), precision = "mixed" (runs in this one only; default: in both).
return function(about)
  local self = setmetatable({ id = about.id, title = about.title, current = about.source or "", rows = {}, remarks = {},
    known = known_of(debug.getinfo(2, "S").source) }, Case)
  self.precision = barchan.set.precision or about.precision or "double"
  self.mixed = self.precision == "mixed"
  self.threads, self.path = tonumber(barchan.set.threads or 1), barchan.set.rows
  return self
end
