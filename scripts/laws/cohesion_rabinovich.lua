-- cohesion_rabinovich.lua -- a liquid bridge of fixed volume V between two spheres, or a sphere and a wall: Rabinovich, Esayanur and
-- Moudgil, Langmuir 21 (2005) 10992: F = 2 pi R gamma cos(theta) / (1 + s/(2 d)) + 2 pi R gamma sin(alpha) sin(theta + alpha) with the
-- gap s, R = 2 R1 R2/(R1 + R2), d = (sqrt(s^2 + 2 V/(pi R)) - s)/2 and alpha = sqrt(2 d/R). Forms at the touch, breaks at
-- s = (1 + theta/2)(V^(1/3) + 0.1 V^(2/3)/R) (Lian, Thornton and Adams 1993).
return barchan.cohesion_model {
  name = "rabinovich",
  about = "capillary bridge of Rabinovich et al. 2005",
  pair = {
    surface_tension = { "N/m", 0, text = "of the liquid" },
    contact_angle = { "rad", 0, 1.5707, default = 0, text = "between liquid and grains" },
    bridge_volume = { "m^3", 0, text = "liquid in one bridge" },
  },
  derive = function(_, _, pair)
    local V = pair.bridge_volume
    local near, area = bridge_rupture(V, pair.contact_angle)
    return { tension = 2 * pi * pair.surface_tension, angle = pair.contact_angle, cosine = cos(pair.contact_angle), volume = V,
      rupture = near, rupture_area = area }
  end,
  coefficients = { tension = "N/m", angle = "1", cosine = "1", volume = "m^3", rupture = "m", rupture_area = "m^2" },
  history = { bridge = "1" }, -- 1 from the touch to the rupture
  reach = function(k, R) return 1.00001 * (k.rupture + k.rupture_area / (2 * R)) end,

  force = function(c, k, h)
    local R, gap = 2 * c.R, max(-c.overlap, 0)
    local bridge = where(gt(gap, k.rupture + k.rupture_area / R), 0, where(gt(c.overlap, 0), 1, h.bridge))
    h.bridge = bridge
    return -bridge * (k.tension * R * rabinovich_pull(k.volume, R, gap, k.angle, k.cosine))
  end,
  energy = function(c, k, h) -- zero where the bridge breaks
    local R, gap = 2 * c.R, max(-c.overlap, 0)
    local function work(s) return rabinovich_work(k.volume, R, s, k.angle, k.cosine) end
    local while_touching = rabinovich_pull(k.volume, R, quantity(0, "m"), k.angle, k.cosine) * max(c.overlap, 0)
    return -h.bridge * k.tension * R * (work(gap) - work(k.rupture + k.rupture_area / R) + while_touching)
  end,
}
