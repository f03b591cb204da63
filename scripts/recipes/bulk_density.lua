-- bulk_density.lua -- how much grains weigh by the volume that they fill: poured, and after taps.
--
-- EN ISO 60 and ASTM D7481 let the material fall into a cup, strike it off and weigh it; ISO 3953 taps the cup and divides the two
-- (Hausner's ratio). Here the grains fall from a loose packing (solid fraction 0.3). What counts is the volume of the spheres within a
-- part of the bed, not touched by its surface, so nothing is struck off. Without a cup the sides are periodic, and the part keeps three
-- diameters from the floor: what would be measured in a cup far wider than its grains.
jit.off(true, true) -- cold: see barchan's init.lua
local recipe = { unit = "kg/m^3", quantities = { "fraction", "coordination", "tapped", "hausner" } }

function recipe.run(b, o)
  local d, side = b.d, nil
  local area = o.cup and math.pi / 4 * o.cup ^ 2
  if not area then
    side = math.max((o.grains * b.volume / 0.6 / 1.5) ^ (1 / 3), 5 * d) -- a bed that is half as high again as wide
    area = side ^ 2
  end
  local height = b:loose_height(area)
  local swing = 0.15 * d -- gentle: what is thrown higher lands in looser packings (Philippe and Bideau, Europhys. Lett. 60 (2002) 677)
  local half = (o.cup or side) / 2
  local margin = o.cup and 2 * d or 0
  local sim, grain, wall = b:simulation { lo = { -half - margin, -half - margin, -2 * d }, hi = { half + margin, half + margin, height + 4 * d },
    periodic = o.cup and "" or "xy" }
  local moving = { (sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = wall }) }
  local region
  if o.cup then
    moving[2] = sim:cylinder { from = { 0, 0, -2 * d }, to = { 0, 0, height + 3 * d }, radius = half, open = true, side = "inside",
      material = wall }
    region = sim.cylinder { from = { 0, 0, 0 }, to = { 0, 0, height }, radius = half }
  else
    region = sim.box { lo = { -half, -half, 0 }, hi = { half, half, height } }
  end
  b:insert(sim, grain, region)
  local least = o.grains * b.volume / 0.7 / area -- no bed is lower
  local low, high = o.cup and 0 or math.min(3 * d, 0.3 * least), math.max(least - 2 * d, 0.7 * least)
  local dense = grain.density

  -- Solid fraction in the part, and what its layers say of the uncertainty.
  local function look()
    local layers, list = math.max(2, math.floor((high - low) / (1.5 * d))), {}
    for k = 1, layers do
      local from, to = low + (high - low) * (k - 1) / layers, low + (high - low) * k / layers
      list[k] = sim:packing { region = o.cup and sim.cylinder { from = { 0, 0, from }, to = { 0, 0, to }, radius = half }
        or sim.box { lo = { -half, -half, from }, hi = { half, half, to } } }.fraction
    end
    return b.average(list)
  end

  local still, unrest = b:settle(sim, 60 * math.sqrt(height / o.gravity))
  b:watch(sim, "ready")
  b:watch(sim, "begin")
  local fraction, wrong = look()
  local run = { value = fraction * dense, fraction = fraction, errors = { value = wrong * dense, fraction = wrong }, still = still,
    unrest = unrest, coordination = sim:packing { region = region, least = 2 }.coordination }
  if o.taps > 0 then
    local period = 2 * math.pi * math.sqrt(swing / (o.tap_acceleration * o.gravity))
    run.curve = {}
    for k = 1, o.taps do
      for _, w in ipairs(moving) do
        w:oscillate { axis = { 0, 0, 1 }, amplitude = swing, period = period, start = sim.time, stop = sim.time + period }
      end
      sim:run { time = period }
      for _, w in ipairs(moving) do w:halt() end
      b:settle(sim, 20 * math.sqrt(height / o.gravity))
      run.curve[k] = look() * dense
    end
    fraction, wrong = look()
    run.tapped, run.errors.tapped = fraction * dense, wrong * dense
    run.hausner = run.tapped / run.value
    run.errors.hausner = run.hausner * math.sqrt((run.errors.tapped / run.tapped) ^ 2 + (run.errors.value / run.value) ^ 2)
  end
  b:watch(sim, "end")
  return run
end

return recipe
