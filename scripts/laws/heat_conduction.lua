-- heat_conduction.lua -- heat through the contact patch: q = 4 k1 k2 / (k1 + k2) a (T2 - T1), a the contact radius (Batchelor and
-- O'Brien, Proc. R. Soc. London A 355 (1977) 313). Needs the field temperature and heat capacities.
return barchan.heat_model {
  name = "conduction",
  about = "heat conduction 4 k1 k2/(k1 + k2) a (T2 - T1) through the contact",
  material = { conductivity = { "W/m/K", 0, exclusive = true, text = "thermal conductivity" } },
  fields = { temperature = "K" },
  flux = { temperature = "W" },
  derive = function(a, b)
    return { conductivity = 4 * a.conductivity * b.conductivity / (a.conductivity + b.conductivity) }
  end,
  coefficients = { conductivity = "W/m/K" },

  flow = function(c, k)
    return { temperature = k.conductivity * c.touch_radius * (c.temperature2 - c.temperature1) }
  end,
}
