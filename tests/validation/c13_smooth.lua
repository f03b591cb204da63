-- c13_smooth.lua -- grains without friction resist shear nevertheless, by a little.
--
-- Case: C13. 1000 grains as in c13_triaxial, but without friction, sheared at constant normal stresses at inertial numbers of 1e-3 and
-- 2.5e-4: the angle of friction asin(S / P) falls towards 5 to 6 degrees (Peyneau and Roux: S / P = 0.10 at rest) as the shear slows.
-- --set grains=200 for a look.
local barchan = require "barchan"
local lab = require "lab"
local test = require "case" { id = "C13", title = "shear without friction", source = "[R] Peyneau and Roux 2008", long = "5 minutes",
  precision = "mixed" }
test:instead { asked = "without friction the peak angle is 5 to 6 degrees", tested = "the mean angle of slow direct shear",
  why = "a small packing's peak is noise and inertia above a steady angle: the published 0.10 is S / P at rest, which is come near to at "
    .. "an inertial number of 2.5e-4" }

local angle = {}
for _, inertial in ipairs { 1e-3, 2.5e-4 } do
  local got = lab.compress { N = tonumber(barchan.set.grains or 1000), mu = 0, e = 0.5, pressure = 5e-4, strain = 0.24, shear = true,
    inertial = inertial, threads = test.threads }
  test:remark("inertial number %g: fraction %.3f, %.2f degrees at the end, fraction %.3f", inertial, got.before, got.last, got.after)
  angle[#angle + 1] = got.last
end
test:between("angle of friction at an inertial number of 2.5e-4", angle[2], 5, 6, "degrees")
test:must("it falls as the shear slows", angle[2] < angle[1])
return test:done()
