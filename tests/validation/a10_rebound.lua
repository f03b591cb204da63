-- a10_rebound.lua -- a bead of 1 mm falls on a steel plate and comes back with e = 0.4; effective moduli of three pairs.
--
-- Case: OSHertz and the materials of MercuryDPM's benchmark of Dosta et al. 2024. M1 E = 1e9 Pa, M2 5e8 Pa, steel 2.1e11 Pa, Poisson
-- 0.2. R = 1 mm, starts 10 um above the plate at 1 m/s, dt = 5e-7 s, no gravity; velocity and height after 60.5 us. The force may
-- pull at the end, as it does there. MercuryDPM's height has an error of first order of its own (7.24 um at this dt, 7.135 by
-- steps of 0.5 ns).
local lab = require "lab"
local test = require "case" { id = "A10", title = "rebound of MercuryDPM's OSHertz", source = "[P] MercuryDPM" }

local m1, m2 = { young = 1e9, poisson = 0.2, density = 2500 }, { young = 5e8, poisson = 0.2, density = 2000 }
local steel = { young = 2.1e11, poisson = 0.2, density = 7200 }
local R = 1e-3
local function bead(of, more)
  more.young, more.poisson, more.density = of.young, of.poisson, of.density
  more.restitution, more.friction = more.restitution or 0.4, more.friction or 0.3
  return more
end

-- E* and G* from the force of one step at a known overlap d and slip vt dt
local function moduli(of, wall)
  local d, dt, vt, f = 1e-5, 1e-9, 1e-3, nil
  local sphere = bead(of, { gap = -d, friction = 10, restitution = 1, velocity = { vt, 0, 0 } })
  -- the quantum of the force sums hangs on force_scale: 4 N leave the slip's force of 1e-8 N seven digits
  local scene = lab.over_plane { radius = R, spheres = { sphere }, wall_material = wall, dt = dt, force_scale = 4, precision = "double" }
  scene.sim:run { steps = 1, each_step = function(sim) f = sim.force[1] end }
  scene.sim:close()
  local c = math.sqrt(R * d)
  return f.z / (4 / 3 * c * d), -f.x / (8 * c * vt * dt)
end
if not test.mixed then
  local E, G = moduli(m1, m1)
  test:relative("E* of M1-M1", E, 520833333.3, 1e-9, "Pa")
  test:relative("G* of M1-M1", G, 115740740.7, 1e-6, "Pa")
  E, G = moduli(m1, steel)
  test:relative("E* of M1-steel", E, 1036729857.8, 1e-9, "Pa")
  test:relative("G* of M1-steel", G, 230384412.8, 1e-6, "Pa")
  test:relative("E* of M2-steel", moduli(m2, steel), 519596199.5, 1e-9, "Pa")
end

local dt = 5e-7
local function fall(finer)
  local scene = lab.over_plane { radius = R, spheres = { bead(m1, { gap = 1e-5, velocity = { 0, 0, -1 },
    tension = "allowed", damping = "tsuji" }) }, wall_material = steel,
    dt = dt / finer }
  scene.sim:run { steps = 121 * finer }
  local p = scene.spheres[1].handle
  local v, z = p.v.z, p.x.z
  scene.sim:close()
  return v, z
end
local v, z = fall(1)
test:relative("v_z", v, 0.40107538, 0.01, "m/s")
test:relative("height above the plate", (z - R) * 1e6, 7.24022, 0.01, "um")
v, z = fall(16)
test:absolute("v_z at dt/16", v, 0.4, 1e-4, "m/s", "[F] the restitution asked for")
test:relative("height above the plate at dt/16", (z - R) * 1e6, 7.13494, 1e-3, "um", "[X] tiny steps")
return test:done()
