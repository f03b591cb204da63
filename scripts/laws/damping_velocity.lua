-- damping_velocity.lua -- a dashpot in proportion to the effective mass, gamma m* (Silbert et al., Phys. Rev. E 64 (2001) 051302): the
-- relative velocity decays at the rate gamma [1/s], whatever the size of the grains.
return barchan.damping_model {
  name = "velocity",
  about = "dashpot gamma m in proportion to the effective mass",
  pair = {
    damping_rate = { "1/s", 0, text = "gamma: dashpot coefficient over effective mass" },
    tension = { choices = { "cut", "allowed" }, default = "cut", text = "may damping pull at the end of a contact" },
    tangential_damping = { "1", 0, default = 1, text = "dashpot of the tangential spring, relative to the normal one" },
  },
  needs = { "normal_tangent" },
  derive = function(_, _, pair)
    return { damping = pair.damping_rate, tangential_damping = pair.damping_rate * pair.tangential_damping,
      floor = pair.tension == "allowed" and -1e30 or 0 } -- smallest normal force [N]
  end,
  coefficients = { damping = "1/s", tangential_damping = "1/s", floor = "N" },

  dashpot = function(c, factor)
    return factor * c.m
  end,
}
