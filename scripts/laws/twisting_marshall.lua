-- twisting_marshall.lua -- Marshall, J. Comput. Phys. 228 (2009) 1541: a contact of radius a whose patch does not slip resists twisting
-- with the stiffness k_t a^2 / 2, the dashpot of the tangential spring times a^2 / 2, and the limit 2/3 a mu Fn.
return barchan.twisting_model {
  name = "marshall",
  about = "twisting of the patch that the tangential spring holds: stiffness k_t a^2/2, limit 2/3 a mu Fn",
  needs = { "normal_force", "tangential_stiffness", "friction" },
  history = { twist = "1" }, -- angle [rad]

  moment = function(c, _, h)
    local half = 0.5 * c.touch_radius * c.touch_radius
    local limit = 2 / 3 * c.touch_radius * c.friction * abs(c.normal_force)
    local moment
    moment, h.twist = stick_or_twist(c, h.twist, limit, c.tangential_dashpot(c.tangential_stiffness) * half,
      c.tangential_stiffness * half)
    return moment
  end,
  energy = function(c, _, h)
    return 0.25 * c.tangential_stiffness * c.touch_radius * c.touch_radius * h.twist * h.twist
  end,
}
