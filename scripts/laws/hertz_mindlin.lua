-- hertz_mindlin.lua -- elastic spheres: Hertz's normal force, Mindlin's no-slip tangential spring with a Coulomb limit, and
-- damping of both from the coefficient of restitution (Tsuji et al. 1992; Antypov and Elliott 2011). E* and G* as in Johnson,
-- Contact Mechanics (1985).
return barchan.contact_law {
  name = "hertz_mindlin",
  about = "Hertz normal force, Mindlin no-slip tangential spring with Coulomb limit, damping from restitution",
  material = {
    young = { "Pa", 0, exclusive = true, text = "Young's modulus" },
    poisson = { "1", -1, 0.5, exclusive = true, text = "Poisson's ratio" },
  },
  pair = {
    restitution = { "1", 0, 1, text = "rebound speed over impact speed, head-on" },
    friction = { "1", 0, text = "Coulomb coefficient of sliding friction" },
    tension = { choices = { "cut", "allowed" }, default = "cut", text = "may damping pull at the end of a contact" },
    damping = { choices = { "calibrated", "tsuji" }, default = "calibrated",
      text = "calibrated: achieved restitution = asked, also when tension is cut; tsuji: the formula of Tsuji 1992" },
    tangential_damping = { "1", 0, default = 1, text = "damping of the tangential spring, relative to the normal one" },
  },
  offers = { normal_force = "N", normal_stiffness = "N/m", contact_radius = "m" },
  same_as = { normal = "hertz", damping = "calibrated", tangential = "mindlin" }, -- these sub-models give the same bits

  derive = function(a, b, pair)
    -- 2 sqrt(5/6) times the damping ratio of the equivalent linear spring
    local damping = 2 * sqrt(5 / 6) * damping_ratio(pair.restitution, pair.tension, pair.damping)
    return {
      E = effective_young(a, b),
      G = effective_shear(a, b),
      damping = damping,
      tangential_damping = damping * pair.tangential_damping,
      mu = pair.friction,
      floor = pair.tension == "allowed" and -1e30 or 0, -- smallest normal force [N]
    }
  end,
  coefficients = { E = "Pa", G = "Pa", damping = "1", tangential_damping = "1", mu = "1", floor = "N" },
  history = { slip = barchan.vec3 "m" }, -- tangential displacement

  force = function(c, k, h)
    local a = sqrt(c.R * c.overlap) -- radius of the contact area [m]
    local Sn, St = 2 * k.E * a, 8 * k.G * a -- [N/m]
    local secant = 2 / 3 * Sn
    local fn = max(spring_dashpot(c, secant * c.overlap, Sn, k.damping * sqrt(Sn * c.m)), k.floor)
    c.normal_force, c.normal_stiffness, c.contact_radius = fn, secant, a

    -- Total displacement times the stiffness of now.
    local slip = rotate_into_plane(h.slip, c.n) + across(c.v_mean, c.n) * c.dt
    local resistance = bearable_resistance(c, k.tangential_damping * sqrt(St * c.m))
    local ft
    ft, h.slip = stick_or_slide(c, slip, k.mu * abs(fn), resistance, St)
    return fn * c.n + ft
  end,
}
