-- mechanics.lua -- the mechanics that several laws share, as words of the language of laws; environment.lua gives them to every law.

--- Adds the words to the language.
return function(names)
  local dot, norm, abs, sqrt, min, max = names.dot, names.norm, names.abs, names.sqrt, names.min, names.max
  local where, gt = names.where, names.gt

  --- 1/E* = (1 - nu1^2)/E1 + (1 - nu2^2)/E2 of two materials with young and poisson (Hertz 1882).
  function names.effective_young(a, b)
    return 1 / ((1 - a.poisson * a.poisson) / a.young + (1 - b.poisson * b.poisson) / b.young)
  end

  --- 1/G* = (2 - nu1)/G1 + (2 - nu2)/G2, G = E / (2 (1 + nu)) (Mindlin 1949).
  function names.effective_shear(a, b)
    return 1 / (2 * (2 - a.poisson) * (1 + a.poisson) / a.young + 2 * (2 - b.poisson) * (1 + b.poisson) / b.young)
  end

  --- The part of a vector across the unit vector n.
  function names.across(v, n)
    return v - dot(v, n) * n
  end
  local across = names.across

  --- The part of a vector across the unit vector n, drawn out to the vector's old length: how a tangential displacement follows
  -- its contact when the pair turns.
  function names.rotate_into_plane(v, n)
    local flat = across(v, n)
    local size = norm(flat)
    return where(gt(size, 0), norm(v) / size, 0) * flat
  end

  --- Normal force [N] of a spring (spring [N], its stiffness [N/m]) and a dashpot (resistance [N s/m]) at the end of the step.
  -- c.v is extrapolated over the step with the accelerations at its beginning; under a strong dashpot they change by much in one
  -- step. v = c.v + dt (f - f0) / (2 m) is what this contact alone makes of it, with f0 its force one step ago, and
  -- f = spring - resistance v is solved for f. f0 follows from the velocities, since they give the overlap and its rate of then; it
  -- is 0 at a new touch. Errors are those of velocity Verlet with an implicit dashpot: a drop that bounces (e = 0.6) is 0.02 % of its
  -- height off at 50 steps in a contact, with the extrapolated velocity alone 0.16 %; the largest stable step grows too.
  function names.spring_dashpot(c, spring, stiffness, resistance)
    local v, mean = dot(c.v, c.n), dot(c.v_mean, c.n)
    local f = spring - resistance * v
    local f0 = where(gt(c.overlap + mean * c.dt, 0), f + (stiffness * (mean * c.dt) + 2 * (resistance * (v - mean))), 0)
    local impulse = resistance * c.dt
    return f + impulse / (2 * c.m + impulse) * (f0 - f)
  end

  --- A tangential resistance [N s/m] that takes at most a quarter of the relative velocity in a step: m / 14 dt, a quarter of the
  -- mass 2/7 m that a contact of two solid spheres moves tangentially, over dt. A packing with friction whose dashpots take more
  -- heats up by itself: at the default time step from a restitution of 0.1 downwards.
  function names.bearable_resistance(c, resistance)
    return min(resistance, c.m / (14 * c.dt))
  end

  --- Friction of a tangential spring with a dashpot: the force [N] on the first, and the spring after it, to be kept as history.
  -- spring: its displacement [m] with a stiffness [N/m] as the last argument, or without one its force [N]; limit: Coulomb's, [N].
  -- While it slides the spring stays at the limit and is not damped; spring and dashpot together keep to the limit too, else a
  -- strongly damped grazing impact would rub more than mu Fn.
  function names.stick_or_slide(c, spring, limit, resistance, stiffness)
    local function force() return stiffness and -stiffness * spring or spring end
    local size = norm(spring)
    if stiffness then size = stiffness * size end
    if size > limit then
      spring = (limit / size) * spring
      return force(), spring
    end
    local ft = force() - resistance * across(c.v, c.n)
    local whole = norm(ft)
    return where(gt(whole, limit), limit / whole, 1) * ft, spring
  end

  --- The same about the normal: the moment on the first, a vector [N m], and the angle after the step, to be kept as history.
  -- angle [rad] of the step before, stiffness [N m], resistance [N m s], limit [N m].
  function names.stick_or_twist(c, angle, limit, resistance, stiffness)
    local most = limit / max(stiffness, names.quantity(1e-30, "N m"))
    local twist = angle + dot(c.w_mean, c.n) * c.dt
    local slides = gt(abs(twist), most)
    twist = min(max(twist, -most), most)
    local torque = stiffness * twist
    local damped = torque + resistance * dot(c.w, c.n)
    return -where(slides, torque, min(max(damped, -limit), limit)) * c.n, twist
  end

  --- Gap [m] at which a liquid bridge of volume V [m^3] and contact angle [rad] breaks, (1 + angle/2)(V^(1/3) + 0.1 V^(2/3)/R), as
  -- two numbers: [m], and [m^2] to be divided by R = 2 R1 R2/(R1 + R2) (Lian, Thornton and Adams, J. Colloid Interface Sci. 161
  -- (1993) 138; Willett et al. 2000).
  function names.bridge_rupture(V, angle)
    return (1 + angle / 2) * names.pow(V, 1 / 3), (1 + angle / 2) * 0.1 * names.pow(V, 2 / 3)
  end

  -- Rows of 2 d [m] and alpha by the gap s [m] of a bridge of Rabinovich et al.
  local function rabinovich_shape(V, R, s)
    local wide = 2 / names.pi * max(V, names.quantity(1e-36, "m^3")) / R
    local depth = wide / (sqrt(s * s + wide) + s) -- 2 d without the cancellation of its difference
    return depth, sqrt(depth / R), wide
  end

  --- Pull over 2 pi gamma R of a bridge of volume V [m^3] at the gap s [m], R = 2 R1 R2/(R1 + R2), by Rabinovich, Esayanur and
  -- Moudgil, Langmuir 21 (2005) 10992:
  --   cos(angle) / (1 + s/(2 d)) + sin(alpha) sin(angle + alpha),  2 d = sqrt(s^2 + 2 V/(pi R)) - s,  alpha = sqrt(2 d/R)
  function names.rabinovich_pull(V, R, s, angle, cosine)
    local depth, alpha = rabinovich_shape(V, R, s)
    return cosine / (1 + s / depth) + names.sin(alpha) * names.sin(angle + alpha)
  end

  --- Integral [m] of rabinovich_pull over the gap, from s to wherever it is subtracted. The first term is the derivative of -2 d cos(angle);
  -- the second is integrated over alpha, ds = -(w/(R alpha^3) + R alpha) d alpha with w = 2 V/(pi R), as the power series
  -- sin(a) sin(t + a) = cos(t) (a^2 - a^4/3 + ...) + sin(t) (a - 2 a^3/3 + ...), to 1e-9 for alpha < 1.
  function names.rabinovich_work(V, R, s, angle, cosine)
    local depth, alpha, wide = rabinovich_shape(V, R, s)
    local log = names.log(alpha)
    local square = alpha * alpha
    local sine = names.sin(angle)
    local near, far = cosine * log - sine / alpha, 0 -- over w/R, and over R
    local even, odd, power = 1, 1, square -- coefficients of alpha^(2 n) and alpha^(2 n - 1); alpha^(2 n)
    for n = 1, 8 do
      far = far + power * (even / (2 * n + 2) * cosine * square + odd / (2 * n + 1) * sine * alpha)
      even, odd = -4 * even / ((2 * n + 1) * (2 * n + 2)), -4 * odd / (2 * n * (2 * n + 1))
      near = near + power * (even / (2 * n) * cosine + odd / (2 * n - 1) * sine / alpha)
      power = power * square
    end
    return cosine * depth + wide / R * near + R * far
  end
end
