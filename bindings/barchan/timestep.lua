-- timestep.lua -- how large a time step may be. Bounds, over all materials and pairs that can touch and the smallest radii that occur
-- or can be inserted:
--   Rayleigh   pi R sqrt(rho / G) / (0.1631 nu + 0.8766): the time that a surface wave needs around a particle, for laws
--              with elastic constants (Ning 1995); the default takes 0.2 of it.
--   contact    pi sqrt(m / k): half a period of two particles on their contact spring, k the law's stiffness at an overlap of
--              1 % of the smaller radius, m the effective mass; the default takes 0.05 of it, which resolves a collision in 20
--              steps. A time step above the whole of it cannot be stable and is refused.
--   damping    m / c: the time in which the dashpot alone takes the relative velocity, c the law's -dF/dv at that overlap; the default
--              takes 0.4 of it, which a dashpot up to 1.27 times critical (a restitution of 0.1) does not reach. A time step
--              above the whole of it is refused: the dashpot would give back more than it takes (10 times critical at the default of the
--              contact alone: a restitution of 0.23 instead of 0.002, and a bed that heats up).
--   body       a free body counts like a particle, with the least mass that a push on its surface feels. Grains may push on all of it at
--              once, as many as its surface is that of grains: n contacts swing sqrt(n) times as fast and damp n times as much as one. The
--              default takes that into account where it would use up its margins: from 40 and from 4 contacts on.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local errors = require "barchan.errors"
local native = require "barchan.native"
local C = native.C

local timestep = { RAYLEIGH_PART = 0.2, CONTACT_PART = 0.05, DAMPING_PART = 0.4, OVERLAP = 0.01 }

local function mass(density, radius) return 4 / 3 * math.pi * (radius * radius * radius) * density end

-- Smaller of `bound` and { value, text }.
local function least(bound, value, text)
  if value > 0 and (not bound or value < bound.value) then return { value = value, text = text } end
  return bound
end

-- The bounds of a contact of mass m with a stiffness k and a damping c.
local function add(out, m, k, c, text)
  if k > 0 then out.contact = least(out.contact, math.pi * math.sqrt(m / k), "half period of " .. text) end
  if c > 0 then out.damping = least(out.damping, m / c, "mass over damping of " .. text) end
end

-- Those of a free body, and what the default is to be where grains push on all of it.
local function add_body(out, body, radius, k, c)
  local text = ("the free body (%s) between grains of radius %.4g m"):format(body.text, radius)
  add(out, body.mass, k, c, text)
  local contacts = body.area / (4 * math.pi * radius * radius)
  local function take(value) out.body = least(out.body, value, "what suits " .. text) end
  if k > 0 then take(timestep.CONTACT_PART * math.pi * math.sqrt(body.mass / (k * math.max(1, contacts / 40)))) end
  if c > 0 then take(timestep.DAMPING_PART * body.mass / (c * math.max(1, contacts / 4))) end
end

-- Free bodies of a material: mass that a contact feels, surface.
local function bodies(s, material)
  local list, mass_of, area = {}, ffi.new("double[1]"), ffi.new("double[1]")
  for _, wall in pairs(s.walls) do
    local w = wall._
    if w.free and not w.removed and w.material.index == material then
      native.check(C.brc_wall_body_response(s.handle, w.index, mass_of, area), "time step")
      list[#list + 1] = { mass = mass_of[0], area = area[0], text = tostring(wall) }
    end
  end
  return list
end

--- All bounds: { rayleigh, contact, damping, body = { value, text } or nil, default =, holds = text }.
function timestep.bounds(s, derived, values)
  local out = {}
  for index, sizes in pairs(s.used) do
    local m, v = s.materials[index + 1], values[index]
    if v and v.young and v.poisson then
      local shear = v.young / (2 * (1 + v.poisson))
      local t = math.pi * sizes.min * math.sqrt(m.density / shear) / (0.1631 * v.poisson + 0.8766)
      out.rayleigh = least(out.rayleigh, t, ("Rayleigh time of '%s' at radius %.4g m"):format(m.name, sizes.min))
    end
  end
  for _, d in ipairs(derived) do
    local a, b = s.materials[d.a + 1], s.materials[d.b + 1]
    local function meet(ra, rb) -- nil: a wall
      local one = ra or rb
      local R, m = one, mass((ra and a or b).density, one)
      if ra and rb then
        local ma, mb = mass(a.density, ra), mass(b.density, rb)
        R, m, one = ra * rb / (ra + rb), ma * mb / (ma + mb), math.min(ra, rb)
      end
      local overlap = timestep.OVERLAP * one
      local k, c = s.law.stiffness(d.k, R, overlap), s.law.damping_at(d.k, R, m, overlap)
      add(out, m, k, c, ("the contact %s-%s at radius %.4g m"):format(a.name, b.name, one))
      if ra and rb then return end
      for _, body in ipairs(bodies(s, ra and d.b or d.a)) do
        add_body(out, body, one, k, s.law.damping_at(d.k, R, math.min(m, body.mass), overlap))
      end
    end
    local ua, ub = s.used[d.a], s.used[d.b]
    if ua and ub then meet(ua.min, ub.min) end
    if ua and s.on_walls[d.b] then meet(ua.min, nil) end
    if ub and s.on_walls[d.a] then meet(nil, ub.min) end
  end
  for _, b in ipairs(s.bonds) do
    if b.rate > 0 then out.contact = least(out.contact, math.pi / b.rate, "half period of a pair on its bond") end
  end
  if out.rayleigh then
    out.default, out.holds = timestep.RAYLEIGH_PART * out.rayleigh.value,
      ("%g of the %s, %.4g s"):format(timestep.RAYLEIGH_PART, out.rayleigh.text, out.rayleigh.value)
  end
  for _, name in ipairs { "contact", "damping" } do
    local bound, part = out[name], name == "contact" and timestep.CONTACT_PART or timestep.DAMPING_PART
    if bound and not (out.default and out.default <= part * bound.value) then
      out.default, out.holds = part * bound.value, ("%g of the %s, %.4g s"):format(part, bound.text, bound.value)
    end
  end
  if out.body and out.body.value < out.default then
    out.default, out.holds = out.body.value, ("%s, %.4g s"):format(out.body.text, out.body.value)
  end
  return out
end

--- The time step of the run: the script's, refused when it cannot be stable, or the default. Also the bounds.
function timestep.choose(s, what, derived, values)
  local bounds = timestep.bounds(s, derived, values)
  local dt = s.options.dt
  if dt then
    for _, name in ipairs { "contact", "damping" } do
      local bound = bounds[name]
      if bound and not (dt <= bound.value) then
        errors.raise(("%s: dt = %.4g s is too large to be stable: it must be <= %.4g s, the %s; the default would be %.3g s")
          :format(what, dt, bound.value, bound.text, bounds.default))
      end
    end
    return dt, bounds
  end
  if not bounds.default then
    errors.raise(("%s: there are no particles, and no inserter, to choose a time step for; insert some or give dt to "
      .. "barchan.simulation"):format(what))
  end
  return bounds.default, bounds
end

return timestep
