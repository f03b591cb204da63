-- damping_tsuji.lua -- a dashpot 2 s z sqrt(S m*) with z = -ln e / sqrt(ln^2 e + pi^2); s = 1 for a linear spring, sqrt(5/6) for a Hertz
-- spring, S the tangent stiffness (Tsuji et al. 1992; Antypov and Elliott 2011). The achieved restitution is e where the force may
-- pull at the end of a contact; cut at zero it is larger.
return barchan.damping_model {
  name = "tsuji",
  about = "dashpot from the coefficient of restitution by the formula of Tsuji 1992",
  pair = {
    restitution = { "1", 0, 1, text = "rebound speed over impact speed, head-on, if tension is allowed" },
    tension = { choices = { "cut", "allowed" }, default = "cut", text = "may damping pull at the end of a contact" },
    tangential_damping = { "1", 0, default = 1, text = "damping of the tangential spring, relative to the normal one" },
  },
  needs = { "normal_tangent" },
  needs_scale = true,
  derive = function(_, _, pair, above)
    local damping = 2 * above.damping_scale * damping_ratio(pair.restitution, pair.tension, "tsuji")
    return { damping = damping, tangential_damping = damping * pair.tangential_damping,
      floor = pair.tension == "allowed" and -1e30 or 0 } -- smallest normal force [N]
  end,
  coefficients = { damping = "1", tangential_damping = "1", floor = "N" },

  dashpot = function(c, factor, S)
    return factor * sqrt(S * c.m)
  end,
}
