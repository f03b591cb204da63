-- a28_mesh_plane.lua -- a flat made of 2, 200 or 20 000 triangles gives what one plane gives, and a contact keeps its memory over edges.
--
-- Case: A28 (a) and (g): the elastic impacts of A2, the oblique ones of A4 and the slip to roll of A14 on triangles. Equal bits are
-- expected (the same contacts with the same numbers); 1e-9 is asked, of A2 1e-10. The triangles are cut alternating and shifted, so
-- that impacts fall on faces, near edges and near vertices.
local lab = require "lab"
local test = require "case" { id = "A28", title = "a flat of triangles is a plane", source = "[F] the plane's own numbers" }

local counts = { 2, 200, 20000 }

for _, sphere in ipairs { { name = "Al", young = 7.0e10, poisson = 0.30, density = 2699 }, -- A2
  { name = "Mg", young = 4.0e10, poisson = 0.35, density = 1800 } } do
  local R, v = 0.10, 0.2
  sphere.restitution, sphere.friction, sphere.velocity = 1, 0.3, { 0, 0, -v }
  local _, _, time = lab.hertz(R, lab.ball(R, sphere.density), lab.modulus(sphere, lab.rigid), v)
  local function drop(wall)
    -- near a corner of the 200 triangles, over a face of the 20 000
    local scene = lab.impact { radius = R, spheres = { sphere }, dt = time / 200, time = 1.2 * time, wall = wall, half = 5 * R,
      shift = 0.31, x = 0.03 * R, y = 0.06 * R }
    scene.sim:close()
    return scene.spheres[1]
  end
  local plane = drop "plane"
  local off = test:worst(("A2 %s, force, duration, rebound over the plane's"):format(sphere.name), 1e-10)
  local aside = test:worst(("A2 %s, lateral velocity"):format(sphere.name), 0, "m/s")
  for _, count in ipairs(counts) do
    local hit, at = drop(count), count .. " triangles"
    off:absolute(at .. ", force", hit.peak / plane.peak, 1)
    off:absolute(at .. ", duration", hit.duration / plane.duration, 1)
    off:absolute(at .. ", rebound", hit.v.z / plane.v.z, 1)
    aside:absolute(at, math.abs(hit.v.x) + math.abs(hit.v.y), 0)
  end
  off:done()
  aside:done()
end

for _, material in ipairs(lab.oblique) do -- A4
  local plane = lab.oblique_impact(material, { parts = 200 })
  for _, count in ipairs(counts) do
    local off = test:worst(("A4 %s, %d triangles, e_t, spin, e, force over the plane's"):format(material.name, count), 1e-9)
    for i, hit in ipairs(lab.oblique_impact(material, { parts = 200, wall = count, half = 0.0125, shift = 0.03 * (count % 7) })) do
      local at = hit.angle .. " degrees "
      off:absolute(at .. "e_t", hit.et / plane[i].et, 1)
      off:absolute(at .. "spin", hit.spin / plane[i].spin, 1)
      off:absolute(at .. "e", hit.e / plane[i].e, 1)
      off:absolute(at .. "force", hit.peak / plane[i].peak, 1)
      off:absolute(at .. "v_y", hit.v.y, 0)
    end
    off:done()
  end
end

local plane = lab.slip_to_roll {} -- A14
for _, count in ipairs(counts) do
  -- 20 000: cells of 35 um, a sphere crosses up to 35 edges and 35 diagonals before it rolls
  local off = test:worst(("A14, %d triangles, times, velocities, places over the plane's"):format(count), 1e-9)
  local u = test:worst(("A14, %d triangles, u rolling"):format(count), 1e-3, "m/s", "[F] 5/7 u0: memory kept over edges")
  local slip = test:worst(("A14, %d triangles, end of slip"):format(count), 1e-2, "s", "[F] memory kept over edges")
  for i, s in ipairs(lab.slip_to_roll { wall = count, half = 0.008, shift = 0.21 }) do
    local at = ("mu = %g "):format(s.mu)
    for _, key in ipairs { "slip_end", "u_half", "w_half", "u", "w", "x" } do off:absolute(at .. key, s[key] / plane[i][key], 1) end
    off:absolute(at .. "lift / R", s.height / 5e-4, plane[i].height / 5e-4)
    off:absolute(at .. "v_y / u0", s.across / 0.1, 0)
    u:relative(at, s.u, s.formula.u)
    slip:relative(at, s.slip_end, s.formula.slip_end)
  end
  for _, list in ipairs { off, u, slip } do list:done() end
end
return test:done()
