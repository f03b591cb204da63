-- timestep.lua -- how large a time step may be. Two bounds, over all materials and pairs that can touch and the smallest
-- radii that occur or can be inserted:
--   Rayleigh   pi R sqrt(rho / G) / (0.1631 nu + 0.8766): the time that a surface wave needs around a particle, for laws
--              with elastic constants (Ning 1995); the default takes 0.2 of it.
--   contact    pi sqrt(m / k): half a period of two particles on their contact spring, k the law's stiffness at an overlap of
--              1 % of the smaller radius, m the effective mass; the default takes 0.05 of it, which resolves a collision in 20
--              steps. A time step above the whole of it cannot be stable and is refused.
local errors = require "barchan.errors"

local timestep = { RAYLEIGH_PART = 0.2, CONTACT_PART = 0.05, OVERLAP = 0.01 }

local function mass(density, radius) return 4 / 3 * math.pi * (radius * radius * radius) * density end

-- Smaller of `bound` and { value, text }.
local function least(bound, value, text)
  if value > 0 and (not bound or value < bound.value) then return { value = value, text = text } end
  return bound
end

--- Both bounds: { rayleigh = { value, text } or nil, contact = { value, text } or nil, default =, holds = text }.
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
      local k = s.law.stiffness(d.k, R, timestep.OVERLAP * one)
      if k > 0 then
        out.contact = least(out.contact, math.pi * math.sqrt(m / k),
          ("half period of the contact %s-%s at radius %.4g m"):format(a.name, b.name, one))
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
  if out.contact and not (out.default and out.default <= timestep.CONTACT_PART * out.contact.value) then
    out.default, out.holds = timestep.CONTACT_PART * out.contact.value,
      ("%g of the %s, %.4g s"):format(timestep.CONTACT_PART, out.contact.text, out.contact.value)
  end
  return out
end

--- The time step of the run: the script's, refused when it cannot be stable, or the default. Also the bounds.
function timestep.choose(s, what, derived, values)
  local bounds = timestep.bounds(s, derived, values)
  local dt = s.options.dt
  if dt then
    if bounds.contact and not (dt <= bounds.contact.value) then
      errors.raise(("%s: dt = %.4g s is too large to be stable: it must be <= %.4g s, the %s; the default would be %.3g s")
        :format(what, dt, bounds.contact.value, bounds.contact.text, bounds.default))
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
