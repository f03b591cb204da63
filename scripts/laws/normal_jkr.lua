-- normal_jkr.lua -- adhesive elastic spheres: Johnson, Kendall and Roberts, Proc. R. Soc. London A 324 (1971) 301.
--   F = 4 E a^3 / (3 R) - sqrt(8 pi w E a^3),   overlap = a^2 / R - sqrt(2 pi w a / E),   w the work of adhesion (2 gamma)
-- Attracts once the grains have touched, through the neck, and tears off at overlap = -3/4 (pi^2 w^2 R / E^2)^(1/3).
local function cube_root(x) -- x^(1/4 + 1/16 + 1/64 + 1/256), then three Newton steps: exact to rounding for 1e-24 < x < 1e24
  local part = sqrt(sqrt(x))
  local y = part
  for _ = 1, 3 do
    part = sqrt(sqrt(part))
    y = y * part
  end
  for _ = 1, 3 do y = (2 * y + x / (y * y)) / 3 end
  return y
end

return barchan.normal_model {
  name = "jkr",
  about = "Johnson-Kendall-Roberts: Hertz with adhesion and a tensile neck",
  material = {
    young = { "Pa", 0, exclusive = true, text = "Young's modulus" },
    poisson = { "1", -1, 0.5, exclusive = true, text = "Poisson's ratio" },
  },
  pair = { work_of_adhesion = { "J/m^2", 0, text = "energy to part the surfaces, twice the surface energy" } },
  offers = { normal_stiffness = "N/m", normal_tangent = "N/m", contact_radius = "m", pull = "N" },
  pulls = true,
  damping_scale = sqrt(5 / 6),
  derive = function(a, b, pair)
    local E = effective_young(a, b)
    local w = pair.work_of_adhesion
    return { E = E, surface = sqrt(2 * pi * w / E), adhesion = sqrt(8 * pi * w * E),
      neck = pow(sqrt(2 * pi * w / E) / 4, 1 / 3), -- sqrt(a) at the tear-off for R = 1 m
      pull = 3 * pi * w } -- twice the pull-off force, for R = 1 m
  end,
  coefficients = { E = "Pa", surface = "m^0.5", adhesion = "N/m^1.5", neck = "m^0.5", pull = "N/m" },
  history = { joined = "1" }, -- 1 from the touch to the tear-off
  reach = function(k, R)
    local b = k.neck * k.neck
    return 3.00001 * b * b * pow(R, 1 / 3)
  end,

  force = function(c, k, h)
    -- With b = sqrt(a) and b = m + z, m the value at the tear-off: overlap R + 3 m^4 = z^2 (z^2 + 4 m z + 6 m^2) = s^2. The root
    -- s(z) is smooth at the tear-off and beyond; four Newton steps from a start within 5 % leave rounding.
    local m = k.neck * cube_root(c.R / quantity(1, "m"))
    local m2 = m * m
    local left = c.overlap * c.R + 3 * m2 * m2
    local joined = where(lt(left, 0), 0, where(gt(c.overlap, 0), 1, h.joined))
    local s, tiny = sqrt(max(left, 0)), quantity(1e-30, "m^0.5")
    local z = s / max(1.2247 * m + sqrt(1.5 * m2 + s), tiny)
    for _ = 1, 4 do
      local q = max(sqrt(z * z + 4 * m * z + 6 * m2), tiny)
      z = z - (z * q - s) * q / (q * q + z * z + 2 * m * z)
    end
    local b = m + z
    local a = b * b
    local b3 = a * b
    h.joined = joined
    c.contact_radius = where(gt(joined, 0), a, 0)
    c.normal_tangent, c.normal_stiffness, c.pull = 2 * k.E * a, 4 / 3 * k.E * a, k.pull * c.R
    return where(gt(joined, 0), b3 * (4 / 3 * k.E * b3 / c.R - k.adhesion), 0)
  end,
  -- The work done on the pair since its surfaces were apart, along the equilibrium: negative while adhesion has gained more.
  energy = function(c, k)
    local a = c.contact_radius
    local b = sqrt(a)
    local a2, spring = a * a, 4 / 3 * k.E / c.R
    return a2 * (0.4 * (spring / c.R) * a2 * a - (spring * k.surface + 4 * k.adhesion / c.R) / 7 * a * b + k.adhesion * k.surface / 4)
  end,
}
