-- validation_mesh_spec.lua -- a flat made of triangles is a plane: A28. (a) 2, 200 and 20 000 triangles give the plane's numbers in A2, A4
-- and A14; (b) a sphere slides and rolls over shared edges and vertices without a bump; (c, f) one dropped on a face, an edge or a
-- vertex feels one contact; (g) the contact's memory survives crossing. Tags as in validation_impact_spec.lua.
local barchan = require "barchan"
local tools = require "validation_tools"

local rigid = tools.rigid
local both = { "double", "mixed" }
local counts = { 2, 200, 20000 }

describe("A28 a flat of triangles equals a plane #physics", function()
  for _, precision in ipairs(both) do
    -- the same contacts with the same numbers: equal bits are expected, 1e-9 is asked
    it("in A2, " .. precision, function()
      local R, v = 0.10, 0.2
      for name, sphere in pairs { Al = { young = 7.0e10, poisson = 0.30, density = 2699 },
        Mg = { young = 4.0e10, poisson = 0.35, density = 1800 } } do
        sphere.restitution, sphere.friction, sphere.velocity = 1, 0.3, { 0, 0, -v }
        local _, _, time = tools.hertz(R, tools.ball(R, sphere.density), tools.modulus(sphere, rigid), v)
        local function drop(wall)
          -- near a corner of the 200 triangles, over a face of the 20 000
          local scene = tools.impact { radius = R, spheres = { sphere }, dt = time / 200, time = 1.2 * time, precision = precision,
            wall = wall, half = 5 * R, shift = 0.31, x = 0.03 * R, y = 0.06 * R }
          scene.sim:close()
          return scene.spheres[1]
        end
        local plane = drop "plane"
        for _, count in ipairs(counts) do
          local hit, label = drop(count), ("A28a A2 %s %s %d triangles "):format(name, precision, count)
          tools.relative(label .. "Fmax", hit.peak, plane.peak, 1e-9, "N")
          tools.relative(label .. "duration", hit.duration, plane.duration, 1e-9, "s")
          tools.relative(label .. "rebound", hit.v.z, plane.v.z, 1e-9, "m/s")
          tools.absolute(label .. "lateral velocity", math.abs(hit.v.x) + math.abs(hit.v.y), 0, 0, "m/s")
        end
      end
    end)
    it("in A4, " .. precision, function()
      for _, material in ipairs(tools.oblique) do
        local plane = tools.oblique_impact(material, { precision = precision, parts = 200 })
        for _, count in ipairs(counts) do
          local off = tools.worst(("A28a A4 %s %s %d triangles"):format(material.name, precision, count), 1e-9)
          for i, hit in ipairs(tools.oblique_impact(material, { precision = precision, parts = 200, wall = count, half = 0.0125,
            shift = 0.03 * (count % 7) })) do
            off:relative(hit.angle .. " degrees e_t", hit.et, plane[i].et)
            off:relative(hit.angle .. " degrees spin", hit.spin, plane[i].spin)
            off:relative(hit.angle .. " degrees e", hit.e, plane[i].e)
            off:relative(hit.angle .. " degrees Fmax", hit.peak, plane[i].peak)
            off:absolute(hit.angle .. " degrees v_y", hit.v.y, 0)
          end
          off:done()
        end
      end
    end)
    it("in A14, (g) with its memory kept over every edge, " .. precision, function()
      local plane = tools.slip_to_roll { precision = precision }
      for _, count in ipairs(counts) do
        -- 20 000: cells of 35 um, a sphere crosses up to 35 edges and 35 diagonals before it rolls
        local off = tools.worst(("A28a A14 %s %d triangles"):format(precision, count), 1e-9)
        for i, s in ipairs(tools.slip_to_roll { precision = precision, wall = count, half = 0.008, shift = 0.21 }) do
          for _, key in ipairs { "slip_end", "u_half", "w_half", "u", "w", "x" } do
            off:relative(("mu = %g %s"):format(s.mu, key), s[key], plane[i][key])
          end
          off:absolute(("mu = %g lift / R"):format(s.mu), s.height / 5e-4, plane[i].height / 5e-4)
          off:absolute(("mu = %g v_y / u0"):format(s.mu), s.across / 0.1, 0)
          tools.relative(("A28g %s %d triangles mu = %g u"):format(precision, count, s.mu), s.u, s.formula.u, 1e-3, "m/s")
          tools.relative(("A28g %s %d triangles mu = %g end of slip"):format(precision, count, s.mu), s.slip_end, s.formula.slip_end,
            1e-2, "s")
        end
        off:done()
      end
    end)
  end
end)

-- A sphere lies on a floor of 200 triangles (cells of 1 m) at the overlap that carries it, and moves with v, w. MercuryDPM's
-- RollingOverTriangleWalls: R = 0.5 m, m = 1 kg, k = 2e3 N/m, g = 1 m/s^2, v = 1 m/s.
local R, k = 0.5, 2e3
local density = 1 / tools.ball(R, 1)
local function floor_of_triangles(o)
  return tools.over_plane { law = "linear", radius = R, gravity = { 0, 0, -1 }, dt = math.pi * math.sqrt(1 / k) / 50, room = 8,
    precision = o.precision, wall = o.wall or 200, half = 5, x = o.x, y = o.y,
    spheres = { { density = density, stiffness = k, tangential_ratio = 2 / 7, restitution = o.e or 1, friction = o.friction,
      gap = o.gap or -1 / k, velocity = o.velocity, spin = o.spin } } }
end

describe("A28b a sphere crosses edges and vertices without a bump #physics", function()
  local ways = { -- start and direction: over faces and edges, along an edge, along a diagonal through vertices, slanting
    { "across edges", 4.3, 0.37, { -1, 0, 0 } }, { "along an edge and over its vertices", 4.3, 1, { -1, 0, 0 } },
    { "along the diagonals and over vertices", 3.5, 3.5, { -math.sqrt(0.5), -math.sqrt(0.5), 0 } },
    { "slanting", 4.1, 2.3, { -math.cos(0.4), -math.sin(0.4), 0 } },
    { "slanting over the middle vertex", 3 * math.cos(0.4), 3 * math.sin(0.4), { -math.cos(0.4), -math.sin(0.4), 0 } },
  }
  for _, precision in ipairs(both) do
    it(precision, function()
      for _, way in ipairs(ways) do
        for _, rolling in ipairs { false, true } do
          local v = way[4]
          local scene = floor_of_triangles { precision = precision, x = way[2], y = way[3], friction = rolling and 0.5 or 0, velocity = v,
            spin = rolling and { -v[2] / R, v[1] / R, 0 } or nil }
          local sim = scene.sim
          local vx, vy, vz, z = sim.v.x, sim.v.y, sim.v.z, sim.x.z
          local lift, along, normal = 0, 0, 0
          -- The first half kick has gravity alone; let the sphere begin in balance instead.
          sim.force.z[1] = 1
          sim:run { time = 6, each_step = function()
            lift = math.max(lift, math.abs(z[1] - R + 1 / k))
            along = math.max(along, math.abs(vx[1] - v[1]), math.abs(vy[1] - v[2]))
            normal = math.max(normal, math.abs(vz[1]))
          end }
          local label = ("A28b %s %s %s "):format(precision, rolling and "rolling" or "sliding", way[1])
          tools.absolute(label .. "largest |v_n| / v", normal, 0, 1e-6)
          tools.absolute(label .. "largest |v_t - v| / v", along, 0, 1e-6)
          tools.absolute(label .. "largest lift / R", lift / R, 0, 1e-6)
          assert.equal(1, sim.wall_contacts)
          assert.near(1 / k / R, sim.max_overlap, 1e-9)
          sim:close()
        end
      end
    end)
  end
  it("as two spheres on one and on many facets meet, Kratos 17", function()
    -- R = 0.3 m, E = 1e6, nu = 0.2, density 100, mu = 0.3, v = 5 m/s: one on two big triangles, one over 20 000
    for _, precision in ipairs(both) do
      local speeds, last = {}, {}
      for _, count in ipairs { 2, 20000 } do
        local sphere = { young = 1e6, poisson = 0.2, density = 100, restitution = 0.8, friction = 0.3, velocity = { 5, 0, 0 },
          spin = { 0, 5 / 0.3, 0 } }
        local E, weight = tools.modulus(sphere, rigid), tools.ball(0.3, 100) * 9.81
        sphere.gap = -tools.sag(0.3, E, weight)
        local scene = tools.over_plane { radius = 0.3, spheres = { sphere }, dt = 1e-4, gravity = { 0, 0, -9.81 }, room = 6,
          wall = count, half = 5.5, shift = 0.17, x = -5, y = 0.0371, precision = precision }
        scene.sim:run { time = 1.9 }
        speeds[#speeds + 1], last[#last + 1] = scene.spheres[1].handle.v, scene.spheres[1].handle.x
        scene.sim:close()
      end
      local a, b = speeds[1], speeds[2]
      tools.absolute(("A28b Kratos 17 %s |dv| / v"):format(precision), (a - b):norm() / 5, 0, 1e-6)
      tools.absolute(("A28b Kratos 17 %s |v - 5| / v"):format(precision), math.abs(b.x - 5) / 5, 0, 1e-6)
      tools.absolute(("A28b Kratos 17 %s distance / path"):format(precision), (last[1] - last[2]):norm() / 9.5, 0, 1e-6)
    end
  end)
end)

describe("A28c, f a sphere dropped on a face, an edge, a vertex #physics", function()
  local places = { face = { 0.4, 0.17 }, edge = { 0.4, 1 }, ["other edge"] = { 1, 0.4 }, diagonal = { 0.5, 0.5 }, vertex = { 1, 1 },
    ["vertex of eight"] = { 0, 0 }, ["near an edge"] = { 0.4, 1 + 1e-9 }, ["near a vertex"] = { 1 + 1e-12, 1 - 1e-10 } }
  for _, precision in ipairs(both) do
    it("feels one contact, " .. precision, function()
      local function drop(wall, x, y)
        local scene = floor_of_triangles { precision = precision, wall = wall, x = x, y = y, friction = 0.5, e = 0.7, gap = 0.2,
          velocity = { 0, 0, -1 } }
        local sim, watch = scene.sim, tools.peaks()
        sim:run { steps = 300, each_step = watch.look }
        local p = scene.spheres[1].handle
        local out = { peak = watch.peak[1], v = p.v, w = p.angular_velocity, z = p.x.z, x = p.x.x, y = p.x.y }
        sim:close()
        return out
      end
      local plane = drop("plane", 0, 0)
      for name, at in pairs(places) do
        local hit, label = drop(200, at[1], at[2]), ("A28c %s %s "):format(precision, name)
        tools.relative(label .. "Fn", hit.peak, plane.peak, 1e-9, "N")
        tools.relative(label .. "rebound", hit.v.z, plane.v.z, 1e-9, "m/s")
        tools.absolute(label .. "lateral velocity", math.abs(hit.v.x) + math.abs(hit.v.y), 0, 0, "m/s")
        tools.absolute(label .. "spin", hit.w:norm(), 0, 0, "rad/s")
      end
    end)
  end
  it("and rests on each with its weight once", function()
    for _, precision in ipairs(both) do
      for name, at in pairs(places) do
        local scene = floor_of_triangles { precision = precision, x = at[1], y = at[2], friction = 0.5, e = 0.3 }
        scene.sim:run { time = 3 }
        local label = ("A28f %s %s "):format(precision, name)
        tools.relative(label .. "force on the mesh", -scene.wall.force.z, 1, 1e-6, "N")
        tools.absolute(label .. "lateral force", math.abs(scene.wall.force.x) + math.abs(scene.wall.force.y), 0, 0, "N")
        assert.equal(1, scene.wall.contacts)
        assert.equal(1, scene.sim.wall_contacts)
        scene.sim:close()
      end
    end
  end)
  it("on a tilted mesh too, as on the tilted plane", function() -- vertices off the grid of positions
    local tilt = 0.3
    local normal = { 0, -math.sin(tilt), math.cos(tilt) }
    local flat = tools.flat(200, 5, 0.13)
    local got = {}
    for _, kind in ipairs { "plane", "mesh" } do
      local sim = barchan.simulation { domain = { lo = { -9, -9, -9 }, hi = { 9, 9, 9 } }, precision = "double", threads = 1,
        gravity = { 0, 0, -1 }, dt = math.pi * math.sqrt(1 / k) / 50 }
      local a, b = sim:material { name = "sphere", density = density }, sim:material { name = "floor", density = 1 }
      sim:law "linear"
      for _, pair in ipairs { { a, a }, { a, b } } do sim:pair(pair[1], pair[2], { stiffness = k, restitution = 0.7, friction = 0.5 }) end
      if kind == "plane" then sim:plane { point = { 0, 0, 0 }, normal = normal, material = b }
      else
        sim:mesh { vertices = flat.vertices, triangles = flat.triangles, material = b,
          rotate = { axis = { 1, 0, 0 }, angle = tilt } }
      end
      sim:insert { material = a, radius = R, x = { 0.3, 4 * math.cos(tilt) - 0.6 * math.sin(tilt), 4 * math.sin(tilt) + 0.6 * math.cos(tilt) } }
      sim:run { time = 6 } -- falls, bounces, slips, rolls down over many seams
      local p = sim:particle(1)
      got[kind] = { p.x, p.v, p.angular_velocity }
      sim:close()
    end
    for i, name in ipairs { "x", "v", "w" } do
      local a, b = got.plane[i], got.mesh[i]
      tools.absolute("A28f tilted, " .. name .. " of the mesh less that of the plane", (a - b):norm() / a:norm(), 0, 1e-9)
    end
    assert.is_true(got.mesh[1].y < 2) -- more than a mesh width from where it fell
  end)
end)
