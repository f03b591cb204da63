-- schedule.lua -- when something is due. What happens every so often is an event { base =, every =, k = }: occurrence k falls on the first
-- step whose time is not before base + k * every, so nothing depends on how a run is cut into calls.
jit.off(true, true) -- cold: see init.lua
local simulation = require "barchan.simulation"

local schedule = {}

--- Steps from now until the time t is reached. A millionth of a step forgives the rounding of t.
function schedule.steps_until(s, t)
  return math.max(0, math.ceil((t - simulation.time(s, s.step)) / s.dt - 1e-6))
end

--- Is an event due now?
function schedule.due(s, e) return schedule.steps_until(s, e.base + e.k * e.every) == 0 end

--- Lets k move on past everything that is due, so that an event fires once even when `every` is below dt. Most of the way at once, because
-- `every` may be far below dt; the rest by one, or by what changes so large a k.
function schedule.pass(s, e)
  e.k = math.max(e.k + 1, math.floor((simulation.time(s, s.step) + 1e-6 * s.dt - e.base) / e.every) - 1)
  while schedule.due(s, e) do e.k = e.k + math.max(1, e.k * 2 ^ -40) end
end

--- Steps until the next occurrence of an event, at least 1 and at most n.
function schedule.nearest(s, e, n)
  return math.min(n, math.max(1, schedule.steps_until(s, e.base + e.k * e.every)))
end

return schedule
