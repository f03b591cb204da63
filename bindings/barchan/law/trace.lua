-- trace.lua -- from a law's function to its graph. The function is run once for each outcome of its `if`s; the results of the
-- runs are joined by selects.
jit.off(true, true) -- cold: see init.lua
local blame = require "barchan.law.blame"
local environment = require "barchan.law.environment"
local graph = require "barchan.law.graph"
local units = require "barchan.law.units"
local vector = require "barchan.law.vector"

local trace = {}
local fail = blame.fail

trace.path_limit = 64     -- runs of the function
trace.decision_limit = 64 -- comparisons in one run: more means a loop that depends on traced values
trace.instruction_limit = 2e7 -- of the Lua interpreter for one trace, half a second: more means a loop without an end

local tracing = false
environment.set_tracing(function() return tracing end)

local axes = { "x", "y", "z" }

--- What the engine gives for each contact: name, unit, rows of engine/law.h, text.
trace.inputs = {
  { name = "overlap", unit = "m", rows = { "BRC_IN_OVERLAP" }, text = "how deep the two are in one another; negative: a gap" },
  { name = "n", unit = "1", rows = { "BRC_IN_NX", "BRC_IN_NY", "BRC_IN_NZ" }, text = "vector: normal, from the second to the first" },
  { name = "v", unit = "m/s", rows = { "BRC_IN_VX", "BRC_IN_VY", "BRC_IN_VZ" },
    text = "vector: velocity of the first relative to the second where they touch; for dashpots" },
  { name = "w", unit = "rad/s", rows = { "BRC_IN_WX", "BRC_IN_WY", "BRC_IN_WZ" },
    text = "vector: angular velocity of the first less that of the second" },
  { name = "v_mean", unit = "m/s", mean_of = "v", rows = { "BRC_IN_UX", "BRC_IN_UY", "BRC_IN_UZ" },
    text = "vector: as v, mean over the step; times dt for displacements" },
  { name = "w_mean", unit = "rad/s", mean_of = "w", rows = { "BRC_IN_QX", "BRC_IN_QY", "BRC_IN_QZ" },
    text = "vector: as w, mean over the step" },
  { name = "R", unit = "m", rows = { "BRC_IN_R" }, text = "effective radius R1 R2/(R1 + R2); at a wall R1" },
  { name = "m", unit = "kg", rows = { "BRC_IN_M" }, text = "effective mass m1 m2/(m1 + m2); at a wall m1" },
  { name = "R1", unit = "m", rows = { "BRC_IN_R1" }, text = "radius of the first" },
  { name = "R2", unit = "m", rows = { "BRC_IN_R2" }, text = "radius of the second; 0 for a wall" },
  { name = "m1", unit = "kg", rows = { "BRC_IN_M1" }, text = "mass of the first" },
  { name = "m2", unit = "kg", rows = { "BRC_IN_M2" }, text = "mass of the second; 0 for a wall" },
  { name = "spin", unit = "rad/s", rows = { "BRC_IN_SX", "BRC_IN_SY", "BRC_IN_SZ" },
    text = "vector: mean angular velocity of the two, over the step" },
  { name = "dt", unit = "s", text = "time step" }, -- no row: one value for the block
  { name = "time", unit = "s", text = "at the end of the step" },
}

-- Rows of the two values of the law's j-th field (from 1).
local function field_row(j, side) return ("BRC_IN_F%d%s"):format(j - 1, side == 1 and "A" or "B") end

-- A record that knows its fields. `values` holds what was given or set, `writable` the units of what the law may set.
local function record(what, values, writable)
  local known = {}
  for key in pairs(values) do known[key] = true end
  for key in pairs(writable) do known[key] = true end
  return setmetatable({}, {
    __index = function(_, key)
      local value = values[key]
      if not value then
        if known[key] then fail("%s.%s is used before it is set", what, tostring(key)) end
        fail("unknown field '%s.%s'%s", what, tostring(key), blame.known(key, blame.keys(known)))
      end
      return value
    end,
    __newindex = function(_, key, value)
      local field = writable[key]
      if not field then
        if known[key] then fail("%s.%s must not be set by a law", what, tostring(key)) end
        fail("unknown field '%s.%s'%s", what, tostring(key), blame.known(key, blame.keys(writable)))
      end
      local place = what .. "." .. key
      if field.columns == 0 then -- a function that the composition hands to sub-models
        values[key] = value
        return
      end
      if field.columns == 3 then
        if not vector.is(value) then fail("%s is a vector, got a %s", place, type(value) == "cdata" and "scalar" or type(value)) end
        for _, axis in ipairs(axes) do trace.check_unit(value[axis], field.unit, place .. "." .. axis) end
      else
        trace.check_unit(value, field.unit, place)
      end
      values[key] = value
    end,
  })
end

--- While tracing: refuse a value of another unit. Runs on plain numbers only check the type.
function trace.check_unit(value, unit, place, prefix)
  local message
  if type(value) ~= "number" and not graph.is_scalar(value) then
    message = ("%s must be a number [%s], got %s"):format(place, units.name(unit), vector.is(value) and "a vector" or type(value))
  elseif graph.is_scalar(value) and unit then
    local got = graph.unit(value)
    if got and got ~= unit then
      message = ("law: result '%s' must be %s but is %s"):format(place, units.name(unit), units.name(got))
    end
  elseif tracing and type(value) == "number" and value ~= 0 and unit and unit ~= units.none then
    message = ("law: result '%s' must be %s but is the plain number %g"):format(place, units.name(unit), value)
  end
  if message then error((prefix or blame.place()) .. message, 0) end
end

local function checked(unit, law)
  return law.units and units.parse(unit) or nil
end

local newton, newton_metre = units.parse "N", units.parse "N m"

-- The three arguments of a law's functions.
local function records(law, contact, coefficients, history)
  local extra, written = {}, {}
  for name, field in pairs(law.offers) do extra[name] = field end
  for _, field in ipairs(law.history_fields) do written[field.name] = field end
  return record("c", contact, extra), record("k", coefficients, {}), record("h", history, written)
end

-- Runs the law's function once on the given values; answers force, moment, the history after it and the fluxes.
local function call(law, contact, coefficients, history)
  local force, moment, flux = law.force(records(law, contact, coefficients, history))
  local place = blame.definition(law.force_text)
  if not vector.is(force) then error(place .. "a law's force must return a vector, got " .. type(force), 0) end
  if moment == nil then moment = vector.make(0, 0, 0) end
  if not vector.is(moment) then error(place .. "the moment of a law must be a vector, got " .. type(moment), 0) end
  local fluxes = {}
  for name, unit in pairs(law.flux) do
    local value = type(flux) == "table" and not vector.is(flux) and flux[name]
    if not value then error(("%sthe law must return { %s = ... } [%s] after force and moment"):format(place, name, unit), 0) end
    trace.check_unit(value, checked(unit, law), "flux of " .. name, place)
    fluxes[name] = value
  end
  for _, axis in ipairs(axes) do
    trace.check_unit(force[axis], law.units and newton, "F_" .. axis, place)
    trace.check_unit(moment[axis], law.units and newton_metre, "M_" .. axis, place)
  end
  return force, moment, history, fluxes
end

-- Runs the law's measure once: a list of { name, power [W], energy [J] }.
local function call_measure(law, contact, coefficients, history)
  local parts = law.measure(records(law, contact, coefficients, history))
  for _, part in ipairs(parts) do
    local place = blame.definition(law.force_text)
    trace.check_unit(part.power, checked("W", law), "power of " .. part.name, place)
    trace.check_unit(part.energy, checked("J", law), "energy of " .. part.name, place)
  end
  return parts
end

-- The inputs of a law as nodes: contact, coefficients, history.
local function inputs(law)
  local contact, coefficients, history = {}, {}, {}
  for _, input in ipairs(trace.inputs) do
    local unit = checked(input.unit, law)
    if not input.rows then
      contact[input.name] = graph.input("step", input.name, unit)
    elseif #input.rows == 1 then
      contact[input.name] = graph.input("in", input.rows[1], unit)
    else
      contact[input.name] = vector.make(graph.input("in", input.rows[1], unit), graph.input("in", input.rows[2], unit),
        graph.input("in", input.rows[3], unit))
    end
  end
  for j, field in ipairs(law.fields) do
    for side = 1, 2 do contact[field.name .. side] = graph.input("in", field_row(j, side), checked(field.unit, law)) end
  end
  for _, name in ipairs(law.coefficients) do
    coefficients[name] = graph.input("coefficient", name, law.coefficient_units[name])
  end
  for _, field in ipairs(law.history_fields) do
    if field.columns == 3 then
      history[field.name] = vector.make(graph.input("history", field.name .. "_x", field.unit),
        graph.input("history", field.name .. "_y", field.unit), graph.input("history", field.name .. "_z", field.unit))
    else
      history[field.name] = graph.input("history", field.name, field.unit)
    end
  end
  return contact, coefficients, history
end

-- One run under trace: the nodes of all results in a fixed order.
local function run(law)
  local force, moment, after, fluxes = call(law, inputs(law))
  local results = {}
  local function put(x) results[#results + 1] = graph.lift(x, "a result") end
  for _, axis in ipairs(axes) do put(force[axis]) end
  for _, axis in ipairs(axes) do put(moment[axis]) end
  for _, field in ipairs(law.history_fields) do
    if field.columns == 3 then
      for _, axis in ipairs(axes) do put(after[field.name][axis]) end
    else
      put(after[field.name])
    end
  end
  for _, field in ipairs(law.fields) do
    if law.flux[field.name] then put(fluxes[field.name]) end
  end
  return results
end

local function key_of(condition)
  return condition.op .. condition.a .. "," .. condition.b
end

-- Traces run_once(), which answers a list of nodes. guarded: a loop without an end is found.
local function explore_all(law, run_once, guarded)
  local answers, log, asked, paths
  local function decide(condition)
    local key = key_of(condition)
    if asked[key] ~= nil then return asked[key] end
    local index = #log + 1
    if index > trace.decision_limit then
      fail("law: more than %d comparisons in one run: a loop must not depend on traced values", trace.decision_limit)
    end
    local answer = answers[index]
    if answer == nil then answer = true end
    log[index] = { condition = condition, answer = answer }
    asked[key] = answer
    return answer
  end

  local g = graph.begin(decide, law.units)
  tracing, paths = true, 0
  -- Runs with the first answers fixed and the others "yes", then turns each of those others to "no", the last one first.
  local function explore(fixed)
    paths = paths + 1
    if paths > trace.path_limit then
      error(blame.definition(law.force_text) .. ("law: more than %d paths through its ifs; use min, max, where or fewer ifs")
        :format(trace.path_limit), 0)
    end
    answers, log, asked = fixed, {}, {}
    local results, mine = run_once(), log
    for i = #mine, #fixed + 1, -1 do
      local other = {}
      for j = 1, i - 1 do other[j] = mine[j].answer end
      other[i] = false
      local alternative = explore(other)
      for j = 1, #results do results[j] = graph.select(mine[i].condition, results[j], alternative[j]) end
    end
    return results
  end
  local compiled = guarded and jit.status()
  if guarded then
    jit.off() -- compiled code does not look at hooks
    debug.sethook(function()
      fail("law: not done after %.0e instructions: a loop without an end?", trace.instruction_limit)
    end, "", trace.instruction_limit)
  end
  local ok, results = pcall(explore, {})
  if guarded then
    debug.sethook()
    if compiled then jit.on() end
  end
  tracing = false
  graph.finish()
  if not ok then error(results, 0) end
  local ids = {}
  for i, x in ipairs(results) do ids[i] = x.id end
  return { graph = g, results = ids, paths = paths }
end

local traces = setmetatable({}, { __mode = "k" })

--- Trace a law (once); guarded: it is a script's, and may hold a loop without an end. Answers { graph, results = node ids in the order
-- force, moment, history, fluxes (of those fields of law.fields that law.flux names); paths = runs that it took; unwritten = a history
-- field that no path changes, or nil }.
function trace.law(law, guarded)
  if traces[law] then return traces[law] end
  local traced = explore_all(law, function() return run(law) end, guarded)
  local g, at = traced.graph, 6
  for _, field in ipairs(law.history_fields) do
    local same = true
    for i = 1, field.columns do
      local id = traced.results[at + i]
      same = same and g.op[id] == "history" and g.name[id] == (field.columns == 3 and field.name .. "_" .. axes[i] or field.name)
    end
    if same then traced.unwritten = field.name end
    at = at + field.columns
  end
  traces[law] = traced
  return traced
end

--- Trace what the parts of a law do and store, for the energy book. Answers { graph, results, paths, names }: of each name the power
-- [W] of that part's force on the relative motion, then the elastic energy [J] that it stores at the end of the step; behind them, of
-- each name the three components of its force and of its moment on the first particle.
function trace.measure(law)
  local names
  local traced = explore_all(law, function()
    local results, parts = {}, call_measure(law, inputs(law))
    names = {}
    for i, part in ipairs(parts) do
      names[i] = part.name
      results[2 * i - 1], results[2 * i] = graph.lift(part.power, "a power"), graph.lift(part.energy, "an energy")
    end
    for _, part in ipairs(parts) do
      for _, axis in ipairs(axes) do results[#results + 1] = graph.lift(part.force and part.force[axis] or 0, "a force") end
      for _, axis in ipairs(axes) do results[#results + 1] = graph.lift(part.moment and part.moment[axis] or 0, "a moment") end
    end
    return results
  end)
  traced.names = names
  return traced
end

--- What a kernel of particles may read: name, unit, rows of barchan.h.
trace.particle_inputs = {
  x = { unit = "m", rows = { "BRC_PARTICLE_X", "BRC_PARTICLE_Y", "BRC_PARTICLE_Z" } },
  v = { unit = "m/s", rows = { "BRC_PARTICLE_VX", "BRC_PARTICLE_VY", "BRC_PARTICLE_VZ" } },
  angular_velocity = { unit = "rad/s", rows = { "BRC_PARTICLE_WX", "BRC_PARTICLE_WY", "BRC_PARTICLE_WZ" } },
  radius = { unit = "m", rows = { "BRC_PARTICLE_RADIUS" } },
  mass = { unit = "kg", rows = { "BRC_PARTICLE_MASS" } },
  time = { unit = "s" },
  dt = { unit = "s" },
}

-- Runs a kernel's function on the given particle and parameters; answers its vector.
local function call_kernel(kernel, particle, params)
  local result = kernel.body(record("p", particle, {}), record("k", params, {}))
  local place = blame.definition(kernel.body)
  if not vector.is(result) then error(place .. "a kernel must return a vector, got " .. type(result), 0) end
  for _, axis in ipairs(axes) do
    trace.check_unit(result[axis], kernel.torque and newton_metre or newton, (kernel.torque and "M_" or "F_") .. axis, place)
  end
  return result
end

-- Parameters (traced.lua) as nodes.
local function params_of(list)
  local params = {}
  for _, p in ipairs(list) do
    local function node(suffix) return graph.input("coefficient", p.name .. suffix, p.unit) end
    params[p.name] = p.columns == 3 and vector.make(node "_x", node "_y", node "_z") or node ""
  end
  return params
end

--- Trace a kernel { body, torque, reads = list of names, params = list of { name, unit (parsed), columns } }. Answers { graph, results }.
function trace.kernel(kernel)
  environment.adopt(kernel.body)
  return explore_all({ units = true, force_text = kernel.body }, function()
    local particle = {}
    for _, name in ipairs(kernel.reads) do
      local input = trace.particle_inputs[name]
      local unit = units.parse(input.unit)
      local function node(i) return graph.input(input.rows and "in" or "step", input.rows and input.rows[i] or name, unit) end
      particle[name] = input.rows and #input.rows == 3 and vector.make(node(1), node(2), node(3)) or node(1)
    end
    local result, nodes = call_kernel(kernel, particle, params_of(kernel.params)), {}
    for i, axis in ipairs(axes) do nodes[i] = graph.lift(result[axis], "a result") end
    return nodes
  end, true)
end

--- A kernel on plain numbers: particle maps what it reads, params its parameters, to numbers and { x, y, z } lists.
function trace.evaluate_kernel(kernel, particle, params)
  local p, k = {}, {}
  for name, value in pairs(particle) do p[name] = type(value) == "table" and vector.make(value[1], value[2], value[3]) or value end
  for name, value in pairs(params) do k[name] = type(value) == "table" and vector.make(value[1], value[2], value[3]) or value end
  return (call_kernel(kernel, p, k))
end

local metre, second = units.parse "m", units.parse "s"

-- Runs the function of a motion: displacement and rotation as vectors, each perhaps nil.
local function call_motion(motion, t, params)
  local results = { motion.body(t, record("k", params, {})) }
  local place = blame.definition(motion.body)
  for i, what in ipairs { { "displacement", "d", metre }, { "rotation", "r", units.none } } do
    local v = results[i]
    if type(v) == "table" and not vector.is(v) and #v == 3 then
      for k = 1, 3 do trace.check_unit(v[k], nil, ("%s[%d]"):format(what[1], k), place) end
      v = vector.make(v[1], v[2], v[3])
    end
    if v == nil then v = vector.make(0, 0, 0) end
    if not vector.is(v) then
      error(("%sa motion must return a displacement [m] and perhaps a rotation [rad], each vec3(x, y, z) or {x, y, z}, got %s for the %s")
        :format(place, graph.is_scalar(v) and "a scalar" or "a " .. type(v), what[1]), 0)
    end
    for _, axis in ipairs(axes) do trace.check_unit(v[axis], motion.units and what[3], what[2] .. "_" .. axis, place) end
    results[i] = v
  end
  return results[1], results[2]
end

--- Trace a motion { body = function(t, k), params, units = whether they are checked }. Answers { graph, results = nodes of the
-- displacement and of the rotation }; the one input is "time".
function trace.motion(motion)
  environment.adopt(motion.body)
  return explore_all({ units = motion.units, force_text = motion.body }, function()
    local params = params_of(motion.params)
    local shift, turn = call_motion(motion, graph.input("in", "time", motion.units and second or nil), params)
    local nodes = {}
    for i, axis in ipairs(axes) do nodes[i], nodes[3 + i] = graph.lift(shift[axis], "a result"), graph.lift(turn[axis], "a result") end
    return nodes
  end, true)
end

local function as_vector(v)
  if vector.is(v) then return v end
  return vector.make(v.x or v[1], v.y or v[2], v.z or v[3])
end

-- What was given as numbers, completed: contact, coefficients, history.
local function plain(law, contact, coefficients, history)
  local c, k, h = {}, {}, {}
  for _, input in ipairs(trace.inputs) do
    local value = contact[input.name]
    if not value and input.mean_of then value = contact[input.mean_of] end -- a contact that is given one velocity has it all the step
    if input.rows and #input.rows == 3 then
      c[input.name] = value and as_vector(value) or vector.make(0, 0, 0)
    else
      c[input.name] = value or (input.name == "R1" and contact.R) or (input.name == "m1" and contact.m) or 0
    end
  end
  for _, field in ipairs(law.fields) do
    for side = 1, 2 do c[field.name .. side] = contact[field.name .. side] or 0 end
  end
  for _, name in ipairs(law.coefficients) do
    k[name] = coefficients[name]
    if type(k[name]) ~= "number" then fail("coefficient '%s' of law %s must be a number, got %s", name, law.name, type(k[name])) end
  end
  for _, field in ipairs(law.history_fields) do
    local value = history and history[field.name]
    if field.columns == 3 then
      h[field.name] = value and as_vector(value) or vector.make(0, 0, 0)
    else
      h[field.name] = value or 0
    end
  end
  return c, k, h
end

--- Run the law's own function on plain numbers: the oracle of the tests. `contact` holds overlap, n, v, w, R, m, R1, R2, m1, m2,
-- dt, time and the two values of each field of the law (temperature1, temperature2); what is left out is zero, R1 = R, m1 = m;
-- vectors are {x, y, z} lists. `coefficients` are those of derive. `history` maps names to numbers and vectors, or is nil at first
-- touch. Answers force, moment (vectors with fields x y z), the new history and the fluxes (name -> number).
function trace.evaluate(law, contact, coefficients, history)
  return call(law, plain(law, contact, coefficients, history))
end

--- As trace.evaluate: the list of { name, power [W], energy [J] } of the law's parts.
function trace.evaluate_measure(law, contact, coefficients, history)
  return call_measure(law, plain(law, contact, coefficients, history))
end

return trace
