-- tangential_linear.lua -- a tangential spring with a Coulomb limit (Cundall and Strack 1979). Its stiffness is given relative to the
-- normal one: to k_n of a linear spring, to force over overlap of any other.
return barchan.tangential_model {
  name = "linear",
  about = "linear spring with Coulomb limit",
  pair = {
    tangential_ratio = { "1", 0, default = 2 / 7, text = "tangential over normal stiffness" },
    friction = { "1", 0, text = "Coulomb coefficient of sliding friction" },
  },
  needs = { "normal_stiffness" },
  offers = { tangential_stiffness = "N/m", friction = "1" },
  derive = function(_, _, pair, above)
    local ratio, kn = pair.tangential_ratio, above.kn
    return { kt = kn and ratio * kn or 0, kt_part = kn and 0 or ratio, mu = pair.friction }
  end,
  coefficients = { kt = "N/m", kt_part = "1", mu = "1" },
  history = { slip = barchan.vec3 "m" }, -- tangential displacement

  force = function(c, k, h)
    local St = k.kt + k.kt_part * c.normal_stiffness
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
