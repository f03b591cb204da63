-- rolling_epsd.lua -- elastic-plastic spring-dashpot rolling resistance: type C of Ai, Chen, Rotter and Ooi, Powder Technology 206
-- (2011) 269. Spring k_r = 2.25 k_n (mu_r R*)^2 [N m] with k_n = Fn / overlap, limit mu_r R* Fn, dashpot 2 eta sqrt(I k_r) while the
-- spring is below its limit. I = 1.4 m* R*^2 is that of the paper at a wall; between equal spheres theirs is four times as large, so
-- the same damping there takes twice their eta.
return barchan.rolling_model {
  name = "epsd",
  about = "elastic-plastic spring-dashpot rolling resistance (Ai et al. 2011, type C)",
  pair = {
    rolling_friction = { "1", 0, text = "rolling friction coefficient mu_r" },
    rolling_damping = { "1", 0, default = 0.3, text = "damping of the rolling spring relative to critical" },
  },
  needs = { "normal_force", "normal_stiffness" },
  derive = function(_, _, pair)
    return {
      rolling = pair.rolling_friction,
      -- 2 eta sqrt(I k_r) with I = 1.4 m* R*^2 and k_r as above, less the factor R*^2 sqrt(m* k_n)
      rolling_damping = 2 * pair.rolling_damping * sqrt(1.4 * 2.25) * pair.rolling_friction,
    }
  end,
  coefficients = { rolling = "1", rolling_damping = "1" },
  history = { roll = barchan.vec3 "N m" }, -- torque of the spring

  moment = function(c, k, h)
    local n = c.n
    local rolling = c.w - dot(c.w, n) * n -- twisting is not rolling
    local arm = k.rolling * c.R
    local kr = 2.25 * c.normal_stiffness * arm * arm
    local roll = h.roll - dot(h.roll, n) * n + kr * c.dt * (c.w_mean - dot(c.w_mean, n) * n)
    -- Relative to the limit: squares of torques of small grains would leave the range of floats.
    local per_limit = 1 / max(arm * abs(c.normal_force), quantity(1e-30, "N m"))
    local used = norm(per_limit * roll)
    local torque
    if used > 1 then
      roll = (1 / used) * roll
      torque = roll
    else
      torque = roll + k.rolling_damping * c.R * c.R * sqrt(c.m * c.normal_stiffness) * rolling
      local whole = norm(per_limit * torque) -- the dashpot does not pass the limit either
      torque = where(gt(whole, 1), 1 / whole, 1) * torque
    end
    h.roll = roll
    return -torque
  end,
  energy = function(c, k, h)
    local arm, size = k.rolling * c.R, norm(h.roll)
    return 0.5 * size * (size / max(2.25 * c.normal_stiffness * arm * arm, quantity(1e-30, "N m")))
  end,
}
