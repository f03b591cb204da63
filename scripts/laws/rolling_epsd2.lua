-- rolling_epsd2.lua -- elastic-plastic rolling resistance with the stiffness of the tangential spring, k_r = k_t R*^2 (Iwashita and Oda,
-- J. Eng. Mech. 124 (1998) 285; epsd2 of LIGGGHTS), limit mu_r R* Fn, no dashpot.
return barchan.rolling_model {
  name = "epsd2",
  about = "elastic-plastic rolling resistance of stiffness k_t R^2, no dashpot",
  pair = { rolling_friction = { "1", 0, text = "rolling friction coefficient mu_r" } },
  needs = { "normal_force", "tangential_stiffness" },
  history = { roll = barchan.vec3 "N m" }, -- torque of the spring

  moment = function(c, k, h)
    local n = c.n
    local kr = c.tangential_stiffness * c.R * c.R
    local roll = h.roll - dot(h.roll, n) * n + kr * c.dt * (c.w_mean - dot(c.w_mean, n) * n)
    -- Relative to the limit: squares of torques of small grains would leave the range of floats.
    local per_limit = 1 / max(k.rolling_friction * c.R * abs(c.normal_force), quantity(1e-30, "N m"))
    local used = norm(per_limit * roll)
    roll = where(gt(used, 1), 1 / used, 1) * roll
    h.roll = roll
    return -roll
  end,
  energy = function(c, _, h)
    local size = norm(h.roll)
    return 0.5 * size * (size / max(c.tangential_stiffness * c.R * c.R, quantity(1e-30, "N m")))
  end,
}
