-- 10_campaign.lua -- step 10: many runs at once. The friction of a block of grains on a slope, against the angle at which it should slide:
--   barchan run 10_campaign.lua                    all cases, one after the other
--   mpirun -n 5 barchan run 10_campaign.lua        four at a time, and one rank that hands them out
-- Killed, the same command goes on. 10_campaign-campaign/results.csv has a row for each case.
local barchan = require "barchan"
local mm = barchan.units.mm

local out = barchan.campaign {
  cases = barchan.cases.grid { friction = { 0.3, 0.5 }, angle = { 15, 20, 25, 30 } }, -- all combinations
  run = function(case)
    local slope = math.rad(case.angle)
    local sim = barchan.simulation {
      domain  = { lo = {0, 0, -1*mm}, hi = {60*mm, 20*mm, 20*mm}, periodic = "xy" },
      gravity = {9.81*math.sin(slope), 0, -9.81*math.cos(slope)}, -- the slope is in the gravity
    }
    local block = sim:material { name = "block", young = 1e7, poisson = 0.3, density = 2500 }
    sim:law "hertz_mindlin"
    sim:pair(block, block, { restitution = 0.2, friction = case.friction })
    sim:plane { point = {0, 0, 0}, normal = {0, 0, 1}, material = block }
    sim:insert { x = { {10*mm, 5*mm, 2*mm}, {14*mm, 5*mm, 2*mm}, {10*mm, 9*mm, 2*mm}, {14*mm, 9*mm, 2*mm} }, radius = 2*mm,
      material = block }
    sim:bond { within = 0.1*mm, young = 1e7 } -- four grains that cannot roll: a block
    sim:run { time = 0.05 }
    local v = 0
    for i = 1, 4 do v = v + sim:particle(i).v.x/4 end
    return { speed = v }
  end,
}
for _, case in ipairs(out.cases) do
  local slides = case.results.speed > 0.01
  print(("friction %.1f, %d degrees: %s"):format(case.parameters.friction, case.parameters.angle, slides and "slides" or "stays"))
  assert(slides == (math.tan(math.rad(case.parameters.angle)) > case.parameters.friction)) -- Coulomb
end
