-- tangential_mindlin.lua -- Mindlin's no-slip stiffness 8 G* a (Mindlin 1949; 1/G* = (2 - nu1)/G1 + (2 - nu2)/G2) times the total
-- tangential displacement, with a Coulomb limit: the stiffness of now holds for all of the displacement, as in LIGGGHTS.
-- mindlin_force and mindlin_rescale follow a changing normal load in other ways.
return barchan.tangential_model {
  name = "mindlin",
  about = "Mindlin no-slip spring 8 G a on the total displacement, Coulomb limit",
  material = {
    young = { "Pa", 0, exclusive = true, text = "Young's modulus" },
    poisson = { "1", -1, 0.5, exclusive = true, text = "Poisson's ratio" },
  },
  pair = { friction = { "1", 0, text = "Coulomb coefficient of sliding friction" } },
  needs = { "contact_radius" },
  offers = { tangential_stiffness = "N/m", friction = "1" },
  derive = function(a, b, pair)
    return { G = effective_shear(a, b), mu = pair.friction }
  end,
  coefficients = { G = "Pa", mu = "1" },
  history = { slip = barchan.vec3 "m" }, -- tangential displacement

  force = function(c, k, h)
    local St = 8 * k.G * c.contact_radius -- [N/m]
    c.tangential_stiffness, c.friction = St, k.mu
    local slip = rotate_into_plane(h.slip, c.n) + across(c.v_mean, c.n) * c.dt
    local ft
    ft, h.slip = stick_or_slide(c, slip, k.mu * abs(c.normal_force), c.tangential_dashpot(St), St)
    return ft
  end,
  energy = function(c, _, h)
    return 0.5 * c.tangential_stiffness * dot(h.slip, h.slip)
  end,
}
