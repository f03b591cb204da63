-- hopper_flow.lua -- what flows out of a bin each second.
--
-- W. A. Beverloo, H. A. Leniger and J. van de Velde, Chem. Eng. Sci. 15 (1961) 260: W = C rho_b sqrt(g) (D - k d)^(5/2), where C = 0.58
-- and k = 1.4 suit spheres and a flat bottom (C between 0.55 and 0.65: R. M. Nedderman, Statics and Kinematics of Granular Materials,
-- 1992, 10.2). The grains settle on the closed orifice; rho_b is measured there. After the gate has gone, the flow is looked at from a
-- tenth of the grains out to the height of one orifice above the bottom's middle, at most half of them: in between it does not depend on
-- the height. Its uncertainty is that of the mean of a time series with correlations. When nothing comes out for 40 sqrt(d / g), an arch
-- has ended it.
jit.off(true, true) -- cold: see barchan's init.lua
local recipe = { unit = "kg/s", quantities = { "beverloo", "constant", "bulk_density", "arches" } }

-- A flat ring of triangles between a hole of diameter D and the radius r.
local function ring(sim, D, r, z, material)
  local vertices, triangles, n = {}, {}, 48
  local inner = D / 2 / math.sqrt(n / (2 * math.pi) * math.sin(2 * math.pi / n)) -- a polygon of the circle's area
  for i = 0, n - 1 do
    local a = 2 * math.pi * i / n
    vertices[2 * i + 1] = { inner * math.cos(a), inner * math.sin(a), z }
    vertices[2 * i + 2] = { r * math.cos(a), r * math.sin(a), z }
    local p, q, s, t = 2 * i + 1, 2 * i + 2, (2 * i + 2) % (2 * n) + 1, (2 * i + 3) % (2 * n) + 1
    triangles[2 * i + 1], triangles[2 * i + 2] = { p, q, t }, { p, t, s }
  end
  return (sim:mesh { vertices = vertices, triangles = triangles, material = material })
end

function recipe.run(b, o)
  local d, g = b.d, o.gravity
  local D = o.orifice or 6 * d
  local bin = o.bin or 2.5 * D
  if not (bin > D) then b:refuse("bin must be wider than the orifice, %.6g m, got %.6g m", D, bin) end
  local R = bin / 2
  local cone = o.half_angle and (R - D / 2) / math.tan(o.half_angle) or 0 -- its height
  local height = cone + b:loose_height(math.pi * R ^ 2)
  local sim, grain, wall = b:simulation { lo = { -R - 2 * d, -R - 2 * d, -D - 4 * d }, hi = { R + 2 * d, R + 2 * d, height + 2 * d } }
  sim:cylinder { from = { 0, 0, cone > 0 and cone or -d }, to = { 0, 0, height + d }, radius = R, open = true, side = "inside", material = wall }
  if cone > 0 then
    sim:cone { from = { 0, 0, 0 }, to = { 0, 0, cone }, radius_from = D / 2, radius_to = R, open = true, side = "inside", material = wall }
  else
    ring(sim, D, R + d, 0, wall)
  end
  local gate = sim:disc { center = { 0, 0, 0 }, normal = { 0, 0, 1 }, radius = D / 2 + d, material = wall }
  local outlet = sim:outlet { plane = { point = { 0, 0, -D / 2 - d }, normal = { 0, 0, 1 } } }
  b:insert(sim, grain, sim.cylinder { from = { 0, 0, cone }, to = { 0, 0, height }, radius = R })
  local still, unrest = b:settle(sim, 60 * math.sqrt(height / g))
  b:watch(sim, "ready")

  -- the part of the bin above the cone that is full whatever the packing
  local solid = o.grains * b.volume / 0.68
  local filled = cone + (solid - math.pi / 3 * cone * (R ^ 2 + R * D / 2 + D ^ 2 / 4)) / (math.pi * R ^ 2)
  local low, high = cone + 2 * d, math.max(filled - 2 * d, cone + 4 * d)
  local bulk = sim:packing { region = sim.cylinder { from = { 0, 0, low }, to = { 0, 0, high }, radius = R } }.fraction * grain.density
  local total = sim.total_mass
  local least = math.max(0.5, 0.7 * D * math.pi * R ^ 2 * bulk / total) -- share of the mass that stays in

  gate:remove()
  local times, masses, last, since, arch = {}, {}, 0, sim.time, false
  local every = 0.5 * math.sqrt(D / g)
  local begun = false
  sim:run { time = 1e4 * math.sqrt(height / g), every = every, until_ = function(s)
    local out = outlet.mass
    if out > last then last, since = out, s.time end
    arch = s.time - since > 40 * b.moment
    if out > 0.1 * total then
      if not begun then b:watch(sim, "begin") end
      begun = true
      times[#times + 1], masses[#masses + 1] = s.time, out
    end
    return arch or out > (1 - math.min(least, 0.8)) * total and #times > 4
  end }
  b:watch(sim, "end")
  local flow, wrong = 0, 0
  if not arch then
    local series = {}
    for i = 2, #times do series[i - 1] = (masses[i] - masses[i - 1]) / (times[i] - times[i - 1]) end
    flow, wrong = b.average(series)
  end
  local law = bulk * math.sqrt(g) * math.max(D - 1.4 * d, 0) ^ 2.5
  return { value = flow, errors = { value = wrong, constant = law > 0 and wrong / law or 0 }, beverloo = 0.58 * law,
    constant = law > 0 and flow / law or 0, bulk_density = bulk, arches = arch and 1 or 0, still = still,
    unrest = unrest,
    curve = { time = times, mass = masses } }
end

return recipe
