-- rheometer.lua -- the energy that a blade spends on its way through a bed: a powder rheometer.
--
-- R. Freeman, Powder Technol. 174 (2007) 25 (FT4, ASTM D7891): a twisted two-bladed propeller of 23.5 mm turns in a vessel of 25 mm (or
-- 48 in 50 mm) with a tip speed of 100 mm/s while it moves down, its tips on a helix of 5 degrees, and presses the bed before it down; the
-- energy is the integral of torque x rate + force x speed over the way. Before the test a conditioning cycle takes away what filling has
-- left: the blade goes down the other way round, so that it slices and lifts the grains, at 0.6 of the speed, and comes back the same way.
-- Here the blade is a plate without thickness, 0.21 of its diameter high, upright at the hub and leaning forward by 45 degrees at the tips;
-- there is no shaft. The bed is as deep as the vessel is wide. FT4's gap of 0.75 or 1 mm between blade and vessel is many grains of a powder;
-- where it is about half a grain, grains wedge in it: 1000 grains of 2 mm took 0.95, 1.09, 0.77, 0.80 and 0.64 J/kg with gaps of 0.2, 0.5, 1,
-- 1.5 and 2 diameters, though the blade became smaller all the way. So the gap is told in diameters of the largest grain (clearance), and the
-- blade is as large as that allows. The energy is the engine's own sum over all contacts and steps (wall.work), between 20 and 70 % of the
-- depth; divided by the mass of that part of the bed it is the specific energy. Its uncertainty is that of the mean power about its rise
-- with depth, a time series with correlations. Torque and force are means of a hundred looks, and a check: they add up to the same energy.
jit.off(true, true) -- cold: see barchan's init.lua
local recipe = { unit = "J", quantities = { "specific", "torque", "force", "depth" } }

-- A twisted plate about the z axis: radius R, height h, its middle at z = 0. With a positive rate the upper edge leads.
local function propeller(R, h)
  local vertices, triangles, parts = {}, {}, 6
  for sign = 1, -1, -2 do
    local first = #vertices
    for i = 0, parts do
      local r, lean = sign * R * (0.08 + 0.92 * i / parts), sign * 0.5 * h * math.tan(math.pi / 4 * i / parts)
      vertices[#vertices + 1], vertices[#vertices + 2] = { r, -lean, -0.5 * h }, { r, lean, 0.5 * h }
      if i > 0 then
        local a = first + 2 * i - 1
        triangles[#triangles + 1], triangles[#triangles + 2] = { a, a + 2, a + 3 }, { a, a + 3, a + 1 }
      end
    end
  end
  return vertices, triangles
end

function recipe.run(b, o)
  local d, g = b.d, o.gravity
  local vessel = o.vessel or (o.grains * b.volume / 0.6 * 4 / math.pi) ^ (1 / 3)
  local R, area = vessel / 2, math.pi / 4 * vessel ^ 2
  local Rb = math.min(0.48 * vessel, R - o.clearance * 2 * b.largest)
  if not (vessel > 8 * d) then b:refuse("the vessel must be wider than 8 diameters of a grain, %.6g m, got %.6g m", 8 * d, vessel) end
  if not (Rb > 0.25 * vessel) then
    b:refuse("a clearance of %.6g diameters leaves no room for a blade in a vessel of %.6g m", o.clearance, vessel)
  end
  local h, fill = 0.21 * 2 * Rb, b:loose_height(area)
  local sim, grain, wall = b:simulation { lo = { -R - d, -R - d, -d }, hi = { R + d, R + d, fill + 2 * h + 4 * d } }
  sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = wall }
  sim:cylinder { from = { 0, 0, -d }, to = { 0, 0, fill + 2 * h + 3 * d }, radius = R, open = true, side = "inside", material = wall }
  sim:plane { point = { 0, 0, fill + 2 * h + 3 * d }, normal = { 0, 0, -1 }, material = wall } -- a grain may be thrown
  b:insert(sim, grain, sim.cylinder { from = { 0, 0, 0 }, to = { 0, 0, fill }, radius = R })
  local still, unrest = b:settle(sim, 60 * math.sqrt(fill / g))
  b:watch(sim, "ready")
  local low = 0.7 * o.grains * b.volume / 0.7 / area
  local function look()
    local solid = sim:packing { region = sim.cylinder { from = { 0, 0, 0 }, to = { 0, 0, low }, radius = R } }.fraction
    return solid, o.grains * b.volume / solid / area
  end
  local fraction, depth = look()
  local start = depth + 0.5 * h + 1.5 * d -- the blade's middle; its lower edge is above the grains
  local vertices, triangles = propeller(Rb, h)
  local blade = sim:mesh { vertices = vertices, triangles = triangles, translate = { 0, 0, start }, material = wall }
  local rate, speed = o.tip_speed * math.cos(o.helix) / Rb, o.tip_speed * math.sin(o.helix)
  local function drive(turn, rise)
    blade:halt()
    blade:rotate { axis = { 0, 0, 1 }, origin = { 0, 0, 0 }, rate = turn }
    blade:move { velocity = { 0, 0, rise } }
  end
  local edge = start - 0.5 * h -- height of the lower edge
  for _ = 1, o.conditioning do
    local time = (edge - 0.25 * depth) / (0.6 * speed)
    for _, sense in ipairs { -1, 1 } do
      drive(0.6 * sense * rate, 0.6 * sense * speed)
      sim:run { time = time }
    end
  end
  if o.conditioning > 0 then
    blade:halt()
    still, unrest = b:settle(sim, 60 * math.sqrt(fill / g))
    fraction, depth = look()
  end

  -- the lower edge goes from 20 to 70 % of the depth
  drive(rate, -speed)
  sim:run { time = (edge - 0.8 * depth) / speed }
  b:watch(sim, "begin")
  local way = 0.5 * depth
  local powers, torques, forces = {}, {}, {}
  local from, last = blade.work, blade.work
  local every = way / speed / 100
  sim:run { time = way / speed, every = every, call = function()
    local work = blade.work
    if #torques > 0 then powers[#powers + 1] = (work - last) / every end -- the first look is at the start
    last = work
    torques[#torques + 1], forces[#forces + 1] = -blade.torque.z, blade.force.z
  end }
  local run = { errors = {}, still = still, unrest = unrest, depth = depth,
    value = blade.work - from, rate = rate, speed = speed, time = way / speed,
    curve = { power = powers, torque = torques, force = forces } }
  b:watch(sim, "end")
  run.errors.value = b.error_about_line(powers) * run.time -- the power grows with the depth, in each run alike
  local mass = area * way * fraction * grain.density
  run.specific, run.errors.specific = run.value / mass, run.errors.value / mass
  run.torque, run.errors.torque = b.mean(torques), b.error_about_line(torques)
  run.force, run.errors.force = b.mean(forces), b.error_about_line(forces)
  return run
end

return recipe
