-- servo_spec.lua -- walls that a target force drives: the force they come to, on one grain (against Hertz's formula) and on a packing;
-- the law of their motion where nothing touches; limits, tables, functions of time, torque; the same bits in any way. #physics
local barchan = require "barchan"

local E, nu, e = 1e7, 0.25, 0.3
local modulus = E / (2 * (1 - nu ^ 2)) -- of two equal materials

-- Prints one line and raises unless got is as expected, within a part of it.
local function relative(label, got, expected, tolerance, unit)
  local off = math.abs(got / expected - 1)
  local text = ("%s: got %.9g expected %.9g %s (tolerance %.3g of it, off by %.2g)"):format(label, got, expected, unit, tolerance, off)
  print(text)
  if not (off <= tolerance) then error(text, 2) end
end

-- Overlap at which Hertz's law carries this force.
local function sag(R, force) return (force / (4 / 3 * modulus * math.sqrt(R))) ^ (2 / 3) end

local function scene(options, young, restitution)
  local o = { domain = { lo = { 0, 0, -0.05 }, hi = { 0.1, 0.1, 0.15 } }, gravity = { 0, 0, 0 }, threads = 1, overlap_warn = 0.5 }
  for key, value in pairs(options or {}) do o[key] = value end
  local sim = barchan.simulation(o)
  local glass = sim:material { name = "glass", young = young or E, poisson = nu, density = 2500 }
  sim:law "hertz_mindlin"
  sim:pair(glass, glass, { restitution = restitution or e, friction = 0.5 })
  return sim, glass
end

-- A grain on a floor at z = 0 and a lid 1 mm above it.
local function one_grain(options)
  local sim, glass = scene(options)
  sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
  sim:insert { x = { { 0.05, 0.05, 0.005 } }, radius = 0.005, material = glass }
  return sim, sim:plane { point = { 0, 0, 0.011 }, normal = { 0, 0, -1 }, material = glass }, glass
end

describe("a servo wall on one grain", function()
  it("presses it as Hertz says", function()
    for _, F in ipairs { 0.05, 1, 20 } do
      local sim, lid = one_grain { precision = "double" }
      lid:servo { axis = { 0, 0, 1 }, force = F }
      sim:run { time = 0.5 }
      local gap = 0.01 - lid.position.z
      relative(("overlap of both contacts under %g N"):format(F), gap, 2 * sag(0.005, F), 1e-6, "m")
      relative("force", lid.force.z, F, 1e-6, "N")
      sim:close()
    end
  end)

  it("takes its force from a pressure and an area, a table or a function, with equal bits", function()
    local function run(target, more)
      local sim, lid = one_grain()
      local o = { axis = { 0, 0, 1 } }
      for key, value in pairs(target) do o[key] = value end
      lid:servo(o)
      if more then more(sim, lid) end
      sim:run { time = 0.1 }
      local force, z, hash = lid.force.z, lid.position.z, sim:hash()
      sim:close()
      return force, z, hash
    end
    local f0, z0, hash = run { force = 2 }
    local f1, z1, same = run { pressure = 1e4, area = 2e-4 }
    assert.is_true(f0 == f1 and z0 == z1 and hash == same)
    f1, z1, same = run { force = function() return 2 end }
    assert.is_true(f0 == f1 and z0 == z1 and hash == same)
    f1, z1 = run { force = { { 0, 2 }, { 1, 2 } } }
    assert.is_true(f0 == f1 and z0 == z1)
    -- rows are joined by straight lines: at the end of the run half way from 1 to 3; it lags by what the lid needs to follow
    relative("force of a table", (run { force = { { 0, 1 }, { 0.2, 3 } } }), 2, 3e-3, "N")
    -- another servo on the axis takes the first one's place
    f1 = run({ force = 1 }, function(sim, lid)
      sim:run { time = 0.05 }
      relative("force of the first", lid.force.z, 1, 1e-4, "N")
      lid:servo { axis = { 0, 0, 2 }, force = 3 }
    end)
    relative("force of the second", f1, 3, 1e-4, "N")
  end)

  it("turns until the torque is as asked", function()
    -- A flap hinged at x = 0 lies on a grain at x = 0.05: the grain turns it up, about -y.
    local sim, glass = scene { precision = "double" }
    sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
    sim:insert { x = { { 0.05, 0.05, 0.005 } }, radius = 0.005, material = glass }
    local flap = sim:mesh { vertices = { { 0.01, 0.04, 0.0101 }, { 0.09, 0.04, 0.0101 }, { 0.09, 0.06, 0.0101 }, { 0.01, 0.06, 0.0101 } },
      triangles = { { 1, 2, 3 }, { 1, 3, 4 } }, material = glass }
    flap:servo { axis = { 0, -1, 0 }, origin = { 0, 0, 0.0101 }, torque = 0.1 }
    sim:run { time = 0.5 }
    local arm, hinge = flap.position - barchan.vector(0, 0, 0.0101), flap.torque
    local torque = hinge + arm:cross(flap.force)
    relative("torque about the hinge", -torque.y, 0.1, 1e-5, "N m")
    relative("force at 50 mm", flap.force:norm(), 2, 2e-3, "N") -- it lifts to 1 degree
    assert.is_true(flap.rotation[2] > 0 and flap.velocity:norm() < 1e-6)
    sim:close()
  end)
end)

describe("a servo wall that touches nothing", function()
  local dt = 1e-5

  it("accelerates by target / mass", function()
    local sim, lid = one_grain { dt = dt }
    lid:servo { axis = { 0, 0, 1 }, force = 2, mass = 0.5 }
    sim:run { steps = 100 }
    assert.near(0.011 - 2 / 0.5 * dt ^ 2 * 100 * 101 / 2, lid.position.z, 1e-15)
    assert.near(-2 / 0.5 * dt * 100, lid.velocity.z, 1e-15)
    sim:close()
  end)

  it("moves at target / damping, from start to stop, no faster than max_velocity, within its travel", function()
    local sim, lid = one_grain { dt = dt }
    lid:servo { axis = { 0, 0, 1 }, force = 2, damping = 500, start = 20 * dt, stop = 50 * dt }
    sim:run { steps = 40 }
    assert.near(-2 / 500, lid.velocity.z, 1e-16)
    sim:run { steps = 40 }
    assert.near(0.011 - 2 / 500 * 30 * dt, lid.position.z, 1e-15)
    assert.equal(0, lid.velocity.z)
    lid:servo { axis = { 0, 0, 1 }, force = 2, damping = 500, max_velocity = 1e-3 }
    sim:run { steps = 10 }
    assert.near(-1e-3, lid.velocity.z, 1e-18)
    local z = lid.position.z
    lid:servo { axis = { 0, 0, 1 }, force = 2, damping = 500, lower = -2.5 * 2 / 500 * dt }
    sim:run { steps = 10 }
    assert.near(z - 2.5 * 2 / 500 * dt, lid.position.z, 1e-17)
    assert.equal(0, lid.velocity.z)
    sim:close()
  end)

  it("goes with other motions, and stays where it is halted", function()
    local sim, lid = one_grain { dt = dt }
    lid:move { velocity = { 0.1, 0, 0 } }
    lid:servo { axis = { 0, 0, 1 }, force = 2, damping = 500 }
    sim:run { steps = 10 }
    assert.near(0.1 * 10 * dt, lid.position.x, 1e-16)
    assert.near(0.011 - 2 / 500 * 10 * dt, lid.position.z, 1e-16)
    lid:halt()
    sim:run { steps = 10 }
    assert.near(0.1 * 10 * dt, lid.position.x, 1e-16)
    assert.equal(0, lid.velocity:norm())
    lid:move { velocity = { 0, 0, -0.1 } } -- from where it is
    sim:run { steps = 10 }
    assert.near(0.1 * 10 * dt, lid.position.x, 1e-16)
    assert.near(0.011 - 2 / 500 * 10 * dt - 0.1 * 10 * dt, lid.position.z, 1e-16)
    sim:close()
  end)
end)

describe("walls that forces drive", function()
  local process = require "tools.process"
  it("are written to the file of the walls as they move", function()
    if not process.python then return pending("BARCHAN_PYTHON names no program") end
    local folder = process.folder "servo"
    local moves = {
      servo = function(_, lid) lid:servo { axis = { 0, 0, 1 }, force = 1 } end,
      free = function(sim, _, glass)
        sim:sphere { center = { 0.05, 0.05, 0.05 }, radius = 0.01, side = "outside", material = glass }:free { gravity = false }
      end,
      still = function() end,
    }
    for name, make in pairs(moves) do
      local sim, lid, glass = one_grain { dt = 1e-5 }
      make(sim, lid, glass)
      sim:output { file = folder .. "/" .. name .. ".vtkhdf", every = 1e-4 }
      sim:run { steps = 100 }
      sim:close()
      local steps, message = process.trajectory_steps(folder .. "/" .. name .. "-walls.vtkhdf")
      assert.equal(name == "still" and 1 or 11, steps, message)
    end
  end)
end)

describe("a servo plate on a packing", function()
  -- 200 soft grains poured into a periodic column and pressed; the pressure is raised ten times in the middle.
  local side = 0.01
  local function run(options)
    local o = { domain = { lo = { 0, 0, -0.005 }, hi = { side, side, 0.05 }, periodic = "xy" }, gravity = { 0, 0, -9.81 }, overlap_limit = 1 }
    for _, key in ipairs { "threads", "isa", "skin", "precision" } do o[key] = options[key] end
    local sim, glass = scene(o, 1e6, 0.6)
    sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
    local lid = sim:plane { point = { 0, 0, 0.026 }, normal = { 0, 0, -1 }, material = glass }
    sim:insert { region = sim.box { lo = { 0, 0, 0 }, hi = { side, side, 0.025 } }, material = glass, radius = { 0.8e-3, 1.2e-3 }, count = 200,
      seed = 5 }
    local out, worst = {}, 0
    local function press(pressure, times)
      lid:servo { axis = { 0, 0, 1 }, pressure = pressure, area = side ^ 2 }
      worst = 0
      for _, time in ipairs(times) do
        sim:run { time = time, every = options.look and 1e-3, call = options.look and function()
          worst = math.max(worst, math.abs(lid.force.z / (pressure * side ^ 2) - 1))
        end or nil }
      end
    end
    for _, pressure in ipairs { 400, 4000 } do
      for _ = 1, options.look and 3 or 1 do press(pressure, options.cuts or { 0.3 }) end
      out[#out + 1] = worst
      out[#out + 1] = sim:hash()
      assert.is_true(lid.contacts > 3, "the plate does not lie on the grains")
    end
    sim:close()
    return out
  end

  it("comes to its force within 1 % and stays there", function()
    local out = run { look = true, threads = 2 }
    print(("largest error of the force in the last 0.3 s: %.3g, %.3g"):format(out[1], out[3]))
    assert.is_true(out[1] < 0.01 and out[3] < 0.01)
  end)

  it("has the same bits for any threads, instructions, lists and cuts", function()
    local reference, cut, whole = run { threads = 1, cuts = { 0.4 } }, { 0.17, 0.001, 0.229 }, { 0.4 }
    for _, way in ipairs { { threads = 3, cuts = whole }, { isa = "sse2", cuts = whole }, { skin = 5e-4, cuts = whole }, { cuts = cut } } do
      local got = run(way)
      assert.same({ reference[2], reference[4] }, { got[2], got[4] })
    end
  end)
end)

describe("a servo on the radius of a cylinder", function()
  local R = 0.005
  local function tube(sim, glass, radius, length, side)
    return sim:cylinder { from = { 0.05, 0.05, 0 }, to = { 0.05, 0.05, length }, radius = radius, side = side or "inside", open = true,
      material = glass }
  end

  it("squeezes two grains as Hertz says, by a force and by a pressure on the side as it is then", function()
    for _, pressed in ipairs { false, true } do
      local sim, glass = scene { precision = "double" }
      local wall = tube(sim, glass, 2.02 * R, 0.02)
      sim:insert { x = { { 0.05 - R, 0.05, 0.01 }, { 0.05 + R, 0.05, 0.01 } }, radius = R, material = glass }
      if pressed then wall:servo { radial = true, pressure = 3000 } else wall:servo { radial = true, force = 2 } end
      assert.equal(2.02 * R, wall.radius)
      sim:run { time = 0.5 }
      local F = pressed and 3000 * 2 * math.pi * wall.radius * 0.02 or 2 -- each grain carries half
      relative("force on the side", wall.radial_force, F, 1e-9, "N")
      relative("radius", wall.radius, 2 * R - sag(R, F / 2) - sag(R / 2, F / 2) / 2, 1e-10, "m")
      relative("place of a grain", sim.x.x[2] - 0.05, R - sag(R / 2, F / 2) / 2, 1e-10, "m")
      assert.is_true(wall.force:norm() < 1e-9 and wall.work > 0)
      sim:close()
    end
  end)

  it("presses inwards with the outside of a cylinder", function()
    local sim, glass = scene { precision = "double" }
    local core = tube(sim, glass, 0.01, 0.02, "outside")
    sim:plane { point = { 0.05 + 0.01 + 2 * R + 1e-4, 0, 0 }, normal = { -1, 0, 0 }, material = glass }
    sim:insert { x = { { 0.05 + 0.01 + R + 5e-5, 0.05, 0.01 } }, radius = R, material = glass }
    core:servo { radial = true, pressure = 2000 }
    sim:run { time = 0.5 }
    local F = 2000 * 2 * math.pi * core.radius * 0.02
    relative("force on the side, inwards", -core.radial_force, F, 1e-9, "N")
    relative("radius", core.radius, 0.01 + 1e-4 + 2 * sag(R, F), 1e-10, "m")
    sim:close()
  end)

  it("moves at target / damping where nothing touches, within its travel, and stays when it is halted", function()
    local dt = 1e-5
    local sim, glass = scene { dt = dt }
    local wall = tube(sim, glass, 0.02, 0.02)
    wall:servo { radial = true, force = 2, damping = 500, lower = -30.5 * 2 / 500 * dt }
    sim:run { steps = 20 }
    assert.near(0.02 - 2 / 500 * 20 * dt, wall.radius, 1e-16)
    local hash = sim:hash()
    sim:run { steps = 20 }
    assert.near(0.02 - 2 / 500 * 30.5 * dt, wall.radius, 1e-16)
    assert.are_not.equal(hash, sim:hash())
    wall:halt()
    local radius = wall.radius
    sim:run { steps = 5 }
    assert.equal(radius, wall.radius)
    wall:servo { radial = true, force = -2, damping = 500 } -- from where it is
    sim:run { steps = 5 }
    assert.near(radius + 2 / 500 * 5 * dt, wall.radius, 1e-16)
    sim:close()
  end)

  it("finds the grain that it comes to", function()
    local dt = 1e-5
    local sim, glass = scene { dt = dt, skin = 1e-4 }
    local wall = tube(sim, glass, 0.02, 0.02)
    sim:insert { x = { { 0.06, 0.05, 0.01 } }, radius = R, material = glass }
    wall:servo { radial = true, force = 2, damping = 5 } -- 0.4 m/s inwards, 5 mm to go
    sim:run { steps = 1249 }
    assert.equal(0, wall.contacts)
    sim:run { steps = 3 }
    assert.equal(1, wall.contacts)
    sim:close()
  end)

  it("is stopped when it runs away", function()
    local sim, glass = scene { dt = 1e-5 }
    local wall = tube(sim, glass, 0.02, 0.02)
    sim:insert { x = { { 0.05, 0.05, 0.01 } }, radius = 1e-3, material = glass }
    wall:servo { radial = true, force = -2, mass = 1e-7 } -- outwards, 2e7 m/s^2
    local ok, message = pcall(function() sim:run { steps = 10 } end)
    assert.is_false(ok)
    assert.is_truthy(message:find("wall 1, which a servo drives, moves up to", 1, true), message)
    sim:close()
  end)

  -- Grains in a soft tube between two plates, poured, then pressed from the side; the tube's pressure is the mean stress across its axis:
  -- the virial of the forces on the side is p 2 pi R L R, that of the frictionless plates has no part in it.
  local function press(options)
    local o = { gravity = { 0, 0, 0 }, overlap_limit = 1, domain = { lo = { 0.03, 0.03, -0.01 }, hi = { 0.07, 0.07, 0.04 } } }
    for _, key in ipairs { "threads", "isa", "skin", "energy_book" } do o[key] = options[key] end
    local sim = barchan.simulation(o)
    local glass = sim:material { name = "glass", young = 1e6, poisson = nu, density = 2500 }
    local smooth = sim:material { name = "smooth", young = 1e6, poisson = nu, density = 2500 }
    sim:law "hertz_mindlin"
    sim:pair(glass, glass, { restitution = 0.4, friction = 0.3 })
    sim:pair(glass, smooth, { restitution = 0.4, friction = 0 })
    sim:pair(smooth, smooth, { restitution = 0.4, friction = 0 })
    local wall = tube(sim, smooth, 0.008, 0.02)
    sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = smooth }
    sim:plane { point = { 0, 0, 0.02 }, normal = { 0, 0, -1 }, material = smooth }
    sim:insert { region = sim.cylinder { from = { 0.05, 0.05, 0 }, to = { 0.05, 0.05, 0.02 }, radius = 0.008 }, material = glass,
      radius = { 0.8e-3, 1.2e-3 }, count = 330, seed = 5 }
    wall:servo { radial = true, pressure = { { 0, 500 }, { 0.02, 3000 } } }
    for _, time in ipairs(options.cuts or { 0.3 }) do sim:run { time = time } end
    return sim, wall
  end

  it("puts a packing under its pressure, and its work is in the book", function()
    local sim, wall = press { threads = 2, energy_book = true }
    local area = 2 * math.pi * wall.radius * 0.02
    relative("pressure on the side", wall.radial_force / area, 3000, 1e-4, "Pa")
    local stress = sim:stress { region = sim.cylinder { from = { 0.05, 0.05, 0 }, to = { 0.05, 0.05, 0.02 }, radius = wall.radius } }
    relative("stress across the axis", (stress.contact[1][1] + stress.contact[2][2]) / 2, 3000, 1e-4, "Pa")
    local energy = sim:energies()
    print(("radius %.4f mm, work of the wall %.4g J, residual of the book %.2g of it"):format(wall.radius * 1e3, energy.wall_work,
      energy.residual / energy.wall_work))
    assert.is_true(energy.wall_work > 1e-5 and math.abs(energy.residual) < 1e-6 * energy.wall_work)
    sim:close()
  end)

  it("has the same bits for any threads, instructions, lists and cuts", function()
    local reference
    for _, way in ipairs { { threads = 1 }, { threads = 3 }, { isa = "sse2", threads = 1 }, { skin = 5e-4, threads = 2 },
      { cuts = { 0.1, 0.0213, 0.1787 }, threads = 2 } } do
      local sim = press(way)
      reference = reference or sim:hash()
      assert.equal(reference, sim:hash())
      sim:close()
    end
  end)

  it("is refused for other walls and with what does not go with it", function()
    local sim, glass = scene()
    local function refused(wall, o, part)
      local ok, message = pcall(function() wall:servo(o) end)
      assert.is_false(ok)
      assert.is_truthy(message:find(part, 1, true), message)
    end
    local plane = sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
    local can = sim:cylinder { from = { 0.05, 0.05, 0 }, to = { 0.05, 0.05, 0.01 }, radius = 0.01, material = glass }
    for _, wall in ipairs { plane, can } do
      refused(wall, { radial = true, force = 1 }, "wall:servo: only an open cylinder has a radius that can be driven")
    end
    refused(tube(sim, glass, 0.02, 0.02), { radial = true, pressure = 1, area = 1 }, "wall:servo: area does not go with radial")
    refused(plane, { force = 1 }, "wall:servo: axis is missing")
    assert.is_nil(plane.radius)
    sim:close()
  end)
end)
