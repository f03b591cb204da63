-- crater.lua -- a ball falls into a bed of grains from three heights: the deeper the higher, by the cube root.
--
-- What to look at: the splash, and the rim that stays (cut y<0, colour by speed). Uehara, Ambroso, Ojha and Durian, Phys. Rev. Lett. 90 (2003)
-- 194301: depth = (0.14 / mu) (rho_ball / rho_bed)^(1/2) D^(2/3) H^(1/3), H = drop + depth, mu the tangent of the angle of repose. The
-- law is for grains much smaller than the ball, the ball here is six of them wide; validation C12 has a larger one (exponent 1/3 within
-- 0.06). Each ball falls into the same bed, which crater_bed.csv keeps.
local barchan = require "barchan"
local mm = barchan.units.mm

local short = barchan.set.short
local d, D, wide, count = 2*mm, 12*mm, (short and 26 or 44)*mm, short and 1500 or 6500
local drops = short and { 20*mm, 160*mm } or { 20*mm, 70*mm, 240*mm }
local density, repose = 2500, math.rad(22)

-- A box of grains, at random or as a file has them; and the material.
local function bed(file)
  local sim = barchan.simulation { domain = { lo = {0, 0, -2*mm}, hi = {wide, wide, 200*mm}, periodic = "xy" }, gravity = {0, 0, -9.81},
    seed = 4, on_exit = "remove" }
  local grain = sim:material { name = "grain", young = 1e7, poisson = 0.3, density = density }
  sim:law "hertz_mindlin"
  sim:pair(grain, grain, { restitution = 0.5, friction = 0.5 })
  sim:plane { point = {0, 0, 0}, normal = {0, 0, 1}, material = grain }
  if file then sim:insert { file = file, material = grain, allowed_overlap = 0.1 }
  else
    sim:insert { region = sim.box { lo = {0, 0, 0}, hi = {wide, wide, count*math.pi/6*d^3/0.33/wide^2} }, material = grain, count = count,
      radius = {0.45*d, 0.55*d} }
  end
  return sim, grain
end

local sim = bed()
sim:run { time = 2, every = 0.02, until_ = function(s) return s.time > 0.1 and s.kinetic_energy < 1e-7*s.total_mass end }
local z, mass = sim.x.z, sim.mass
local top = sim:max(z)
local above = sim:sum(function(i) if z[i] > top - 3*d then return mass[i] end end)
local slice = sim:sum(function(i) if z[i] > 2*d and z[i] <= top - 3*d then return mass[i] end end)
local bulk = slice/(wide^2*(top - 5*d))
local surface = top - 3*d + above/(bulk*wide^2) -- of a bed as dense as its middle
print(("%d grains, %.1f mm deep, bulk density %.0f kg/m^3"):format(sim.count, surface/mm, bulk))
sim:export "crater_bed.csv"
sim:close()

local n, sh, sd, shh, shd, factor = 0, 0, 0, 0, 0, 0
for k, drop in ipairs(drops) do
  local now, grain = bed "crater_bed.csv"
  now:insert { x = {wide/2, wide/2, surface + D/2 + d}, radius = D/2, velocity = {0, 0, -math.sqrt(2*9.81*(drop - d))}, material = grain,
    id = { 1000000 } }
  local ball = now:particle(1000000)
  if k == #drops then now:output { file = "crater.vtkhdf", every = 0.005 } end
  now:run { time = 0.6, every = 0.01, until_ = function(s) return s.time > 0.08 and ball.v:norm() < 0.01 end }
  local depth = surface - (ball.x.z - D/2)
  if k == #drops then now:run { time = 0.1 } end -- the splash comes down
  local H = drop + depth
  local law = 0.14/math.tan(repose)*math.sqrt(density/bulk)*D^(2/3)*H^(1/3)
  print(("drop %3.0f mm: %.1f mm deep, Uehara et al. find %.1f mm"):format(drop/mm, depth/mm, law/mm))
  local h, l = math.log(H), math.log(depth)
  n, sh, sd, shh, shd, factor = n + 1, sh + h, sd + l, shh + h*h, shd + h*l, factor + depth/law/#drops
  now:close()
end
local exponent = (n*shd - sh*sd)/(n*shh - sh*sh)
print(("depth goes with H^%.3f (others: 1/3), %.2f times the law"):format(exponent, factor))
assert(math.abs(exponent - 1/3) < 0.1 and factor > 0.5 and factor < 1.25, "these craters are not those of the law")
