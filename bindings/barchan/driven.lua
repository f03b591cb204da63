-- driven.lua -- walls that forces drive: servos, which move until the particles push as asked, and free rigid bodies.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local native = require "barchan.native"
local errors = require "barchan.errors"
local checks = require "barchan.checks"
local simulation = require "barchan.simulation"
local vector = require "barchan.vector"
local walls = require "barchan.walls"
local C = native.C

-- A number, a table of rows {t, number}, or a function of time.
checks.define("target", function(where, name, p, v, at)
  if type(v) == "number" then return (checks.value(where, { name = name, type = "number", unit = p.unit }, v, at)) end
  if type(v) == "function" then return v end
  local unit = p.unit or "1"
  if type(v) ~= "table" then
    errors.raise_at(at, ("%s: %s must be a number [%s], a table of rows {t, number} or a function(t), got %s"):format(where, name, unit,
      checks.show(v)))
  end
  if #v < 2 then errors.raise_at(at, ("%s: %s must have at least 2 rows {t, number}, got %d"):format(where, name, #v)) end
  for i, row in ipairs(v) do
    if type(row) ~= "table" or #row ~= 2 then
      errors.raise_at(at, ("%s: %s[%d] must be {t, number} [s, %s], got %s"):format(where, name, i, unit, checks.show(row)))
    end
    for k = 1, 2 do checks.value(where, { name = ("%s[%d][%d]"):format(name, i, k), type = "number" }, row[k], at) end
    if i > 1 and not (row[1] > v[i - 1][1]) then
      errors.raise_at(at, ("%s: times must increase, but %s[%d][1] = %.9g s follows %.9g s"):format(where, name, i, row[1], v[i - 1][1]))
    end
  end
  return v
end)

local function reference_point(w, what)
  local state = ffi.new("brc_wall_state")
  native.check(C.brc_wall_state_get(w.state.handle, w.index, state), what)
  return state.position
end

walls.motion("servo", function(w, o, what)
  local kind = checks.one_of(what, o, { "force", "pressure", "torque" }, true)
  if not o.axis and not o.radial then errors.raise(what .. ": axis is missing: direction; the force is counted along it") end
  for _, key in ipairs { "axis", "area", "torque" } do
    if o.radial and o[key] then errors.raise(("%s: %s does not go with radial"):format(what, key)) end
  end
  if kind == "pressure" and not o.area and not o.radial then errors.raise(what .. ": area is missing: what the pressure acts on [m^2]") end
  if o.area and kind ~= "pressure" then errors.raise(what .. ": area goes with pressure, which is missing") end
  if o.origin and kind ~= "torque" then errors.raise(what .. ": origin goes with torque, which is missing") end
  checks.one_of(what, o, { "gain", "mass" })
  checks.one_of(what, o, { "gain", "damping" })
  local servo, index = ffi.new("brc_servo"), ffi.new("int32_t[1]")
  local target, factor = o[kind], o.area or 1
  servo.start, servo.stop = o.start or simulation.property(w.state, "time"), o.stop or math.huge
  if o.stop and not (o.stop > servo.start) then
    errors.raise(("%s: stop must be after start (%.6g s), got %.6g s"):format(what, servo.start, o.stop))
  end
  checks.put(servo.axis, o.axis or { 0, 0, 1 })
  servo.turning = o.radial and 2 or kind == "torque" and 1 or 0
  servo.pressure = o.radial and kind == "pressure" and 1 or 0
  local origin = o.origin or reference_point(w, what)
  for k = 0, 2 do servo.origin[k] = o.origin and origin[k + 1] or origin[k] end
  servo.mass, servo.damping, servo.gain = -1, -1, o.gain or 1
  if o.mass or o.damping then servo.mass, servo.damping = o.mass or 0, o.damping or 0 end
  servo.max_velocity, servo.lower, servo.upper = o.max_velocity or 0, o.lower or -math.huge, o.upper or math.huge
  local rows
  if type(target) == "number" then servo.target = target * factor
  elseif type(target) == "table" then
    rows = ffi.new("double[?]", 2 * #target)
    for i, row in ipairs(target) do rows[2 * i - 2], rows[2 * i - 1] = row[1], row[2] * factor end
    servo.table, servo.table_count = rows, #target
  end
  native.check(C.brc_wall_servo_set(w.state.handle, w.index, servo, index), what)
  w.moves = true
  w.state.walls_version = w.state.walls_version + 1
  local number, where = index[0], errors.where()
  if type(target) ~= "function" then return walls.forget(w, number) end
  walls.follower(w, number, function(t)
    local value = target(t)
    if type(value) ~= "number" or value - value ~= 0 then
      errors.raise_at(where, ("%s: %s(%.9g) must return a finite number, got %s"):format(what, kind, t, checks.show(value)))
    end
    walls.note_driven(w.state, value)
    native.check(C.brc_wall_servo_target(w.state.handle, w.index, number, value * factor), what)
  end)
end)

-- ---- free bodies --------------------------------------------------------------------------------------------------------
-- A vector or a function of time.
checks.define("load", function(where, name, p, v, at)
  if type(v) == "function" then return v end
  return (checks.value(where, { name = name, type = "vector", unit = p.unit }, v, at))
end)

-- The vector that a function gives at a time; a vector as it is.
local function load_at(load, what, name, t, where)
  if type(load) ~= "function" then return load[1], load[2], load[3] end
  local value = load(t)
  local x, y, z = vector.components(value)
  if not x or (x - x) + (y - y) + (z - z) ~= 0 then
    errors.raise_at(where, ("%s: %s(%.9g) must return a finite vector {x, y, z}, got %s"):format(what, name, t, checks.show(value)))
  end
  return x, y, z
end

walls.motion("free", function(w, o, what)
  local def = ffi.new("brc_body_def")
  def.mass, def.density, def.gravity = o.mass or 0, o.density or w.material.density, o.gravity and 1 or 0
  if o.mass and o.density then errors.raise(what .. ": mass and density exclude each other") end
  if o.inertia then
    if #o.inertia ~= 3 and #o.inertia ~= 6 then
      errors.raise(("%s: inertia must have 3 or 6 numbers, got %d"):format(what, #o.inertia))
    end
    for i, value in ipairs(o.inertia) do def.inertia[i - 1] = value end
    def.has_inertia = 1
  end
  for _, name in ipairs { "center", "velocity", "angular_velocity" } do
    if o[name] then
      checks.put(def[name], o[name])
      def["has_" .. name] = 1
    end
  end
  for k, axis in ipairs { "x", "y", "z" } do
    def.fix[k - 1] = o.fix:find(axis, 1, true) and 1 or 0
    def.fix_rotation[k - 1] = o.fix_rotation:find(axis, 1, true) and 1 or 0
  end
  local force, torque, where = o.force or { 0, 0, 0 }, o.torque or { 0, 0, 0 }, errors.where()
  local now = simulation.property(w.state, "time")
  def.force[0], def.force[1], def.force[2] = load_at(force, what, "force", now, where)
  def.torque[0], def.torque[1], def.torque[2] = load_at(torque, what, "torque", now, where)
  native.check(C.brc_wall_body_set(w.state.handle, w.index, def), what)
  w.moves = true
  w.free, w.state.stale_law = true, true -- the time step may depend on it
  walls.forget(w)
  w.follows, w.state.walls_version = nil, w.state.walls_version + 1
  if type(force) ~= "function" and type(torque) ~= "function" then return end
  local f, q = ffi.new("double[3]"), ffi.new("double[3]")
  walls.follower(w, "load", function(t)
    f[0], f[1], f[2] = load_at(force, what, "force", t, where)
    q[0], q[1], q[2] = load_at(torque, what, "torque", t, where)
    walls.note_driven(w.state, f[0], f[1], f[2], q[0], q[1], q[2])
    native.check(C.brc_wall_body_load(w.state.handle, w.index, f, q), what)
  end)
end)

walls.method("solid", function(w, what)
  local c = ffi.new("brc_solid")
  native.check(C.brc_wall_solid_get(w.state.handle, w.index, c), what)
  local inertia = {}
  for k = 1, 6 do inertia[k] = c.inertia[k - 1] end
  return { volume = c.volume, center = vector.new(c.center[0], c.center[1], c.center[2]), inertia = inertia }
end)

return true
