-- 08_forces.lua -- step 8: a force of one's own, in two ways: a Lua callback in each step, and a function that is traced and compiled.
-- Grains fall through a fluid: Stokes' drag, 6 pi eta r v. They reach the speed at which it carries their weight.
-- luacheck: globals norm
local barchan = require "barchan"
local mm = barchan.units.mm

local eta = 0.05 -- [Pa s]
local function scene()
  local sim = barchan.simulation { domain = { lo = {0, 0, -1}, hi = {20*mm, 20*mm, 20*mm}, periodic = "xy" }, gravity = {0, 0, -9.81},
    dt = 1e-5 }
  local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
  sim:law "hertz_mindlin"
  sim:pair(glass, glass, { restitution = 0.5, friction = 0.5 })
  sim:insert { region = sim.box { lo = {0, 0, 0}, hi = {20*mm, 20*mm, 20*mm} }, material = glass, radius = 1*mm,
    lattice = "cubic", spacing = 5*mm, count = 30 }
  return sim
end

-- A callback: plain Lua on the engine's arrays. It may do anything, and runs on one core.
local first = scene()
first:run { time = 0.01, each_step = function(s)
  local v, f, r = s.v, s.force, s.radius
  for i = 1, #f do f[i] = f[i] - 6*math.pi*eta*r[i]*v[i] end
end }

-- A kernel: the same as a function of one grain. It is traced once, its units are checked, and it runs on all cores as machine code.
local second = scene()
second:kernel { name = "drag", reads = { "v", "radius" }, params = { c = { 6*math.pi*eta, "Pa s" } },
  body = function(p, k) return -k.c*p.radius*p.v end }
second:run { time = 0.01 }

local m, r = first:particle(1).mass, 1*mm
local terminal = m*9.81/(6*math.pi*eta*r)
local expected = terminal*(1 - math.exp(-6*math.pi*eta*r/m*0.01))
print(("callback %.6f m/s, kernel %.6f m/s, Stokes %.6f m/s, at last %.6f m/s"):format(-first:particle(1).v.z, -second:particle(1).v.z, expected,
  terminal))
for _, sim in ipairs { first, second } do assert(math.abs(-sim:particle(1).v.z - expected) < 2e-3*expected) end
