-- tangential_mindlin_rescale.lua -- Mindlin's no-slip stiffness 8 G* a (Mindlin 1949; 1/G* = (2 - nu1)/G1 + (2 - nu2)/G2) times the
-- increments of displacement, with a Coulomb limit; while the normal load falls the spring's force falls in proportion to the contact
-- radius (Thornton, Cummins and Cleary, Powder Technology 233 (2013) 30; mindlin_rescale of LAMMPS).
return barchan.tangential_model {
  name = "mindlin_rescale",
  about = "Mindlin no-slip spring 8 G a, force by increments, less when unloading, Coulomb limit",
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
  history = { pull = barchan.vec3 "N", radius = "m" }, -- force of the spring; contact radius one step ago

  force = function(c, k, h)
    local St = 8 * k.G * c.contact_radius -- [N/m]
    c.tangential_stiffness, c.friction = St, k.mu
    local a = c.contact_radius
    local kept = where(gt(h.radius, a), a / h.radius, 1)
    local pull = kept * rotate_into_plane(h.pull, c.n) - St * c.dt * across(c.v_mean, c.n)
    local ft
    ft, h.pull = stick_or_slide(c, pull, k.mu * abs(c.normal_force), c.tangential_dashpot(St))
    h.radius = a
    return ft
  end,
  energy = function(c, _, h)
    return dot(h.pull, h.pull) / (2 * max(c.tangential_stiffness, quantity(1e-30, "N/m")))
  end,
}
