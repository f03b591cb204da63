-- simulation.lua -- the object that scripts hold: making it, its methods, fields and properties, closing it. What the methods
-- do is in the files that register them with simulation.method: materials, walls, insertion, output, run.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local native = require "barchan.native"
local errors = require "barchan.errors"
local checks = require "barchan.checks"
local api = require "barchan.api"
local fields = require "barchan.fields"
local journal = require "barchan.journal"
local meet = require "barchan.meet"
local ranks = require "barchan.ranks"
local vector = require "barchan.vector"
local settings = require "barchan.settings"
local C = native.C

local simulation = {}
local Simulation = {} -- the metatable
local methods = {}

-- Simulations that are not closed yet: what must be closed before the process ends.
local live = setmetatable({}, { __mode = "k" })
local kept = {} -- those that several ranks share, in order: all ranks close them together, so the collector does not
local made = 0 -- simulations so far
local open = 0 -- how many: counted, because LuaJIT 2.1.0-beta3 was seen to walk a weak table for ever while finalizers changed it

checks.define("axes", function(where, name, _, v)
  if type(v) ~= "string" or v:find("[^xyz]") then
    errors.raise(("%s: %s must be a text of the letters x, y and z, got %s"):format(where, name, checks.show(v)))
  end
  return v
end)

-- Where steps have left the state on a device, s.handle is nil: whoever wants it, for any call of the engine, finds it here, and the
-- state comes home first. s.engine is the same handle for the few calls that leave it where it is (brc_sim_stay).
local of_device = {
  __index = function(s, key)
    if key ~= "handle" then return nil end
    if s.alone and not meet.apart then
      meet.help(s.meeting, s.number)
    else
      native.check(C.brc_sim_home(s.engine), "the device")
      s.handle = s.engine
    end
    return s.engine
  end,
}

--- After steps: whether the state is here. It counts as away from the call on until somebody asks for the handle.
function simulation.look_where(s)
  if s.options.backend ~= "vulkan" then return end
  if C.brc_sim_away(s.engine) ~= 0 then s.handle = nil else s.handle = s.engine end
end

--- Of several ranks: the state comes home on all, because a function of the script has asked one of them for it.
function meet.helps(meeting, number)
  for _, sim in ipairs(kept) do
    if sim.number == number and sim.meeting == meeting then
      native.check(C.brc_sim_home_all(sim.engine), "the device")
      sim.handle = sim.engine
    end
  end
end

-- ---- making and closing -----------------------------------------------------------------------------------------------
local decompositions, rebalances = { rcb = 0, slabs = 1 }, { measured = 0, always = 1, never = 2 }
local precisions, exits, isas = { mixed = 0, double = 1 }, { stop = 0, remove = 1, warn = 2 },
  { auto = 0, sse2 = 1, avx2 = 2, avx512 = 3 }

-- Frees in the right order: files first, because they ask the simulation once more.
local function close(s)
  if s.closed then return end
  local failure
  if simulation.before_close then simulation.before_close(s) end
  for _, closer in ipairs(s.closers) do
    local ok, message = pcall(closer)
    if not ok and not failure then failure = message end
  end
  if settings.tally and not meet.apart then pcall(settings.tally, s) end
  fields.detach(s)
  s.closed = true
  live[s], open = nil, open - 1
  for i = #kept, 1, -1 do
    if kept[i] == s then table.remove(kept, i) end
  end
  C.brc_sim_destroy(s.engine)
  if failure then error(failure, 0) end
end

--- barchan.simulation{...}
function simulation.new(options, extra)
  local meeting = ranks.meeting()
  if meeting then meet.call(meeting, "barchan.simulation", options) end
  if extra ~= nil then
    errors.raise("barchan.simulation takes one table of options and is called with a dot: barchan.simulation{...}")
  end
  local o = checks.options("barchan.simulation", api.calls["barchan.simulation"].parameters, options)
  for key, value in pairs(settings.override) do o[key] = value end
  local c = ffi.new("brc_options")
  checks.put(c.lo, o.domain.lo)
  checks.put(c.hi, o.domain.hi)
  for k, axis in ipairs { "x", "y", "z" } do c.periodic[k - 1] = o.domain.periodic:find(axis, 1, true) and 1 or 0 end
  checks.put(c.tilt, o.domain.tilt)
  checks.put(c.gravity, o.gravity)
  c.precision, c.on_exit, c.isa = precisions[o.precision], exits[o.on_exit], isas[o.isa]
  c.decomposition, c.rebalance = decompositions[o.decomposition], rebalances[o.rebalance]
  c.threads = o.threads or ranks.threads()
  c.seed, c.skin = o.seed, o.skin or 0
  c.overlap_warn, c.overlap_stop = o.overlap_warn, o.overlap_limit
  -- Lua does not see the engine's memory: simulations that a script has dropped without closing them are looked for here. It
  -- takes three rounds: views hold their simulation, the finalizer closes it, then it is gone.
  if open >= 8 and not meeting then
    for _ = 1, 3 do collectgarbage() end
  end
  c.comm = ranks.comm()
  local out = ffi.new("brc_sim*[1]")
  native.check(C.brc_sim_create(c, out), "barchan.simulation")
  if o.backend == "vulkan" then
    local status = C.brc_sim_device(out[0], (o.device or 0) - 1)
    if tonumber(status) ~= 0 then C.brc_sim_destroy(out[0]) end
    native.check(status, "barchan.simulation", tonumber(status) == errors.DEVICE
      and "`barchan doctor` tells of all devices, and backend = \"cpu\" gives the same bits on the processor" or nil)
  elseif o.device then
    C.brc_sim_destroy(out[0])
    errors.raise('barchan.simulation: device goes with backend = "vulkan"')
  end
  if o.energy_book then native.check(C.brc_book_open(out[0]), "barchan.simulation") end

  local s = {
    handle = out[0], engine = out[0], closed = false, options = o, where = errors.where(), meeting = meeting, comm = c.comm,
    gravity = { o.gravity[1], o.gravity[2], o.gravity[3] }, threads = c.threads,
    materials = {}, pairs = {}, law = nil, stale_law = true, -- materials.lua
    user_fields = {},           -- user_fields.lua
    bonds = {},                 -- bonds.lua: { rate [rad/s], force [N] } of each sim:bond
    used = {}, on_walls = {},   -- material number -> { min, max } radius of its particles; -> how many walls are made of it
    walls = {}, followers = {}, -- walls.lua
    kernels = {}, stale_kernels = false, -- kernels.lua: those of sim:kernel, also removed ones; some are new
    events = {}, closers = {},  -- run.lua, output.lua
    outputs = {}, series = {}, inserters = {}, journal = journal.new(), user_state = {}, -- checkpoint.lua
    named = { walls = {}, inserters = {}, outlets = {}, meters = {} }, -- by the name that the script gave: numbers, for load.lua
    summary = ffi.new("brc_summary"), summary_valid = false,
    step = 0, step_base = 0, time_base = 0, ideal_time = 0,     -- the clock, see simulation.time
  }
  fields.attach(s, C)
  if o.backend == "vulkan" then
    setmetatable(s, of_device)
    C.brc_sim_stay(s.engine, 1)
  end
  -- Closes a simulation that the script has let go of, and all of them when Lua ends.
  s.guard = newproxy(true)
  getmetatable(s.guard).__gc = function()
    if not meeting then pcall(close, s)
    elseif not s.closed then ranks.at_end() end -- it was kept to the end of Lua
  end
  made = made + 1
  s.number = made
  live[s], open = true, open + 1
  if meeting then kept[#kept + 1] = s end
  local sim = setmetatable({ _ = s }, Simulation)
  s.public = sim
  return sim
end

--- A mark for close_all: what is there now.
function simulation.mark() return { simulations = made, writers = #journal.writers } end

--- Closes every simulation, in the order of their making, and every file; or only those made since a mark. The first message of what
-- failed, or nil. For the end of the process, or of a case of a campaign.
function simulation.close_all(mark)
  local failure, list = nil, {}
  for s in pairs(live) do
    if not mark or s.number > mark.simulations then list[#list + 1] = s end
  end
  table.sort(list, function(a, b) return a.number < b.number end)
  for _, s in ipairs(list) do
    local ok, message = pcall(close, s)
    if not ok then failure = failure or message end
  end
  for i = #journal.writers, mark and mark.writers + 1 or 1, -1 do
    journal.writers[i]:close()
    if mark then journal.writers[i] = nil end
  end
  return failure
end

--- The inner state behind a simulation object; nil when it is none.
function simulation.state(sim)
  return type(sim) == "table" and getmetatable(sim) == Simulation and rawget(sim, "_") or nil
end

-- ---- methods ----------------------------------------------------------------------------------------------------------
local function open_state(self, name)
  local s = simulation.state(self)
  if not s then
    errors.raise(("%s must be called with a colon: %s(...)"):format(name:gsub(":", "."), name))
  end
  if s.closed then errors.raise(name .. ": the simulation is closed") end
  return s
end

local unjournalled = { run = true, close = true } -- sim:run has an entry of another kind

--- Registers sim:name(...), implemented by fn(s, ...) on the inner state. other: what sim.name{...} with a dot does.
function simulation.method(name, fn, other)
  local full = "sim:" .. name
  methods[name] = function(self, ...)
    if other and not simulation.state(self) then return (other(self, ...)) end
    local s = open_state(self, full)
    if unjournalled[name] then
      if s.meeting then meet.call(s.meeting, full, ...) end
      return fn(s, ...)
    end
    return journal.call(s, full, fn, s, ...)
  end
  fields.methods[name] = methods[name]
end

--- The parameters of a call for this simulation: those of the schema, and the fields that the script has added.
function simulation.parameters(s, full)
  local entry = api.calls[full]
  if not entry.fields or #s.user_fields == 0 then return entry.parameters end
  local list = {}
  for i, p in ipairs(entry.parameters) do list[i] = p end
  for _, u in ipairs(s.user_fields) do
    list[#list + 1] = { name = u.name, type = entry.fields, unit = u.unit, text = "value of the field " .. u.name }
  end
  return list
end

--- Registers sim:name{options}, checked against the schema, implemented by fn(s, checked options, given options).
function simulation.options_method(name, fn, other)
  local full = "sim:" .. name
  simulation.method(name, function(s, options, extra)
    if extra ~= nil then errors.raise(full .. " takes one table of options: " .. full .. "{...}") end
    return (fn(s, checks.options(full, simulation.parameters(s, full), options), options))
  end, other)
end

simulation.method("close", close)
methods.close = function(self) -- also when it is closed already
  local s = simulation.state(self)
  if not s then errors.raise("sim.close must be called with a colon: sim:close()") end
  if s.meeting and not s.closed then meet.call(s.meeting, "sim:close") end
  if s.running then errors.raise("sim:close: the simulation is running") end
  close(s)
end

function simulation.hash(s)
  local value = C.brc_sim_hash(s.handle)
  if value == 0 then native.check(C.BRC_ERR_DEVICE, "hash") end
  return (("%016x"):format(value))
end
simulation.method("hash", function(s) return (simulation.hash(s)) end)

simulation.method("overlap", function(s)
  local overlap, first, second = ffi.new("double[1]"), ffi.new("int64_t[1]"), ffi.new("int64_t[1]")
  native.check(C.brc_overlap_find(s.handle, overlap, first, second), "sim:overlap")
  if overlap[0] <= 0 then return 0 end
  local other = tonumber(second[0])
  return overlap[0], tonumber(first[0]), other < 0 and s.walls[-other] or other
end)

-- ---- properties -------------------------------------------------------------------------------------------------------
--- The summary of the state now. Kept until something may have changed it: views that a script holds can write at any
-- time, so once a script has asked for one that can be written, only the summary of the same look is reused.
function simulation.summary(s, fresh)
  if s.meeting then -- whether it may be out of date is known to the rank that has written
    fresh = meet.stop(s.meeting, (errors.where() or "?") .. ": a property of the simulation", 0,
      { (fresh or not s.summary_valid) and 1 or 0 })(1) > 0
  end
  if fresh or not s.summary_valid then
    native.check(C.brc_summary_get(s.handle, s.summary), "summary")
    s.summary_valid = true
  end
  return s.summary
end

--- [s] at a step. The engine's own arithmetic, so that the same bits come out: time is never summed up.
function simulation.time(s, step)
  return s.time_base + (step - s.step_base) * (s.dt or 0)
end

--- A new time step from now on; the engine does the same.
function simulation.set_dt(s, dt, what)
  native.check(C.brc_dt_set(s.handle, dt), what)
  if dt ~= s.dt then s.time_base, s.step_base, s.dt = simulation.time(s, s.step), s.step, dt end
end

local plain = { -- properties that are not sums over the particles. In the middle of a step: of its end
  time = function(s) return simulation.time(s, s.in_hook and s.step + 1 or s.step) end,
  step = function(s) return s.in_hook and s.step + 1 or s.step end,
  dt = function(s) return s.dt end,
  gravity = function(s) return (vector.new(s.gravity[1], s.gravity[2], s.gravity[3])) end,
  precision = function(s) return s.options.precision end,
  threads = function(s) return s.threads end,
  seed = function(s) return s.options.seed end,
  count = function(s) -- loops ask for it in every step: no sum over all for it
    return (tonumber(s.meeting and C.brc_particle_count(s.handle) or s.fields.id.count))
  end,
}

--- The number of a thing by the name that the script gives it. kind: "walls", ...
function simulation.name(s, kind, what, name, number)
  if not name then return end
  if s.named[kind][name] then errors.raise(("%s: name = '%s' is taken by another of the %s"):format(what, name, kind)) end
  s.named[kind][name] = number
end

--- Registers sim.name, read by fn(s).
function simulation.register_property(name, fn) plain[name] = fn end

local members = {}
for _, p in ipairs(api.properties) do members[p.name] = p.member end

--- Reads a property by name; nil when there is none.
function simulation.property(s, name, fresh)
  if plain[name] then return (plain[name](s)) end
  local member = members[name]
  if not member then return nil end
  local value = simulation.summary(s, fresh)[member]
  if name == "momentum" then return (vector.new(value[0], value[1], value[2])) end
  return (tonumber(value))
end

-- What newcomers call things.
local also_called = { position = "x", pos = "x", coordinate = "x", velocity = "v", vel = "v", omega = "angular_velocity",
  w = "angular_velocity", spin = "angular_velocity", f = "force", r = "radius", radii = "radius", m = "mass", particle_count = "count",
  n = "count", number = "count", energy = "kinetic_energy", timestep = "dt", time_step = "dt", t = "time", add = "insert",
  wall = "plane", save = "output", write = "output", destroy = "close" }

local function unknown_member(s, key)
  local names, seen = {}, {}
  local function take(name)
    if not seen[name] then names[#names + 1], seen[name] = name, true end
  end
  for name in pairs(methods) do take(name) end
  for _, name in ipairs(s.field_names) do take(name) end
  for _, p in ipairs(api.properties) do take(p.name) end
  table.sort(names)
  local near = type(key) == "string" and (also_called[key:lower():gsub("s$", "")] or errors.nearest(key, names))
  errors.raise(("a simulation has no '%s'%s"):format(tostring(key),
    near and "; did you mean '" .. near .. "'?" or "; there are: " .. table.concat(names, ", ")))
end

function Simulation.__index(self, key)
  local s = rawget(self, "_")
  if key == "closed" then return s.closed end
  if s.closed then
    if key == "close" then return methods.close end
    errors.raise(("sim.%s: the simulation is closed"):format(tostring(key)))
  end
  if type(key) == "string" then
    local f = s.fields[key]
    if f then
      if f.writable ~= 0 or rawget(s, "handle") == nil then s.writable_views = true end
      return (fields.view(s, key))
    end
    local method = methods[key]
    if method then return method end
    local value
    if key ~= "state" and journal.watches(s) and (plain[key] or members[key]) then
      return (journal.read(s, "sim." .. key, simulation.property, s, key, s.writable_views and members[key]))
    end
    value = simulation.property(s, key, s.writable_views and members[key])
    if value ~= nil or plain[key] then return value end
  end
  unknown_member(s, key)
end
jit.on(Simulation.__index) -- a field is looked up in loops over particles

local function assign(s, key, value)
  if key == "gravity" then
    local g = checks.value("sim.gravity", { name = "gravity", type = "vector", unit = "m/s^2" }, value)
    native.check(C.brc_gravity_set(s.handle, ffi.new("double[3]", g)), "sim.gravity")
    s.gravity = g
  elseif key == "dt" then
    s.options.dt = checks.value("sim", { name = "dt", type = "number", unit = "s", above = 0 }, value)
    s.stale_law = true
  elseif s.fields[key] then
    errors.raise(("sim.%s is a field; write sim.%s[i] = value"):format(key, key))
  else
    errors.raise(("sim.%s cannot be assigned; gravity, dt and state can"):format(tostring(key)))
  end
end

function Simulation.__newindex(self, key, value)
  local s = rawget(self, "_")
  if s.closed then errors.raise(("sim.%s: the simulation is closed"):format(tostring(key))) end
  if key == "state" then
    s.user_state = checks.value("sim", { name = "state", type = "table" }, value)
    return
  end
  journal.call(s, "sim." .. tostring(key) .. " =", function(_, v) assign(s, key, v) end, s, value)
end

function Simulation.__tostring(self)
  local s = rawget(self, "_")
  if s.closed then return "simulation (closed)" end
  return ("simulation at %.9g s, %d particles"):format(simulation.property(s, "time"), simulation.property(s, "count"))
end

simulation.methods = methods
return simulation
