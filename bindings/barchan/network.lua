-- network.lua -- sim:contact_network(): the contacts and bonds of this moment as checked views of the engine's own columns. There is one for
-- each simulation: it is renewed by the next call and ends with the next step, after which its views raise.
local ffi = require "ffi"
local native = require "barchan.native"
local errors = require "barchan.errors"
local checks = require "barchan.checks"
local api = require "barchan.api"
local csv = require "barchan.csv"
local fields = require "barchan.fields"
local files = require "barchan.files"
local materials = require "barchan.materials"
local meet = require "barchan.meet"
local simulation = require "barchan.simulation"
local sums = require "barchan.sums"
local C = native.C

local WHAT = "sim:contact_network"
local Network, methods = {}, {}

local function live(network, what)
  local n = type(network) == "table" and getmetatable(network) == Network and rawget(network, "_")
  if not n then errors.raise(what .. " must be called with a colon") end
  if n.state.closed then errors.raise(what .. ": the simulation is closed") end
  n.gone()
  return n
end

--- The wall of contact i, nil when it is one of two particles.
function methods.wall_of(network, i)
  local n = live(network, "network:wall_of")
  local number = fields.view(n, "wall")[i]
  return number > 0 and n.state.walls[number] or nil
end

--- What sim:bond has returned of the bond of row i, nil when it is a contact.
function methods.bonds_of(network, i)
  local n = live(network, "network:bonds_of")
  local number = fields.view(n, "bond")[i]
  return number > 0 and n.state.bonds[number].object or nil
end

local take

-- The columns of a network as CSV.
local function write(n, what, file)
  local names, columns = {}, {}
  for _, name in ipairs(n.field_names) do
    if n.fields[name].columns == 3 then
      for k, axis in ipairs { "x", "y", "z" } do
        names[#names + 1], columns[#columns + 1] = name .. "_" .. axis, fields.component(n, name, k - 1)
      end
    else
      names[#names + 1], columns[#columns + 1] = name, fields.view(n, name)
    end
  end
  local out, row = csv.new(what, file, names), {}
  meet.first(n.state.meeting, function()
    for i = 1, tonumber(C.brc_network_field(n.state.handle, 0).count) do
      for k, column in ipairs(columns) do row[k] = column[i] end
      out:row(unpack(row, 1, #columns))
    end
  end)
  out:close()
end

--- Writes all columns as CSV; of several ranks the first one writes the contacts of all.
function methods.export(network, file)
  local what = "network:export"
  local n = live(network, what)
  local s = n.state
  if s.meeting then meet.call(s.meeting, what, file) end
  checks.value(what, api.calls[what].parameters[1], file)
  files.needs_ending(what, file, ".csv")
  file = files.place(file)
  if files.only_check(what, file) then return end
  if not s.meeting then return write(n, what, file) end
  native.check(C.brc_network_gather(s.handle), what)
  write(n, what, file)
  take(s) -- the views show this rank's again
end

-- network:sum, network:max and network:min, as those of particles.
for _, way in ipairs { "sum", "max", "min" } do
  local what = "network:" .. way
  methods[way] = function(network, value, by)
    local n = live(network, what)
    local s = n.state
    if s.meeting then meet.call(s.meeting, what, value, by) end
    local first, second = fields.view(n, "first"), fields.view(n, "second")
    local function who(i) return first[i], second[i] end
    return sums.answer(sums.reduce({ one = "contact", field = "network.overlap", owner = n, comm = s.comm, meeting = s.meeting, labels = 2,
      count = function() return tonumber(n.fields.first.count) end, label = who,
      name = function(i) return ("between %d and %d"):format(who(i)) end }, what, way, value, by))
  end
end

function Network.__index(network, key)
  local n = rawget(network, "_")
  if n.closed then errors.raise(("network.%s: the simulation is closed"):format(tostring(key))) end
  if key == "step" or key == "time" then return n[key] end
  if methods[key] then return methods[key] end
  if key == "count" or key == "pairs" or key == "bonds" then
    live(network, "network." .. key)
    return n[key]
  end
  if n.fields[key] then
    n.gone()
    return (fields.view(n, key))
  end
  local names = { "count", "pairs", "bonds", "step", "time", "wall_of", "bonds_of", "export", "sum", "max", "min", unpack(n.field_names) }
  table.sort(names)
  errors.raise(errors.unknown("member of a contact network", key, names))
end

function Network.__newindex(_, key)
  errors.raise(("network.%s cannot be assigned: it is a measure"):format(tostring(key)))
end

function Network.__tostring(network)
  local n = rawget(network, "_")
  return ("%d contacts at step %d, %d of them between particles%s"):format(n.count - n.bonds, n.step, n.pairs,
    n.bonds > 0 and (", and %d bonds"):format(n.bonds) or "")
end

-- The table of views, made anew when the law has other histories.
local function attach(s)
  local list, signature = {}, {}
  for i = 0, C.brc_network_field_count(s.handle) - 1 do
    local f = C.brc_network_field(s.handle, i)
    list[i + 1], signature[i + 1] = f, ("%s %d %d"):format(ffi.string(f.name), f.columns, f.stride)
  end
  signature = table.concat(signature, ",")
  local n = s.network
  if n and n.signature == signature then return n end
  if n then
    fields.detach(n)
  else
    table.insert(s.closers, function()
      fields.detach(s.network)
      s.network.closed = true
    end)
  end
  n = fields.table("network", "contacts", list)
  n.state, n.signature = s, signature
  local first = list[1]
  n.gone = function()
    if n ~= s.network or first.p == nil then
      errors.raise(("the contacts are those of step %d and the simulation has moved on; call %s() again"):format(n.step, WHAT))
    end
  end
  n.public = setmetatable({ _ = n }, Network)
  s.network = n
  return n
end

function take(s)
  local counts = ffi.new("int64_t[3]")
  native.check(C.brc_network_take(s.handle, counts, counts + 1, counts + 2), WHAT)
  local n = attach(s)
  n.count, n.pairs, n.bonds = tonumber(counts[0]), tonumber(counts[1]), tonumber(counts[2])
  n.step, n.time = s.step, simulation.time(s, s.step)
  return n
end

simulation.method("contact_network", function(s)
  if s.in_hook then errors.raise(WHAT .. ": not in the middle of a step (each_step); use call") end
  materials.prepare(s, WHAT)
  return take(s).public
end)
