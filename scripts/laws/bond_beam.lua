-- bond_beam.lua -- a bond between two particles: an elastic round beam of cement through the contact point, which carries tension,
-- shear, bending and torsion and breaks by its tensile or shear stress. The parallel bond of Potyondy and Cundall, Int. J. Rock
-- Mech. Min. Sci. 41 (2004) 1329, eqs. 10 to 18, with the normal force from the length (not summed up, so that it cannot drift)
-- and E A / L, G A / L, E I / L, G J / L as stiffnesses. The engine sets `rest`, and takes a bond away that says `broken`.

-- Stiffness [N/m] along and across the beam, [N m] bending and twisting it, and its section.
local function beam(c, k, h)
  local radius = where(gt(k.radius, 0), k.radius, k.radius_factor * min(c.R1, c.R2))
  local length = c.R1 + c.R2 - h.rest
  local area = pi * radius * radius
  local inertia = 0.25 * area * (radius * radius) -- [m^4]
  return k.E * area / length, k.G * area / length, k.E * inertia / length, 2 * (k.G * inertia) / length, area, radius, inertia
end

return barchan.contact_law {
  name = "bond_beam",
  about = "elastic beam: tension, shear, bending, torsion; breaks by tensile or shear stress (Potyondy and Cundall 2004)",
  pair = {
    young = { "Pa", 0, exclusive = true, text = "Young's modulus of the beam" },
    poisson = { "1", -1, 0.5, exclusive = true, default = 0.25, text = "Poisson's ratio of the beam" },
    radius = { "m", 0, default = 0, text = "radius of the beam; 0: radius_factor times the smaller particle's" },
    radius_factor = { "1", 0, exclusive = true, default = 1, text = "radius of the beam over that of the smaller particle" },
    tensile_strength = { "Pa", 0, default = 1e30, text = "largest tensile stress, of tension and bending" },
    shear_strength = { "Pa", 0, default = 1e30, text = "largest shear stress, of shear and torsion" },
    damping = { "1", 0, default = 0, text = "damping of the beam's four springs, relative to critical" },
  },
  derive = function(_, _, bond)
    return { E = bond.young, G = bond.young / (2 * (1 + bond.poisson)), radius = bond.radius, radius_factor = bond.radius_factor,
      tensile = bond.tensile_strength, shear_strength = bond.shear_strength, damping = 2 * bond.damping }
  end,
  coefficients = { E = "Pa", G = "Pa", radius = "m", radius_factor = "1", tensile = "Pa", shear_strength = "Pa", damping = "1" },
  history = {
    rest = "m",                  -- overlap at which the beam is free of stress
    shear = barchan.vec3 "N",    -- force across the beam, on the first
    bend = barchan.vec3 "N m",   -- bending moment on the first
    twist = "N m",               -- torsion on the first
    broken = "1",                -- not 0: gone
  },

  force = function(c, k, h)
    local n = c.n
    local kn, ks, kb, kt, area, radius, inertia = beam(c, k, h)

    -- The middle of the step: where the normal was, from how fast the line of centres turns. Loads are stepped there, so that what the
    -- beam stores is the work that was done on it to second order in dt.
    local half, distance = 0.5 * c.dt, c.R1 + c.R2 - c.overlap
    local arms = c.spin + 0.5 * (c.R1 - c.R2) / (c.R1 + c.R2) * c.w_mean -- turning of both, by their shares of the distance
    local parting = c.v_mean + distance * cross(arms, n) -- of the centres
    local opening = dot(parting, n)
    local back = n - half / distance * (parting - opening * n)
    local middle = (1 / norm(back)) * back
    local sliding = parting - (distance - half * opening) * cross(arms, middle)

    -- What was across the beam turns with it: about the normal with both particles, and with the normal itself.
    local turn = dot(c.spin, middle) * half
    local function carried(v, to)
      local turned = v + turn * cross(middle, v)
      local flat = turned - dot(turned, to) * to
      local size = norm(flat)
      return where(gt(size, 0), norm(v) / size, 0) * flat
    end
    local across = sliding - dot(sliding, middle) * middle
    local spin = dot(c.w_mean, middle)
    local tension = kn * (h.rest - c.overlap)
    local shear = carried(carried(h.shear, middle) - (ks * c.dt) * across, n)
    local bend = carried(carried(h.bend, middle) - (kb * c.dt) * (c.w_mean - spin * middle), n)
    local twist = h.twist - kt * c.dt * spin
    h.rest, h.shear, h.bend, h.twist = h.rest, shear, bend, twist

    local pulled = tension / area + norm(bend) * (radius / inertia)
    local sheared = norm(shear) / area + 0.5 * abs(twist) * (radius / inertia)
    local broken = where(gt(pulled, k.tensile), 1, where(gt(sheared, k.shear_strength), 1, 0))
    h.broken = broken

    -- Dashpots; 1.6 m R^2 is the reduced moment of inertia of two equal spheres.
    local turning = 1.6 * c.m * (c.R * c.R)
    local vn = dot(c.v, n)
    local wn = dot(c.w, n)
    local force = -(tension + k.damping * sqrt(kn * c.m) * vn) * n + shear - k.damping * sqrt(ks * c.m) * (c.v - vn * n)
    local moment = bend - k.damping * sqrt(kb * turning) * (c.w - wn * n) + (twist - k.damping * sqrt(kt * turning) * wn) * n
    local whole = 1 - broken
    return whole * force, whole * moment
  end,
  energy = function(c, k, h)
    local kn, ks, kb, kt = beam(c, k, h)
    local stretch = h.rest - c.overlap
    return 0.5 * (kn * (stretch * stretch) + dot(h.shear, h.shear) / ks + dot(h.bend, h.bend) / kb + h.twist * h.twist / kt)
  end,
}
