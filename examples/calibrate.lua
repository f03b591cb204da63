-- calibrate.lua -- find the friction of grains from the angle at which they lie in a drum that turns.
--
-- The angle is that of the centre of mass, seen from the axis and averaged over six seconds, which leaves a noise of 0.2 degrees. At a
-- friction of 0.3 it grows by 0.16 degrees for each 0.01: an optimiser would stop where noise happens to meet the target. The method `fit`
-- draws a curve through all angles near the estimate instead, and says how sure it is. In place of a laboratory another drum is measured, for
-- longer and with other grains, whose friction the search is not told.
--
-- What to look at: calibrate-calibration/results.csv has a row for each friction that was tried; the first eight fill the range, the others
-- close in. Kill it and start it again: it goes on. mpirun -n 5 tries four frictions at once. It takes some two minutes of one core.
local barchan = require "barchan"
local mm = barchan.units.mm

local friction = barchan.set.friction or 0.15 -- --set friction=MU: what is to be found
local seconds = barchan.set.seconds or 6      -- --set seconds=S: of averaging
local R = 40*mm

local function angle(mu, seed, time)
  local sim = barchan.simulation {
    domain = { lo = {-R - 1*mm, 0, -R - 1*mm}, hi = {R + 1*mm, 16*mm, R + 1*mm}, periodic = "y" }, seed = seed, threads = 1,
  }
  local sand  = sim:material { name = "sand", young = 3e5, poisson = 0.25, density = 2500 }
  local rough = sim:material { name = "rough", young = 3e5, poisson = 0.25, density = 2500 }
  sim:law("hertz_mindlin", { rolling = "epsd" })
  sim:pair(sand, sand, { restitution = 0.4, friction = mu, rolling_friction = 0.2 })
  sim:pair(sand, rough, { restitution = 0.4, friction = 1.5, rolling_friction = 0.5 })
  local drum = sim:cylinder { from = {0, -1*mm, 0}, to = {0, 17*mm, 0}, radius = R, open = true, side = "inside", material = rough }
  sim:insert { region = sim.box { lo = {-27*mm, 0, -27*mm}, hi = {27*mm, 16*mm, 25*mm} }, material = sand, radius = {1.8*mm, 2.2*mm},
    count = 390 }
  drum:rotate { axis = {0, 1, 0}, rate = 1.5, start = 0.2 }
  sim:run { time = 1.2 } -- the grains lie, and flow steadily
  local sx, sz, x, z, m = 0, 0, sim.x.x, sim.x.z, sim.mass
  sim:run { time = time, every = 0.02, call = function()
    local mx, mz = sim:sum(function(i) return x[i]*m[i], z[i]*m[i] end)
    sx, sz = sx + mx, sz + mz
  end }
  sim:close()
  return math.deg(math.atan2(math.abs(sx), -sz))
end

local measured = angle(friction, 11, 12*seconds)
print(("measured: %.2f degrees"):format(measured))
local found, how = barchan.calibrate {
  parameters = { friction = { 0.06, 0.5 } },
  target = measured, method = "fit", design = 8, evaluations = 24, tolerance = 0.005,
  run = function(p) return (angle(p.friction, 1, seconds)) end,
}
print(("friction %.4f +- %.4f (it was %g), off by %.1f %%, after %d evaluations, ended by %s"):format(found.friction, how.errors.friction,
  friction, 100*math.abs(found.friction/friction - 1), how.evaluations, how.why))
assert(math.abs(found.friction/friction - 1) < (seconds < 6 and 0.2 or 0.05), "the friction was not found")
