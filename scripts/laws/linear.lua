-- linear.lua -- spring and dashpot in the normal direction, a tangential spring and dashpot with a Coulomb limit
-- (Cundall and Strack 1979). Stiffness is given per pair of materials.
return barchan.contact_law {
  name = "linear",
  about = "linear spring-dashpot, tangential spring with Coulomb limit, damping from restitution",
  pair = {
    stiffness = { "N/m", 0, exclusive = true, text = "normal stiffness k_n" },
    tangential_ratio = { "1", 0, default = 2 / 7, text = "tangential over normal stiffness" },
    restitution = { "1", 0, 1, text = "rebound speed over impact speed, head-on" },
    friction = { "1", 0, text = "Coulomb coefficient of sliding friction" },
    tension = { choices = { "cut", "allowed" }, default = "cut", text = "may damping pull at the end of a contact" },
    damping = { choices = { "calibrated", "tsuji" }, default = "calibrated",
      text = "calibrated: achieved restitution = asked, also when tension is cut; tsuji: the formula for tension allowed" },
    tangential_damping = { "1", 0, default = 1, text = "damping ratio of the tangential spring, relative to the normal one" },
  },
  offers = { normal_force = "N", normal_stiffness = "N/m" },
  same_as = { normal = "linear", damping = "calibrated", tangential = "linear" }, -- these sub-models give the same bits

  derive = function(_, _, pair)
    local damping = 2 * damping_ratio(pair.restitution, pair.tension, pair.damping)
    return {
      kn = pair.stiffness,
      kt = pair.tangential_ratio * pair.stiffness,
      damping = damping,
      tangential_damping = damping * pair.tangential_damping,
      mu = pair.friction,
      floor = pair.tension == "allowed" and -1e30 or 0, -- smallest normal force [N]
    }
  end,
  coefficients = { kn = "N/m", kt = "N/m", damping = "1", tangential_damping = "1", mu = "1", floor = "N" },
  history = { slip = barchan.vec3 "m" }, -- tangential displacement

  force = function(c, k, h)
    local fn = max(spring_dashpot(c, k.kn * c.overlap, k.kn, k.damping * sqrt(k.kn * c.m)), k.floor)
    c.normal_force, c.normal_stiffness = fn, k.kn

    local slip = rotate_into_plane(h.slip, c.n) + across(c.v_mean, c.n) * c.dt
    local resistance = bearable_resistance(c, k.tangential_damping * sqrt(k.kt * c.m))
    local ft
    ft, h.slip = stick_or_slide(c, slip, k.mu * abs(fn), resistance, k.kt)
    return fn * c.n + ft
  end,
}
