-- validation_impact_spec.lua -- head-on impacts against published numbers and closed formulas: elastic (A1, A2), damped (A3, A16),
-- and the published rebound of A10. Tags: [P] published, [F] closed formula, [X] computed elsewhere by a tiny-step integrator. Both
-- precisions reach every tolerance here, except where a line says otherwise.
local tools = require "validation_tools"

local rigid = tools.rigid
local both = { "double", "mixed" }

describe("A1 elastic impact of two spheres #physics", function() -- Chung and Ooi 2011, test 1
  local cases = {
    -- [X] largest force [N], overlap [um], duration [us]; that of limestone also [P] 7108 N
    glass = { young = 4.8e10, poisson = 0.20, density = 2800, modulus = 2.5e10, force = 10696.89, depth = 274.113, time = 40.342 },
    limestone = { young = 2.0e10, poisson = 0.25, density = 2500, modulus = 1.06667e10, force = 7108.24, depth = 368.304,
      time = 54.204 },
  }
  local R, v = 0.010, 10
  for name, case in pairs(cases) do
    local material = { young = case.young, poisson = case.poisson, density = case.density, restitution = 1, friction = 0.35 }
    local E = tools.modulus(material, material)
    local depth, force, time = tools.hertz(R / 2, tools.ball(R, case.density) / 2, E, 2 * v)
    local function collide(parts, precision)
      local hit = tools.collide { radius = R, speed = v, a = material, dt = time / parts, time = 1.2 * time, precision = precision }
      hit.sim:close()
      return hit
    end
    it("of " .. name, function()
      tools.relative(("A1 %s E*"):format(name), E, case.modulus, 1e-5, "Pa")
      for _, precision in ipairs(both) do
        local hit, label = collide(200, precision), ("A1 %s %s "):format(name, precision)
        tools.relative(label .. "Fmax", hit.peak, case.force, 1e-3, "N")
        tools.relative(label .. "overlap", hit.depth * 1e6, case.depth, 1e-3, "um")
        tools.relative(label .. "duration", hit.duration * 1e6, case.time, 1e-3, "us")
        tools.relative(label .. "rebound", hit.e, 1, 1e-3)
        -- action and reaction to the last bit
        tools.absolute(label .. "momentum", hit.v[1].x + hit.v[2].x, 0, 0, "m/s")
      end
      local last
      for _, parts in ipairs { 50, 100, 200, 400 } do -- [F] the error falls as dt^2
        local off = collide(parts, "double").peak / force - 1
        if last then tools.absolute(("A1 %s order at tc/%d"):format(name, parts), math.log(last / off) / math.log(2), 2, 0.05) end
        last = off
      end
      for _, precision in ipairs(both) do
        local hit, label = collide(1000, precision), ("A1 %s %s tc/1000 "):format(name, precision)
        tools.relative(label .. "Fmax", hit.peak, force, 1e-6, "N")
        tools.relative(label .. "overlap", hit.depth, depth, 1e-6, "m")
        tools.relative(label .. "duration", hit.duration, time, 1e-6, "s")
      end
    end)
  end
end)

describe("A2 elastic impact on a wall #physics", function() -- Chung and Ooi 2011, test 2; [X], that of Mg also [P] 7233 N
  local R, v = 0.10, 0.2
  local cases = {
    { name = "Al", young = 7.0e10, poisson = 0.30, density = 2699, force = 11369.86, depth = 49.717, time = 731.69, soft = 11365.31 },
    { name = "Mg", young = 4.0e10, poisson = 0.35, density = 1800, force = 7232.68, depth = 52.123, time = 767.10, soft = 7229.79 },
  }
  for _, case in ipairs(cases) do
    it("of " .. case.name, function()
      for _, precision in ipairs(both) do
        local sphere = { young = case.young, poisson = case.poisson, density = case.density, restitution = 1, friction = 0.3,
          velocity = { 0, 0, -v } }
        local _, force, time = tools.hertz(R, tools.ball(R, case.density), tools.modulus(sphere, rigid), v)
        local o = { radius = R, spheres = { sphere }, dt = time / 200, time = 1.2 * time, precision = precision }
        local scene, label = tools.impact(o), ("A2 %s %s "):format(case.name, precision)
        local hit = scene.spheres[1]
        tools.relative(label .. "Fmax", hit.peak, case.force, 1e-3, "N")
        tools.relative(label .. "Fmax of the formula", hit.peak, force, 1e-4, "N")
        tools.relative(label .. "overlap", (hit.peak / (4 / 3 * tools.modulus(sphere, rigid) * math.sqrt(R))) ^ (2 / 3) * 1e6,
          case.depth, 1e-3, "um")
        tools.relative(label .. "duration", hit.duration * 1e6, case.time, 1e-3, "us")
        tools.relative(label .. "rebound", hit.e, 1, 1e-3)
        scene.sim:close()
        -- a wall of 1000 E makes itself felt, by exactly what it should
        o.wall_material = { young = 1000 * case.young, poisson = case.poisson, density = 7800 }
        scene = tools.impact(o)
        tools.relative(label .. "Fmax, wall 1000 E", scene.spheres[1].peak, case.soft, 1e-3, "N")
        tools.relative(label .. "effect of the wall", scene.spheres[1].peak / hit.peak, case.soft / case.force, 2e-6)
        scene.sim:close()
      end
    end)
  end
end)

-- [X] restitution when the force is cut at zero and the damping is the formula for tension allowed; independent of material and speed
local clipped = { [0.2] = 0.32486, [0.4] = 0.47201, [0.5] = 0.55028, [0.6] = 0.63229, [0.7] = 0.71820, [0.8] = 0.80810,
  [0.9] = 0.90203 }
local asked = { 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1 }

-- Thornton, Cummins and Cleary 2013: inverse fit of the damping that gives e with the force cut at zero, as
-- F = 2 gamma sqrt(m* Sn) v. In the terms of the law's "tsuji" damping that is an asked restitution of:
local function thornton(e)
  local h = { -6.918798, -16.41105, 146.8049, -796.4559, 2928.711, -7206.864, 11494.29, -11342.18, 6276.757, -1489.915 }
  local a = 0
  for i = #h, 1, -1 do a = a * e + h[i] end
  local gamma = math.sqrt(1 / (1 - (1 + e) ^ 2 * math.exp(a * e)) - 1)
  local zeta = gamma / math.sqrt(5 / 6)
  return zeta < 1 and math.exp(-math.pi * zeta / math.sqrt(1 - zeta ^ 2)) or nil
end

describe("A3 restitution #physics", function() -- Chung and Ooi 2011, test 3
  local R = 0.0025
  local materials = {
    -- [X] largest force [N] and, tension allowed, duration [us] at 3.9 m/s
    { name = "Al oxide", young = 3.8e11, poisson = 0.23, density = 4000,
      force = { [0.2] = 447.59, [0.4] = 448.04, [0.6] = 488.04, [0.8] = 546.06, [1] = 615.35 },
      time = { [0.2] = 7.911, [0.4] = 6.924, [0.6] = 6.495, [0.8] = 6.256, [1] = 6.105 } },
    { name = "cast iron", young = 1.0e11, poisson = 0.25, density = 7000,
      force = { [0.2] = 368.61, [0.4] = 368.97, [0.6] = 401.91, [0.8] = 449.70, [1] = 506.76 } },
  }
  -- All restitutions and rules in one run: list of what each sphere must answer.
  local function drop(law, material, more, time, v, precision)
    local spheres = {}
    local function add(e, expected, tolerance, kind, tension, damping, given)
      local sphere = { velocity = { 0, 0, -v }, friction = 0.1, restitution = given or e, tension = tension, damping = damping,
        e = e, expected = expected, tolerance = tolerance, kind = kind, density = material.density }
      for key, value in pairs(more) do sphere[key] = value end
      spheres[#spheres + 1] = sphere
    end
    for _, e in ipairs(asked) do
      add(e, e, 1e-3, "allowed", "allowed", "tsuji")
      add(e, e, 1e-3, "calibrated", "cut", "calibrated")
      if clipped[e] then add(e, clipped[e], 1e-3, "clipped", "cut", "tsuji") end
      if e < 1 and law == "hertz_mindlin" then add(e, e, 2e-3, "Thornton's fit", "cut", "tsuji", thornton(e)) end
    end
    return tools.impact { radius = R, law = law, spheres = spheres, dt = time / 500, time = 2 * time, precision = precision }
  end
  local function judge(label, scene)
    local worst = {}
    for _, hit in ipairs(scene.spheres) do
      local g = hit.given
      worst[g.kind] = worst[g.kind] or tools.worst(label .. " " .. g.kind, g.tolerance)
      worst[g.kind]:absolute("e = " .. g.e, hit.e, g.expected)
    end
    for _, kind in ipairs { "allowed", "calibrated", "clipped", "Thornton's fit" } do
      if worst[kind] then worst[kind]:done() end
    end
  end
  for _, material in ipairs(materials) do
    it("of " .. material.name .. ", at any speed", function()
      for _, precision in ipairs(both) do
        for _, v in ipairs { 3.9, 0.1, 1, 10 } do
          local elastic = { young = material.young, poisson = material.poisson }
          local _, _, time = tools.hertz(R, tools.ball(R, material.density), tools.modulus(elastic, rigid), v)
          local scene = drop("hertz_mindlin", material, elastic, time, v, precision)
          if v == 3.9 and precision == "double" then
            for _, hit in ipairs(scene.spheres) do
              local g, label = hit.given, ("A3 %s e = %g "):format(material.name, hit.given.e)
              if g.kind == "allowed" then
                tools.absolute(label .. "e allowed", hit.e, g.expected, g.tolerance)
                if material.force[g.e] then tools.relative(label .. "Fmax", hit.peak, material.force[g.e], 1e-3, "N") end
                if material.time and material.time[g.e] then
                  tools.relative(label .. "duration", hit.duration * 1e6, material.time[g.e], 1e-3, "us")
                end
              else
                tools.absolute(label .. "e " .. g.kind, hit.e, g.expected, g.tolerance)
              end
            end
          end
          judge(("A3 %s %s v = %g"):format(material.name, precision, v), scene)
          scene.sim:close()
        end
      end
    end)
  end
  it("of a linear spring is the same function", function()
    for _, precision in ipairs(both) do
      local k = 1e7
      local time = math.pi * math.sqrt(tools.ball(R, 4000) / k)
      local scene = drop("linear", { density = 4000 }, { stiffness = k }, time, 0.5, precision)
      judge("A3 linear " .. precision, scene)
      scene.sim:close()
    end
  end)
end)

describe("A10 rebound of MercuryDPM OSHertz #physics", function() -- materials of Dosta et al. 2024
  local m1, m2 = { young = 1e9, poisson = 0.2, density = 2500 }, { young = 5e8, poisson = 0.2, density = 2000 }
  local steel = { young = 2.1e11, poisson = 0.2, density = 7200 }
  local function pair(a, more)
    local p = { restitution = 0.4, friction = 0.3 }
    for key, value in pairs(a) do p[key] = value end
    for key, value in pairs(more or {}) do p[key] = value end
    return p
  end
  it("has the published effective moduli", function() -- [P]; measured from the force of one step at a known overlap and slip
    local R, d, dt = 1e-3, 1e-5, 1e-9
    local function moduli(a, wall)
      local vt = 1e-3
      local sphere = pair(a, { gap = -d, friction = 10, restitution = 1, velocity = { vt, 0, 0 } })
      local scene = tools.over_plane { radius = R, spheres = { sphere }, wall_material = wall, dt = dt, force_scale = 4 }
      local f
      scene.sim:run { steps = 1, each_step = function(sim) f = sim.force[1] end }
      scene.sim:close()
      local c = math.sqrt(R * d)
      return f.z / (4 / 3 * c * d), -f.x / (8 * c * vt * dt)
    end
    local E, G = moduli(m1, m1)
    tools.relative("A10 E* of M1-M1", E, 520833333.3, 1e-9, "Pa")
    tools.relative("A10 G* of M1-M1", G, 115740740.7, 1e-6, "Pa")
    E, G = moduli(m1, steel)
    tools.relative("A10 E* of M1-steel", E, 1036729857.8, 1e-9, "Pa")
    tools.relative("A10 G* of M1-steel", G, 230384412.8, 1e-6, "Pa")
    tools.relative("A10 E* of M2-steel", moduli(m2, steel), 519596199.5, 1e-9, "Pa")
  end)
  it("comes back with e = 0.4", function()
    local R, dt = 1e-3, 5e-7
    for _, precision in ipairs(both) do
      local sphere = pair(m1, { gap = 1e-5, velocity = { 0, 0, -1 } })
      local scene = tools.over_plane { radius = R, spheres = { sphere }, wall_material = steel, dt = dt, precision = precision }
      scene.sim:run { steps = 121 } -- 6.05e-5 s
      local p = scene.spheres[1].handle
      tools.relative(("A10 %s v_z"):format(precision), p.v.z, 0.40107538, 0.01, "m/s")
      tools.relative(("A10 %s z"):format(precision), p.x.z * 1e3, 1.00724022, 0.01, "mm")
      scene.sim:close()
      local last
      for _, finer in ipairs { 1, 4, 16 } do -- [F] converges to the restitution asked for
        local at = tools.over_plane { radius = R, spheres = { sphere }, wall_material = steel, dt = dt / finer, precision = precision }
        at.sim:run { steps = 121 * finer }
        last = at.spheres[1].handle.v.z
        at.sim:close()
      end
      tools.absolute(("A10 %s v_z at dt/16"):format(precision), last, 0.4, 1e-4, "m/s")
    end
  end)
end)

describe("A16 linear spring and dashpot #physics", function()
  -- [F] duration pi / wd, restitution e, depth v / w0 exp(-zeta / sqrt(1 - zeta^2) acos zeta).
  local R, density, k, v = 0.01, 2800, 1e6, 0.5
  local m = tools.ball(R, density) / 2
  local w0 = math.sqrt(k / m)
  local function collide(e, parts, precision, tension, damping)
    local z = tools.ratio(e)
    local time, depth = math.pi / (w0 * math.sqrt(1 - z * z)), 2 * v / w0 * math.exp(-z / math.sqrt(1 - z * z) * math.acos(z))
    local hit = tools.collide { law = "linear", radius = R, speed = v, dt = time / parts, time = 1.2 * time, precision = precision,
      a = { density = density, stiffness = k, restitution = e, friction = 0.3, tension = tension, damping = damping } }
    hit.sim:close()
    return hit.e - e, hit.depth / depth - 1, hit.duration / time - 1
  end
  for _, precision in ipairs(both) do
    it("is exact, " .. precision, function()
      for _, e in ipairs { 1, 0.95, 0.9, 0.8, 0.6, 0.4, 0.2 } do
        local label = ("A16 %s e = %g "):format(precision, e)
        local off_e, off_depth, off_time = collide(e, 100, precision, "allowed", "tsuji")
        tools.absolute(label .. "tc/100 e", e + off_e, e, 1e-4)
        tools.absolute(label .. "tc/100 depth over the formula's", 1 + off_depth, 1, 1e-4)
        tools.absolute(label .. "tc/100 duration over the formula's", 1 + off_time, 1, 1e-4)
        if e <= 0.8 then
          local _, finer = collide(e, 200, precision, "allowed", "tsuji")
          tools.absolute(label .. "order", math.log(off_depth / finer) / math.log(2), 2, 0.1)
          tools.absolute(label .. "tc/100 e cut and calibrated", e + collide(e, 100, precision, "cut", "calibrated"), e, 1e-4)
        end
      end
    end)
  end
  it("keeps its energy when e = 1", function()
    for _, precision in ipairs(both) do
      local off = collide(1, 100, precision, "allowed", "tsuji")
      tools.absolute(("A16 %s energy after over before"):format(precision), (1 + off) ^ 2, 1, 1e-6)
    end
  end)
end)
