-- b08_rheology.lua -- dense frictional grains sheared at constant volume: the law of pressure and of the inertial number.
--
-- Case: B8. The set-up of B7 with friction 0.5, e = 0.7. Chialvo, Sun and Sundaresan 2012: P = 0.021 / (phi_c - phi)^2 in units of
-- (d rate)^2, S / P = eta_s + 0.37 / ((0.32 / I)^1.5 + 1), I = 1 / sqrt(P); phi_c = 0.587, eta_s = 0.382 at friction 0.5. LAMMPS
-- confirms P to 7 % and S / P to 2 % there. --set strain=4 for a look.
local barchan = require "barchan"
local lab = require "lab"
local test = require "case" { id = "B8", title = "rheology of dense flow", source = "[R] Chialvo, Sun and Sundaresan 2012",
  long = "10 minutes", precision = "mixed" }

local longest = tonumber(barchan.set.strain or 20)
for _, phi in ipairs { 0.50, 0.54, 0.57 } do
  local got = lab.shear { phi = phi, e = 0.7, mu = 0.5, N = 1000, rate = 1e-3, strain = longest, skip = 0.4 * longest,
    threads = test.threads }
  local label = ("friction 0.5, phi = %.2f: "):format(phi)
  test:relative(label .. "P", got.P, 0.021 / (0.587 - phi) ^ 2, 0.1)
  test:relative(label .. "S / P", got.S / got.P, 0.382 + 0.37 / ((0.32 * math.sqrt(got.P)) ^ 1.5 + 1), 0.03)
end
return test:done()
