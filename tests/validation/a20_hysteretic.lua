-- a20_hysteretic.lua -- plastic contacts: the restitution, the dent that stays, the adhesion of what was pressed.
--
-- Case: A20. (a) Walton and Braun 1986, loading stiffness k1, unloading k2: e = sqrt(k1 / k2) at every speed, residual overlap (1 - k1 /
-- k2) of the largest; a second collision is a new contact with the same e. (b) Luding 2008: k1, k2 up to the plastic depth, kc: loads
-- on k1, unloads on k2, pulls along -kc overlap. Spheres of 1 mm against a rigid wall.
local lab = require "lab"
local test = require "case" { id = "A20", title = "hysteretic contacts", source = "[F] Walton and Braun 1986" }

local R, density, k1 = 1e-3, 2500, 1e4
local m = lab.ball(R, density)

-- A collision: restitution, curve of force [N] over overlap [m] by steps, restitution of a second one.
local function collide(law, values, v, parts)
  local dt = math.pi * math.sqrt(m / k1) / parts
  local sphere = { density = density, stiffness = k1, gap = 2.5 * v * dt, velocity = { 0, 0, -v } }
  for key, value in pairs(values) do sphere[key] = value end
  local scene = lab.over_plane { law = law, radius = R, spheres = { sphere }, dt = dt, room = 0.1 }
  local p, curve, z, f, e = scene.spheres[1].handle, {}, scene.sim.x.z, scene.sim.force.z, {}
  for i = 1, 2 do
    scene.sim:run { steps = 3 * parts, each_step = i == 1 and function() curve[#curve + 1] = { R - z[1], f[1] } end or nil }
    e[i] = p.v.z / v
    scene.sim.v:set(1, 0, 0, -v)
    scene.sim:run { steps = 2 } -- towards the wall, as far away as it is
    local steps = math.ceil((p.x.z - R) / (v * dt)) - 3
    if steps > 0 then scene.sim:run { steps = steps } end
  end
  scene.sim:close()
  return e[1], e[2], curve
end

for _, e in ipairs { 0.3, 0.7, 0.95 } do
  local first, second = test:worst(("e = %g at 0.01 to 1 m/s"):format(e), 1e-3), test:worst(("e = %g, second collision"):format(e), 1e-3)
  local dent = test:worst(("e = %g, residual / largest overlap"):format(e), 1e-3)
  for _, v in ipairs { 0.01, 0.1, 1 } do
    local one, two, curve = collide({ normal = "hysteretic" }, { restitution = e }, v, 2000)
    first:relative(v .. " m/s", one, e)
    second:relative(v .. " m/s", two, e)
    local deepest, left, before = 0, nil, { 0, 0 }
    for _, c in ipairs(curve) do
      deepest = math.max(deepest, c[1])
      if c[2] == 0 and before[2] > 0 then -- the line of the last two loaded points, to no force
        left = before[1] - before[2] * e * e / k1
      end
      before = c
    end
    dent:absolute(v .. " m/s", left / deepest, 1 - e * e)
  end
  for _, list in ipairs { first, second, dent } do list:done() end
end

-- Luding: the largest overlap stays below full = k2 / (k2 - k1) phi 2 R, so that the unloading stiffness lies between k1 and k2.
test:from "[F] Luding 2008"
local k2, kc, phi = 5e4, 2e4, 0.05
local full = k2 / (k2 - k1) * phi * 2 * R
local e, _, curve = collide({ normal = "luding" },
  { unloading_ratio = k2 / k1, cohesion_stiffness = kc, plasticity_depth = phi }, 0.5, 4000)
local deepest, turn, least = 0, 1, { 0, 0 }
for i, c in ipairs(curve) do
  if c[1] > deepest then deepest, turn = c[1], i end
  if c[2] < least[2] then least = c end
end
local unloading = k1 + (k2 - k1) * deepest / full
local loads, unloads = test:worst("Luding: loading on k1, force / largest", 1e-6), test:worst("Luding: unloading, force / largest", 1e-3)
local limit = test:worst("Luding: adhesive limit -kc overlap, force / largest", 1e-3)
local most = k1 * deepest
for i, c in ipairs(curve) do
  if i <= turn and c[1] > 0 then loads:absolute(("overlap %.3g m"):format(c[1]), c[2] / most, k1 * c[1] / most)
  elseif i > turn and c[1] > least[1] then
    unloads:absolute(("overlap %.3g m"):format(c[1]), c[2] / most, (unloading * (c[1] - deepest) + most) / most)
  elseif i > turn and c[1] > 0 then limit:absolute(("overlap %.3g m"):format(c[1]), c[2] / most, -kc * c[1] / most) end
end
for _, list in ipairs { loads, unloads, limit } do list:done() end
test:relative("Luding: overlap of the largest pull / largest overlap", least[1] / deepest, (unloading - k1) / (unloading + kc), 2e-3)
-- energy: what the loop of the curve encloses is what is lost
local loaded = k1 * deepest ^ 2 / 2
local pull = kc * least[1]
local returned = most ^ 2 / (2 * unloading) - pull ^ 2 / (2 * unloading) - pull * least[1] / 2
test:relative("Luding: kinetic energy after / before", e * e, returned / loaded, 2e-3)
return test:done()
