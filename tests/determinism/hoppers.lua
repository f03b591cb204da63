-- hoppers.lua -- a campaign of small conical hoppers: 64 combinations of orifice, friction and restitution, one of which fails on purpose.
-- tests/tools/campaign_kill.py kills it on several ranks; --set grains=N, --set fake=1 for cases without grains, --set ranks=N: so many
-- share a case.
local barchan = require "barchan"
local mm = barchan.units.mm
local grains, fake = barchan.set.grains or 120, barchan.set.fake

local function hopper(case)
  if case.number == 23 then error("this case fails on purpose") end
  if fake then
    local since = barchan.clock()
    repeat until barchan.clock() - since > 0.02
    return { flow = case.orifice * case.friction, hash = ("%.17g"):format(math.random()) }
  end
  local sim = barchan.simulation { domain = { lo = {-40*mm, -40*mm, -40*mm}, hi = {40*mm, 40*mm, 90*mm} }, threads = 1, seed = case.number,
    on_exit = "remove" }
  local glass = sim:material { name = "glass", young = 1e6, poisson = 0.25, density = 2500 }
  sim:law("hertz_mindlin", { rolling = "epsd" })
  sim:pair(glass, glass, { restitution = case.restitution, friction = case.friction, rolling_friction = 0.05 })
  sim:cone { from = {0, 0, 0}, to = {0, 0, 50*mm}, radius_from = case.orifice, radius_to = 36*mm, open = true, side = "inside",
    material = glass }
  local gate = sim:disc { center = {0, 0, 0}, normal = {0, 0, 1}, radius = case.orifice + 1*mm, material = glass }
  local outlet = sim:outlet { plane = { point = {0, 0, -20*mm}, normal = {0, 0, 1} } }
  sim:insert { region = sim.cylinder { from = {0, 0, 30*mm}, to = {0, 0, 85*mm}, radius = 24*mm }, material = glass,
    radius = {2*mm, 2.5*mm}, count = grains }
  sim:checkpoint { file = "hopper.chk", every = 0.02 }
  sim:log { file = "flow.csv", every = 0.005, columns = { "time", { "mass", function() return outlet.mass end } } }
  sim:run { time = 0.1 }
  gate:remove()
  sim:run { time = 0.1 }
  print(("%d grains have flowed out"):format(outlet.count))
  return { flow = outlet.mass / 0.1, left = sim.count, hash = sim:hash() }
end

local out = barchan.campaign { folder = "hoppers", ranks_per_case = barchan.set.ranks or 1, run = hopper, cases = barchan.cases.grid {
  orifice = { 6*mm, 8*mm, 10*mm, 12*mm }, friction = { 0.1, 0.3, 0.5, 0.7 }, restitution = { 0.2, 0.4, 0.6, 0.8 } } }
print(("%d done, %d failed"):format(out.done, out.failed))
