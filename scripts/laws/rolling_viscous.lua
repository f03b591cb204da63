-- rolling_viscous.lua -- rolling resistance in proportion to load and rolling speed, torque c_r Fn R*^2 w (Brilliantov and Poeschel,
-- Europhys. Lett. 42 (1998) 511; type B of Ai et al. 2011): grains slow down and never stop.
return barchan.rolling_model {
  name = "viscous",
  about = "torque in proportion to load and rolling speed",
  pair = { rolling_viscosity = { "s/m", 0, text = "c_r: torque over Fn R^2 w" } },
  needs = { "normal_force" },

  moment = function(c, k)
    local roll = c.w - dot(c.w, c.n) * c.n -- twisting is not rolling
    -- At most a tenth of what would stop the rolling in one step (the inertia of the two is at least 0.4 m* R*^2): with a dozen
    -- contacts, and a velocity that is extrapolated, twice the sum must not turn the grain back.
    local factor = min(k.rolling_viscosity * abs(c.normal_force), 0.04 * c.m / c.dt) * c.R * c.R
    return -factor * roll
  end,
}
