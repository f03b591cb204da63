-- repose_static.lua -- at which slope grains come to rest when what held them is taken away slowly.
--
-- The plane form of the lifted cylinder on a plate of fixed width (ISO 4324; methods are compared by H. M. Beakawi Al-Hashemi and O. S.
-- Baghabra Al-Amoudi, Powder Technol. 330 (2018) 397): a box, periodic across, whose two side walls rise; what passes below them falls off
-- the edges of the plate, as when Y. C. Zhou et al. (Powder Technol. 125 (2002) 45) discharge their boxes; a low rim keeps the lowest
-- grains from rolling on it. When all is at rest each flank is a slope; a line is fitted to it from 20 to 80 % of the height (bench.flanks
-- in barchan's lab.lua), and both flanks are samples.
-- The heap is at rest (.still) when its kinetic energy is below 1e-6 m g d for each grain. Use a rolling model with a spring, epsd: a constant
-- torque acts against rolling and holds nothing that stands (Ai et al. 2011, type A), so such a heap creeps as long as one looks, its angle
-- is that of the moment, and the recipe says that it is not at rest.
--
-- On a flat plate (rim = 0), spheres of 10 mm, against the fit of Zhou et al., phi = 68.61 mu^0.49 m_pp^0.06 m_pw^0.12 d^-0.2 degrees for
-- equal friction mu of grains and plate; their rolling torque is m Fn with m and d in mm. Ours is mu_r R* Fn with R* = d / 4 between
-- grains and d / 2 on a plate, so m_pp = mu_r d / 4 and m_pw = mu_r d / 2. Means of four heaps (constant_torque: two):
--
--   rolling            mu   mu_r of grains, plate   m_pp, m_pw [mm]   here [degrees]   fit
--   epsd               0.2   0.1,  0.1                0.25, 0.5        18.2 +- 0.5      16.7
--   epsd               0.4   0.1,  0.1                0.25, 0.5        24.2 +- 0.9      23.4
--   epsd               0.4   0.02, 0.01               0.05, 0.05       10.5 +- 0.3      16.1
--   epsd               0.4   0.08, 0.04               0.2,  0.2        19.2 +- 0.9      20.7
--   epsd               0.1   0.4,  0.2                1,    1          11.8 +- 1.1      14.0
--   epsd               0.2   0.4,  0.2                1,    1          23.3 +- 0.6      19.7
--   epsd               0.4   0.4,  0.2                1,    1          34.1 +- 0.9      27.6
--   constant_torque    0.2   0.4,  0.2                1,    1          13.6, creeping   19.7
--   constant_torque    0.4   0.4,  0.2                1,    1          16.8, creeping   27.6
--
-- Each: barchan run tests/validation/c09_repose.lua --set model=epsd --set friction=0.2 --set arm_pp=0.25 --set arm_pw=0.5, with its numbers
-- (--set repeats=2 for the constant torque). Near arms of a quarter of a mm the two agree; here the angle rises with about the 0.4th power of
-- the arm, in the fit with the 0.18th, so long arms are steeper and short ones flatter than it.
jit.off(true, true) -- cold: see barchan's init.lua
local recipe = { unit = "rad", quantities = { "height" } }

function recipe.run(b, o)
  local d, g, wide = b.d, o.gravity, 6 * b.d
  local rim = o.rim * d
  -- the bed is 0.8 half plates high above the rim
  local half = o.plate and o.plate / 2
    or (math.sqrt(4 * rim ^ 2 * wide ^ 2 + 6.4 * wide * o.grains * b.volume / 0.58) - 2 * rim * wide) / (3.2 * wide)
  if not (half > 4.9 * d) then b:refuse("the plate must be wider than 10 diameters of a grain: more grains, or a plate for them") end
  local fill = b:loose_height(2 * half * wide)
  local tall, drop = fill + 2 * d, 4 * d
  local sim, grain, wall = b:simulation { lo = { -half - 12 * d, 0, -drop - 2 * d }, hi = { half + 12 * d, wide, tall + fill + 2 * d },
    periodic = "y", on_exit = "remove" }
  local function sheet(corners)
    return (sim:mesh { vertices = corners, triangles = { { 1, 2, 3 }, { 1, 3, 4 } }, material = wall })
  end
  local near, far = -2 * d, wide + 2 * d -- beyond the periodic faces
  sheet { { -half, near, 0 }, { half, near, 0 }, { half, far, 0 }, { -half, far, 0 } }
  local gates = {}
  for k, x in ipairs { -half, half } do
    local function upright(from, to) return (sheet { { x, near, from }, { x, far, from }, { x, far, to }, { x, near, to } }) end
    if rim > 0 then upright(0, rim) end
    gates[k] = upright(rim, tall)
  end
  sim:outlet { plane = { point = { 0, 0, -drop }, normal = { 0, 0, 1 } } }
  b:insert(sim, grain, sim.box { lo = { -half, 0, 0 }, hi = { half, wide, fill } })
  b:settle(sim, 60 * math.sqrt(fill / g))
  b:watch(sim, "ready")
  b:watch(sim, "begin")
  local speed = (o.lift or 0.5) * math.sqrt(g * d)
  for _, gate in ipairs(gates) do gate:move { velocity = { 0, 0, speed } } end
  sim:run { time = 0.7 * fill / speed }
  for _, gate in ipairs(gates) do gate:remove() end
  local still, unrest = b:settle(sim, 100 * math.sqrt(fill / g))
  b:watch(sim, "end")
  local x, z = b.surface(sim, { -half, 0, 0 }, { half, wide, fill }, d)
  local flanks, top = b.flanks(x, z, -half + 2 * d, half - 2 * d, rim) -- nearer to the edges the average would reach beyond
  for k = 1, 2 do flanks[k] = math.atan(flanks[k]) end
  return { value = b.mean(flanks), errors = { value = b.standard_error(flanks) }, flanks = flanks, height = top, still = still,
    unrest = unrest, curve = { x = x, z = z } }
end

return recipe
