-- normal_thornton_ning.lua -- elastic, perfectly plastic spheres: Thornton, J. Appl. Mech. 64 (1997) 383, as in Thornton and Ning,
-- Powder Technology 99 (1998) 154, without adhesion. Hertz up to the contact radius a_y = pi R p_y / (2 E); from there on
-- F = F_y + pi p_y R (overlap - overlap_y); unloads as a Hertz contact of the flattened radius R_p, a_max^2 = (2 F + F_y)/(2 pi p_y).
return barchan.normal_model {
  name = "thornton_ning",
  about = "Hertz with yield at a limiting contact pressure, unloading flattened",
  material = {
    young = { "Pa", 0, exclusive = true, text = "Young's modulus" },
    poisson = { "1", -1, 0.5, exclusive = true, text = "Poisson's ratio" },
  },
  pair = { yield_pressure = { "Pa", 0, exclusive = true, text = "limiting contact pressure p_y, about 1.6 yield stresses" } },
  offers = { normal_stiffness = "N/m", normal_tangent = "N/m", contact_radius = "m" },
  derive = function(a, b, pair)
    return { E = effective_young(a, b), py = pair.yield_pressure }
  end,
  coefficients = { E = "Pa", py = "Pa" },
  history = { deepest = "m" }, -- largest overlap
  stiffest = function(k, R, overlap)
    local ay = pi * R * k.py / (2 * k.E)
    local Fy, over = 4 / 3 * k.E * ay * ay * ay / R, max(overlap - ay * ay / R, 0)
    return 2 * k.E * sqrt((2 * (Fy + pi * k.py * R * over) + Fy) / (2 * pi * k.py))
  end,

  force = function(c, k, h)
    local x, deepest = c.overlap, max(h.deepest, c.overlap)
    h.deepest = deepest
    local ay = (pi / 2) * (k.py / k.E) * c.R
    local xy, Fy = ay * ay / c.R, 4 / 3 * k.E * ay * ay * (ay / c.R)
    local plastic = gt(deepest, xy)
    local most = Fy + pi * k.py * c.R * (deepest - xy) -- force at the largest overlap
    local a2 = (2 * most + Fy) / (2 * pi * k.py)
    local flat = 4 / 3 * k.E * a2 * (sqrt(a2) / most) -- R_p
    local R = where(plastic, flat, c.R)
    local spring = where(plastic, max(x - deepest + a2 / flat, 0), x) -- what of the overlap is elastic
    local a = sqrt(R * spring)
    c.contact_radius, c.normal_tangent, c.normal_stiffness = a, 2 * k.E * a, 4 / 3 * k.E * a
    return 4 / 3 * k.E * a * spring
  end,
  energy = function(c) -- 2/5 F times the elastic part of the overlap
    return 0.4 * c.elastic_force * (c.elastic_force / max(c.normal_stiffness, quantity(1e-30, "N/m")))
  end,
}
