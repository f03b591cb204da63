-- tangential_coulomb.lua -- sliding friction mu Fn against the sliding velocity, without a spring: at speeds below slip_speed the
-- friction falls in proportion to the speed, so that grains creep where a spring would hold them.
return barchan.tangential_model {
  name = "coulomb",
  about = "friction mu Fn against the sliding velocity, linear below a slip speed",
  pair = {
    friction = { "1", 0, text = "Coulomb coefficient of sliding friction" },
    slip_speed = { "m/s", 0, default = 1e-3, exclusive = true, text = "sliding speed at which friction is full" },
  },
  needs = { "normal_force" },
  offers = { friction = "1" },
  derive = function(_, _, pair)
    return { mu = pair.friction, slip_speed = pair.slip_speed }
  end,
  coefficients = { mu = "1", slip_speed = "m/s" },

  force = function(c, k)
    c.friction = k.mu
    local vt = c.v - dot(c.v, c.n) * c.n
    local speed = norm(vt)
    -- At most a tenth of what would stop the sliding in one step (two spheres have the mass 2/7 m* there), so that a grain with a
    -- dozen contacts is not turned back.
    local most = min(k.mu * abs(c.normal_force) / max(speed, k.slip_speed), (1 / 35) * c.m / c.dt)
    return -most * vt
  end,
}
