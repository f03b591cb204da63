-- callback.lua -- a force of one's own in every step: grains fall through a viscous liquid.
--
-- What to look at: `each_step` runs in the middle of a step, when the contact forces are summed, and adds Stokes drag and
-- buoyancy to sim.force through checked views, at the speed of C. The fall approaches v_t = (m - m_liquid) g / (6 pi eta r). Of several
-- ranks each has its own grains there, #sim.force.x of them; sim:sum adds up over all.
local barchan = require "barchan"
local mm = barchan.units.mm

local eta, rho_liquid, r, rho = 1.0, 1000, 1*mm, 2500 -- Pa s, kg/m^3
local sim = barchan.simulation {
  domain  = { lo = {0, 0, 0}, hi = {50*mm, 50*mm, 50*mm}, periodic = "xyz" },
  gravity = {0, 0, -9.81},
  dt      = 2e-5,
}
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = rho }
sim:law("hertz_mindlin")
sim:pair(glass, glass, { restitution = 0.8, friction = 0.3 })
sim:insert { region = sim.box { lo = {0, 0, 0}, hi = {50*mm, 50*mm, 50*mm} }, material = glass, radius = r, count = 200 }

local volume = 4/3*math.pi*r^3
local drag, lift = 6*math.pi*eta*r, rho_liquid*volume*9.81
sim:run { time = 0.02, each_step = function(s)
  local fx, fy, fz = s.force.x, s.force.y, s.force.z
  local vx, vy, vz = s.v.x, s.v.y, s.v.z
  for i = 1, #fx do
    fx[i] = fx[i] - drag*vx[i]
    fy[i] = fy[i] - drag*vy[i]
    fz[i] = fz[i] - drag*vz[i] + lift
  end
end }

local mean = sim:sum(sim.v.z) / sim.count
local terminal = -(rho - rho_liquid)*volume*9.81 / drag
print(("mean fall %.5f m/s, Stokes %.5f m/s"):format(mean, terminal))
assert(math.abs(mean / terminal - 1) < 0.01, "the grains should fall at Stokes' velocity")
