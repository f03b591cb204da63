-- cohesion_willett.lua -- a liquid bridge of fixed volume V between two spheres, or a sphere and a wall: the fit to the numerical solution
-- of the Laplace-Young equation by Willett, Adams, Johnson and Seville, Langmuir 16 (2000) 9396, appendix:
-- ln(F/(2 pi R gamma)) = f1 - f2 exp(f3 ln S + f4 ln^2 S), S = s/2 sqrt(R/V), s the gap, R = 2 R1 R2/(R1 + R2), with f1 ... f4
-- polynomials of the contact angle and of ln(V/R^3), which is kept between 1e-6 and 0.1; angles below 50 degrees.
-- Forms at the touch, breaks at s = (1 + theta/2)(V^(1/3) + 0.1 V^(2/3)/R) (Lian, Thornton and Adams 1993). No energy: the integral of
-- this force over the gap has no closed form, so the energy book counts its work as it is done.
return barchan.cohesion_model {
  name = "willett",
  about = "capillary bridge, numerical solution of Willett et al. 2000",
  pair = {
    surface_tension = { "N/m", 0, text = "of the liquid" },
    contact_angle = { "rad", 0, 0.8727, default = 0, text = "between liquid and grains" },
    bridge_volume = { "m^3", 0, exclusive = true, text = "liquid in one bridge" },
  },
  derive = function(_, _, pair)
    local V = pair.bridge_volume
    local near, area = bridge_rupture(V, pair.contact_angle)
    return { tension = 2 * pi * pair.surface_tension, angle = pair.contact_angle, volume = V, rupture = near, rupture_area = area }
  end,
  coefficients = { tension = "N/m", angle = "1", volume = "m^3", rupture = "m", rupture_area = "m^2" },
  history = { bridge = "1" }, -- 1 from the touch to the rupture
  reach = function(k, R) return 1.00001 * (k.rupture + k.rupture_area / (2 * R)) end,

  force = function(c, k, h)
    local R, gap = 2 * c.R, max(-c.overlap, 0)
    local bridge = where(gt(gap, k.rupture + k.rupture_area / R), 0, where(gt(c.overlap, 0), 1, h.bridge))
    h.bridge = bridge
    local t, V = k.angle, k.volume
    local v = min(max(log(V / R / R / R), -13.8), -2.302585) -- V/R^3 from 1e-6 to 0.1, where the fit was made
    local s = log(max(0.5 * gap * sqrt(R / V), 1e-4)) -- below that the force is that of the touch to 1e-6
    local t2 = t * t
    local f1 = (-0.44507 + 0.050832 * t - 1.1466 * t2) + v * ((-0.1119 - 0.000411 * t - 0.1490 * t2)
      + v * ((-0.012101 - 0.0036456 * t - 0.01255 * t2) + v * (-0.0005 - 0.0003505 * t - 0.00029076 * t2)))
    local f2 = (1.9222 - 0.57473 * t - 1.2918 * t2) + v * ((-0.0668 - 0.1201 * t - 0.22574 * t2)
      + v * (-0.0013375 - 0.0068988 * t - 0.01137 * t2))
    local f3 = (1.268 - 0.01396 * t - 0.23566 * t2) + v * ((0.198 + 0.092 * t - 0.06418 * t2)
      + v * ((0.02232 + 0.02238 * t - 0.009853 * t2) + v * (0.0008585 + 0.001318 * t - 0.00053 * t2)))
    local f4 = (-0.010703 + 0.073776 * t - 0.34742 * t2) + v * ((0.03345 + 0.04543 * t - 0.09056 * t2)
      + v * (0.0018574 + 0.004456 * t - 0.006257 * t2))
    return -bridge * (k.tension * R * exp(f1 - f2 * exp(f3 * s + f4 * s * s)))
  end,
}
