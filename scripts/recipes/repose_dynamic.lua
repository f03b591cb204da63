-- repose_dynamic.lua -- the slope of grains that flow in a drum which turns slowly.
--
-- A slice of a long drum, periodic along its axis, two fifths full, in the rolling regime (Froude numbers omega^2 R / g of 1e-4 to 1e-2:
-- J. Mellmann, Powder Technol. 118 (2001) 251). After a part of a turn the surface is steady; a line is fitted to its middle, at most half
-- a radius from the drum's axis to either side, a hundred times while the drum makes half a turn. These angles are a time series with
-- correlations. The angle of the centre of mass from the vertical is a second measure of the same, and what the drum must carry is a
-- third: its torque is the weight times the centre's distance from the axis.
jit.off(true, true) -- cold: see barchan's init.lua
local recipe = { unit = "rad", quantities = { "centre_angle", "torque", "lever" } }

function recipe.run(b, o)
  local d, g, wide = b.d, o.gravity, 6 * b.d
  local R = o.drum and o.drum / 2 or math.sqrt(o.grains * b.volume / 0.58 / (0.4 * math.pi * wide))
  if not (0.36 * math.pi * R ^ 2 * wide > o.grains * b.volume) then
    b:refuse("%d grains do not fit into a drum of %.6g m and a length of six of their diameters", o.grains, 2 * R)
  end
  local rate = math.sqrt(o.froude * g / R)
  local sim, grain, wall = b:simulation { lo = { -R - d, 0, -R - d }, hi = { R + d, wide, R + d }, periodic = "y" }
  local drum = sim:cylinder { from = { 0, -2 * d, 0 }, to = { 0, wide + 2 * d, 0 }, radius = R, open = true, side = "inside", material = wall }
  b:insert(sim, grain, sim.cylinder { from = { 0, 0, 0 }, to = { 0, wide, 0 }, radius = R })
  b:settle(sim, 60 * math.sqrt(2 * R / g))
  b:watch(sim, "ready")
  drum:rotate { axis = { 0, 1, 0 }, origin = { 0, 0, 0 }, rate = rate } -- what lies at the bottom goes to -x
  local turn = 2 * math.pi / rate
  sim:run { time = o.before * turn }
  b:watch(sim, "begin")
  local angles, centres, torques, levers = {}, {}, {}, {}
  local field = b.grid(sim, { -R, 0, -R }, { R, wide, R }, d, d)
  sim:run { time = o.turns * turn, every = o.turns * turn / 100, call = function()
    field:take()
    local x, z = field:surface()
    local k = #angles + 1
    angles[k] = -math.atan(b.slope(x, z, -0.5 * R, 0.5 * R))
    local cx, cz = field:centre()
    centres[k], torques[k], levers[k] = math.atan2(-cx, -cz), drum.torque.y, -cx
  end }
  b:watch(sim, "end")
  local run, x, z = { errors = {} }, field:surface()
  run.value, run.errors.value, run.correlation = b.average(angles)
  run.centre_angle, run.errors.centre_angle = b.average(centres)
  run.torque, run.errors.torque = b.average(torques)
  run.lever, run.errors.lever = b.average(levers)
  run.weight, run.rate, run.radius, run.series, run.curve = sim.total_mass * g, rate, R, angles, { x = x, z = z }
  return run
end

return recipe
