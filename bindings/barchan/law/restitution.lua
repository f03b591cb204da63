-- restitution.lua -- the damping ratio that gives an asked coefficient of restitution.
--
-- Linear spring-dashpot x'' + 2 z x' + x = 0. The same ratio serves a Hertz spring with damping 2 sqrt(5/6) z sqrt(Sn m) v
-- (Tsuji et al. 1992; Antypov and Elliott 2011): with u = overlap^(5/4) its equation for v dv/du is that of the linear spring,
-- and its force is zero where the linear one is, so the restitution is the same function of z whether or not tension is cut.
local restitution = {}

-- log, exp, sqrt, atan2, pi: the engine's fixed functions when it is loaded, so that a run has the same bits everywhere.
restitution.math = math

-- Asked restitutions below this one get its damping (z = 5): at zero a clipped contact would need an infinite one.
restitution.least = 0.01

--- Restitution of a contact that ends when its force is zero (no tension).
function restitution.clipped(z)
  local m = restitution.math
  if z < 1 then
    local s = m.sqrt(1 - z * z)
    return m.exp(-z / s * (m.pi - m.atan2(2 * z * s, 1 - 2 * z * z)))
  elseif z == 1 then
    return m.exp(-2)
  end
  local s = m.sqrt(z * z - 1) -- overdamped: the same expression continued through imaginary s
  return m.exp(-2 * z / s * m.log(z + s))
end

--- z for an asked restitution e in [0, 1]. `tension`: "cut" or "allowed"; `damping`: "calibrated" (the achieved restitution
-- is e) or "tsuji" (the formula that is exact only when tension is allowed).
function restitution.damping_ratio(e, tension, damping)
  local m = restitution.math
  if damping == "tsuji" or tension == "allowed" then
    if e <= 0 then return 1 end
    local l = m.log(e)
    return -l / m.sqrt(l * l + m.pi * m.pi) + 0 -- + 0: no -0 at e = 1
  end
  if e >= 1 then return 0 end
  e = math.max(e, restitution.least)
  local low, high = 0, 8 -- clipped(8) = 0.004 < least
  while true do -- halve until the doubles between are used up
    local z = 0.5 * (low + high)
    if z <= low or z >= high then return z end
    if restitution.clipped(z) > e then low = z else high = z end
  end
end

return restitution
