-- normal_luding.lua -- adhesive, elasto-plastic spring of Luding, Granular Matter 10 (2008) 235, section 3.2: loads on k1, unloads on a
-- line whose stiffness grows from k1 to k2 with the largest overlap up to overlap* = k2/(k2 - k1) phi_f 2 R*, beyond which it loads and
-- unloads on k2 (the limit branch: impacts faster than sqrt(k1/m) overlap* lose no more), pulls at most with kc overlap. On the
-- adhesive limit the largest overlap shrinks so that loading again begins there.
return barchan.normal_model {
  name = "luding",
  about = "Luding 2008: elasto-plastic adhesive spring k1, k2, kc, phi_f",
  pair = {
    stiffness = { "N/m", 0, exclusive = true, text = "loading stiffness k1" },
    unloading_ratio = { "1", 1, exclusive = true, text = "largest unloading stiffness over loading stiffness, k2 / k1" },
    cohesion_stiffness = { "N/m", 0, text = "adhesive stiffness kc" },
    plasticity_depth = { "1", 0, exclusive = true, text = "phi_f: plastic overlap relative to the reduced diameter" },
  },
  offers = { normal_stiffness = "N/m", normal_tangent = "N/m", pull = "N" },
  pulls = true,
  derive = function(_, _, pair)
    local k1 = pair.stiffness
    local k2 = pair.unloading_ratio * k1
    return { kn = k1, unloading = k2, kc = pair.cohesion_stiffness, full = k2 / (k2 - k1) * pair.plasticity_depth * 2 }
  end,
  coefficients = { kn = "N/m", unloading = "N/m", kc = "N/m", full = "1" },
  history = { deepest = "m" }, -- largest overlap, at most overlap*
  stiffest = function(k) return k.unloading end,

  force = function(c, k, h)
    local x, full, more = c.overlap, k.full * c.R, k.unloading - k.kn
    local deepest = max(h.deepest, min(x, full))
    local stiffness = min(k.kn + more * (deepest / full), k.unloading)
    local elastic, limit = stiffness * (x - deepest) + k.kn * deepest, -k.kc * x
    -- On the limit: the largest overlap whose unloading line meets -kc x here.
    local shrunk = 0.5 * (x + sqrt(max(x * x + 4 * ((k.kn + k.kc) / more) * x * full, 0)))
    h.deepest = where(lt(elastic, limit), min(shrunk, full), deepest)
    c.normal_stiffness, c.normal_tangent, c.pull = k.kn, k.unloading, k.kc * x
    return max(elastic, limit)
  end,
  energy = function(c, k, h)
    local stiffness = min(k.kn + (k.unloading - k.kn) * (h.deepest / (k.full * c.R)), k.unloading)
    return c.elastic_force * c.elastic_force / (2 * stiffness)
  end,
}
