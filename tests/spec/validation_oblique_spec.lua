-- validation_oblique_spec.lua -- impacts with sliding, sticking and spin: Chung and Ooi 2011, tests 4, 5 and 7 (A4, A5, A7). Tags as in
-- validation_impact_spec.lua. Both precisions reach every tolerance here, except where a line says otherwise.
local tools = require "validation_tools"

local rigid = tools.rigid
local both = { "double", "mixed" }

describe("A4 oblique impact #physics", function()
  local R, mu, e, speed = 0.0025, 0.092, 0.98, 3.9
  for _, material in ipairs(tools.oblique) do
    it("of " .. material.name, function()
      for _, precision in ipairs(both) do
        local label = ("A4 %s %s "):format(material.name, precision)
        -- angular momentum about the point of contact: exact in double but for the rounding of the sums; floats have 24 bits
        local momentum = tools.worst(label .. "v_t' - v_t against 2/5 R w'", precision == "double" and 1e-10 or 1e-6, "m/s")
        for _, hit in ipairs(tools.oblique_impact(material, { precision = precision, tangential_damping = 0 })) do
          local at, angle = ("%sat %d "):format(label, hit.angle), math.rad(hit.angle)
          local model, paper = material.model[hit.angle], material.paper[hit.angle]
          if model then -- [X]; 1e-2 below 30 degrees, 2e-3 where it slides throughout
            tools.relative(at .. "e_t", hit.et, model[1], hit.angle < 30 and 1e-2 or 2e-3)
            -- the spin is (1 - e_t) v_t over 2/5 R: below 30 degrees its tolerance is that of e_t, carried over
            if hit.angle < 30 then tools.absolute(at .. "spin", hit.spin, model[2], 1e-2 * model[1] * hit.vt / (0.4 * R), "rad/s")
            else tools.relative(at .. "spin", hit.spin, model[2], 2e-3, "rad/s") end
          end
          if hit.angle >= 30 then -- [F] sliding throughout
            tools.relative(at .. "e_t sliding", hit.et, 1 - mu * (1 + e) / math.tan(angle), 2e-3)
            tools.relative(at .. "spin sliding", hit.spin, -2.5 * mu * (1 + e) * speed * math.cos(angle) / R, 2e-3, "rad/s")
          end
          if paper then -- [P]
            tools.absolute(at .. "e_t of the paper", hit.et, paper[1], 0.03)
            tools.absolute(at .. "spin of the paper", hit.spin, paper[2], 25, "rad/s")
          end
          momentum:absolute(hit.angle .. " degrees", hit.v.x - hit.vt, 0.4 * R * hit.spin)
        end
        momentum:done()
        -- the law as it comes damps the tangential spring too
        local et = tools.worst(label .. "e_t with the dashpot", 1e-2)
        for _, hit in ipairs(tools.oblique_impact(material, { precision = precision })) do
          local model = material.model[hit.angle]
          if model then et:relative(hit.angle .. " degrees", hit.et, model[1]) end
        end
        et:done()
      end
    end)
  end
end)

describe("A5 oblique impact of a tiny sphere #physics", function()
  -- Slip adds up from the mean velocity of a step, which is of second order in dt: with the velocity at the end of the step, of first
  -- order, y1 of a sticking contact was off by 0.027 at tc/200 and the tolerance needed tc/2000.
  -- x = Vst / (mu Vn), y1 = Vst' / (mu Vn'), y2 = R w' / (mu Vn), the spin with the paper's sign
  local R, vn, mu = 1e-5, 5, 0.3
  local materials = { steel = { young = 2.08e11, poisson = 0.30, density = 7850 },
    polyethylene = { young = 1e9, poisson = 0.40, density = 1400 } }
  -- [X] x < 7 for steel; the published curve belongs to another tangential rule there
  local sticking = { { .667, -.238 }, { -.276, -1.626 }, { -1.001, -2.858 }, { -1.398, -3.856 }, { -1.436, -4.597 }, { -.981, -4.987 } }
  local paper = { [10] = -5.004, [20] = -4.991 } -- [P] steel, y2
  for name, material in pairs(materials) do
    it("of " .. name, function()
      for _, precision in ipairs(both) do
        local spheres = {}
        for _, x in ipairs { 1, 2, 3, 4, 5, 6, 7, 8, 10, 15, 20 } do
          spheres[#spheres + 1] = { young = material.young, poisson = material.poisson, density = material.density, restitution = 1,
            friction = mu, velocity = { x * mu * vn, 0, -vn }, x = x }
        end
        local _, _, time = tools.hertz(R, tools.ball(R, material.density), tools.modulus(material, rigid), vn)
        local scene = tools.impact { radius = R, spheres = spheres, dt = time / 200, time = 1.2 * time,
          precision = precision }
        for _, hit in ipairs(scene.spheres) do
          local x, label = hit.given.x, ("A5 %s %s x = %g "):format(name, precision, hit.given.x)
          local y1, y2 = (hit.v.x - R * hit.w.y) / (mu * hit.v.z), -R * hit.w.y / (mu * vn)
          if x >= 7 then -- [F] sliding
            tools.absolute(label .. "y1", y1, x - 7, 1e-3)
            tools.absolute(label .. "y2", y2, -5, 1e-3)
          elseif name == "steel" then
            tools.absolute(label .. "y1", y1, sticking[x][1], 5e-3)
            tools.absolute(label .. "y2", y2, sticking[x][2], 5e-3)
          end
          if name == "steel" and paper[x] then tools.absolute(label .. "y2 of the paper", y2, paper[x], 1e-2) end
          tools.absolute(label .. "y1 - 1.4 y2", y1 - 1.4 * y2, x, 1e-3) -- [F]
        end
        scene.sim:close()
      end
    end)
  end
end)

describe("A7 two spheres with opposite spins #physics", function()
  local R, v, e = 0.1, 0.2, 0.5
  local materials = { ["Al alloy"] = { young = 7e10, poisson = 0.33, density = 2700 },
    copper = { young = 1.2e11, poisson = 0.35, density = 8900 } }
  for name, material in pairs(materials) do
    it("of " .. name, function()
      local a = { restitution = e, friction = 0.4 }
      for key, value in pairs(material) do a[key] = value end
      local _, _, time = tools.hertz(R / 2, tools.ball(R, a.density) / 2, tools.modulus(a, a), 2 * v)
      for _, precision in ipairs(both) do
        local label = ("A7 %s %s "):format(name, precision)
        local spin, across, normal = tools.worst(label .. "spin", 1e-10), tools.worst(label .. "tangential velocity", 1e-10, "m/s"),
          tools.worst(label .. "normal velocity", 1e-3, "m/s")
        local function meet(w1, w2)
          local hit = tools.collide { radius = R, speed = v, a = a, dt = time / 200, time = 1.5 * time, precision = precision,
            spin_a = { 0, 0, w1 }, spin_b = { 0, 0, w2 } }
          hit.sim:close()
          return hit
        end
        for k = 1, 17 do -- [F] no slip: the surfaces roll on each other, nothing but the normal velocities may change
          local w = 2 * math.tan(math.rad(5 * k))
          local hit = meet(w, -w)
          -- a float spin begins as the float (and its residual) nearest to w
          spin:relative(k, hit.w[1].z, w)
          spin:relative(k, hit.w[2].z, -w)
          for _, speed in ipairs { hit.v[1].y, hit.v[1].z, hit.v[2].y, hit.v[2].z, hit.w[1].x, hit.w[1].y } do
            across:absolute(k, speed, 0)
          end
          normal:absolute(k, hit.v[1].x, -e * v)
          normal:absolute(k, hit.v[2].x, e * v)
        end
        spin:done()
        across:done()
        normal:done()
        -- Equal spins slip by 2 w R: friction pushes the surfaces along y and takes from both spins; angular momentum stays.
        local w, exact = 1, precision == "double" and 1e-12 or 1e-6
        local hit = meet(w, w)
        local x1, x2, v1, v2 = hit.x[1], hit.x[2], hit.v[1], hit.v[2]
        local L = 0.4 * R * R * (hit.w[1].z + hit.w[2].z) + x1.x * v1.y - x1.y * v1.x + x2.x * v2.y - x2.y * v2.x
        tools.absolute(label .. "equal spins, momentum", v1.y + v2.y, 0, 0, "m/s")
        tools.absolute(label .. "equal spins, spins", hit.w[1].z - hit.w[2].z, 0, exact, "rad/s")
        tools.relative(label .. "equal spins, angular momentum / m", L, 0.8 * R * R * w, hit.steps * exact, "m^2/s")
        assert.is_true(v1.y < -1e-3 and hit.w[1].z < 1 - 1e-3)
      end
    end)
  end
end)
