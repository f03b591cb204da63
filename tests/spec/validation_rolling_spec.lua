-- validation_rolling_spec.lua -- spheres that slide, roll and stop on a plane: A10 (sliding), A14, A15, A18. Tags as in
-- validation_impact_spec.lua. Both precisions reach every tolerance here.
local tools = require "validation_tools"

local rigid = tools.rigid
local both = { "double", "mixed" }

describe("A10 sliding of MercuryDPM OSMindlin #physics", function() -- materials of Dosta et al. 2024
  it("of steel on M1", function()
    local R, dt, mu = 1e-3, 5e-7, 0.2
    for _, precision in ipairs(both) do
      local sphere = { young = 2.1e11, poisson = 0.2, density = 7200, restitution = 0.4, friction = mu, gap = 0 }
      local scene = tools.over_plane { radius = R, spheres = { sphere }, gravity = { 5, 0, -5 }, dt = dt, precision = precision,
        wall_material = { young = 1e9, poisson = 0.2, density = 2500 } }
      scene.sim:run { steps = 10001 } -- 5.0005e-3 s
      local p, label = scene.spheres[1].handle, ("A10 %s "):format(precision)
      tools.relative(label .. "v_x", p.v.x, 0.0200031, 1e-3, "m/s") -- [P] and, a = 4 m/s^2, [F]
      tools.relative(label .. "w_y", p.angular_velocity.y, 12.49832, 1e-3, "rad/s") -- 2500 rad/s^2
      tools.relative(label .. "x", p.x.x, 5.002011e-5, 1e-3, "m")
      tools.relative(label .. "F_t", -p.force.x, 3.01592895e-5, 1e-3, "N")
      tools.relative(label .. "F_n", p.force.z, 1.50796447e-4, 1e-3, "N")
      tools.relative(label .. "overlap", (R - p.x.z) * 1e9, 22.83, 1e-3, "nm")
      scene.sim:close()
    end
  end)
end)

describe("A14 from slipping to rolling #physics", function() -- MFIX DEM04; [F]
  for _, precision in ipairs(both) do
    it("follows the formula, " .. precision, function()
      for _, s in ipairs(tools.slip_to_roll { precision = precision }) do
        local label, f = ("A14 %s mu = %g "):format(precision, s.mu), s.formula
        tools.relative(label .. "end of slip", s.slip_end, f.slip_end, 0.01, "s")
        tools.relative(label .. "u half-way", s.u_half, f.u_half, 1e-3, "m/s")
        tools.relative(label .. "w half-way", s.w_half, f.w_half, 1e-3, "rad/s")
        tools.relative(label .. "u", s.u, f.u, 1e-3, "m/s")
        tools.relative(label .. "w", s.w, f.w, 1e-3, "rad/s")
      end
    end)
  end
end)

describe("A15 a sphere on an incline #physics", function()
  local R, density, k, g = 0.005, 2000, 1e4, 9.8
  local m = tools.ball(R, density)
  local dt = math.pi * math.sqrt(m / k) / 50
  -- The plane is level and gravity is turned. The sphere starts at rest at the overlap that carries it.
  local function slope(degrees, mu, e, more)
    local a = math.rad(degrees)
    local sphere = { density = density, stiffness = k, tangential_ratio = 1, restitution = e, friction = mu,
      gap = -m * g * math.cos(a) / k, rolling_friction = more.rolling_friction, rolling_damping = more.rolling_damping }
    return tools.over_plane { law = "linear", rolling = more.rolling, radius = R, spheres = { sphere }, dt = dt,
      gravity = { g * math.sin(a), 0, -g * math.cos(a) }, precision = more.precision, room = 2 }
  end
  -- acceleration and angular acceleration between 0.1 and 0.2 s
  local function accelerations(degrees, mu, more)
    local scene = slope(degrees, mu, 0.5, more)
    scene.sim:run { time = 0.1 }
    local p, t = scene.spheres[1].handle, scene.sim.time
    local v, w = p.v.x, p.angular_velocity.y
    scene.sim:run { time = 0.1 }
    t = scene.sim.time - t
    local a, b = (p.v.x - v) / t, (p.angular_velocity.y - w) / t
    scene.sim:close()
    return a, b
  end
  for _, precision in ipairs(both) do
    it("rolls or slides, " .. precision, function()
      local mu = 0.5
      for _, degrees in ipairs { 5, 15, 30, 45, 60, 61, 65, 75 } do
        local a, label = math.rad(degrees), ("A15 %s %d degrees "):format(precision, degrees)
        local v, w = accelerations(degrees, mu, { precision = precision })
        if math.tan(a) <= 3.5 * mu then
          tools.relative(label .. "rolls", v, 5 / 7 * g * math.sin(a), 1e-3, "m/s^2")
          tools.relative(label .. "turns", w, 5 / 7 * g * math.sin(a) / R, 1e-3, "rad/s^2")
        else
          tools.relative(label .. "slides", v, g * (math.sin(a) - mu * math.cos(a)), 1e-3, "m/s^2")
          tools.relative(label .. "turns", w, 2.5 * mu * g * math.cos(a) / R, 1e-3, "rad/s^2")
        end
      end
    end)
    it("has the speed of MercuryDPM's, " .. precision, function() -- [P]
      local scene = slope(15, 0.5, 1, { precision = precision })
      scene.sim:run { time = 1 }
      local p, t = scene.spheres[1].handle, scene.sim.time
      tools.absolute(("A15 %s v after 1 s"):format(precision), p.v.x / t, 1.81167, 1e-4, "m/s")
      scene.sim:close()
    end)
    it("rolls slower with rolling friction, or rests, " .. precision, function()
      local mu, mu_r = 0.5, 0.1
      for _, rolling in ipairs { "constant_torque", "epsd" } do
        for _, degrees in ipairs { 10, 20, 30 } do
          local a = math.rad(degrees)
          local v = accelerations(degrees, mu, { precision = precision, rolling = rolling, rolling_friction = mu_r })
          tools.relative(("A15 %s %s %d degrees rolls"):format(precision, rolling, degrees), v,
            5 / 7 * g * (math.sin(a) - mu_r * math.cos(a)), 1e-3, "m/s^2")
        end
        -- mu_r >= tan: the constant torque holds it by creeping (5 g sin dt / R), the spring of epsd holds it for good
        for _, degrees in ipairs { 2, 5 } do
          local scene = slope(degrees, mu, 0.5, { precision = precision, rolling = rolling, rolling_friction = mu_r })
          scene.sim:run { time = 0.5 }
          local v = scene.spheres[1].handle.v.x
          local label = ("A15 %s %s %d degrees rests, "):format(precision, rolling, degrees)
          if rolling == "epsd" then
            tools.absolute(label .. "energy / (m g R)", 0.7 * v ^ 2 / (g * R), 0, 1e-12)
          else
            tools.absolute(label .. "v", v, 0, 1.01 * 5 * g * math.sin(math.rad(degrees)) * dt, "m/s")
          end
          scene.sim:close()
        end
      end
    end)
  end
end)

describe("A18 rolling friction #physics", function()
  local R, density, g, mu_r, v0 = 0.0026, 2500, 9.81, 0.2, 0.15
  local m = tools.ball(R, density)
  local inertia = 0.4 * m * R * R
  local laws = {
    linear = { stiffness = 1e3, sag = m * g / 1e3, dt = math.pi * math.sqrt(m / 1e3) / 200 },
    hertz_mindlin = { young = 1e7, poisson = 0.2, sag = tools.sag(R, tools.modulus({ young = 1e7, poisson = 0.2 }, rigid), m * g) },
  }
  laws.hertz_mindlin.dt = math.pi * math.sqrt(m * laws.hertz_mindlin.sag / (1.5 * m * g)) / 200
  local function lie(law, rolling, mu, v, w, precision, damping)
    local l = laws[law]
    return tools.over_plane { law = law, rolling = rolling, radius = R, dt = l.dt, gravity = { 0, 0, -g }, precision = precision,
      spheres = { { density = density, stiffness = l.stiffness, young = l.young, poisson = l.poisson, restitution = 0.5,
        friction = mu, rolling_friction = mu_r, rolling_damping = damping, gap = -l.sag, velocity = { v, 0, 0 },
        spin = { 0, w, 0 } } } }, l.dt
  end
  local function spin_after(scene, time)
    scene.sim:run { time = time }
    return scene.spheres[1].handle.angular_velocity.y
  end
  for _, law in ipairs { "linear", "hertz_mindlin" } do
    for _, precision in ipairs(both) do
      it(("of constant torque slows by the formula and stops, %s, %s"):format(law, precision), function()
        local label = ("A18 %s %s "):format(law, precision)
        local roll, spin = 5 / 7 * mu_r * g / R, 5 / 2 * mu_r * g / R -- [F]; [P] 539.05 rad/s^2 for rolling
        tools.relative(label .. "rate of the formula", roll, 539.05, 1e-4, "rad/s^2")
        for _, mu in ipairs { 0.5, 1 } do -- [P] thrown without spin: slides first
          local scene = lie(law, "constant_torque", mu, v0, 0, precision)
          local w1 = spin_after(scene, 0.0171)
          local t1 = scene.sim.time
          local w2 = spin_after(scene, 0.012)
          tools.relative(("%smu = %g slowing of rolling"):format(label, mu), (w1 - w2) / (scene.sim.time - t1), 539.05, 2e-3, "rad/s^2")
          scene.sim:close()
        end
        local scene, dt = lie(law, "constant_torque", 0, 0, 20, precision)
        local w1 = spin_after(scene, 0.002)
        local t1 = scene.sim.time
        local w2 = spin_after(scene, 0.006)
        tools.relative(label .. "slowing of spin without friction", (w1 - w2) / (scene.sim.time - t1), spin, 2e-3, "rad/s^2")
        scene.sim:close()
        -- stops, and turns back by less than what one step of the torque gives: Tr dt / I
        scene = lie(law, "constant_torque", 0.5, v0, v0 / R, precision)
        local w, least, last = scene.sim.angular_velocity.y, 0, 0
        local stop, n = v0 / R / roll, 0
        scene.sim:run { time = 1.5 * stop, each_step = function()
          n = n + 1
          least = math.min(least, w[1])
          if n * dt > 1.3 * stop then last = math.max(last, math.abs(w[1])) end
        end }
        tools.absolute(label .. "turning back", least, 0, spin * dt, "rad/s")
        tools.absolute(label .. "left at the end", last, 0, spin * dt, "rad/s")
        scene.sim:close()
      end)
      it(("of type epsd keeps its limit and comes to rest, %s, %s"):format(law, precision), function()
        local label = ("A18 epsd %s %s "):format(law, precision)
        local scene = lie(law, "epsd", 0, 0, 20, precision) -- without friction the torque is that of rolling alone
        local torque, force, most = scene.sim.torque.y, scene.sim.force.z, 0
        scene.sim:run { time = 0.006, each_step = function() most = math.max(most, math.abs(torque[1]) / (mu_r * R * force[1])) end }
        tools.relative(label .. "largest torque / (mu_r R Fn)", most, 1, 1e-6)
        scene.sim:close()
        scene = lie(law, "epsd", 0.5, v0, v0 / R, precision)
        local w1 = spin_after(scene, 0.01)
        local t1 = scene.sim.time
        local w2 = spin_after(scene, 0.02)
        tools.relative(label .. "slowing of rolling", (w1 - w2) / (scene.sim.time - t1), 539.05, 2e-3, "rad/s^2")
        scene.sim:run { time = 0.47 }
        local energy = (scene.sim.kinetic_energy + scene.sim.rotational_energy) / (m * g * R)
        tools.absolute(label .. "energy at rest / (m g R)", energy, 0, 1e-12)
        scene.sim:close()
      end)
    end
  end
  it("of type epsd swings on k_r = 2.25 k_n (mu_r R)^2", function() -- below the limit, no dashpot: period 2 pi sqrt(I / k_r)
    for _, precision in ipairs(both) do
      local scene, dt = lie("linear", "epsd", 0, 0, 0.5, precision, 0)
      local kr = 2.25 * laws.linear.stiffness * (mu_r * R) ^ 2
      local w, n, before, crossings = scene.sim.angular_velocity.y, 0, 0.5, {}
      scene.sim:run { time = 4 * math.pi * math.sqrt(inertia / kr), each_step = function()
        n = n + 1
        if w[1] * before < 0 then crossings[#crossings + 1] = (n - w[1] / (w[1] - before)) * dt end
        before = w[1]
      end }
      tools.relative(("A18 epsd %s period"):format(precision), crossings[3] - crossings[1], 2 * math.pi * math.sqrt(inertia / kr),
        2e-3, "s")
      scene.sim:close()
    end
  end)
end)
