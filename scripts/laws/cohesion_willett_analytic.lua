-- cohesion_willett_analytic.lua -- a liquid bridge of fixed volume V between two spheres, or a sphere and a wall: the closed form of
-- Willett, Adams, Johnson and Seville, Langmuir 16 (2000) 9396: F = 2 pi R gamma cos(theta) / (1 + 2.1 S + 10 S^2) with the gap s,
-- R = 2 R1 R2/(R1 + R2) and S = s/2 sqrt(R/V). Forms at the touch, breaks at s = (1 + theta/2)(V^(1/3) + 0.1 V^(2/3)/R) (Lian, Thornton
-- and Adams 1993).
return barchan.cohesion_model {
  name = "willett_analytic",
  about = "capillary bridge, closed form of Willett et al. 2000",
  pair = {
    surface_tension = { "N/m", 0, text = "of the liquid" },
    contact_angle = { "rad", 0, 1.5707, default = 0, text = "between liquid and grains" },
    bridge_volume = { "m^3", 0, text = "liquid in one bridge" },
  },
  derive = function(_, _, pair)
    local V = pair.bridge_volume
    local near, area = bridge_rupture(V, pair.contact_angle)
    return { tension = 2 * pi * pair.surface_tension * cos(pair.contact_angle), volume = V, rupture = near, rupture_area = area }
  end,
  coefficients = { tension = "N/m", volume = "m^3", rupture = "m", rupture_area = "m^2" },
  history = { bridge = "1" }, -- 1 from the touch to the rupture
  reach = function(k, R) return 1.00001 * (k.rupture + k.rupture_area / (2 * R)) end,

  force = function(c, k, h)
    local R, gap = 2 * c.R, max(-c.overlap, 0)
    local bridge = where(gt(gap, k.rupture + k.rupture_area / R), 0, where(gt(c.overlap, 0), 1, h.bridge))
    h.bridge = bridge
    local S = 0.5 * gap * sqrt(R / max(k.volume, quantity(1e-36, "m^3")))
    return -bridge * (k.tension * R / (1 + S * (2.1 + 10 * S)))
  end,
  -- Zero where the bridge breaks: the integral of dS/(1 + 2.1 S + 10 S^2) is 2/q atan((20 S + 2.1)/q), q^2 = 40 - 2.1^2.
  energy = function(c, k, h)
    local R, gap, q = 2 * c.R, max(-c.overlap, 0), sqrt(40 - 2.1 * 2.1)
    local per_gap = 0.5 * sqrt(R / max(k.volume, quantity(1e-36, "m^3")))
    local far = atan2(20 * per_gap * (k.rupture + k.rupture_area / R) + 2.1, q)
    local near = atan2(20 * per_gap * gap + 2.1, q)
    return -h.bridge * k.tension * R * (2 / q * (far - near) / per_gap + max(c.overlap, 0))
  end,
}
