-- twisting_sds.lua -- spring, dashpot and slider against twisting (Luding, Granular Matter 10 (2008) 235, section 3.7; sds of LAMMPS):
-- torque k angle + gamma rate, at most mu_t Fn with a length mu_t.
return barchan.twisting_model {
  name = "sds",
  about = "spring-dashpot-slider with its own stiffness, limit mu_t Fn",
  pair = {
    twisting_stiffness = { "N m", 0, text = "torque per angle" },
    twisting_damping = { "N m s", 0, default = 0, text = "torque per rate of twisting" },
    twisting_friction = { "m", 0, text = "mu_t: largest torque over normal force" },
  },
  needs = { "normal_force" },
  history = { twist = "1" }, -- angle [rad]

  moment = function(c, k, h)
    local moment
    moment, h.twist = stick_or_twist(c, h.twist, k.twisting_friction * abs(c.normal_force), k.twisting_damping,
      k.twisting_stiffness)
    return moment
  end,
  energy = function(_, k, h)
    return 0.5 * k.twisting_stiffness * h.twist * h.twist
  end,
}
