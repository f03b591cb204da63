-- units.lua -- factors to SI, so that scripts can write 2*mm. Angles are radians; a revolution per minute is an angular rate.
return {
  m = 1, cm = 1e-2, mm = 1e-3, um = 1e-6,
  kg = 1, g = 1e-3, mg = 1e-6, tonne = 1e3,
  s = 1, ms = 1e-3, us = 1e-6, min = 60, hour = 3600,
  N = 1, mN = 1e-3, kN = 1e3,
  J = 1, mJ = 1e-3, uJ = 1e-6,
  Pa = 1, kPa = 1e3, MPa = 1e6, GPa = 1e9,
  rad = 1, deg = math.pi / 180, rpm = 2 * math.pi / 60, Hz = 1,
  litre = 1e-3,
}
