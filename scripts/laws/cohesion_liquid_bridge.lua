-- cohesion_liquid_bridge.lua -- bridges made of the liquid that the grains carry: each grain has a film, field `liquid` [m^3] for each kg.
-- A bridge takes from both grains what lies on the caps that face the other, V_i/2 (1 - sqrt(1 - R_j^2/(R_i + R_j)^2)) (Shi and
-- McCarthy, Powder Technology 184 (2008) 64), at most bridge_limit; it pulls by the formula of rabinovich; it forms at the touch and breaks
-- at s = (1 + theta/2)(V^(1/3) + 0.1 V^(2/3)/R), and each grain gets half of it. Until then `liquid` counts to each grain what it gave, so
-- that the sum over the grains is all the liquid there is. Walls are dry, and a bridge to one gives its liquid back to the grain.
return barchan.cohesion_model {
  name = "liquid_bridge",
  about = "capillary bridges of the liquid that grains carry, which they share when a bridge breaks",
  pair = {
    surface_tension = { "N/m", 0, text = "of the liquid" },
    contact_angle = { "rad", 0, 1.5707, default = 0, text = "between liquid and grains" },
    bridge_limit = { "m^3", 0, exclusive = true, text = "largest volume of one bridge" },
  },
  fields = { liquid = "m^3/kg" },
  flux = { liquid = "m^3/s" },
  derive = function(_, _, pair)
    local V = pair.bridge_limit
    local near, area = bridge_rupture(V, pair.contact_angle)
    return { tension = 2 * pi * pair.surface_tension, angle = pair.contact_angle, cosine = cos(pair.contact_angle), limit = V,
      stretch = 1 + pair.contact_angle / 2, rupture = near, rupture_area = area }
  end,
  coefficients = { tension = "N/m", angle = "1", cosine = "1", limit = "m^3", stretch = "1", rupture = "m", rupture_area = "m^2" },
  history = { bridge = "m^3", share = "m^3" }, -- volume; what the first gave of it
  -- Beyond the rupture of the largest bridge, so that the law sees every bridge break.
  reach = function(k, R) return 1.25 * (k.rupture + k.rupture_area / (2 * R)) end,

  force = function(c, k, h)
    local R, gap, sum, two = 2 * c.R, max(-c.overlap, 0), c.R1 + c.R2, gt(c.R2, 0)
    local sine1, sine2 = where(two, c.R2 / sum, 1), c.R1 / sum
    local give1 = 0.5 * c.liquid1 * c.m1 * (1 - sqrt(max(1 - sine1 * sine1, 0)))
    local give2 = where(two, 0.5 * c.liquid2 * c.m2 * (1 - sqrt(max(1 - sine2 * sine2, 0))), 0)
    local all = give1 + give2
    local part = where(gt(all, k.limit), k.limit / all, 1)
    local born = where(gt(c.overlap, 0), where(gt(h.bridge, 0), 0, 1), 0)
    local bridge, share = where(gt(born, 0), part * all, h.bridge), where(gt(born, 0), part * give1, h.share)
    local rupture = k.stretch * (pow(bridge, 1 / 3) + 0.1 * pow(bridge, 2 / 3) / R)
    local broken = where(gt(gap, rupture), 1, 0)
    h.bridge, h.share = where(gt(broken, 0), 0, bridge), where(gt(broken, 0), 0, share)

    local pull = k.tension * R * rabinovich_pull(bridge, R, gap, k.angle, k.cosine)
    return -where(gt(h.bridge, 0), pull, 0), { liquid = broken * where(two, 0.5 * bridge - share, 0) / c.dt }
  end,
  energy = function(c, k, h) -- zero where the bridge breaks
    local R, gap = 2 * c.R, max(-c.overlap, 0)
    local function work(s) return rabinovich_work(h.bridge, R, s, k.angle, k.cosine) end
    local last = k.stretch * (pow(h.bridge, 1 / 3) + 0.1 * pow(h.bridge, 2 / 3) / R)
    local while_touching = rabinovich_pull(h.bridge, R, quantity(0, "m"), k.angle, k.cosine) * max(c.overlap, 0)
    return -where(gt(h.bridge, 0), k.tension * R * (work(gap) - work(last) + while_touching), 0)
  end,
}
