-- insertion.lua -- where particles come from and go to: sim:insert{...}, sim:remove, outlets.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local native = require "barchan.native"
local errors = require "barchan.errors"
local files = require "barchan.files"
local checks = require "barchan.checks"
local journal = require "barchan.journal"
local mesh = require "barchan.mesh"
local sizes = require "barchan.sizes"
local materials = require "barchan.materials"
local meet = require "barchan.meet"
local simulation = require "barchan.simulation"
local user_fields = require "barchan.user_fields"
local C = native.C

local WHAT = "sim:insert"
local insertion = {}

-- ---- the object that sim:insert returns --------------------------------------------------------------------------------
local Inserter = {}
local inserter_methods = {}
local inserter_names = { "count", "mass", "first_id", "blocked", "remove", "particle" }

-- The inner state of the object that a method is called on.
local function own(object, metatable, what)
  if type(object) ~= "table" or getmetatable(object) ~= metatable then
    errors.raise(("%s must be called with a colon: %s()"):format(what:gsub(":", "."), what))
  end
  return rawget(object, "_")
end

local function engine_state(g)
  local state = ffi.new("brc_insert_state")
  native.check(C.brc_insert_get(g.state.engine, g.index, state), "inserter")
  return { count = tonumber(state.count), mass = state.mass, first_id = tonumber(state.first_id),
    blocked = tonumber(state.blocked) }
end

function inserter_methods.remove(inserter)
  local g = own(inserter, Inserter, "inserter:remove")
  if g.state.closed then errors.raise("inserter:remove: the simulation is closed") end
  if not g.index then errors.raise("inserter:remove: only a stream can be removed; these particles are in already") end
  if g.final then return end
  g.final = engine_state(g)
  native.check(C.brc_insert_remove(g.state.handle, g.index), "inserter:remove")
end

function inserter_methods.particle(inserter, k)
  local g = own(inserter, Inserter, "inserter:particle")
  if g.stream then errors.raise("inserter:particle: a stream has no numbered particles; use sim.id and sim:particle(id)") end
  local n = inserter.count
  checks.value("inserter:particle", { name = "number", type = "integer", min = 1, max = n }, k)
  return (simulation.methods.particle(g.state.public, g.ids and g.ids[k] or inserter.first_id + k - 1))
end

function Inserter.__index(inserter, key)
  if inserter_methods[key] then return inserter_methods[key] end
  local g = rawget(inserter, "_")
  for _, name in ipairs(inserter_names) do
    if name == key then
      if g.final then return g.final[key] end
      if g.state.closed then errors.raise(("inserter.%s: the simulation is closed"):format(key)) end
      return engine_state(g)[key]
    end
  end
  errors.raise(errors.unknown("member of an inserter", key, inserter_names))
end

function Inserter.__newindex(_, key) errors.raise(("inserter.%s cannot be assigned"):format(tostring(key))) end

journal.object(Inserter, inserter_methods, "inserter")

--- The object for an inserter; g: its inner state.
function insertion.object(g)
  if g.index and g.stream then g.state.inserters[g.index + 1] = g end
  return setmetatable({ _ = g }, Inserter)
end

-- The radii that a material's particles may have: what the time step and the force range are chosen from.
local function note_sizes(s, material, low, high)
  local u = s.used[material]
  if not u then
    s.used[material] = { min = low, max = high }
  elseif low < u.min or high > u.max then
    u.min, u.max = math.min(u.min, low), math.max(u.max, high)
  else
    return
  end
  s.stale_law = true
end

-- ---- fill, lattice, stream ----------------------------------------------------------------------------------------------
local function refuse(given, names, why)
  for _, name in ipairs(names) do
    if given[name] ~= nil then errors.raise(("%s: %s %s"):format(WHAT, name, why)) end
  end
end

local function one_vector(o, name)
  if type(o[name][1]) == "table" then errors.raise(("%s: %s must be one vector here; a list goes with x"):format(WHAT, name)) end
  return o[name]
end

local function generate(s, o, given)
  local stream, fill = o.rate or o.mass_rate, not o.lattice
  if not o.radius then errors.raise(WHAT .. ": radius is missing: a number, {min, max} or a distribution [m]") end
  if not o.region then errors.raise(WHAT .. ": region is missing: where to put them, e.g. sim.box{ lo = ..., hi = ... }") end
  refuse(given, { "id", "allowed_overlap" }, "goes with x or file")
  if not stream then refuse(given, { "name" }, "goes with a stream (rate or mass_rate)") end
  refuse(given, { "scale", "step", "types" }, "goes with file")
  if o.lattice then refuse(given, { "rate", "mass_rate", "mass" }, "does not go with a lattice; give count") end
  if not o.lattice then refuse(given, { "spacing" }, "goes with lattice") end
  if stream then
    checks.one_of(WHAT, o, { "rate", "mass_rate" })
  else
    refuse(given, { "start", "stop" }, "goes with a stream (rate or mass_rate)")
    if fill then checks.one_of(WHAT, o, { "count", "mass" }, true) end
    if o.lattice and not o.count then errors.raise(WHAT .. ": count is missing: the number of particles on the lattice") end
  end
  local def, anchor = ffi.new("brc_insert_def"), {}
  def.kind = stream and C.BRC_STREAM or o.lattice and C.BRC_LATTICE or C.BRC_FILL
  def.material, def.region = o.material.index, o.region.def
  sizes.fill(WHAT, o.radius, def.sizes, anchor)
  def.seed, def.count, def.mass = o.seed, o.count or 0, o.mass or 0
  def.count_rate, def.mass_rate = o.rate or 0, o.mass_rate or 0
  def.start, def.stop = o.start or simulation.property(s, "time"), o.stop or math.huge
  if stream and not (def.stop > def.start) then
    errors.raise(("%s: stop must be after start (%.6g s), got %.6g s"):format(WHAT, def.start, def.stop))
  end
  checks.put(def.v, one_vector(o, "velocity"))
  checks.put(def.w, one_vector(o, "angular_velocity"))
  def.spacing, def.lattice, def.attempts = o.spacing or 0, o.lattice == "hexagonal" and 1 or 0, o.attempts or 0
  local index = ffi.new("int32_t[1]")
  native.check(C.brc_insert_add(s.handle, def, index), WHAT)
  note_sizes(s, o.material.index, o.radius.min, o.radius.max)
  if stream then simulation.name(s, "inserters", WHAT, o.name, index[0] + 1) end
  local g = { state = s, index = index[0], stream = stream and true }
  if not stream then g.final = engine_state(g) end
  return insertion.object(g)
end

-- ---- given particles ----------------------------------------------------------------------------------------------------
-- of: the material of each by its number in a list, or nil.
local function add(s, o, count, x, v, w, radius, ids, what, of)
  local list = ffi.new("brc_add")
  local kinds = of and o.types or { o.material }
  local material = ffi.new("int32_t[?]", count)
  for i = 0, count - 1 do material[i] = kinds[of and of[i] or 1].index end
  list.count, list.x, list.v, list.w, list.radius, list.material, list.id = count, x, v, w, radius, material, ids
  list.allowed_overlap = o.allowed_overlap
  local first = ffi.new("int64_t[1]")
  native.check(C.brc_particles_add(s.handle, list, first), what)
  local low, high, mass = {}, {}, 0
  for i = 0, count - 1 do
    local k = of and of[i] or 1
    low[k], high[k] = math.min(low[k] or math.huge, radius[i]), math.max(high[k] or 0, radius[i])
    mass = mass + 4 / 3 * math.pi * kinds[k].density * radius[i] * radius[i] * radius[i]
  end
  for k, kind in ipairs(kinds) do
    if low[k] then note_sizes(s, kind.index, low[k], high[k]) end
  end
  return { count = count, mass = mass, first_id = tonumber(first[0]), blocked = 0 }
end
jit.on(add) -- loops over its particles

local function for_each(o, name, count)
  local v = o[name]
  if type(v[1]) == "table" then
    if #v ~= count then errors.raise(("%s: %d positions but %d of %s"):format(WHAT, count, #v, name)) end
    return checks.vectors(v)
  end
  local out = ffi.new("double[?]", 3 * count)
  for i = 0, count - 1 do out[3 * i], out[3 * i + 1], out[3 * i + 2] = v[1], v[2], v[3] end
  return out
end

local function from_list(s, o)
  if not o.radius then errors.raise(WHAT .. ": radius is missing: a number or one for each position [m]") end
  local x = type(o.x[1]) == "table" and o.x or { o.x }
  local count = #x
  local ids
  if o.id then
    if #o.id ~= count then errors.raise(("%s: %d positions but %d of id"):format(WHAT, count, #o.id)) end
    ids = ffi.new("int64_t[?]", count)
    for i = 1, count do ids[i - 1] = o.id[i] end
  end
  local radius = checks.numbers(sizes.each(WHAT, o.radius, count))
  local final = add(s, o, count, checks.vectors(x), for_each(o, "velocity", count), for_each(o, "angular_velocity", count),
    radius, ids, WHAT)
  user_fields.inserted(s, o, o, count, function(i) return o.id and o.id[i] or final.first_id + i - 1 end)
  return insertion.object { state = s, final = final, ids = o.id }
end

-- The types that a file of LAMMPS gives its particles are places in the list of materials `types`.
local function check_types(s, o, file, count)
  if not o.types then return end
  if file.type == nil then errors.raise(("%s: '%s' gives its particles no types; leave types away"):format(WHAT, o.file)) end
  for _, m in ipairs(o.types) do materials.own(s, WHAT, m) end
  for i = 0, count - 1 do
    if file.type[i] > #o.types then
      errors.raise(("%s: particle %d of '%s' has type %d, and types names %d material%s"):format(WHAT, i + 1, o.file, file.type[i],
        #o.types, #o.types == 1 and "" or "s"))
    end
  end
end

local function from_file(s, o, given)
  refuse(given, { "radius", "id" }, "comes from the file")
  local file = ffi.new("brc_particle_file")
  meet.all(s.meeting, function()
    native.check(user_fields.read_particles(s, files.find(o.file), o.scale, o.step or 0, file), WHAT)
  end)
  local count = tonumber(file.count)
  local ok, final = pcall(function()
    check_types(s, o, file, count)
    local v = file.v ~= nil and given.velocity == nil and file.v or for_each(o, "velocity", count)
    local w = file.w ~= nil and given.angular_velocity == nil and file.w or for_each(o, "angular_velocity", count)
    local made = add(s, o, count, file.x, v, w, file.radius, file.id ~= nil and file.id or nil, WHAT .. ": '" .. o.file .. "'",
      o.types and file.type)
    user_fields.inserted(s, o, given, count, function(i)
      return file.id ~= nil and tonumber(file.id[i - 1]) or made.first_id + i - 1
    end, file)
    return made
  end)
  local ids
  if ok and file.id ~= nil then
    ids = {}
    for i = 1, count do ids[i] = tonumber(file.id[i - 1]) end
  end
  C.brc_particle_file_free(file)
  if not ok then error(final, 0) end
  return insertion.object { state = s, final = final, ids = ids }
end

simulation.options_method("insert", function(s, o, given)
  materials.own(s, WHAT, o.material)
  if s.in_hook then errors.raise(WHAT .. ": not in the middle of a step (each_step); use call") end
  local how = checks.one_of(WHAT, o, { "x", "file", "lattice", "rate", "mass_rate" })
  user_fields.before_insert(s, o, WHAT)
  local made
  if how == "x" or how == "file" then
    refuse(given, { "name", "region", "count", "mass", "start", "stop", "spacing", "attempts", "seed" },
      "does not go with given particles")
    if how == "x" then
      refuse(given, { "scale", "step", "types" }, "goes with file")
      made = from_list(s, o)
    else
      made = from_file(s, o, given)
    end
  else
    made = generate(s, o, given)
  end
  s.summary_valid = false
  return made
end)

simulation.method("remove", function(s, ids)
  if s.in_hook then errors.raise("sim:remove: not in the middle of a step (each_step); use call") end
  if type(ids) == "number" then ids = { ids } end
  if type(ids) ~= "table" then errors.raise("sim:remove: expected an id or a list of ids, got " .. checks.show(ids)) end
  local list = ffi.new("int64_t[?]", math.max(#ids, 1))
  for i = 1, #ids do
    list[i - 1] = checks.value("sim:remove", { name = ("ids[%d]"):format(i), type = "integer", min = 1, max = 2 ^ 53 }, ids[i])
  end
  native.check(C.brc_particles_remove(s.handle, #ids, list), "sim:remove")
  s.summary_valid = false
end)

-- ---- outlets ------------------------------------------------------------------------------------------------------------
local Outlet = {}
local outlet_methods = {}

function outlet_methods.remove(outlet)
  local o = own(outlet, Outlet, "outlet:remove")
  if o.state.closed then errors.raise("outlet:remove: the simulation is closed") end
  if o.removed then errors.raise("outlet:remove: this outlet has been removed") end
  native.check(C.brc_outlet_remove(o.state.handle, o.index), "outlet:remove")
  o.removed = true
end

function Outlet.__index(outlet, key)
  if outlet_methods[key] then return outlet_methods[key] end
  local o = rawget(outlet, "_")
  if key ~= "count" and key ~= "mass" then
    errors.raise(errors.unknown("member of an outlet", key, { "count", "mass", "remove" }))
  end
  if o.state.closed then errors.raise(("outlet.%s: the simulation is closed"):format(key)) end
  local count, mass = ffi.new("int64_t[1]"), ffi.new("double[1]")
  native.check(C.brc_outlet_get(o.state.engine, o.index, count, mass), "outlet")
  return key == "count" and tonumber(count[0]) or mass[0]
end

function Outlet.__newindex(_, key) errors.raise(("outlet.%s cannot be assigned"):format(tostring(key))) end

journal.object(Outlet, outlet_methods, "outlet")

--- The object of the engine's outlet number `index`, from 0.
function insertion.outlet(s, index) return setmetatable({ _ = { state = s, index = index } }, Outlet) end

simulation.options_method("outlet", function(s, o)
  local what = "sim:outlet"
  local kind = checks.one_of(what, o, { "plane", "box", "mesh" }, true)
  local def, index = ffi.new("brc_outlet_def"), ffi.new("int32_t[1]")
  if kind == "mesh" then
    def.kind = C.BRC_OUTLET_MESH
    mesh.with(what, o.mesh, def, function() return C.brc_outlet_add(s.handle, def, index) end)
  else
    if kind == "plane" then
      def.kind, def.radius = C.BRC_OUTLET_PLANE, o.plane.radius or 0
      checks.put(def.point, o.plane.point)
      checks.put(def.normal, o.plane.normal)
    else
      def.kind = C.BRC_OUTLET_BOX
      checks.put(def.lo, o.box.lo)
      checks.put(def.hi, o.box.hi)
    end
    native.check(C.brc_outlet_add(s.handle, def, index), what)
  end
  simulation.name(s, "outlets", what, o.name, index[0] + 1)
  return insertion.outlet(s, index[0])
end)

return insertion
