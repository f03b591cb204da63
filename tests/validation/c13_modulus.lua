-- c13_modulus.lua -- a packing of elastic spheres is the stiffer the more it is pressed: modulus over pressure.
--
-- Case: C13. 1000 equal Hertz-Mindlin spheres (d = density = E = 1, Poisson 0.2) in a periodic cell are pressed without friction to p =
-- 1e-6, 8e-6 and 64e-6 of E, then get friction 0.5 and are strained by 1e-6 along z; the modulus is the change of stress at rest over the
-- strain. Hertz's stiffness goes with the root of the overlap, so the modulus with p^(1/3), as long as the contacts stay as many.
local barchan = require "barchan"
local lab = require "lab"
local test = require "case" { id = "C13", title = "modulus of a packing under pressure", source = "[F] Hertz; [R] a little more by new contacts",
  long = "2 minutes", precision = "double" }

local N = tonumber(barchan.set.grains or 1000)
local fraction = 0.3
local size = (N * math.pi / 6 / fraction) ^ (1 / 3)

local function make(lo, hi, friction)
  local sim = barchan.simulation { domain = { lo = lo, hi = hi, periodic = "xyz" }, gravity = { 0, 0, 0 }, seed = 5, force_scale = 1,
    precision = test.precision, threads = test.threads, dt = 0.3 }
  local a = sim:material { name = "a", density = 1, young = 1, poisson = 0.2 }
  sim:law "hertz_mindlin"
  sim:pair(a, a, { restitution = 0.3, friction = friction })
  return sim, a
end
local function places(sim)
  local x, lo, hi = {}, sim.cell.lo, sim.cell.hi
  for i = 1, sim.count do
    local p = sim.x[i]
    x[i] = { p.x, p.y, p.z }
  end
  return x, { lo.x, lo.y, lo.z }, { hi.x, hi.y, hi.z }
end
-- Presses until the pressure is there and all but rests.
local function press(sim, p)
  sim:deform { pressure = p }
  sim:run { time = 100 / math.sqrt(p), every = 0.5 / math.sqrt(p), until_ = function(s)
    local now = s.cell.stress
    return math.abs((now.sxx + now.syy + now.szz) / 3 / p - 1) < 1e-3 and s.kinetic_energy / N < 1e-6 * p ^ (5 / 3)
  end }
  sim:deform {}
end

local sim, a = make({ 0, 0, 0 }, { size, size, size }, 0)
sim:insert { region = sim.box { lo = { 0, 0, 0 }, hi = { size, size, size } }, material = a, radius = 0.5, count = N }
local log_p, log_m = {}, {}
for _, p in ipairs { 1e-6, 8e-6, 64e-6 } do
  press(sim, p)
  local x, lo, hi = places(sim)
  local rough, b = make(lo, hi, 0.5)
  rough:insert { x = x, radius = 0.5, material = b, allowed_overlap = 1 }
  local rest = 3000 / p ^ (1 / 6) / 10 -- many times the period of a contact
  rough:run { time = rest }
  local before, strain = rough:stress {}.contact[3][3], 1e-6
  rough:deform { rate = { ezz = -strain / (100 * rough.dt) } }
  rough:run { steps = 100 }
  rough:deform {}
  rough:run { time = rest }
  local modulus, packing = (rough:stress {}.contact[3][3] - before) / strain, rough:packing { least = 4 }
  test:remark("p = %g E: modulus %.4g E, fraction %.4f, %.2f contacts", p, modulus, packing.fraction, packing.coordination)
  log_p[#log_p + 1], log_m[#log_m + 1] = math.log(p), math.log(modulus)
  rough:close()
end
test:absolute("exponent of the modulus over the pressure", (lab.line(log_p, log_m)), 1 / 3, 0.05)
return test:done()
