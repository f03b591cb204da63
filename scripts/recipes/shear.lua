-- shear.lua -- the friction of grains that shear steadily under given normal stresses: what a ring shear tester measures in its shear zone.
--
-- A ring shear tester (ASTM D6773; D. Schulze, Powders and Bulk Solids, 2008) holds the normal stress on its lid and turns until the shear
-- stress is steady. Here the zone is sheared without lid, vanes and walls: a periodic cell, sheared at a constant rate, whose height a
-- servo changes so that the stress across is as asked for; so all of the sample shears alike and no grain touches a wall. At each normal
-- stress, from the lowest on, half of the strain passes before the other half is measured. The line tau = c + tan(phi) sigma through the
-- means (weighted by their uncertainties) is the locus of steady flow: its angle phi is the value. A single stress gives phi = atan(tau /
-- sigma). The rate is that of an inertial number I = rate d sqrt(density / sigma) of 0.01, at which friction is within 2 % of that of slow
-- flow: S. Chialvo, J. Sun and S. Sundaresan, Phys. Rev. E 85 (2012) 021305 have 0.382 for spheres with a friction of 0.5. The peak is
-- that of the first shear, of a sample that was pressed from all sides; it depends on how dense that was.
jit.off(true, true) -- cold: see barchan's init.lua
local recipe = { unit = "rad", quantities = { "friction", "cohesion", "fraction", "peak", "stress" },
  unrest = "the cell did not reach the first pressure before it was sheared" }

-- Weighted straight line; w: 1 / variance. Slope, start, their standard errors from the weights.
local function line(x, y, w)
  local s, sx, sy, sxx, sxy = 0, 0, 0, 0, 0
  for i = 1, #x do s, sx, sy = s + w[i], sx + w[i] * x[i], sy + w[i] * y[i] end
  for i = 1, #x do sxx, sxy = sxx + w[i] * (x[i] - sx / s) ^ 2, sxy + w[i] * (x[i] - sx / s) * y[i] end
  local slope = sxy / sxx
  return slope, (sy - slope * sx) / s, math.sqrt(1 / sxx), math.sqrt(1 / s + (sx / s) ^ 2 / sxx)
end

function recipe.run(b, o)
  local d, stresses = b.d, o.stresses
  for k, s in ipairs(stresses) do
    if k > 1 and not (s > stresses[k - 1]) then b:refuse("stresses must increase, but %.6g Pa follows %.6g Pa", s, stresses[k - 1]) end
  end
  local L = (o.grains * b.volume / 0.3) ^ (1 / 3)
  if not (L > 4 * b.largest) then b:refuse("%d grains are too few for a periodic cell", o.grains) end
  local sim, grain = b:simulation { lo = { 0, 0, 0 }, hi = { L, L, L }, periodic = "xyz", gravity = 0 }
  b:insert(sim, grain, sim.box { lo = { 0, 0, 0 }, hi = { L, L, L } })
  local function pace(stress) return math.sqrt(stress / grain.density) / d end -- [1/s] where the inertial number is 1
  -- pressed from all sides to the first stress
  sim:deform { pressure = stresses[1], max_rate = 0.1 * pace(stresses[1]) }
  local near = 0
  sim:run { time = 400 / pace(stresses[1]), every = 1 / pace(stresses[1]), until_ = function(s)
    local now = s.cell.stress
    near = math.abs((now.sxx + now.syy + now.szz) / 3 / stresses[1] - 1) < 0.02 and near + 1 or 0
    return near > 10
  end }
  b:watch(sim, "ready")

  local run = { errors = {}, still = near > 10, curve = { stress = {}, shear = {}, friction = {}, fraction = {}, strain = {}, ratio = {} } }
  local means, shears, series, curve = {}, {}, {}, run.curve
  local strain, recent = 0, {}
  for k, stress in ipairs(stresses) do
    local rate = o.inertial_number * pace(stress)
    sim:deform { rate = { exy = rate }, stress = { syy = stress }, max_rate = 0.2 * rate }
    local across, along, solid = {}, {}, {}
    local every = 0.01 / rate
    local function look(s)
      local now = s.cell.stress
      strain = strain + 0.01
      curve.strain[#curve.strain + 1], curve.ratio[#curve.ratio + 1] = strain, -now.sxy / now.syy
      return now
    end
    sim:run { time = 0.5 * o.strain / rate, every = every, call = function(s)
      local now = look(s)
      if k == 1 then -- the peak of a mean over a strain of 0.05
        recent[#recent + 1] = -now.sxy / stress
        if #recent > 5 then table.remove(recent, 1) end
        run.peak = math.max(run.peak or 0, #recent == 5 and b.mean(recent) or 0)
      end
    end }
    if k == 1 then b:watch(sim, "begin") end
    sim:run { time = 0.5 * o.strain / rate, every = every, call = function(s)
      local now = look(s)
      across[#across + 1], along[#along + 1] = now.syy, -now.sxy
      solid[#solid + 1] = s.total_mass / grain.density / s.cell.volume
    end }
    means[k], run.errors.stress = b.average(across)
    shears[k], series[k] = b.mean(along), { across = across, along = along }
    curve.stress[k], curve.shear[k], curve.friction[k] = means[k], shears[k], shears[k] / means[k]
    curve.fraction[k] = b.mean(solid)
    run.fraction = curve.fraction[k] -- which forgets too slowly for one run to say how sure it is
  end
  b:watch(sim, "end")
  -- The shear stress follows the normal one up and down while the servo works; what says how sure the line is are the means of what is left
  -- above it, with the ratio of the means as a first slope.
  local slope, start, wrong, off
  local weights = {}
  for k = 1, #stresses do
    local rest = {}
    for i, y in ipairs(series[k].along) do rest[i] = y - shears[k] / means[k] * series[k].across[i] end
    local _, error = b.average(rest)
    weights[k] = 1 / math.max(error ^ 2, 1e-12 * shears[k] ^ 2 + 1e-300)
  end
  if #stresses == 1 then
    slope, start, wrong, off = shears[1] / means[1], 0, 1 / math.sqrt(weights[1]) / means[1], 0
  else
    slope, start, wrong, off = line(means, shears, weights)
  end
  run.value, run.friction, run.cohesion, run.stress = math.atan(slope), slope, start, means[#means]
  run.errors.value, run.errors.friction, run.errors.cohesion = wrong / (1 + slope ^ 2), wrong, off
  return run
end

return recipe
