-- rolling_constant_torque.lua -- rolling friction of constant size against the relative rolling velocity (type A of
-- Ai et al. 2011): torque mu_r R* Fn. It stops a grain and does not turn it back.
return barchan.rolling_model {
  name = "constant_torque",
  about = "constant torque mu_r R Fn against the rolling velocity",
  pair = { rolling_friction = { "1", 0, text = "rolling friction coefficient mu_r" } },
  needs = { "normal_force" },
  derive = function(_, _, pair)
    return { rolling = pair.rolling_friction }
  end,
  coefficients = { rolling = "1" },

  moment = function(c, k)
    local roll = c.w - dot(c.w, c.n) * c.n -- twisting is not rolling
    local speed = norm(roll)
    -- The torque that stops the relative rolling in one step is I speed / dt, where I is the inertia of the two about their
    -- centres, 1/I = 1/I1 + 1/I2. For spheres I >= 0.4 m* R*^2, and equal at a wall. Half of that at most: then a grain that
    -- lies on three walls at once is turned back by no more than half its speed, and comes to rest too.
    local stop = 0.2 * c.m * c.R * c.R * (speed / c.dt)
    local torque = min(k.rolling * c.R * abs(c.normal_force), stop)
    return -where(gt(speed, 0), torque / speed, 0) * roll
  end,
}
