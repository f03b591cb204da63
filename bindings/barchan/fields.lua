-- fields.lua -- the engine's own arrays as checked views, indexed from 1: sim.radius[i] is a number, sim.x[i] a vector (a copy),
-- sim.force.x the view of one component. Views of components are the fast form: a loop fx[i] = fx[i] - c*vx[i] compiles to
-- what a C compiler makes of it. The engine updates its arrays' addresses and counts in place (brc_field), and a view reads
-- them at every access, so a view stays valid when particles come and go; closing the simulation points it at nothing.
local ffi = require "ffi"
local bit = require "bit"
local errors = require "barchan.errors"
local vector = require "barchan.vector"
local checks = require "barchan.checks"

local fields = {}
local tobit, show = bit.tobit, checks.show
local new_vector = vector.new
local components = { x = 0, y = 1, z = 2 }

-- view -> whose it is, which it keeps alive: a simulation, or another table of arrays that has the same members (fields,
-- field_names, views, closed) and says in messages what it is: label, empty (why there may be nothing), gone() (raises when what
-- the arrays held has been given back).
local owner = setmetatable({}, { __mode = "k" })

-- While the state is on a device views hold nothing (brc_sim_stay): the first access of a column fetches it, the first write marks
-- it as written, so every access is seen, once.
local engine -- the C library
local function fetch(view, writes)
  local sim = owner[view]
  if not sim or sim.closed or not sim.engine or rawget(sim, "handle") then return false end
  local status = engine.brc_field_home(sim.engine, ffi.cast("brc_field*", view._f), writes and 1 or 0)
  if tonumber(status) == errors.DEVICE and sim.meeting then -- all ranks bring theirs home, or their processors come to this place
    if not sim.handle then return false end
  elseif tonumber(status) ~= 0 then errors.raise(("sim.%s: %s"):format(ffi.string(view._f.name), ffi.string(engine.brc_last_error())), status)
  end
  if writes then sim.summary_valid = false end
  return true
end
local function fetched(view, i) return type(i) == "number" and view._f.count == 0 and fetch(view, false) and view._f.count > 0 end
local function opened(view) return view._f.writable == 0 and fetch(view, true) and view._f.writable ~= 0 end

-- Never in a hot path: what is wrong with index i of this view.
local function out_of_range(view, i, count)
  local sim = owner[view]
  if not sim or sim.closed then errors.raise("the simulation is closed; its fields are gone") end
  if sim.gone then sim.gone() end
  if sim.hidden then sim.hidden("sim." .. ffi.string(view._f.name)) end
  local name, label = ffi.string(view._f.name), sim.label or "sim"
  if type(i) ~= "number" then
    local members = view._column < 0 and { "x", "y", "z", "count", "unit", "name", "text", "get", "set", "ptr" }
      or { "count", "unit", "name", "text", "ptr" }
    if view._column < 0 and components[i] then
      errors.raise(("%s.%s.%s is a view; write %s.%s.%s[i] = value"):format(label, name, i, label, name, i))
    end
    errors.raise(label .. "." .. name .. ": " .. errors.unknown("member", i, members))
  elseif i ~= math.floor(i) then
    errors.raise(("%s.%s: index must be a whole number, got %s"):format(label, name, show(i)))
  elseif count == 0 then
    errors.raise(("%s.%s: index %s is out of range: there are no %s"):format(label, name, show(i), sim.empty or "particles"))
  end
  errors.raise(("%s.%s: index %s is out of range 1..%d%s"):format(label, name, show(i), count, not sim.meeting and "" or
    (", this rank's own particles: #%s.%s is how many they are, %s.count is of all ranks"):format(label, name, label)))
end

-- The length of a view without particles: of a run that is being resumed it is not known.
local function no_length(view)
  local sim = owner[view]
  if sim and sim.hidden then sim.hidden("sim." .. ffi.string(view._f.name)) end
  if sim and sim.engine and not sim.closed then return tonumber(sim.fields.id.count) end -- no step changes it on a device
  return 0
end

-- A write to a particle that is not there is the repetition of one, where a run is being resumed; else an error.
local function not_written(view, i, count)
  local sim = owner[view]
  if not (sim and sim.hidden) then out_of_range(view, i, count) end
end

local function refuse_value(view, i, value)
  local f = view._f
  if type(i) ~= "number" or not owner[view] or owner[view].closed then out_of_range(view, i, f.count) end
  if f.writable == 0 and owner[view].label then
    errors.raise(("%s.%s cannot be written: it is a measure"):format(owner[view].label, ffi.string(f.name)))
  elseif f.writable == 0 then
    local names, _ = {}, owner[view].handle -- home: fields can be written again, or not
    for _, name in ipairs(owner[view].field_names) do
      if owner[view].fields[name].writable ~= 0 then names[#names + 1] = name end
    end
    errors.raise(("sim.%s cannot be written%s; %s can"):format(ffi.string(f.name),
      owner[view].in_hook and " in the middle of a step (each_step; do it in call)" or "", table.concat(names, ", ")))
  end
  errors.raise(("sim.%s[%s] must be %s, got %s"):format(ffi.string(f.name), show(i),
    view._column < 0 and "three numbers {x, y, z}" or "a number", show(value)))
end

-- A view type and its members, as source: one set for each kind of array, stride and component, so that an access compiles to
-- an address with constant factors and without a test of the kind (measured, linear drag on 100 000 particles: 2.8 ns per
-- particle against 3.9 with strides read from the field; the C loop needs 2.2 to 2.6).
local column_source = [[
local ffi, out_of_range, refuse_value, tobit, named, called, no_length, not_written, fetched, opened = ...
local type, tonumber = type, tonumber
ffi.cdef "struct NAME { FIELD* _f; int32_t _column; };"
local Column = ffi.typeof "struct NAME"
ffi.metatype(Column, {
  __index = function(view, i)
    local f = view._f
    if type(i) == "number" and i >= 1 and i <= f.count and tobit(i) == i then
      local k, r = (i - 1) * STRIDE + COLUMN, (i - 1) * RESIDUAL + COLUMN
      return READ
    end
    local member = named(view, i)
    if member ~= nil then return member end
    if fetched(view, i) then return view[i] end
    out_of_range(view, i, f.count)
  end,
  __newindex = function(view, i, value)
    local f = view._f
    if type(i) == "number" and type(value) == "number" and f.writable ~= 0 then
      if i >= 1 and i <= f.count and tobit(i) == i then
        local k, r = (i - 1) * STRIDE + COLUMN, (i - 1) * RESIDUAL + COLUMN
        WRITE
        return
      end
      not_written(view, i, f.count)
      return
    end
    if opened(view) then
      view[i] = value
      return
    end
    refuse_value(view, i, value)
  end,
  __len = function(view)
    local n = view._f.count
    if n == 0 then return (no_length(view)) end
    return n
  end,
  __call = function(view, ...) return called(view, ...) end,
})
return Column
]]

local vector_source = [[
local ffi, out_of_range, refuse_value, tobit, named, new_vector, vector_components, no_length, not_written, fetched, opened = ...
local type = type
ffi.cdef "struct NAME { FIELD* _f; int32_t _column; };"
local Vector = ffi.typeof "struct NAME"
local function get(view, i)
  local f = view._f
  if type(i) == "number" and i >= 1 and i <= f.count and tobit(i) == i then
    local k, r = (i - 1) * STRIDE, (i - 1) * RESIDUAL
    local x = READ
    k, r = k + 1, r + 1
    local y = READ
    k, r = k + 1, r + 1
    return x, y, READ
  end
  if fetched(view, i) then return get(view, i) end
  out_of_range(view, i, f.count)
end
local function set(view, i, x, y, z)
  local f = view._f
  if f.writable == 0 and opened(view) then
    set(view, i, x, y, z)
    return
  end
  if type(x) ~= "number" or type(y) ~= "number" or type(z) ~= "number" or f.writable == 0 then
    refuse_value(view, i, x)
  end
  if type(i) == "number" and i >= 1 and i <= f.count and tobit(i) == i then
    local k, r = (i - 1) * STRIDE, (i - 1) * RESIDUAL
    local value = x
    WRITE
    k, r, value = k + 1, r + 1, y
    WRITE
    k, r, value = k + 1, r + 1, z
    WRITE
    return
  end
  not_written(view, i, f.count)
end
ffi.metatype(Vector, {
  __index = function(view, i)
    if type(i) == "number" then
      local x, y, z = get(view, i)
      return (new_vector(x, y, z))
    end
    if i == "get" then return get end
    if i == "set" then return set end
    local member = named(view, i)
    if member ~= nil then return member end
    out_of_range(view, i, view._f.count)
  end,
  __newindex = function(view, i, value)
    local x, y, z = vector_components(value)
    if x == nil then refuse_value(view, i, value) end
    set(view, i, x, y, z)
  end,
  __len = function(view)
    local n = view._f.count
    if n == 0 then return (no_length(view)) end
    return n
  end,
})
return Vector
]]

-- Not in hot paths: members by name. The views of components are made once for each simulation.
local function named(view, key)
  local sim = owner[view]
  if type(key) ~= "string" or not sim or sim.closed then return nil end
  local f = view._f
  if view._column < 0 and components[key] then return (fields.component(sim, ffi.string(f.name), components[key])) end
  if key == "count" then return f.count > 0 and f.count or no_length(view) end
  if key == "unit" or key == "name" or key == "text" then return ffi.string(f[key]) end
  if key == "ptr" then
    -- The raw array and its stride (elements): valid until the simulation runs or particles come or go; no check at all. From a device
    -- it is fetched here, and counts as written.
    return function(self)
      fetch(self, true)
      return self._f.p, self._f.stride
    end
  end
end

local function called(view, ...)
  local sim = owner[view]
  local method = sim and not sim.closed and not sim.label and fields.methods[ffi.string(view._f.name)]
  if not method then errors.raise("a field is not a function; write sim.name[i]") end
  return method(...)
end

--- Methods of the simulation with the name of a field (sim:material): calling the field's view calls them.
fields.methods = {}

-- The count is read as two halves (little-endian), because a 64-bit integer would become a boxed number in Lua; particle
-- numbers stay below 2^31 here.
assert(ffi.abi("le"), "barchan: only little-endian processors are supported")
local mirror = "typedef struct { %s *p, *residual; int32_t count, count_high; int32_t columns, stride, residual_stride, kind, "
  .. "writable; const char *name, *unit, *text; } %s;"

local sum, plain = "f.p[k] + f.residual[r]", "f.p[k]"
local split = "f.p[k] = value; f.residual[r] = value - f.p[k]" -- the second reads what the array could hold of the value
local refuse = "refuse_value(view, i, value)"
local kinds = {
  [0] = { "barchan_field_f64", "double", plain, "f.p[k] = value" },
  { "barchan_field_f32r", "float", sum, split },
  { "barchan_field_f64r", "double", sum, split },
  { "barchan_field_i64", "int64_t", "tonumber(f.p[k])", refuse },
  { "barchan_field_i32", "int32_t", "f.p[k] + 1", refuse }, -- numbers of things: from 1 in Lua
}
local nothing = {}
for kind = 0, #kinds do
  local entry = kinds[kind]
  ffi.cdef(mirror:format(entry[2], entry[1]))
  assert(ffi.sizeof(entry[1]) == ffi.sizeof("brc_field"), "brc_field changed")
  entry.pointer = ffi.typeof(entry[1] .. "*")
  nothing[kind] = ffi.new(entry[1]) -- what the views of a closed simulation look at: no particles
end

-- The view type of a field's component, or of the whole (column -1), made at first use.
local made = {}
local function view_type(f, column)
  local key = ("%d_%d_%d_%d"):format(f.kind, f.stride, f.residual_stride, column + 1)
  if made[key] then return made[key] end
  local entry = kinds[f.kind]
  local values = { NAME = "barchan_view_" .. key, FIELD = entry[1], READ = entry[3], WRITE = entry[4],
    STRIDE = f.stride, RESIDUAL = f.residual_stride, COLUMN = column }
  local source = (column < 0 and vector_source or column_source):gsub("%u%u%u+", values)
  local chunk = assert(loadstring(source, debug.getinfo(1, "S").source))
  if column < 0 then
    made[key] = chunk(ffi, out_of_range, refuse_value, tobit, named, new_vector, vector.components, no_length,
      not_written, fetched, opened)
  else
    made[key] = chunk(ffi, out_of_range, refuse_value, tobit, named, called, no_length, not_written, fetched, opened)
  end
  return made[key]
end

local function keep(sim, key, view)
  owner[view] = sim
  sim.views[key] = view
  return view
end

--- Makes a table of arrays: label and empty as above; list: the brc_field* of its arrays, kept in place by the engine.
function fields.table(label, empty, list)
  local t = { label = label, empty = empty, closed = false, fields = {}, field_names = {},
    views = setmetatable({}, { __mode = "v" }) }
  for i, f in ipairs(list) do
    local name = ffi.string(f.name)
    t.fields[name], t.field_names[i] = f, name
  end
  return t
end

--- Looks the fields up once. sim.fields: name -> brc_field*; sim.field_names: in the engine's order; sim.views: those in use (weak).
function fields.attach(sim, C)
  engine = C
  local list, names = {}, {}
  for i = 0, C.brc_field_count(sim.handle) - 1 do
    local f = C.brc_field_get(sim.handle, i)
    local name = ffi.string(f.name)
    list[name], names[#names + 1] = f, name
  end
  sim.fields, sim.field_names = list, names
  sim.views = setmetatable({}, { __mode = "v" })
end

--- The view of a field, made at its first use; nil when there is no such field.
function fields.view(sim, name)
  local f = sim.fields[name]
  if not f then return nil end
  local view = sim.views[name]
  if view then return view end
  local column = f.columns == 1 and 0 or -1
  return (keep(sim, name, view_type(f, column)(ffi.cast(kinds[f.kind].pointer, f), column)))
end

--- The view of one component (0, 1, 2) of a vector field.
function fields.component(sim, name, column)
  local key = name .. column
  local view = sim.views[key]
  if view then return view end
  local f = sim.fields[name]
  return (keep(sim, key, view_type(f, column)(ffi.cast(kinds[f.kind].pointer, f), column)))
end

--- Whose view this is: the inner state, or the table of arrays; nil when it is no view.
function fields.owner(view) return owner[view] end

--- What a view is called in a script: "sim.mass", "sim.x.z", "network.force.x"; nil when it is no view.
function fields.name_of(view)
  local of = owner[view]
  if not of then return nil end
  local f = view._f
  if f.name == nil then return "a field of a simulation that is closed" end
  local name = (of.label or "sim") .. "." .. ffi.string(f.name)
  return f.columns > 1 and view._column >= 0 and name .. "." .. ("xyz"):sub(view._column + 1, view._column + 1) or name
end

--- Points all views of a simulation at nothing: it is about to free its arrays.
function fields.detach(sim)
  for _, view in pairs(sim.views) do view._f = nothing[view._f.kind] end
end
jit.off(fields.detach) -- finalizers call it: see init.lua

return fields
