-- measures.lua -- sim:stress, sim:packing: what a region or the whole domain is like now; sim:meter: what crosses a plane.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local native = require "barchan.native"
local errors = require "barchan.errors"
local journal = require "barchan.journal"
local materials = require "barchan.materials"
local simulation = require "barchan.simulation"
local vector = require "barchan.vector"
local C = native.C

local measures = {}

local function rows(a, b)
  local t = {}
  for i = 0, 2 do
    t[i + 1] = {}
    for j = 0, 2 do t[i + 1][j + 1] = a[3 * i + j] + (b and b[3 * i + j] or 0) end
  end
  return t
end

local function outside_steps(s, what)
  if s.in_hook then errors.raise(what .. ": not in the middle of a step (each_step); use call") end
end

simulation.options_method("stress", function(s, o)
  outside_steps(s, "sim:stress")
  materials.prepare(s, "sim:stress")
  local q = ffi.new("brc_stress")
  native.check(C.brc_stress_get(s.handle, o.region and o.region.def, q), "sim:stress")
  local total = rows(q.contact, q.kinetic)
  local p = (total[1][1] + total[2][2] + total[3][3]) / 3
  local square = 0 -- of the symmetric deviator
  for i = 1, 3 do
    for j = 1, 3 do
      local d = (total[i][j] + total[j][i]) / 2 - (i == j and p or 0)
      square = square + d * d
    end
  end
  return { contact = rows(q.contact), kinetic = rows(q.kinetic), total = total, pressure = p, deviator = math.sqrt(1.5 * square),
    fabric = rows(q.fabric), velocity = vector.new(q.velocity[0], q.velocity[1], q.velocity[2]), mass = q.mass, volume = q.volume,
    particles = tonumber(q.particles), contacts = tonumber(q.contacts) }
end)

simulation.options_method("packing", function(s, o)
  outside_steps(s, "sim:packing")
  if s.law then materials.prepare(s, "sim:packing") end
  local q = ffi.new("brc_packing")
  native.check(C.brc_packing_get(s.handle, o.region and o.region.def, s.law and o.least or 0, q), "sim:packing")
  return { fraction = q.fraction, solid = q.solid, volume = q.volume, particles = tonumber(q.particles),
    coordination = s.law and q.coordination, rattlers = s.law and tonumber(q.rattlers),
    backbone_coordination = s.law and q.backbone_coordination }
end)

-- ---- meters ---------------------------------------------------------------------------------------------------------------
local Meter = {}

local function state_of(meter, what)
  local m = type(meter) == "table" and getmetatable(meter) == Meter and rawget(meter, "_")
  if not m then errors.raise(what .. " must be called with a colon") end
  if m.state.closed then errors.raise(what .. ": the simulation is closed") end
  local q = ffi.new("brc_meter_state")
  native.check(C.brc_meter_get(m.state.engine, m.index, q), what)
  return q, m
end

local readers = {}
for way, suffix in pairs { [0] = "", "_back" } do
  readers["count" .. suffix] = function(q) return (tonumber(q.count[way])) end
  readers["mass" .. suffix] = function(q) return q.mass[way] end
  readers["momentum" .. suffix] = function(q)
    return (vector.new(q.momentum[3 * way], q.momentum[3 * way + 1], q.momentum[3 * way + 2]))
  end
end

local function remove(meter)
  local _, m = state_of(meter, "meter:remove")
  native.check(C.brc_meter_remove(m.state.handle, m.index), "meter:remove")
end

function Meter.__index(meter, key)
  if key == "remove" then return remove end
  if readers[key] then return (readers[key]((state_of(meter, "meter." .. key)))) end
  errors.raise(errors.unknown("member of a meter", key, { "count", "count_back", "mass", "mass_back", "momentum", "momentum_back",
    "remove" }))
end

journal.object(Meter, { remove = true }, "meter")

function Meter.__newindex(_, key)
  errors.raise(("meter.%s cannot be assigned: it is a measure"):format(tostring(key)))
end

--- The object of the engine's meter number `index`, from 0.
function measures.meter(s, index) return setmetatable({ _ = { state = s, index = index } }, Meter) end

simulation.options_method("meter", function(s, o)
  outside_steps(s, "sim:meter")
  local index = ffi.new("int32_t[1]")
  native.check(C.brc_meter_add(s.handle, ffi.new("double[3]", o.point), ffi.new("double[3]", o.normal), o.radius or 0, index), "sim:meter")
  simulation.name(s, "meters", "sim:meter", o.name, index[0] + 1)
  return measures.meter(s, index[0])
end)

return measures
