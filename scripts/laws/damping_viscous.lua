-- damping_viscous.lua -- a dashpot of constant coefficient gamma [N s/m], whatever the grains and the overlap.
return barchan.damping_model {
  name = "viscous",
  about = "dashpot of constant coefficient",
  pair = {
    viscosity = { "N s/m", 0, text = "dashpot coefficient gamma" },
    tension = { choices = { "cut", "allowed" }, default = "cut", text = "may damping pull at the end of a contact" },
    tangential_damping = { "1", 0, default = 1, text = "dashpot of the tangential spring, relative to the normal one" },
  },
  needs = { "normal_tangent" },
  derive = function(_, _, pair)
    return { damping = pair.viscosity, tangential_damping = pair.viscosity * pair.tangential_damping,
      floor = pair.tension == "allowed" and -1e30 or 0 } -- smallest normal force [N]
  end,
  coefficients = { damping = "N s/m", tangential_damping = "N s/m", floor = "N" },

  dashpot = function(_, factor)
    return factor
  end,
}
