-- cohesion_sjkr.lua -- attraction k_c A in proportion to the area A of the circle in which two spheres intersect, or a sphere and a wall
-- (sjkr of LIGGGHTS); k_c is a cohesion energy density.
return barchan.cohesion_model {
  name = "sjkr",
  about = "attraction in proportion to the area in which the spheres intersect",
  pair = { cohesion_density = { "J/m^3", 0, text = "cohesion energy density k_c" } },

  force = function(c, k)
    local x, R1, R2 = c.overlap, c.R1, c.R2
    local d = R1 + R2 - x -- between the centres
    local pair = x * ((d + R1 - R2) / (2 * d)) * ((d - R1 + R2) / (2 * d)) * (d + R1 + R2) -- radius^2 of the circle
    return -k.cohesion_density * pi * where(gt(R2, 0), pair, x * (2 * R1 - x))
  end,
  -- The volume of the intersection: its derivative with respect to the overlap is the area.
  energy = function(c, k)
    local x, R1, R2 = c.overlap, c.R1, c.R2
    local d = R1 + R2 - x
    local pair = x * x * (d * d + 2 * d * (R1 + R2) - 3 * (R1 - R2) * (R1 - R2)) / (12 * d)
    return -k.cohesion_density * pi * where(gt(R2, 0), pair, x * x * (R1 - x / 3))
  end,
}
