-- lab.lua -- what several validation scenarios share: formulas of contacts, spheres that hit or lie on one plane, far apart, each of
-- its own material, so that one simulation holds a whole table of a paper; and two spheres that meet.
local barchan = require "barchan"

local lab = { precision = barchan.set.precision or "double" } -- of the simulations below that are not told

-- ---- formulas ---------------------------------------------------------------------------------------------------------------

function lab.ball(R, density) return 4 / 3 * math.pi * R ^ 3 * density end

--- E* of two materials { young =, poisson = }.
function lab.modulus(a, b)
  return 1 / ((1 - a.poisson ^ 2) / a.young + (1 - b.poisson ^ 2) / b.young)
end

--- Hertz's elastic impact: largest overlap, largest force, duration. R, m, E: effective; v: relative speed.
function lab.hertz(R, m, E, v)
  local depth = (15 * m * v ^ 2 / (16 * E * math.sqrt(R))) ^ (2 / 5)
  -- 2 times the integral of dx / sqrt(1 - x^(5/2)) from 0 to 1 is 4 sqrt(pi) / 5 * Gamma(2/5) / Gamma(9/10)
  return depth, 4 / 3 * E * math.sqrt(R) * depth ^ 1.5, 2.943275184 * depth / v
end

--- Overlap at which Hertz's law carries this force.
function lab.sag(R, E, force) return (force / (4 / 3 * E * math.sqrt(R))) ^ (2 / 3) end

--- Damping ratio of a linear spring-dashpot with restitution e.
function lab.ratio(e)
  local l = math.log(e)
  return -l / math.sqrt(math.pi ^ 2 + l ^ 2)
end

--- A wall that does not give: 1e20 Pa is 1e9 times the stiffest sphere here.
lab.rigid = { young = 1e20, poisson = 0.3, density = 7800 }

-- ---- a flat of triangles ----------------------------------------------------------------------------------------------------

local flats = {}

--- Vertices and triangles of the square |x|, |y| <= half at z = 0, cut into `count` triangles (2, 200 or 20 000); cut along x, y
-- and the diagonal, alternating. The inner lines are moved by `shift` cells, so that they can be put under or beside a path.
function lab.flat(count, half, shift)
  local key = ("%d %.17g %.17g"):format(count, half, shift or 0)
  if flats[key] then return flats[key] end
  local n = math.floor(math.sqrt(count / 2) + 0.5)
  assert(2 * n * n == count)
  local vertices, triangles = {}, {}
  local function place(i)
    if i == 0 then return -half elseif i == n then return half end
    return -half + 2 * half * (i + (shift or 0)) / n
  end
  for j = 0, n do
    for i = 0, n do vertices[#vertices + 1] = { place(i), place(j), 0 } end
  end
  for j = 0, n - 1 do
    for i = 0, n - 1 do
      local a = j * (n + 1) + i + 1
      local b, c, d = a + 1, a + n + 1, a + n + 2
      if (i + j) % 2 == 0 then
        triangles[#triangles + 1], triangles[#triangles + 2] = { a, b, d }, { a, d, c }
      else
        triangles[#triangles + 1], triangles[#triangles + 2] = { a, b, c }, { b, d, c }
      end
    end
  end
  flats[key] = { vertices = vertices, triangles = triangles }
  return flats[key]
end

-- ---- spheres and a plane ----------------------------------------------------------------------------------------------------

-- values without the keys that are not for the call
local function only(values, keys)
  local out = {}
  for _, key in ipairs(keys) do out[key] = values[key] end
  return out
end

local pair_keys = { "restitution", "friction", "tension", "damping", "tangential_damping", "stiffness", "tangential_ratio",
  "rolling_friction", "rolling_damping", "viscosity", "work_of_adhesion", "cohesion_density", "twisting_stiffness", "twisting_damping",
  "twisting_friction", "unloading_ratio", "cohesion_stiffness", "plasticity_depth", "surface_tension", "contact_angle",
  "bridge_volume" }
local material_keys = { "young", "poisson", "density" }

--- A scene over the plane z = 0. o:
--   radius [m], spheres = list of { young =, poisson =, density =, restitution =, friction =, ... (what the law asks for),
--   velocity =, spin =, gap = [m] between surface and plane, negative: overlap };
--   law (default hertz_mindlin), rolling, precision (default --set precision, or double), gravity (default 0), dt, wall = "plane" or a
--   number of triangles, half [m] and shift of the triangles, spacing [radii] along y, force_scale, overlap_limit, room [m].
-- Answers { sim =, wall =, spheres = list }, in the order given.
function lab.over_plane(o)
  local n, R = #o.spheres, o.radius
  local spacing = (o.spacing or 3) * R
  local room = o.room or math.max(10 * R, n * spacing)
  local sim = barchan.simulation { domain = { lo = { -room, -room, -room }, hi = { room, room, room } }, dt = o.dt, threads = 1,
    gravity = o.gravity or { 0, 0, 0 }, precision = o.precision or lab.precision, force_scale = o.force_scale,
    overlap_warn = 2, overlap_limit = o.overlap_limit or 0.5 }
  sim:law(o.law or "hertz_mindlin", o.rolling and { rolling = o.rolling })
  local values = {} -- what the law does not know is refused
  for key, value in pairs(o.wall_material or lab.rigid) do values[key] = value end
  values.name = "wall"
  local floor, materials = sim:material(values), {}
  for i, sphere in ipairs(o.spheres) do
    values = only(sphere, material_keys)
    values.name = "sphere " .. i
    materials[i] = sim:material(values)
    sim:pair(materials[i], floor, only(sphere, pair_keys))
    for j = 1, i do sim:pair(materials[i], materials[j], only(sphere, pair_keys)) end
  end
  local wall
  if o.wall == nil or o.wall == "plane" then
    wall = sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = floor }
  else
    local flat = lab.flat(o.wall, o.half or room, o.shift)
    wall = sim:mesh { vertices = flat.vertices, triangles = flat.triangles, material = floor }
  end
  local spheres = {}
  for i, sphere in ipairs(o.spheres) do
    local at = { o.x or 0, (i - (n + 1) / 2) * spacing + (o.y or 0), R + sphere.gap }
    sim:insert { material = materials[i], x = at, radius = R, velocity = sphere.velocity or { 0, 0, 0 },
      angular_velocity = sphere.spin or { 0, 0, 0 }, id = { i } }
    spheres[i] = { handle = sim:particle(i), start = at, radius = R, given = sphere }
  end
  return { sim = sim, wall = wall, spheres = spheres }
end

--- Follows a component of the force (or of another field) of each sphere in the middle of every step; .peak[id] is the top of the
-- parabola through the largest three, so that it does not depend on where in the step the top falls. For each_step.
function lab.peaks(component, field)
  local peak, first, second = {}, {}, {}
  local watch = { peak = peak }
  function watch.look(sim)
    local f, id = sim[field or "force"][component or "z"], sim.id
    for i = 1, #id do
      local k, now = id[i], math.abs(f[i])
      local a, b = first[k] or 0, second[k] or 0
      if b > 0 and b >= a and b >= now then
        local curve = 2 * b - a - now
        peak[k] = math.max(peak[k] or 0, curve > 0 and b + (now - a) ^ 2 / (8 * curve) or b)
      end
      first[k], second[k] = b, now
    end
  end
  return watch
end

--- Lets all spheres of a scene hit the plane: they start at half a step more than two steps before the touch (the contact begins
-- in the middle of a step, where the scheme is of second order also for forces that jump), and the run goes on for `time` [s].
-- Adds to each sphere: v, w, x after it, e (normal), peak [N], duration [s] of the contact.
function lab.impact(o)
  for _, sphere in ipairs(o.spheres) do sphere.gap = -sphere.velocity[3] * 2.5 * o.dt end
  local scene = lab.over_plane(o)
  local watch = lab.peaks()
  local steps = math.ceil(o.time / o.dt) + 4
  scene.sim:run { steps = steps, each_step = watch.look }
  assert(scene.sim.wall_contacts == 0, "the contact has not ended")
  for i, sphere in ipairs(scene.spheres) do
    local p, vn = sphere.handle, -sphere.given.velocity[3]
    sphere.x, sphere.v, sphere.w = p.x, p.v, p.angular_velocity
    sphere.e, sphere.peak = p.v.z / vn, watch.peak[i]
    sphere.duration = steps * o.dt - sphere.given.gap / vn - (p.x.z - o.radius) / p.v.z
  end
  return scene
end

--- [X] of A4: tangential restitution and spin [rad/s] by the angle from the normal [degrees], without a tangential dashpot, for the
-- three rules of a spring under a changing load: model, the stiffness of now times the total slip (tangential = "mindlin"); force,
-- increments of the force ("mindlin_force"); rescale, which also loses force while the contact unloads ("mindlin_rescale"). From 30
-- degrees on they agree. And [P], digitised from the paper (Chung and Ooi 2011, test 4).
lab.oblique = {
  { name = "Al oxide", young = 3.8e11, poisson = 0.23, density = 4000,
    model = { [5] = { .95278, -16.05 }, [10] = { .69803, -204.5 }, [15] = { .62993, -373.5 }, [20] = { .62012, -506.7 },
      [25] = { .63813, -596.4 }, [30] = { .68449, -615.25 }, [35] = { .73983, -581.98 }, [40] = { .78289, -544.26 },
      [45] = { .81783, -502.38 }, [50] = { .84714, -456.69 } },
    force = { [5] = { .89032, -37.28 }, [10] = { .71344, -194.1 }, [15] = { .62751, -376.0 }, [20] = { .60972, -520.6 },
      [25] = { .62790, -613.3 } },
    rescale = { [5] = { .86116, -47.19 }, [10] = { .71057, -196.0 }, [15] = { .63145, -372.0 }, [20] = { .62012, -506.7 },
      [25] = { .63813, -596.4 } },
    paper = { [5] = { .948, -19.3 }, [10] = { .687, -213 }, [15] = { .624, -378 }, [20] = { .616, -511 }, [25] = { .634, -599 },
      [30] = { .684, -617 }, [35] = { .737, -582 }, [40] = { .781, -545 }, [50] = { .845, -457 }, [60] = { .893, -357 },
      [70] = { .932, -246 }, [80] = { .966, -126 }, [85] = { .983, -63 } } },
  { name = "Al alloy", young = 7.0e10, poisson = 0.33, density = 2700,
    model = { [5] = { .90504, -32.28 }, [10] = { .67391, -220.8 }, [15] = { .61567, -387.9 }, [20] = { .61184, -517.8 },
      [25] = { .63439, -602.6 } },
    paper = { [5] = { .899, -35.3 }, [10] = { .671, -224 }, [15] = { .613, -390 }, [20] = { .609, -519 }, [25] = { .633, -599 } } },
}

--- A4: spheres of 2.5 mm hit a rigid wall at 3.9 m/s under 5, 10, ... 85 degrees from the normal, in one run. More options as for
-- over_plane. Adds to each sphere: angle, vt (before), et, spin (the paper's sign), v, w, e.
function lab.oblique_impact(material, more)
  local R, speed, spheres = 0.0025, 3.9, {}
  for angle = 5, 85, 5 do
    local a = math.rad(angle)
    spheres[#spheres + 1] = { young = material.young, poisson = material.poisson, density = material.density, restitution = 0.98,
      friction = 0.092, tangential_damping = more.tangential_damping, tension = more.tension, angle = angle,
      velocity = { speed * math.sin(a), 0, -speed * math.cos(a) } }
  end
  local _, _, time = lab.hertz(R, lab.ball(R, material.density), lab.modulus(material, lab.rigid), speed)
  local scenes = {}
  for _, sphere in ipairs(spheres) do -- each with its own time step: the contact is longer where it is slower
    local t = time * math.cos(math.rad(sphere.angle)) ^ (-1 / 5)
    local o = { radius = R, spheres = { sphere }, dt = t / (more.parts or 500), time = 1.3 * t }
    for key, value in pairs(more) do o[key] = value end
    local scene = lab.impact(o)
    local hit = scene.spheres[1]
    hit.angle, hit.vt = sphere.angle, sphere.velocity[1]
    hit.et, hit.spin = hit.v.x / hit.vt, -hit.w.y
    scene.sim:close()
    scenes[#scenes + 1] = hit
  end
  return scenes
end

--- A14: spheres of 1 mm slide on a plane with u0 = 0.1 m/s and no spin, one for each friction coefficient, until they roll.
-- Answers for each mu: slip_end [s] (the surface of the sphere is at rest for the first time), u_half and w_half (at half of the
-- formula's time), u and w (means over the last part of the run), and formula = { slip_end, u, w, half }.
function lab.slip_to_roll(more)
  local d, density, k, u0, g = 1e-3, 1e4, 1e4, 0.1, 9.81
  local R, m = d / 2, lab.ball(d / 2, density)
  local spheres, list = {}, more.mu or { 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1 }
  for i, mu in ipairs(list) do
    spheres[i] = { density = density, stiffness = k, tangential_ratio = 1, restitution = 1, friction = mu, gap = -m * g / k,
      velocity = { u0, 0, 0 } }
  end
  local dt = math.pi * math.sqrt(m / k) / 50
  local o = { law = "linear", radius = R, spheres = spheres, gravity = { 0, 0, -g }, dt = dt, x = -0.7e-3,
    room = 2.5 * d + 3 * R * #list }
  for key, value in pairs(more) do if key ~= "mu" then o[key] = value end end
  local scene, out = lab.over_plane(o), {}
  for i, mu in ipairs(list) do
    local slip_end = 2 * u0 / (7 * mu * g)
    out[i] = { mu = mu, formula = { slip_end = slip_end, u = 5 / 7 * u0, w = 5 / 7 * u0 / R, half = slip_end / 2 }, before = u0,
      sum_u = 0, sum_w = 0, count = 0 }
  end
  local longest = 1.25 * out[1].formula.slip_end
  local u, w, id, n = scene.sim.v.x, scene.sim.angular_velocity.y, scene.sim.id, 0
  scene.sim:run { steps = math.ceil(longest / dt), each_step = function()
    -- in the middle of a step velocities are those foreseen for its end
    n = n + 1
    local t = n * dt
    for i = 1, #id do
      local s = out[id[i]]
      local surface = u[i] - R * w[i]
      if not s.slip_end and surface <= 0 then s.slip_end = t - dt * surface / (surface - s.before) end
      s.before = surface
      if not s.u_half and t >= s.formula.half then s.u_half, s.w_half, s.t_half = u[i], w[i], t end
      if t > s.formula.slip_end + 0.1 * longest then s.sum_u, s.sum_w, s.count = s.sum_u + u[i], s.sum_w + w[i], s.count + 1 end
    end
  end }
  for i, s in ipairs(out) do
    local p = scene.spheres[i].handle
    s.u, s.w, s.x = s.sum_u / s.count, s.sum_w / s.count, p.x.x
    s.formula.u_half, s.formula.w_half = u0 - s.mu * g * s.t_half, 5 * s.mu * g * s.t_half / (2 * R)
    s.height, s.across = p.x.z - R + m * g / k, p.v.y
  end
  scene.sim:close()
  return out
end

--- A11, A12: a sphere of R = 0.1 m, 2600 kg/m^3 falls from a centre height of 0.5 m on a floor of a linear spring and dashpot, which may
-- pull. contact(k, e, v) answers the formula of a contact after a touch at speed v, at(t) -> height, velocity; and the time at which it
-- ends (height R again). start(k, e, dt, t0) answers the scene, begun at t0 [s] on the trajectory.
lab.fall = { R = 0.1, density = 2600, g = 9.80665, h0 = 0.5 }
lab.fall.m = lab.ball(lab.fall.R, lab.fall.density) -- 10.8909 kg

function lab.fall.contact(k, e, v)
  local m, g, R = lab.fall.m, lab.fall.g, lab.fall.R
  local w0, b = math.sqrt(k / m), e < 1 and lab.ratio(e) or 0
  local wd, sag = w0 * math.sqrt(1 - b * b), g / w0 ^ 2
  local c1, c2 = sag, (b * g / w0 - v) / (w0 * math.sqrt(1 - b * b))
  local function at(t)
    local fall, c, s = math.exp(-b * w0 * t), math.cos(wd * t), math.sin(wd * t)
    return R - sag + (c1 * c + c2 * s) * fall,
      (-b * w0 * (c1 * c + c2 * s) + wd * (c2 * c - c1 * s)) * fall
  end
  local low, high = 0.5 * math.pi / wd, 2 * math.pi / wd
  for _ = 1, 100 do
    local middle = 0.5 * (low + high)
    if at(middle) > R then high = middle else low = middle end
  end
  return at, low
end

function lab.fall.start(k, e, dt, t0)
  local f = lab.fall
  return lab.over_plane { law = "linear", radius = f.R, gravity = { 0, 0, -f.g }, dt = dt, room = 1,
    force_scale = 4 * math.sqrt(2 * f.g * f.h0 * k * f.m), overlap_limit = 2,
    spheres = { { density = f.density, stiffness = k, restitution = e, friction = 0, tension = "allowed", damping = "tsuji",
      gap = f.h0 - f.R - 0.5 * f.g * t0 ^ 2, velocity = { 0, 0, -f.g * t0 } } } }
end

--- A28: a sphere lies on a floor of 200 triangles (cells of 1 m) at the overlap that carries it, or `gap` above it. MercuryDPM's
-- RollingOverTriangleWalls: R = 0.5 m, m = 1 kg, k = 2e3 N/m, g = 1 m/s^2. o: x, y, velocity, spin, friction, e, gap, wall.
lab.flat_floor = { R = 0.5, k = 2e3 }

function lab.flat_floor.start(o)
  local R, k = lab.flat_floor.R, lab.flat_floor.k
  return lab.over_plane { law = "linear", radius = R, gravity = { 0, 0, -1 }, dt = math.pi * math.sqrt(1 / k) / 50, room = 8,
    wall = o.wall or 200, half = 5, x = o.x, y = o.y,
    spheres = { { density = 1 / lab.ball(R, 1), stiffness = k, tangential_ratio = 2 / 7, restitution = o.e or 1, friction = o.friction,
      gap = o.gap or -1 / k, velocity = o.velocity, spin = o.spin } } }
end

--- Two spheres meet on the x axis, the first (id 1) coming from the left. o: radius, speed (of each), dt, time [s], a and b (lists
-- as `spheres` above, the pair's values in a), spin_a, spin_b, law, rolling, precision. The contact begins in the middle of a step.
-- Answers x, v, w (lists of two), e, peak [N], depth [m], duration [s], steps, sim.
function lab.collide(o)
  local R, room = o.radius, 10 * o.radius
  local gap = 2 * o.speed * 2.5 * o.dt
  local sim = barchan.simulation { domain = { lo = { -room, -room, -room }, hi = { room, room, room } }, dt = o.dt, threads = 1,
    gravity = { 0, 0, 0 }, precision = o.precision or lab.precision, force_scale = o.force_scale }
  sim:law(o.law or "hertz_mindlin", o.rolling and { rolling = o.rolling })
  local values = only(o.a, material_keys)
  values.name = "a"
  local a = sim:material(values)
  sim:pair(a, a, only(o.a, pair_keys))
  sim:insert { material = a, radius = R, id = { 1, 2 }, x = { { -R - gap / 2, 0, 0 }, { R + gap / 2, 0, 0 } },
    velocity = { { o.speed, 0, 0 }, { -o.speed, 0, 0 } }, angular_velocity = { o.spin_a or { 0, 0, 0 }, o.spin_b or { 0, 0, 0 } } }
  local first, second = sim:particle(1), sim:particle(2)
  local force, place = lab.peaks("x"), { a = 0, b = 0, depth = 0 }
  local steps = math.ceil(o.time / o.dt) + 4
  sim:run { steps = steps, each_step = function(now)
    force.look(now)
    local depth = 2 * R - (second.x.x - first.x.x)
    local curve = 2 * place.b - place.a - depth
    if place.b >= place.a and place.b >= depth and place.b > 0 then
      place.depth = math.max(place.depth, curve > 0 and place.b + (depth - place.a) ^ 2 / (8 * curve) or place.b)
    end
    place.a, place.b = place.b, depth
  end }
  assert(sim.contacts == 0, "the contact has not ended")
  local out = { sim = sim, steps = steps, x = { first.x, second.x }, v = { first.v, second.v },
    w = { first.angular_velocity, second.angular_velocity } }
  local apart = second.v.x - first.v.x
  out.e, out.peak, out.depth = apart / (2 * o.speed), force.peak[1], place.depth
  out.duration = steps * o.dt - gap / (2 * o.speed) - (second.x.x - first.x.x - 2 * R) / apart
  return out
end

-- ---- many grains ------------------------------------------------------------------------------------------------------------

--- Straight line through points: slope, value at 0, R^2.
function lab.line(x, y)
  local n, sx, sy, sxx, sxy, syy = #x, 0, 0, 0, 0, 0
  for i = 1, n do
    sx, sy = sx + x[i], sy + y[i]
    sxx, sxy, syy = sxx + x[i] * x[i], sxy + x[i] * y[i], syy + y[i] * y[i]
  end
  local cxx, cxy, cyy = sxx - sx * sx / n, sxy - sx * sy / n, syy - sy * sy / n
  local slope = cxy / cxx
  return slope, (sy - slope * sx) / n, cxy * cxy / (cxx * cyy)
end

--- A source of random numbers in (0, 1), the same on every machine (Park and Miller's minimal standard).
function lab.random(seed)
  local state = seed
  return function()
    state = state * 48271 % 2147483647
    return state / 2147483647
  end
end

--- A source of random numbers between two bounds: draw(low, high).
function lab.between(seed)
  local draw = lab.random(seed)
  return function(low, high) return low + (high - low) * draw() end
end

--- Gives all particles (of equal mass) normally distributed velocities of temperature T = <v^2> / 3, without momentum.
function lab.heat(sim, T, seed)
  local draw, n, v, mean, square = lab.random(seed or 7), sim.count, {}, { 0, 0, 0 }, 0
  for i = 1, n do
    v[i] = {}
    for a = 1, 3 do
      v[i][a] = math.sqrt(-2 * math.log(draw())) * math.cos(2 * math.pi * draw())
      mean[a] = mean[a] + v[i][a] / n
    end
  end
  for i = 1, n do
    for a = 1, 3 do
      v[i][a] = v[i][a] - mean[a]
      square = square + v[i][a] ^ 2
    end
  end
  local scale = math.sqrt(3 * n * T / square)
  for i = 1, n do sim.v:set(i, scale * v[i][1], scale * v[i][2], scale * v[i][3]) end
end

--- N grains (d = density = 1, linear springs kn = 1, kt = 2/7) in a periodic cell, pressed together from a loose random filling to a
-- solid fraction o.phi or a pressure o.pressure, with friction o.pressed_with (default 0), and then at rest. o: N, e, mu (from then
-- on), threads, seed, radius.
function lab.pressed(o)
  local N = o.N
  local fraction = math.min(0.3, o.phi or 0.3) -- of the filling
  local loose = (N * math.pi / 6 / fraction) ^ (1 / 3)
  local function make(lo, hi)
    local sim = barchan.simulation { domain = { lo = lo, hi = hi, periodic = "xyz" }, seed = o.seed or 1,
      gravity = { 0, 0, 0 }, precision = lab.precision == "double" and "double" or "mixed", threads = o.threads,
      dt = 0.05 * math.pi * math.sqrt(math.pi / 12), force_scale = 1, overlap_warn = 2, overlap_limit = 2 }
    return sim, sim:material { name = "grain", density = 1 }
  end
  local sim, a = make({ 0, 0, 0 }, { loose, loose, loose })
  sim:law "linear"
  sim:pair(a, a, { stiffness = 1, restitution = 0.3, friction = o.pressed_with or 0 })
  sim:insert { region = sim.box { lo = { 0, 0, 0 }, hi = { loose, loose, loose } }, material = a, radius = o.radius or 0.5, count = N }
  if o.phi == fraction then sim:run { steps = 1 }
  elseif o.phi then
    local rate = -0.002
    sim:deform { rate = { exx = rate, eyy = rate, ezz = rate } }
    sim:run { time = math.log(fraction / o.phi) / (3 * rate) }
    sim:deform {}
    sim:run { time = 300 }
  else
    sim:deform { pressure = o.pressure }
    -- until the pressure is there and the fastest grain moves a hundred thousandth of what the pressure gives in a collision
    sim:run { time = 40 / math.sqrt(o.pressure), every = 0.2 / math.sqrt(o.pressure), until_ = function(s)
      local now = s.cell.stress
      return math.abs((now.sxx + now.syy + now.szz) / 3 / o.pressure - 1) < 1e-3 and s.kinetic_energy / N < 1e-4 * o.pressure ^ 2
    end }
    sim:deform {}
  end
  local x, r, lo, hi = {}, {}, sim.cell.lo, sim.cell.hi
  for i = 1, sim.count do
    local p = sim.x[i]
    x[i], r[i] = { p.x, p.y, p.z }, sim.radius[i]
  end
  sim:close()
  sim, a = make({ lo.x, lo.y, lo.z }, { hi.x, hi.y, hi.z })
  sim:law "linear"
  sim:pair(a, a, { stiffness = 1, tangential_ratio = 2 / 7, tangential_damping = o.tangential_damping or 0, restitution = o.e,
    friction = o.mu, tension = "allowed", damping = "tsuji" })
  sim:insert { x = x, radius = r, material = a, allowed_overlap = 1 }
  return sim, a
end

--- Steady simple shear of lab.pressed grains. More of o: rate, strain, skip (strain that is left out). Answers means of P, S, T (in
-- (d rate)^2), z (contacts of a particle), slope and straight (R^2) of the velocity profile.
function lab.shear(o)
  local sim = lab.pressed(o)
  local rate, unit = o.rate, o.rate ^ 2
  lab.heat(sim, unit) -- without it a thin gas would be cold for long
  sim:deform { rate = { exy = rate } }
  sim:run { time = o.skip / rate }
  local got, n, bins = { P = 0, S = 0, T = 0, z = 0 }, 0, 20
  local u, count, y = {}, {}, {}
  for b = 1, bins do u[b], count[b] = 0, 0 end
  sim:run { time = (o.strain - o.skip) / rate, every = 0.01 / rate, call = function(s)
    local x, v, cell = s.x, s.v, s.cell
    local stress = cell.stress -- of contacts and of the motion relative to the flow
    local low, size, flow = cell.lo.y, cell.b.y, cell.velocity(0, 0, 0).x
    n = n + 1
    got.P = got.P + (stress.sxx + stress.syy + stress.szz) / 3 / unit
    got.S = got.S - stress.sxy / unit
    got.z = got.z + 2 * s.contacts / s.count
    local T = 0
    for i = 1, s.count do
      local _, py = x:get(i)
      local vx, vy, vz = v:get(i)
      local b = math.min(bins, math.max(1, math.floor((py - low) / size * bins) + 1))
      u[b], count[b] = u[b] + vx, count[b] + 1
      local c = vx - flow - rate * py
      T = T + c * c + vy * vy + vz * vz
    end
    got.T = got.T + T / (3 * s.count) / unit
  end }
  for key, sum in pairs(got) do got[key] = sum / n end
  for b = 1, bins do u[b], y[b] = u[b] / count[b], (b - 0.5) * sim.cell.b.y / bins end
  local slope, _, straight = lab.line(y, u)
  got.slope, got.straight = slope / rate, straight
  sim:close()
  return got
end

--- Strains lab.pressed grains under o.pressure to o.strain at the inertial number o.inertial: along z with the pressure held from the
-- sides, or, o.shear, in xy with all normal stresses held. o.loose: pressed with their friction, else without. Answers the angle of
-- friction [degrees], asin((s1 - s3) / (s1 + s3)) or asin(S / P): peak (of means over strains of 0.005), last (mean over the last third),
-- and before, after: packing fractions.
function lab.compress(o)
  local sim = lab.pressed { N = o.N, pressure = o.pressure, pressed_with = o.loose and o.mu or 0, mu = o.mu, e = o.e, threads = o.threads,
    seed = o.seed or 2, tangential_damping = 1 }
  local p = o.pressure
  sim:deform { pressure = p }
  sim:run { time = 10 / math.sqrt(p) }
  local before = sim:packing {}.fraction
  local rate = o.inertial * math.sqrt(p)
  if o.shear then sim:deform { rate = { exy = rate }, stress = { sxx = p, syy = p, szz = p }, max_rate = 2 * rate }
  else sim:deform { rate = { ezz = -rate }, stress = { sxx = p, syy = p }, max_rate = 2 * rate } end
  local peak, sum, n, mean, count, start = 0, 0, 0, 0, 0, sim.time
  sim:run { time = o.strain / rate, every = 0.0005 / rate, call = function(s)
    local now = s.cell.stress
    local side = (now.sxx + now.syy) / 2
    local angle = math.deg(math.asin(o.shear and -3 * now.sxy / (now.sxx + now.syy + now.szz) or (now.szz - side) / (now.szz + side)))
    sum, n = sum + angle, n + 1
    if n == 10 then
      peak, sum, n = math.max(peak, sum / n), 0, 0
    end
    if s.time - start > 2 / 3 * o.strain / rate then mean, count = mean + angle, count + 1 end
  end }
  local after = sim:packing {}.fraction
  sim:close()
  return { peak = peak, last = mean / count, before = before, after = after }
end

return lab
