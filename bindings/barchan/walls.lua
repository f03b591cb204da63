-- walls.lua -- planes, primitives and meshes as walls; their motions; what particles do to them.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local native = require "barchan.native"
local errors = require "barchan.errors"
local checks = require "barchan.checks"
local api = require "barchan.api"
local vector = require "barchan.vector"
local journal = require "barchan.journal"
local mesh = require "barchan.mesh"
local regions = require "barchan.regions"
local materials = require "barchan.materials"
local simulation = require "barchan.simulation"
local user_fields = require "barchan.user_fields"
local blame = require "barchan.law.blame"
local derivative = require "barchan.law.derivative"
local trace = require "barchan.law.trace"
local units = require "barchan.law.units"
local traced = require "barchan.traced"
local C = native.C

local walls = {}

-- ---- the object ---------------------------------------------------------------------------------------------------------
local Wall = {}
local wall_methods = {}

local function live(wall, what)
  if type(wall) ~= "table" or getmetatable(wall) ~= Wall then
    errors.raise(("%s must be called with a colon: wall%s(...)"):format(what:gsub(":", "."), what:match(":.*")))
  end
  if wall._.state.closed then errors.raise(what .. ": the simulation is closed") end
  if wall._.removed then errors.raise(("%s: this wall (%s) has been removed"):format(what, tostring(wall))) end
  return wall._
end

local function add_motion(w, what, o, fill)
  local m = ffi.new("brc_motion")
  m.start = o.start or simulation.property(w.state, "time")
  m.stop = o.stop or math.huge
  if o.stop and not (o.stop > m.start) then
    errors.raise(("%s: stop must be after start (%.6g s), got %.6g s"):format(what, m.start, o.stop))
  end
  local state = ffi.new("brc_wall_state")
  native.check(C.brc_wall_state_get(w.state.engine, w.index, state), what)
  for k = 0, 2 do m.origin[k] = o.origin and o.origin[k + 1] or state.position[k] end
  checks.put(m.axis, o.axis or { 0, 0, 1 })
  fill(m)
  native.check(C.brc_wall_motion_add(w.state.handle, w.index, m), what)
  w.moves = true
  w.state.walls_version = w.state.walls_version + 1
end

--- Registers wall:name{options}, checked against the schema, implemented by fill(inner state, checked options, "wall:name").
function walls.motion(name, fill)
  local what = "wall:" .. name
  wall_methods[name] = function(wall, options)
    local w = live(wall, what)
    local o = checks.options(what, api.calls[what].parameters, options)
    fill(w, o, what)
    return wall
  end
end
local motion = walls.motion

--- Registers wall:name(...), implemented by fn(inner state, "wall:name", ...).
function walls.method(name, fn)
  local what = "wall:" .. name
  wall_methods[name] = function(wall, ...) return (fn(live(wall, what), what, ...)) end
end

--- Before each step advance(t, dt) is called with the time at the step's end, until walls.forget. key: what it drives.
function walls.follower(w, key, advance)
  walls.forget(w, key)
  if w.state.running then
    w.state.obstacle = w.state.obstacle or ("a function that drives a wall, given in a callback (%s), which would not be done again")
      :format(errors.where() or "?")
  end
  table.insert(w.state.followers, { wall = w, key = key, advance = advance })
end

--- Whether the function that a wall follows was not in its checkpoint. found: it is there now.
function walls.is_missing(w, found)
  for i, wall in ipairs(w.state.missing or {}) do
    if wall._ == w then
      if found then table.remove(w.state.missing, i) end
      return true
    end
  end
  return false
end

--- Drops the followers of a wall, or that of one key.
function walls.forget(w, key)
  local list = w.state.followers
  for i = #list, 1, -1 do
    if list[i].wall == w and (key == nil or list[i].key == key) then table.remove(list, i) end
  end
end

motion("move", function(w, o, what)
  add_motion(w, what, o, function(m)
    m.kind = C.BRC_LINEAR
    checks.put(m.velocity, o.velocity)
  end)
end)

motion("rotate", function(w, o, what)
  add_motion(w, what, o, function(m) m.kind, m.rate = C.BRC_ROTATION, o.rate end)
end)

motion("oscillate", function(w, o, what)
  add_motion(w, what, o, function(m)
    m.kind, m.amplitude, m.period, m.phase, m.rotating = C.BRC_OSCILLATION, o.amplitude, o.period, o.phase, o.rotating and 1 or 0
  end)
end)

-- A function of time that is traced, differentiated, and then run by the engine.
local function follow_traced(w, o, what)
  local m = { body = o.motion, params = traced.params(what, o.params), units = o.units }
  local ok, got, rates = pcall(function()
    local g = trace.motion(m)
    return g, derivative.append(g, "time", units.parse "s")
  end)
  if not ok then errors.raise_text(got) end -- it begins with the line in the function
  local results, g, turns = {}, got.graph, false
  for i = 1, 6 do
    results[i], results[6 + i] = got.results[i], rates[i]
    turns = turns or i > 3 and not (g.op[got.results[i]] == "constant" and g.value[got.results[i]] == 0)
  end
  local names, values = traced.coefficients(m.params)
  local packed, keep = traced.program(g, results, { inputs = 1, uniforms = 0 }, names, function() return 0 end)
  local label, numbers = blame.definition(m.body):sub(1, -3), ffi.new("double[?]", #values + 1, values)
  add_motion(w, what, o, function(to)
    to.kind, to.rotating = C.BRC_TRACED, turns and 1 or 0
    to.program, to.params, to.label = packed, numbers, label
  end)
  w.traced = { keep, packed, numbers, label } -- what C was handed must live until it has made its copies
end

--- Refuses a run in the course of which a traced motion is not finite.
function walls.probe_motions(s, from, to)
  for _, wall in pairs(s.walls) do
    local w = wall._
    if w.traced and not w.removed then native.check(C.brc_wall_motion_probe(s.handle, w.index, from, to), "sim:run") end
  end
end

motion("follow", function(w, o, what)
  local how = checks.one_of(what, o, { "table", "call", "motion" }, true)
  for _, key in ipairs { "params", "start", "stop" } do
    if o[key] and how ~= "motion" then errors.raise(("%s: %s goes with motion, which is missing"):format(what, key)) end
  end
  if how == "motion" then
    if o.axis then errors.raise(what .. ": axis goes with a table of angles: a motion returns a rotation vector") end
    return follow_traced(w, o, what)
  end
  if how == "call" then
    if not walls.is_missing(w, true) then -- else the motion came with a checkpoint
      if w.follows then errors.raise(what .. ": this wall follows a function already") end
      add_motion(w, what, {}, function(m) m.kind, m.start = C.BRC_SCRIPTED, 0 end)
    end
    local follower = { call = o.call, where = errors.where(), index = w.index }
    w.follows = true
    walls.follower(w, "pose", function(t, dt) walls.set_pose(w.state, follower, t, dt) end)
    return
  end
  local rotating = #(o.table[1] or {}) == 2
  local columns = rotating and 2 or 4
  if rotating and not o.axis then errors.raise(what .. ": a table of angles {t, angle} needs an axis") end
  if #o.table < 2 then errors.raise(what .. ": table must have at least 2 rows, got " .. #o.table) end
  local rows = ffi.new("double[?]", columns * #o.table)
  for i, row in ipairs(o.table) do
    if type(row) ~= "table" or #row ~= columns then
      errors.raise(("%s: table[%d] must be %s like the first row, got %s"):format(what, i,
        rotating and "{t, angle}" or "{t, x, y, z}", checks.show(row)))
    end
    for k = 1, columns do
      rows[columns * (i - 1) + k - 1] = checks.value(what, { name = ("table[%d][%d]"):format(i, k), type = "number" }, row[k])
    end
    if i > 1 and not (row[1] > o.table[i - 1][1]) then
      errors.raise(("%s: times must increase, but table[%d][1] = %.9g s follows %.9g s"):format(what, i, row[1],
        o.table[i - 1][1]))
    end
  end
  add_motion(w, what, { axis = o.axis, origin = o.origin, start = o.table[1][1] }, function(m)
    m.kind, m.table, m.table_count, m.rotating = C.BRC_TABLE, rows, #o.table, rotating and 1 or 0
  end)
end)

motion("surface_velocity", function(w, o, what)
  native.check(C.brc_wall_surface_velocity(w.state.handle, w.index, ffi.new("double[3]", o.velocity)), what)
end)

function wall_methods.remove(wall)
  local w = live(wall, "wall:remove")
  native.check(C.brc_wall_remove(w.state.handle, w.index), "wall:remove")
  walls.is_missing(w, true)
  w.removed, w.state.walls_version, w.state.summary_valid = true, w.state.walls_version + 1, false
  local on, material = w.state.on_walls, w.material.index -- the last wall of a material takes its pairs with it
  on[material] = on[material] > 1 and on[material] - 1 or nil
  w.state.stale_law = w.state.stale_law or not on[material] or w.free
  walls.forget(w)
end

function wall_methods.halt(wall)
  local w = live(wall, "wall:halt")
  native.check(C.brc_wall_halt(w.state.handle, w.index), "wall:halt")
  walls.is_missing(w, true)
  w.state.stale_law, w.free = w.state.stale_law or w.free, nil
  walls.forget(w)
  w.follows, w.state.walls_version = nil, w.state.walls_version + 1
  return wall
end

local properties = {}
for _, p in ipairs(api.wall_properties) do properties[p.name] = true end

function Wall.__index(wall, key)
  if wall_methods[key] then return wall_methods[key] end
  local w = rawget(wall, "_")
  if key == "material" or key == "number" or key == "shape" then return w[key] end
  if not properties[key] then
    local value = not w.state.closed and not w.removed and user_fields.wall_get(w.state, w.index, key)
    if value then return value end
    local names = api.names(api.wall_properties)
    for name in pairs(wall_methods) do names[#names + 1] = name end
    for _, u in ipairs(w.state.user_fields) do names[#names + 1] = u.name end
    table.sort(names)
    errors.raise(errors.unknown("member of a wall", key, names))
  end
  live(wall, "wall." .. key)
  local state = ffi.new("brc_wall_state")
  native.check(C.brc_wall_state_get(w.state.engine, w.index, state), "wall." .. key)
  local value = state[key]
  if key == "mass" or key == "kinetic_energy" or key == "angular_momentum" then
    if state.body == 0 then return nil end
    if key ~= "angular_momentum" then return value end
  end
  if key == "rotation" then return { value[0], value[1], value[2], value[3] } end
  if key == "radius" then return value > 0 and value or nil end
  if key == "work" or key == "contacts" or key == "radial_force" then return (tonumber(value)) end
  return (vector.new(value[0], value[1], value[2]))
end

function Wall.__newindex(wall, key, value)
  local u = user_fields.find(rawget(wall, "_").state, key)
  if u then
    local w = live(wall, "wall." .. key)
    user_fields.wall_set(w.state, w.index, u, value, "wall")
    return
  end
  errors.raise(("wall.%s cannot be assigned; wall:move{}, :rotate{}, :oscillate{}, :follow{}, :servo{}, :free{}, :halt(), :remove() change it")
    :format(tostring(key)))
end

function Wall.__tostring(wall)
  local w = rawget(wall, "_")
  return ("wall %d, a %s of %s"):format(w.number, w.shape, w.material.name)
end

--- When all methods are there: lets the journal see them.
function walls.watch() journal.object(Wall, wall_methods, "wall") end

-- ---- making them --------------------------------------------------------------------------------------------------------
local sides = { inside = -1, outside = 1, both = 0, two = 0, one = 1 }

local function register(s, shape, o, def, index)
  local wall = setmetatable({ _ = { state = s, index = index[0], number = index[0] + 1, shape = shape, material = o.material } },
    Wall)
  simulation.name(s, "walls", "sim:" .. shape, o.name, index[0] + 1)
  s.walls[index[0] + 1] = wall
  user_fields.wall_made(s, index[0], o, "sim:" .. shape)
  local others = s.on_walls[o.material.index]
  s.on_walls[o.material.index], s.stale_law = (others or 0) + 1, s.stale_law or not others
  s.walls_version, s.summary_valid = (s.walls_version or 0) + 1, false
  return wall, def
end

--- An object for a wall of the engine that a callback of an earlier run had made.
function walls.adopt(s, number, name, of)
  s.walls[number] = setmetatable({ _ = { state = s, index = number - 1, number = number, shape = name, material = of } }, Wall)
end

-- name: the method; kind: the engine's shape; fill(def, o) copies the geometry. region: sim.name{...} with a dot.
local function shape(name, kind, fill, region)
  local what = "sim:" .. name
  simulation.options_method(name, function(s, o)
    materials.own(s, what, o.material)
    local def, index = ffi.new("brc_wall_def"), ffi.new("int32_t[1]")
    def.shape, def.material = kind, o.material.index
    def.side = sides[o.side or o.sides or "both"]
    def.open = o.open and 1 or 0
    fill(def, o)
    native.check(C.brc_wall_add(s.handle, def, index), what)
    return (register(s, name, o, def, index))
  end, region)
end

shape("plane", C.BRC_PLANE, function(def, o)
  checks.put(def.point, o.point)
  checks.put(def.normal, o.normal)
end)
shape("box", C.BRC_BOX, function(def, o)
  checks.put(def.point, o.lo)
  checks.put(def.point2, o.hi)
end, regions.box)
shape("cylinder", C.BRC_CYLINDER, function(def, o)
  checks.put(def.point, o.from)
  checks.put(def.point2, o.to)
  def.radius = o.radius
end, regions.cylinder)
shape("cone", C.BRC_CONE, function(def, o)
  checks.put(def.point, o.from)
  checks.put(def.point2, o.to)
  def.radius, def.radius2 = o.radius_from, o.radius_to
end, regions.cone)
shape("sphere", C.BRC_SPHERE, function(def, o)
  checks.put(def.point, o.center)
  def.radius = o.radius
end, regions.sphere)
shape("disc", C.BRC_DISC, function(def, o)
  checks.put(def.point, o.center)
  checks.put(def.normal, o.normal)
  def.radius = o.radius
end)

simulation.options_method("mesh", function(s, o)
  materials.own(s, "sim:mesh", o.material)
  local def, index = ffi.new("brc_wall_def"), ffi.new("int32_t[1]")
  def.shape, def.material, def.side = C.BRC_MESH, o.material.index, sides[o.sides]
  mesh.with("sim:mesh", o, def, function() return C.brc_wall_add(s.handle, def, index) end)
  return (register(s, "mesh", o, def, index))
end)

-- ---- walls that follow a function ---------------------------------------------------------------------------------------
local d, q, v, w = ffi.new("double[3]"), ffi.new("double[4]"), ffi.new("double[3]"), ffi.new("double[3]")

local function pose(follower, t)
  local shift, turn = follower.call(t)
  local x, y, z = 0, 0, 0
  if shift ~= nil then
    x, y, z = vector.components(shift)
    if not x then
      errors.raise_at(follower.where, ("wall:follow: call(%.9g) must return a displacement {x, y, z} [m], got %s"):format(t,
        checks.show(shift)))
    end
  end
  local a, b, c, e = 0, 0, 0, 1
  if turn ~= nil then
    if type(turn) == "table" and #turn == 4 then
      a, b, c, e = turn[1], turn[2], turn[3], turn[4]
      local n = math.sqrt(a * a + b * b + c * c + e * e)
      a, b, c, e = a / n, b / n, c / n, e / n -- a quaternion of zeros becomes NaN and is refused below
    else
      local rx, ry, rz = vector.components(turn)
      if not rx then
        errors.raise_at(follower.where, ("wall:follow: call(%.9g) must return a rotation vector {rx, ry, rz} [rad] or a "
          .. "quaternion {x, y, z, w} as its second value, got %s"):format(t, checks.show(turn)))
      end
      a, b, c, e = mesh.quaternion(rx, ry, rz)
    end
  end
  if not (x - x == 0 and y - y == 0 and z - z == 0 and a * a + b * b + c * c + e * e > 0.5) then
    errors.raise_at(follower.where, ("wall:follow: call(%.9g) returned a pose that is not finite: displacement %s, rotation %s")
      :format(t, checks.show(shift), checks.show(turn)))
  end
  return x, y, z, a, b, c, e
end

--- Sets the pose of a wall that follows a function, for a step that ends at time t. Velocities are central differences over the
-- step before and the step after: exact for motions of constant acceleration.
function walls.set_pose(s, follower, t, dt)
  local x0, y0, z0, a0, b0, c0, e0 = pose(follower, t - dt)
  local x1, y1, z1, a1, b1, c1, e1 = pose(follower, t + dt)
  local x, y, z, a, b, c, e = pose(follower, t)
  d[0], d[1], d[2], q[0], q[1], q[2], q[3] = x, y, z, a, b, c, e
  v[0], v[1], v[2] = (x1 - x0) / (2 * dt), (y1 - y0) / (2 * dt), (z1 - z0) / (2 * dt)
  -- Rotation from before to after, q1 conj(q0), as a vector: twice its vector part for the small angle of two steps.
  local rx, ry, rz = b1 * -c0 - c1 * -b0 + a1 * e0 - e1 * a0, c1 * -a0 - a1 * -c0 + b1 * e0 - e1 * b0,
    a1 * -b0 - b1 * -a0 + c1 * e0 - e1 * c0
  local sign = (a1 * a0 + b1 * b0 + c1 * c0 + e1 * e0) < 0 and -1 or 1 -- q and -q are the same rotation
  w[0], w[1], w[2] = sign * rx / dt, sign * ry / dt, sign * rz / dt
  walls.note_driven(s, x, y, z, a, b, c, e)
  native.check(C.brc_wall_pose_set(s.engine, follower.index, d, q, v, w), "wall:follow")
end

--- What functions of the script have given in this step, which has to be the same on all ranks.
function walls.note_driven(s, ...)
  if s.meeting then s.driven[#s.driven + 1] = { ... } end
end

--- What functions of the script drive, for a step that ends at time t.
function walls.follow(s, t, dt)
  s.driven = {}
  for _, follower in ipairs(s.followers) do follower.advance(t, dt) end
end

return walls
