-- probe.lua -- tries a script's own law on a few contacts before the first step: at the edges of what it can meet (a touch by a
-- hair, no velocity, no history, far past the limit of friction, a wall) every result must be a number; at rest it must push apart
-- at some overlap; and from a collision nothing may come out faster than it went in. What fails is refused at the law's line.
jit.off(true, true) -- cold: see init.lua
local blame = require "barchan.law.blame"
local block = require "barchan.law.block"
local trace = require "barchan.law.trace"

local probe = {}

local normal = { 0, 0, 1 }

local function finite(x) return x - x == 0 end

-- What is not a number among the results of an evaluation, or nil.
local function unusual(l, force, moment, after, fluxes)
  local function odd(value, name)
    if type(value) == "table" then
      for _, axis in ipairs { "x", "y", "z" } do
        if not finite(value[axis]) then return ("%s.%s"):format(name, axis), value[axis] end
      end
    elseif not finite(value) then
      return name, value
    end
  end
  local name, value = odd(force, "the force")
  if not name then name, value = odd(moment, "the moment") end
  for _, field in ipairs(l.history_fields) do
    if not name then name, value = odd(after[field.name], "h." .. field.name) end
  end
  for _, field in ipairs(l.fields) do
    if not name and l.flux[field.name] then name, value = odd(fluxes[field.name], "the flux of " .. field.name) end
  end
  return name, value
end

local function text_of(c)
  local function vector(v) return ("(%.3g, %.3g, %.3g)"):format(v[1], v[2], v[3]) end
  return ("overlap = %.3g m, v = %s m/s, w = %s rad/s, %s, a partner %s"):format(c.overlap, vector(c.v), vector(c.w),
    c.after and "history of the step before" or "no history",
    c.R2 == 0 and "that is a wall" or "of the same size")
end

local function contact_of(l, R, m, dt, wall)
  local c = { n = normal, R = wall and R or 0.5 * R, m = wall and m or 0.5 * m, R1 = R, R2 = wall and 0 or R, m1 = m, m2 = wall and 0 or m,
    dt = dt, time = dt }
  for _, field in ipairs(l.fields) do
    for side = 1, 2 do c[field.name .. side] = field.unit == "K" and 300 or 0 end
  end
  return c
end

-- A sphere meets a plane at 45 degrees: kinetic energy after over before; nil when it does not come back. try: a block of the law.
local function collision(l, try, R, m, speed, dt)
  local z, vx, vz, w, ax, az, aw = 0, speed, -speed, 0, 0, 0, 0
  local I, c = 0.4 * m * R * R, contact_of(l, R, m, dt, true)
  local force, moment = try.force, try.moment
  for step = 1, 1000 do
    local px, pz, pw = vx + ax * dt, vz + az * dt, w + aw * dt
    vx, vz, w = vx + 0.5 * ax * dt, vz + 0.5 * az * dt, w + 0.5 * aw * dt
    z = z + vz * dt
    if z >= 0 then return (vx * vx + vz * vz + I / m * w * w) / (2 * speed * speed) end
    c.overlap, c.time = -z, step * dt
    c.v, c.v_mean, c.w, c.w_mean = { px - pw * R, 0, pz }, { vx - w * R, 0, vz }, { 0, pw, 0 }, { 0, w, 0 }
    try.put(0, c)
    try.run(1)
    ax, az, aw = force[1][0] / m, force[3][0] / m, (moment[2][0] - R * force[1][0]) / I
    vx, vz, w = vx + 0.5 * ax * dt, vz + 0.5 * az * dt, w + 0.5 * aw * dt
    if not finite(vx + vz + w) then return nil end
  end
end

-- Calls with each contact at the edges, with a number from 0; answers how many there are.
local function at_edges(l, R, m, dt, limit, moves, call)
  local n = 0
  for _, wall in ipairs { false, true } do
    local c = contact_of(l, R, m, dt, wall)
    for _, part in ipairs { 1e-12, 1e-6, 0.01, limit } do
      for i, v in ipairs(moves) do
        c.overlap, c.v, c.w, c.after = part * R, v, { 0, i > 2 and v[1] / R or 0, i > 2 and v[3] / R or 0 }, false
        call(c, n)
        n = n + 1
      end
    end
  end
  return n
end

--- Refuses a law that cannot serve between two materials (named by `pair`) with the coefficients k, for particles of radius R [m]
-- and mass m [kg]. limit: the largest overlap / radius that the run allows; packed: the law's program (code.pack).
function probe.check(l, k, pair, R, m, limit, packed)
  local function refuse(text, ...)
    error(("%slaw '%s' between %s: "):format(blame.definition(l.force_text), l.name, pair) .. text:format(...), 0)
  end
  local stiffness = l.stiffness(k, 0.5 * R, 0.01 * R)
  local dt = finite(stiffness) and stiffness > 0 and math.pi * math.sqrt(m / stiffness) / 60 or 1e-6
  local speed = 0.01 * R / (60 * dt) * math.pi
  local moves = { { 0, 0, 0 }, { 0, 0, -speed }, { 0, 0, speed }, { speed, 0, -speed }, { 1e4 * speed, 0, 0 } }
  local try = block.make(l, packed, k)
  local n = at_edges(l, R, m, dt, limit, moves, function(c, i) try.put(i, c) end)
  try.run(n)
  local usual = try.finite(n)
  try.run(n) -- with the history of the step before
  if not (usual and try.finite(n)) then -- once more in Lua, for the name of what is not
    at_edges(l, R, m, dt, limit, moves, function(c)
      local force, moment, after, fluxes = trace.evaluate(l, c, k)
      local name, value = unusual(l, force, moment, after, fluxes)
      if not name and #l.history_fields > 0 then
        c.after = true
        name, value = unusual(l, trace.evaluate(l, c, k, after))
      end
      if name then refuse("%s is %s at %s", name, value ~= value and "NaN" or tostring(value), text_of(c)) end
    end)
  end
  for _, wall in ipairs { false, true } do
    local c = contact_of(l, R, m, dt, wall)
    if l.reach and l.birth == "contact" then -- nothing acts before the two have touched
      c.overlap, c.v, c.w = -0.5 * l.reach(k, c.R), moves[1], moves[1]
      local force = trace.evaluate(l, c, k)
      if c.overlap < 0 and not (force.x == 0 and force.y == 0 and force.z == 0) then
        refuse("the force is %.3g N at a gap of %.3g m before the two have touched; with birth = \"contact\" it must be zero while all "
          .. "history is zero", force.z, -c.overlap)
      end
    end
  end

  local pushes, strongest = false, 0
  for _, part in ipairs { 1e-6, 1e-3, 0.01, 0.05, 0.2, limit } do
    local f = l.force_at(k, 0.5 * R, 0.5 * m, part * R)
    if f < 0 then strongest = math.min(strongest, f) else pushes = true end
  end
  if not pushes then
    refuse("it pulls at every overlap from 1e-6 to %g radii, with up to %.3g N: particles would fall into one another; the normal "
      .. "c.n points to the first particle, whose force this is, so a force that pushes apart is positive along it", limit, -strongest)
  end
  if strongest == 0 and finite(stiffness) and stiffness > 0 then
    local ratio = collision(l, block.make(l, packed, k), R, m, speed, dt)
    if ratio and ratio > 1.1 then
      refuse("it drives: a particle of %.3g m/s leaves a plane that it met at 45 degrees with %.3g times its energy; damping and friction "
        .. "act against the velocity c.v", math.sqrt(2) * speed, ratio)
    end
  end
end

return probe
