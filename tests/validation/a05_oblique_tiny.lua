-- a05_oblique_tiny.lua -- a sphere of 10 um hits a wall under an angle: nothing may depend on absolute lengths.
--
-- Case: Chung and Ooi 2011, test 5. R = 10 um, normal velocity 5 m/s, e = 1, friction 0.3, steel and polyethylene. In units of
-- x = Vst / (mu Vn), y1 = Vst' / (mu Vn') is the rebound velocity of the surface and y2 = R w' / (mu Vn) the spin. From x = 7 on it
-- slides: y1 = x - 7, y2 = -5. Always y1 = x + 7/5 y2. For x < 7 the published curve belongs to another tangential rule; [X] is that
-- of this law, for steel.
local lab = require "lab"
local test = require "case" { id = "A5", title = "oblique impact of a tiny sphere", source = "[X] tiny steps, same tangential rule" }

local R, vn, mu = 1e-5, 5, 0.3
local materials = { { name = "steel", young = 2.08e11, poisson = 0.30, density = 7850,
    sticking = { { .667, -.238 }, { -.276, -1.626 }, { -1.001, -2.858 }, { -1.398, -3.856 }, { -1.436, -4.597 }, { -.981, -4.987 } },
    force = { { .504, -.355 }, { -.176, -1.554 }, { -1.043, -2.888 }, { -1.560, -3.971 }, { -1.636, -4.740 }, { -1, -5 } },
    paper = { [10] = -5.004, [20] = -4.991 } }, -- y2
  { name = "polyethylene", young = 1e9, poisson = 0.40, density = 1400, sticking = {}, paper = {} } }

for _, material in ipairs(materials) do
  local spheres, name = {}, material.name .. ", "
  for _, x in ipairs { 1, 2, 3, 4, 5, 6, 7, 8, 10, 15, 20 } do
    spheres[#spheres + 1] = { young = material.young, poisson = material.poisson, density = material.density, restitution = 1,
      friction = mu, velocity = { x * mu * vn, 0, -vn }, x = x }
  end
  local _, _, time = lab.hertz(R, lab.ball(R, material.density), lab.modulus(material, lab.rigid), vn)
  local scene = lab.impact { radius = R, spheres = spheres, dt = time / 200, time = 1.2 * time }
  local always = test:worst(name .. "y1 - 7/5 y2 against x", 1e-3, nil, "[F] angular momentum")
  local sliding1 = test:worst(name .. "y1 sliding", 1e-3, nil, "[F] x - 7")
  local sliding2 = test:worst(name .. "y2 sliding", 1e-3, nil, "[F] -5")
  for _, hit in ipairs(scene.spheres) do
    local x = hit.given.x
    local at, y1, y2 = "x = " .. x, (hit.v.x - R * hit.w.y) / (mu * hit.v.z), -R * hit.w.y / (mu * vn)
    if x >= 7 then
      sliding1:absolute(at, y1, x - 7)
      sliding2:absolute(at, y2, -5)
    elseif material.sticking[x] then
      test:absolute(("%sy1 at %s"):format(name, at), y1, material.sticking[x][1], 5e-3)
      test:absolute(("%sy2 at %s"):format(name, at), y2, material.sticking[x][2], 5e-3)
    end
    if material.paper[x] then
      test:absolute(("%sy2 at %s"):format(name, at), y2, material.paper[x], 1e-2, nil, "[P] Chung and Ooi 2011, digitised")
    end
    always:absolute(at, y1 - 1.4 * y2, x)
  end
  for _, list in ipairs { sliding1, sliding2, always } do list:done() end
  scene.sim:close()
end

-- The same for a spring of increments of the force, which is of first order in dt: 0.011 off at t/200, 0.0027 at t/800.
local steel, spheres = materials[1], {}
for x = 1, 6 do
  spheres[x] = { young = steel.young, poisson = steel.poisson, density = steel.density, friction = mu, velocity = { x * mu * vn, 0, -vn } }
end
local _, _, time = lab.hertz(R, lab.ball(R, steel.density), lab.modulus(steel, lab.rigid), vn)
local scene = lab.impact { radius = R, spheres = spheres, dt = time / 800, time = 1.2 * time,
  law = { normal = "hertz", tangential = "mindlin_force" } }
for x, hit in ipairs(scene.spheres) do
  test:absolute(("steel, mindlin_force, y1 at x = %d"):format(x), (hit.v.x - R * hit.w.y) / (mu * hit.v.z), steel.force[x][1], 5e-3)
  test:absolute(("steel, mindlin_force, y2 at x = %d"):format(x), -R * hit.w.y / (mu * vn), steel.force[x][2], 5e-3)
end
return test:done()
