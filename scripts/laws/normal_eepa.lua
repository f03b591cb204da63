-- normal_eepa.lua -- the Edinburgh elasto-plastic adhesion model (Morrissey, thesis, University of Edinburgh 2013; Thakur, Morrissey, Sun,
-- Chen and Ooi, Granular Matter 16 (2014) 383). With the overlap x, the largest one x_m, and x_p^n = (1 - k1/k2) x_m^n:
--   F = f0 + k1 x^n              where k2 (x^n - x_p^n) >= k1 x^n       first loading
--   F = f0 + k2 (x^n - x_p^n)    between the two                        unloading, and loading again
--   F = f0 - k_adh x^n           where k2 (x^n - x_p^n) <= -k_adh x^n   the adhesive branch
-- On the adhesive branch x_m shrinks so that loading again begins there with k2. k1 = 4/3 E* R*^(2 - n): Hertz's for n = 3/2; f0 is
-- minus the pull-off force. Friction is pressed by F + k_adh x^n - f0. A contact forgets when the grains part.
return barchan.normal_model {
  name = "eepa",
  about = "Edinburgh elasto-plastic adhesion: loads on k1 x^n, unloads on k2, pulls at most with f0 - k_adh x^n",
  material = {
    young = { "Pa", 0, exclusive = true, text = "Young's modulus" },
    poisson = { "1", -1, 0.5, exclusive = true, text = "Poisson's ratio" },
  },
  pair = {
    overlap_exponent = { "1", 1, 2, default = 1.5, text = "n: 3/2 loads as Hertz, 1 linearly" },
    plasticity_ratio = { "1", 0, 0.999, text = "lambda_p = 1 - k1/k2: 0 is elastic" },
    adhesion_ratio = { "1", 0, default = 0, text = "k_adh/k1: stiffness of the adhesive branch over that of loading" },
    pull_off_force = { "N", 0, default = 0, text = "-f0: attraction at the touch" },
  },
  offers = { normal_stiffness = "N/m", normal_tangent = "N/m", contact_radius = "m", pull = "N" },
  pulls = true,
  derive = function(a, b, pair)
    local plastic = pair.plasticity_ratio
    local ratio = 1 / (1 - plastic) -- k2/k1
    return { modulus = 4 / 3 * effective_young(a, b), n = pair.overlap_exponent, plastic = plastic, ratio = ratio,
      adhesion_ratio = pair.adhesion_ratio, pull_off_force = pair.pull_off_force,
      shrink = plastic > 0 and (ratio + pair.adhesion_ratio) / (ratio - 1) or 0 }
  end,
  coefficients = { modulus = "Pa", n = "1", plastic = "1", ratio = "1", adhesion_ratio = "1", pull_off_force = "N", shrink = "1" },
  history = { deepest = "1" }, -- (x_m/R)^n
  stiffest = function(k, R, overlap)
    return k.n * k.ratio * k.modulus * R * pow(overlap / R, k.n - 1)
  end,

  force = function(c, k, h)
    local x, k1 = pow(c.overlap / c.R, k.n), k.modulus * c.R * c.R -- (overlap/R)^n, and k1 R^n [N]
    local deepest = max(h.deepest, x)
    local elastic, limit = k.ratio * (x - deepest) + deepest, -k.adhesion_ratio * x -- over k1 R^n
    h.deepest = where(lt(elastic, limit), k.shrink * x, deepest) -- whose unloading meets the limit here
    local secant = k1 * x / max(c.overlap, quantity(1e-30, "m"))
    c.normal_stiffness, c.normal_tangent, c.contact_radius = secant, k.n * k.ratio * secant, sqrt(c.R * c.overlap)
    c.pull = k1 * k.adhesion_ratio * x + k.pull_off_force
    return k1 * max(elastic, limit) - k.pull_off_force
  end,
  -- The integral of k2 (x^n - x_p^n) from x_p on, what unloading or closing the contact gives back, and that of f0.
  energy = function(c, k, h)
    local x, yielded = c.overlap / c.R, k.plastic * h.deepest
    local y = pow(yielded, 1 / k.n)
    local spring = (pow(x, k.n) * x - yielded * y) / (k.n + 1) - yielded * (x - y)
    return k.modulus * k.ratio * c.R * c.R * c.R * spring - k.pull_off_force * c.overlap
  end,
}
