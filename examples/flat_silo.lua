-- flat_silo.lua -- a silo with a flat bottom runs out through a hole, in layers that were level at the start.
--
-- What to look at: colour by layer and cut y<0: only a funnel above the hole flows, the layers sink into it, and what lies at the foot of
-- the wall waits (compare hopper.lua, whose cone leaves nothing there). The flow hardly depends on the height above: Beverloo et al.
-- 1961, W = C rho_b sqrt(g) (D - k d)^(5/2), with C = 0.58 and k = 1.4; rho_b is measured before the hole is opened.
local barchan = require "barchan"
local mm = barchan.units.mm

local short = barchan.set.short
local d, R = 3*mm, (short and 18 or 30)*mm
local count, D = short and 1500 or 9000, (short and 18 or 21)*mm
local sim = barchan.simulation {
  domain  = { lo = {-1.05*R, -1.05*R, -20*mm}, hi = {1.05*R, 1.05*R, 9*R} },
  gravity = {0, 0, -9.81},
  seed    = 15,
}
local glass = sim:material { name = "glass", young = 3e6, poisson = 0.25, density = 2500 }
sim:law("hertz_mindlin", { rolling = "epsd" })
sim:pair(glass, glass, { restitution = 0.6, friction = 0.5, rolling_friction = 0.02 })
sim:field { name = "layer" }
sim:cylinder { from = {0, 0, 0}, to = {0, 0, 9*R}, radius = R, open = true, side = "inside", material = glass }

-- The bottom: a ring of triangles from the hole to past the wall.
local vertices, triangles, n = {}, {}, 48
for i = 0, n - 1 do
  local c, s = math.cos(2*math.pi*i/n), math.sin(2*math.pi*i/n)
  vertices[2*i + 1], vertices[2*i + 2] = { D/2*c, D/2*s, 0 }, { 1.03*R*c, 1.03*R*s, 0 }
  local a, b = 2*i, 2*((i + 1) % n)
  triangles[2*i + 1], triangles[2*i + 2] = { a + 1, a + 2, b + 2 }, { a + 1, b + 2, b + 1 }
end
sim:mesh { vertices = vertices, triangles = triangles, material = glass }
local plug = sim:disc { center = {0, 0, 0}, normal = {0, 0, 1}, radius = D/2 + 1*mm, material = glass }
local out = sim:outlet { plane = { point = {0, 0, -12*mm}, normal = {0, 0, 1} } }
sim:insert { region = sim.cylinder { from = {0, 0, 0}, to = {0, 0, 8.8*R}, radius = R }, material = glass, radius = {0.45*d, 0.55*d},
  count = count }
sim:run { time = 0.4 }

local z, mass, layer = sim.x.z, sim.mass, sim.layer
local top = sim:max(z)
for i = 1, #layer do layer[i] = math.floor(z[i]/top*8)%2 end
local slice = sim:sum(function(i) if z[i] > 0.2*top and z[i] < 0.7*top then return mass[i] end end)
local bulk = slice/(math.pi*R^2*0.5*top)
print(("%d grains, %.0f mm high, bulk density %.0f kg/m^3"):format(sim.count, top/mm, bulk))

plug:remove()
sim:output { file = "flat_silo.vtkhdf", every = 0.04 }
local all, times = sim.total_mass, {}
sim:run { time = 6, every = 0.01, call = function(s)
  for _, part in ipairs { 0.1, 0.5 } do
    if out.mass > part*all then times[part] = times[part] or { s.time, out.mass } end
  end
end, until_ = function() return short and times[0.5] or out.mass > 0.8*all end }
local flow = (times[0.5][2] - times[0.1][2])/(times[0.5][1] - times[0.1][1])
local law = 0.58*bulk*math.sqrt(9.81)*(D - 1.4*d)^2.5
print(("mass flow %.2f g/s, Beverloo %.2f g/s: %.3f of it; %.1f %% of the mass are still there"):format(flow*1e3, law*1e3, flow/law,
  100*sim.total_mass/all))
assert(sim.inserted == sim.count + sim.removed + sim.lost, "a grain has disappeared")
assert(math.abs(flow/law - 1) < 0.2, "the flow is not that of Beverloo's law")
