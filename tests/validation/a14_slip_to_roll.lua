-- a14_slip_to_roll.lua -- a sphere is thrown along a plane without spin; friction turns it until it rolls.
--
-- Case: MFIX DEM04. d = 1 mm, 1e4 kg/m^3, kn = kt = 1e4 N/m, e = 1, u0 = 0.1 m/s, friction 0.2 to 1. Slip ends at 2 u0 / (7 mu g) with
-- u = 5/7 u0 and w = u / R; before, u = u0 - mu g t and w = 5 mu g t / (2 R). MFIX is off by 0.57 % in time, 0.04 % in velocity.
local lab = require "lab"
local test = require "case" { id = "A14", title = "from slipping to rolling, MFIX DEM04", source = "[F]" }

local rows = { { "slip_end", "end of slip", 0.01, "s" }, { "u_half", "u half-way", 1e-3, "m/s" }, { "w_half", "w half-way", 1e-3, "rad/s" },
  { "u", "u rolling", 1e-3, "m/s" }, { "w", "w rolling", 1e-3, "rad/s" } }
for _, row in ipairs(rows) do row.worst = test:worst(row[2], row[3], row[4]) end
for _, s in ipairs(lab.slip_to_roll {}) do
  for _, row in ipairs(rows) do row.worst:relative("mu = " .. s.mu, s[row[1]], s.formula[row[1]]) end
end
for _, row in ipairs(rows) do row.worst:done() end
return test:done()
