-- normal_linear.lua -- a spring of constant stiffness (Cundall and Strack 1979): F = k_n overlap.
return barchan.normal_model {
  name = "linear",
  about = "linear spring k_n overlap",
  pair = { stiffness = { "N/m", 0, exclusive = true, text = "normal stiffness k_n" } },
  offers = { normal_stiffness = "N/m", normal_tangent = "N/m" },
  damping_scale = 1,
  derive = function(_, _, pair)
    return { kn = pair.stiffness }
  end,
  coefficients = { kn = "N/m" },

  force = function(c, k)
    c.normal_stiffness, c.normal_tangent = k.kn, k.kn
    return k.kn * c.overlap
  end,
  energy = function(c, k)
    return 0.5 * k.kn * c.overlap * c.overlap
  end,
}
