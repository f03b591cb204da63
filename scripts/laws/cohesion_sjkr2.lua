-- cohesion_sjkr2.lua -- attraction k_c A with the area A = 2 pi overlap 2 R* (sjkr2 of LIGGGHTS); k_c is a cohesion energy density.
return barchan.cohesion_model {
  name = "sjkr2",
  about = "attraction in proportion to the area 4 pi R overlap",
  pair = { cohesion_density = { "J/m^3", 0, text = "cohesion energy density k_c" } },

  force = function(c, k)
    return -k.cohesion_density * (4 * pi) * c.overlap * c.R
  end,
  energy = function(c, k)
    return -k.cohesion_density * (2 * pi) * c.overlap * c.overlap * c.R
  end,
}
