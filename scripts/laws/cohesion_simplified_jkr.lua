-- cohesion_simplified_jkr.lua -- the attraction of the JKR theory, sqrt(8 pi w E a^3), with Hertz's contact radius a = sqrt(R overlap)
-- instead of the radius that belongs to it: explicit, without a neck, zero at the touch. normal = "jkr" is the theory itself.
return barchan.cohesion_model {
  name = "simplified_jkr",
  about = "JKR's attraction sqrt(8 pi w E a^3) with Hertz's contact radius",
  material = {
    young = { "Pa", 0, exclusive = true, text = "Young's modulus" },
    poisson = { "1", -1, 0.5, exclusive = true, text = "Poisson's ratio" },
  },
  pair = { work_of_adhesion = { "J/m^2", 0, text = "energy to part the surfaces, twice the surface energy" } },
  needs = { "contact_radius" },
  derive = function(a, b, pair)
    return { adhesion = sqrt(8 * pi * pair.work_of_adhesion * effective_young(a, b)) }
  end,
  coefficients = { adhesion = "N/m^1.5" },

  force = function(c, k)
    local a = sqrt(c.R * c.overlap)
    return -k.adhesion * a * sqrt(a)
  end,
  energy = function(c, k)
    local a = sqrt(c.R * c.overlap)
    return -4 / 7 * k.adhesion * a * sqrt(a) * c.overlap
  end,
}
