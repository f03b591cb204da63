-- damping_calibrated.lua -- a dashpot 2 s z sqrt(S m*) with the damping ratio z that makes the achieved coefficient of restitution the
-- asked one, whether or not the force may pull at the end of a contact (bindings/barchan/law/restitution.lua); s = 1 for a linear
-- spring, sqrt(5/6) for a Hertz spring, S the tangent stiffness (Tsuji et al. 1992; Antypov and Elliott 2011).
return barchan.damping_model {
  name = "calibrated",
  about = "dashpot from the coefficient of restitution, which is the achieved one also where tension is cut",
  pair = {
    restitution = { "1", 0, 1, text = "rebound speed over impact speed, head-on" },
    tension = { choices = { "cut", "allowed" }, default = "cut", text = "may damping pull at the end of a contact" },
    damping = { choices = { "calibrated", "tsuji" }, default = "calibrated",
      text = "calibrated: achieved restitution = asked, also when tension is cut; tsuji: the formula of Tsuji 1992" },
    tangential_damping = { "1", 0, default = 1, text = "damping of the tangential spring, relative to the normal one" },
  },
  needs = { "normal_tangent" },
  needs_scale = true,
  exact = true, -- refused where losses other than its own would make the promise empty
  derive = function(_, _, pair, above)
    local damping = 2 * above.damping_scale * damping_ratio(pair.restitution, pair.tension, pair.damping)
    return { damping = damping, tangential_damping = damping * pair.tangential_damping,
      floor = pair.tension == "allowed" and -1e30 or 0 } -- smallest normal force [N]
  end,
  coefficients = { damping = "1", tangential_damping = "1", floor = "N" },

  dashpot = function(c, factor, S)
    return factor * sqrt(S * c.m)
  end,
}
