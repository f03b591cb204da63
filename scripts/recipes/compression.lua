-- compression.lua -- how stiff a bed is when it is pressed from above and cannot go aside: the oedometer.
--
-- ISO 17892-5 (incremental loading) and ASTM D2435 press soil in a ring by a lid, in steps that double the pressure, and back. Here the
-- sides are periodic, so that no ring rubs, and gravity is taken away once the bed has settled. The lid is a servo wall; each step ends
-- when the grains lie still under it. The constrained modulus M = d pressure / d strain is the secant of the last two steps of the first
-- loading; that of unloading belongs to the same two pressures on the way back. Grains in contact by Hertz's law are stiffer by the cube
-- root of the pressure (K. Walton, J. Mech. Phys. Solids 35 (1987) 213) where their contacts do not change.
jit.off(true, true) -- cold: see barchan's init.lua
local recipe = { unit = "Pa", quantities = { "unloading", "strain", "k0", "fraction" },
  unrest = "a step of the pressure ended with grains that still moved, or a lid that did not carry it" }

function recipe.run(b, o)
  local d, g = b.d, o.gravity
  local pressures = o.pressures
  for k, p in ipairs(pressures) do
    if k > 1 and not (p > pressures[k - 1]) then b:refuse("pressures must increase, but %.6g Pa follows %.6g Pa", p, pressures[k - 1]) end
  end
  local side = math.max((o.grains * b.volume / 0.6) ^ (1 / 3), 5 * d)
  local area, fill = side ^ 2, b:loose_height(side ^ 2)
  local half = side / 2
  local sim, grain, wall = b:simulation { lo = { -half, -half, -2 * d }, hi = { half, half, fill + 4 * d }, periodic = "xy" }
  sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = wall }
  b:insert(sim, grain, sim.box { lo = { -half, -half, 0 }, hi = { half, half, fill } })
  local lid = sim:plane { point = { 0, 0, fill + d }, normal = { 0, 0, -1 }, material = wall }
  b:settle(sim, 60 * math.sqrt(fill / g))
  b:watch(sim, "ready")
  sim.gravity = { 0, 0, 0 }
  local time = d * math.sqrt(grain.density / pressures[1]) -- a grain is pushed aside by its diameter
  local still = true
  local function press(pressure)
    lid:servo { axis = { 0, 0, 1 }, pressure = pressure, area = area, max_velocity = math.sqrt(g * d) }
    local start, near = sim.time, false
    sim:run { time = 200 * time + 5 * fill / math.sqrt(g * d), every = 0.5 * time, until_ = function(s)
      near = math.abs(lid.force.z / (pressure * area) - 1) < 1e-3 and s.kinetic_energy < 1e-6 * pressure * b.volume * s.count
      return near and s.time > start + 5 * time
    end }
    still = still and near
    return lid.position.z
  end
  local heights, n = {}, #pressures
  for k, pressure in ipairs(pressures) do
    heights[k] = press(pressure)
    if k == 1 then b:watch(sim, "begin") end
  end
  local run = { still = still, errors = {} }
  local low, high = 0.25 * heights[n], 0.75 * heights[n]
  local stress = sim:stress { region = sim.box { lo = { -half, -half, low }, hi = { half, half, high } } }
  run.k0 = (stress.total[1][1] + stress.total[2][2]) / 2 / stress.total[3][3]
  run.fraction = sim:packing { region = sim.box { lo = { -half, -half, low }, hi = { half, half, high } } }.fraction
  local back = press(pressures[n - 1])
  b:watch(sim, "end")
  local reference = heights[1]
  run.curve = { pressure = { unpack(pressures) }, strain = {}, modulus = {} }
  for k, height in ipairs(heights) do
    run.curve.strain[k] = 1 - height / reference
    run.curve.modulus[k] = k > 1 and (pressures[k] - pressures[k - 1]) * reference / (heights[k - 1] - height) or nil
  end
  local step = (pressures[n] - pressures[n - 1]) * reference
  run.value, run.unloading, run.strain = step / (heights[n - 1] - heights[n]), step / (back - heights[n]), run.curve.strain[n]
  return run
end

return recipe
