-- far_electrostatic.lua -- Coulomb's force of two charged spheres, q1 q2 / (4 pi epsilon r^2) between their centres, up to a gap `range`
-- beyond which it is cut off. Walls carry no charge. Needs the field charge.
return barchan.far_model {
  name = "electrostatic",
  about = "Coulomb force of charged grains up to a range",
  pair = {
    range = { "m", 0, exclusive = true, text = "largest gap between surfaces at which charges act" },
    permittivity = { "1", 0, default = 1, exclusive = true, text = "relative permittivity of what is between" },
  },
  fields = { charge = "C" },
  derive = function(_, _, pair)
    return { coulomb = 1 / (4 * pi * 8.8541878128e-12 * pair.permittivity), range = pair.range }
  end,
  coefficients = { coulomb = "N m^2/C^2", range = "m" },
  reach = function(k) return k.range end,
  birth = "reach",

  force = function(c, k)
    local r = c.R1 + c.R2 - c.overlap
    local near = where(gt(c.R2, 0), 1, 0) * where(ge(k.range, -c.overlap), 1, 0)
    return near * (k.coulomb * c.charge1 * (c.charge2 / r) / r)
  end,
  energy = function(c, k)
    local r, cut = c.R1 + c.R2 - c.overlap, c.R1 + c.R2 + k.range
    local near = where(gt(c.R2, 0), 1, 0) * where(ge(k.range, -c.overlap), 1, 0)
    return near * (k.coulomb * c.charge1 * c.charge2 * (1 / r - 1 / cut))
  end,
}
