-- cohesion_dmt.lua -- Derjaguin, Muller and Toporov, J. Colloid Interface Sci. 53 (1975) 314: hard, small spheres attract each other
-- with 2 pi w R while they touch, w the work of adhesion (2 gamma), added to Hertz's force.
return barchan.cohesion_model {
  name = "dmt",
  about = "Derjaguin-Muller-Toporov: constant attraction 2 pi w R while touching",
  pair = { work_of_adhesion = { "J/m^2", 0, text = "energy to part the surfaces, twice the surface energy" } },
  derive = function(_, _, pair)
    return { adhesion = 2 * pi * pair.work_of_adhesion }
  end,
  coefficients = { adhesion = "N/m" },

  force = function(c, k)
    return -k.adhesion * c.R
  end,
  energy = function(c, k)
    return -k.adhesion * c.R * c.overlap
  end,
}
