-- campaign.lua -- how fast a silo empties, for nine silos: three widths of the slot, three frictions. Beverloo's law for slots
-- (Chem. Eng. Sci. 15 (1961) 260) says that the flow grows with (width - k d)^(3/2).
--
-- What to look at: campaign-campaign/results.csv has a row for each silo; campaign-campaign/case-0001 what the first one wrote and printed.
--   scripts/run examples/campaign.lua --dry-run         shows the cases
--   mpirun -n 3 barchan run examples/campaign.lua       runs two at a time; the first rank hands them out
--   barchan campaign report campaign-campaign           how it stands, what failed and why
-- Kill it and start it again: silos that are done stay done, and one that was running goes on from its checkpoint.
local barchan = require "barchan"
local mm = barchan.units.mm

local function silo(case)
  local d, w = 4*mm, case.width*mm
  local sim = barchan.simulation { domain = { lo = {-32*mm, 0, -20*mm}, hi = {32*mm, 4*d, 160*mm}, periodic = "y" }, threads = 1 }
  local sand = sim:material { name = "sand", young = 1e6, poisson = 0.25, density = 2500 }
  sim:law("hertz_mindlin", { rolling = "epsd" })
  sim:pair(sand, sand, { restitution = 0.4, friction = case.friction, rolling_friction = 0.05 })
  sim:plane { point = {-30*mm, 0, 0}, normal = {1, 0, 0}, material = sand }
  sim:plane { point = {30*mm, 0, 0}, normal = {-1, 0, 0}, material = sand }
  -- a floor with a slot: one plate left of it, one right of it
  for _, side in ipairs { -1, 1 } do
    local a, b = side*w/2, side*31*mm
    sim:mesh { vertices = { {a, -d, 0}, {b, -d, 0}, {b, 5*d, 0}, {a, 5*d, 0} }, triangles = { {1, 2, 3}, {1, 3, 4} }, material = sand }
  end
  local gate = sim:plane { point = {0, 0, 0}, normal = {0, 0, 1}, material = sand }
  local outlet = sim:outlet { plane = { point = {0, 0, -12*mm}, normal = {0, 0, 1} } }
  sim:insert { region = sim.box { lo = {-30*mm, 0, 0}, hi = {30*mm, 4*d, 150*mm} }, material = sand, radius = {1.8*mm, 2.2*mm}, count = 700 }
  sim:checkpoint { file = "silo.chk", every = 0.1 }
  sim:log { file = "outflow.csv", every = 0.01, columns = { "time", { "mass", function() return outlet.mass end } } }
  sim:run { time = 0.2 }
  gate:remove()
  sim:run { time = 0.05 } -- the flow becomes steady
  local before = outlet.mass
  sim:run { time = 0.15 }
  print(("%d grains left, %.1f g flowed out"):format(sim.count, outlet.mass*1e3))
  return { flow = (outlet.mass - before) / 0.15 / (4*d) } -- [kg/s] for each metre of the slot
end

local out = barchan.campaign {
  cases = barchan.cases.grid { width = { 16, 20, 24 }, friction = { 0.2, 0.4, 0.6 } },
  run = silo,
}

print "friction  width/mm  flow/(kg/s/m)"
local flow = {}
for _, case in ipairs(out.cases) do
  local p = case.parameters
  flow[p.friction .. "," .. p.width] = case.results.flow
  print(("%8.1f  %8d  %13.2f"):format(p.friction, p.width, case.results.flow or 0/0))
end
assert(out.done == 9, "a silo has failed")
for _, mu in ipairs { 0.2, 0.4, 0.6 } do
  assert(flow[mu .. ",24"] > flow[mu .. ",20"] and flow[mu .. ",20"] > flow[mu .. ",16"], "a wider slot must let more through")
end
