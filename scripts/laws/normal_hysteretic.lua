-- normal_hysteretic.lua -- Walton and Braun, J. Rheology 30 (1986) 949, constant restitution: loads along k1 overlap, unloads along
-- k2 (overlap - overlap0) with k2 = k1 / e^2, and loads again along the same line up to where it left the first. The residual
-- overlap is forgotten when the grains part.
return barchan.normal_model {
  name = "hysteretic",
  about = "Walton-Braun: loads on k1, unloads on k2 = k1 / restitution^2",
  pair = {
    stiffness = { "N/m", 0, exclusive = true, text = "loading stiffness k1" },
    restitution = { "1", 0.01, 1, text = "rebound speed over impact speed, head-on" },
  },
  offers = { normal_stiffness = "N/m", normal_tangent = "N/m" },
  derive = function(_, _, pair)
    return { kn = pair.stiffness, unloading = pair.stiffness / (pair.restitution * pair.restitution) }
  end,
  coefficients = { kn = "N/m", unloading = "N/m" },
  history = { deepest = "m" }, -- largest overlap
  stiffest = function(k) return k.unloading end,

  force = function(c, k, h)
    local deepest = max(h.deepest, c.overlap)
    h.deepest = deepest
    c.normal_stiffness, c.normal_tangent = k.kn, k.unloading
    return max(k.unloading * (c.overlap - deepest) + k.kn * deepest, 0)
  end,
  energy = function(c, k)
    return c.elastic_force * c.elastic_force / (2 * k.unloading)
  end,
}
