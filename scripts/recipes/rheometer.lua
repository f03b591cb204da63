-- rheometer.lua -- the energy that a blade spends on its way through a bed: a powder rheometer.
--
-- R. Freeman, Powder Technol. 174 (2007) 25 (FT4, ASTM D7891): a twisted two-bladed propeller of 23.5 mm turns in a vessel of 25 mm (or
-- 48 in 50 mm) with a tip speed of 100 mm/s while it moves down, its tips on a helix of 5 degrees, and presses the bed before it down; the
-- energy is the integral of torque x rate + force x speed over the way. Here the blade is a plate without thickness, 0.21 of its diameter
-- high, upright at the hub and leaning forward by 45 degrees at the tips; there is no shaft. The bed is as deep as the vessel is wide, and
-- as it fell: no conditioning comes before. The energy is the engine's own sum over all contacts and steps (wall.work), between 20 and 70 %
-- of the depth; divided by the mass of that part of the bed it is the specific energy. Its uncertainty is that of the mean power, a time
-- series with correlations. Torque and force are means of a hundred looks, and a check: they add up to the same energy.
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
  local R, Rb, area = vessel / 2, 0.47 * vessel, math.pi / 4 * vessel ^ 2
  if not (vessel > 8 * d) then b:refuse("the vessel must be wider than 8 diameters of a grain, %.6g m, got %.6g m", 8 * d, vessel) end
  local h, fill = 0.21 * 2 * Rb, b:loose_height(area)
  local sim, grain, wall = b:simulation { lo = { -R - d, -R - d, -d }, hi = { R + d, R + d, fill + 2 * h + 4 * d } }
  sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = wall }
  sim:cylinder { from = { 0, 0, -d }, to = { 0, 0, fill + 2 * h + 3 * d }, radius = R, open = true, side = "inside", material = wall }
  b:insert(sim, grain, sim.cylinder { from = { 0, 0, 0 }, to = { 0, 0, fill }, radius = R })
  local still = b:settle(sim, 60 * math.sqrt(fill / g))
  b:watch(sim, "ready")
  local low = 0.7 * o.grains * b.volume / 0.7 / area
  local fraction = sim:packing { region = sim.cylinder { from = { 0, 0, 0 }, to = { 0, 0, low }, radius = R } }.fraction
  local depth = o.grains * b.volume / fraction / area
  local start = depth + 0.5 * h + 1.5 * d -- the blade's middle; its lower edge is above the grains
  local vertices, triangles = propeller(Rb, h)
  local blade = sim:mesh { vertices = vertices, triangles = triangles, translate = { 0, 0, start }, material = wall }
  local rate, speed = o.tip_speed * math.cos(o.helix) / Rb, o.tip_speed * math.sin(o.helix)
  blade:rotate { axis = { 0, 0, 1 }, origin = { 0, 0, 0 }, rate = rate }
  blade:move { velocity = { 0, 0, -speed } }

  -- the lower edge goes from 20 to 70 % of the depth
  sim:run { time = (1.5 * d + 0.2 * depth) / speed }
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
  local run = { errors = {}, still = still, depth = depth, value = blade.work - from, rate = rate, speed = speed, time = way / speed,
    curve = { power = powers, torque = torques, force = forces } }
  b:watch(sim, "end")
  local _, wrong = b.average(powers)
  run.errors.value = wrong * run.time
  local mass = area * way * fraction * grain.density
  run.specific, run.errors.specific = run.value / mass, run.errors.value / mass
  run.torque, run.errors.torque = b.average(torques)
  run.force, run.errors.force = b.average(forces)
  return run
end

return recipe
