-- normal_hertz.lua -- elastic spheres (Hertz 1882; Johnson, Contact Mechanics, 1985): F = 4/3 E* sqrt(R*) overlap^(3/2),
-- 1/E* = (1 - nu1^2)/E1 + (1 - nu2^2)/E2, contact radius a = sqrt(R* overlap).
return barchan.normal_model {
  name = "hertz",
  about = "Hertz's elastic spheres",
  material = {
    young = { "Pa", 0, exclusive = true, text = "Young's modulus" },
    poisson = { "1", -1, 0.5, exclusive = true, text = "Poisson's ratio" },
  },
  offers = { normal_stiffness = "N/m", normal_tangent = "N/m", contact_radius = "m" },
  damping_scale = sqrt(5 / 6), -- Tsuji et al. 1992; Antypov and Elliott 2011
  derive = function(a, b)
    return { E = effective_young(a, b) }
  end,
  coefficients = { E = "Pa" },

  force = function(c, k)
    local a = sqrt(c.R * c.overlap)
    local tangent = 2 * k.E * a
    local secant = 2 / 3 * tangent
    c.contact_radius, c.normal_tangent, c.normal_stiffness = a, tangent, secant
    return secant * c.overlap
  end,
  energy = function(c)
    return 0.4 * c.elastic_force * c.overlap
  end,
}
