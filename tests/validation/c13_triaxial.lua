-- c13_triaxial.lua -- grains are pressed together along one axis while the pressure from the sides is held: their friction angle.
--
-- Case: C13. 1200 grains (d = density = 1, linear springs kn = 1, kt = 2/7) in a periodic cell, pressed to p = 5e-4 or 1e-4 of the
-- stiffness without friction (dense) or with friction 0.5 (loose), then with friction 0.5 strained at an inertial number of 1e-3 to
-- 0.4. sin(angle) = (s1 - s3) / (s1 + s3). Dense: a peak of 25 to 35 degrees; at large strain dense and loose meet, at any pressure.
-- Sheared at constant normal stresses (direct shear) the angle of the critical state is asin(S / P), 20 to 23 degrees; axial
-- compression gives less, because S / P depends on the shape of the strain. Without friction: 5 to 6 degrees. --set grains=400 for a
-- look.
local barchan = require "barchan"
local lab = require "lab"
local test = require "case" { id = "C13", title = "triaxial compression", source = "[R] sphere packings", long = "15 minutes",
  precision = "mixed" }

local N = tonumber(barchan.set.grains or 1200)

-- Largest angle (means over strains of 0.005), mean angle over the last third, packing fraction before and after.
local function compress(o)
  local sim = lab.pressed { N = N, pressure = o.pressure, pressed_with = o.loose and o.mu or 0, mu = o.mu, e = 0.5, threads = test.threads,
    seed = o.seed or 2, tangential_damping = 1 }
  local p = o.pressure
  sim:deform { pressure = p }
  sim:run { time = 10 / math.sqrt(p) }
  local before = sim:packing {}.fraction
  local rate = 1e-3 * math.sqrt(p)
  if o.shear then sim:deform { rate = { exy = rate }, stress = { sxx = p, syy = p, szz = p }, max_rate = 2 * rate }
  else sim:deform { rate = { ezz = -rate }, stress = { sxx = p, syy = p }, max_rate = 2 * rate } end
  local peak, sum, n, mean, count, start = 0, 0, 0, 0, 0, sim.time
  sim:run { time = o.strain / rate, every = 0.0005 / rate, call = function(s)
    local now = s.cell.stress
    local side = (now.sxx + now.syy) / 2
    local angle = math.deg(math.asin(o.shear and -3 * now.sxy / (now.sxx + now.syy + now.szz) or (now.szz - side) / (now.szz + side)))
    sum, n = sum + angle, n + 1
    if n == 10 then
      peak, sum, n = math.max(peak, sum / n), 0, 0
    end
    if s.time - start > 2 / 3 * o.strain / rate then mean, count = mean + angle, count + 1 end
  end }
  local after = sim:packing {}.fraction
  sim:close()
  test:remark("%s, friction %g, %s, p = %g: fraction %.3f, peak %.1f, at the end %.1f degrees, fraction %.3f",
    o.shear and "direct shear" or "triaxial", o.mu, o.loose and "loose" or "dense", p, before, peak, mean / count, after)
  return peak, mean / count
end

local peak, dense = compress { mu = 0.5, pressure = 5e-4, strain = 0.4 }
local loose_peak, loose = compress { mu = 0.5, pressure = 5e-4, strain = 0.4, loose = true }
local _, low = compress { mu = 0.5, pressure = 1e-4, strain = 0.4 }
local _, sheared = compress { mu = 0.5, pressure = 5e-4, strain = 0.9, shear = true }
local _, smooth = compress { mu = 0, pressure = 5e-4, strain = 0.15 }
test:between("dense, friction 0.5: peak angle", peak, 25, 35, "degrees")
test:between("direct shear, friction 0.5: critical state", sheared, 20, 23, "degrees", "[R] eta_s of Chialvo 2012")
test:absolute("loose: critical state less that of dense", loose - dense, 0, 1, "degrees", "[F] critical state")
test:absolute("a fifth of the pressure: critical state less that of dense", low - dense, 0, 1, "degrees", "[F] no scale")
test:must("loose: no higher peak than dense", loose_peak < peak)
test:between("no friction: angle", smooth, 5, 6, "degrees", "[R] Peyneau and Roux 2008")
return test:done()
