-- conservation_spec.lua -- what may not get lost: forces on all particles and walls add up to nothing, to the last bit of the
-- fixed-point sums; momentum changes by the rounding of the kicks only. (Angular momentum: tests/validation/b04_conservation.lua.) #physics
local barchan = require "barchan"
local ffi = require "ffi"
local native = require "barchan.native"
local simulation = require "barchan.simulation"
local C = native.C

local function handle_of(sim) return simulation.state(sim).handle end

-- Forces on all particles in quanta, as three 64-bit integers, and the quantum [N].
local function force_sum(sim)
  local sum = ffi.new("int64_t[3]")
  local exponent = tonumber(C.brc_force_sum(handle_of(sim), sum))
  return sum, math.ldexp(1, exponent)
end

local function random(seed)
  local state = seed
  return function(lo, hi)
    state = (state * 1103515245 + 12345) % 2147483648
    return lo + (hi - lo) * state / 2147483648
  end
end

local function grains(options, rolling)
  local o = { gravity = { 0, 0, 0 }, overlap_limit = 0.9 }
  for key, value in pairs(options) do o[key] = value end
  local sim = barchan.simulation(o)
  local glass = sim:material { name = "glass", young = 2e7, poisson = 0.25, density = 2500 }
  sim:law("hertz_mindlin", { rolling = rolling or "epsd" })
  sim:pair(glass, glass, { restitution = 0.8, friction = 0.5, rolling_friction = 0.05 })
  return sim, glass
end

local function throw(sim, speed, spin, seed)
  local draw = random(seed)
  for i = 1, sim.count do
    sim.v:set(i, draw(-speed, speed), draw(-speed, speed), draw(-speed, speed))
    sim.angular_velocity:set(i, draw(-spin, spin), draw(-spin, spin), draw(-spin, spin))
  end
end

describe("a closed periodic box #physics", function()
  for _, precision in ipairs { "mixed", "double" } do
    for _, threads in ipairs { 1, 3 } do
      it(("keeps its momentum, %s, %d threads"):format(precision, threads), function()
        local sim, glass = grains { domain = { lo = { 0, 0, 0 }, hi = { 0.06, 0.06, 0.06 }, periodic = "xyz" }, precision = precision,
          threads = threads }
        sim:insert { region = sim.box { lo = { 0, 0, 0 }, hi = { 0.06, 0.06, 0.06 } }, material = glass,
          radius = { 1.2e-3, 3e-3 }, count = 1100 }
        throw(sim, 2, 500, 1)
        local before, steps, unbalanced, impulse, contacts = sim.momentum, 0, 0, 0, 0
        local fx, fy, fz = sim.force.x, sim.force.y, sim.force.z
        sim:run { steps = 600, each_step = function(s)
          local sum = force_sum(s)
          if sum[0] ~= 0 or sum[1] ~= 0 or sum[2] ~= 0 then unbalanced = unbalanced + 1 end
          steps = steps + 1
          for i = 1, s.count do impulse = impulse + (math.abs(fx[i]) + math.abs(fy[i]) + math.abs(fz[i])) * s.dt end
          contacts = contacts + s.contacts
        end }
        assert.equal(600, steps)
        assert.equal(0, unbalanced, "steps whose forces do not add up to exactly nothing")
        assert.is_true(contacts > 20000, contacts)
        local after, most = sim.momentum, 0
        for _, axis in ipairs { "x", "y", "z" } do most = math.max(most, math.abs(after[axis] - before[axis])) end
        -- A kick f/m dt/2 rounds 1/m, the product, the sum with gravity (0) and the factor: 4 half ulps of it; the velocity's
        -- residual keeps 48 bits (mixed) or all (double) of the velocity, twice a step; the sum of momenta cuts each term at 2^-61 kg m/s.
        local digits = precision == "mixed" and 24 or 53
        local kicks = 4 * 2^-digits * impulse
        local speeds = 2 * 600 * 1100 * 3.4 * 4 / 3 * math.pi * 3e-3^3 * 2500 * (precision == "mixed" and 2^-47 or 2^-100)
        local bound = kicks + speeds + 1100 * 2^-60
        print(("# %s, %d threads: momentum changed by %.3g kg m/s, rounding allows %.3g; sum of impulses %.3g"):format(precision, threads,
          most, bound, impulse))
        assert.is_true(most <= bound, ("%g > %g"):format(most, bound))
        sim:close()
      end)
    end
  end
end)

describe("walls #physics", function()
  it("feel exactly the opposite of what they do to particles", function()
    for _, precision in ipairs { "mixed", "double" } do
      local sim, glass = grains { domain = { lo = { -0.1, -0.1, -0.1 }, hi = { 0.1, 0.1, 0.1 } }, precision = precision, threads = 2,
        gravity = { 0, 0, -9.81 } }
      local walls = { sim:cylinder { from = { 0, -0.03, 0 }, to = { 0, 0.03, 0 }, radius = 0.03, side = "inside", material = glass } }
      walls[1]:rotate { axis = { 0, 1, 0 }, rate = 20 }
      walls[2] = sim:mesh { vertices = { { -0.02, -0.03, -0.03 }, { 0.02, -0.03, -0.03 }, { 0, 0.03, -0.015 } }, triangles = { { 1, 2, 3 } },
        material = glass }
      walls[3] = sim:plane { point = { 0, 0, -0.027 }, normal = { 0.1, 0, 1 }, material = glass }
      sim:insert { region = sim.cylinder { from = { 0, -0.03, 0 }, to = { 0, 0.03, 0 }, radius = 0.03 }, material = glass,
        radius = { 1.2e-3, 2.5e-3 }, count = 1000 }
      local touched, largest = 0, 0
      sim:run { steps = 3000, each_step = function(s)
        local sum, quantum = force_sum(s)
        for k, axis in ipairs { "x", "y", "z" } do
          local total = tonumber(sum[k - 1]) -- below 2^53: exact
          for _, wall in ipairs(walls) do total = total + wall.force[axis] / quantum end
          assert(total == 0, ("step %d: %g quanta along %s"):format(s.step, total, axis))
        end
        touched, largest = touched + s.wall_contacts, math.max(largest, math.abs(walls[1].force.z))
      end }
      print(("# %s: %d wall contacts, force on the drum up to %.3g N"):format(precision, touched, largest))
      assert.is_true(touched > 10000)
      sim:close()
    end
  end)
end)

describe("the work of a conveyor #physics", function()
  local mu, u, t, r = 0.2, 1, 0.01, 5e-3
  local m = 2500 * 4 / 3 * math.pi * r * r * r
  local function belt(velocity)
    local sim = barchan.simulation { domain = { lo = { -1, -1, -0.1 }, hi = { 1, 1, 0.1 } }, precision = "double" }
    local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
    sim:law("hertz_mindlin")
    sim:pair(glass, glass, { restitution = 0.2, friction = mu })
    local plane = sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
    sim:insert { x = { 0, 0, r }, radius = r, material = glass }
    sim:run { time = 0.1 }
    plane:surface_velocity { velocity = velocity }
    local before = plane.work
    sim:run { time = t }
    local work, force = plane.work - before, plane.force
    sim:close()
    return work, force
  end
  it("is friction times its way while a grain slips on it", function()
    local work, force = belt { u, 0, 0 } -- it slips for 2 u / (7 mu g) = 0.15 s
    assert.near(-mu * m * 9.81, force[1], 1e-6 * m * 9.81)
    assert.near(mu * m * 9.81 * u * t, work, 0.01 * mu * m * 9.81 * u * t) -- the spring of the first moments is not slip yet
  end)
  it("is none for a velocity along the normal, which the surface cannot have", function()
    local work, force = belt { 0, 0, u }
    assert.near(0, force[1], 1e-9 * m * 9.81)
    assert.near(0, work, 1e-9 * m * 9.81 * u * t)
  end)
end)

describe("a squeezed packing with friction #physics", function()
  it("comes to rest at the default time step however strong its damping", function() -- explicit dashpots can heat it up
    for _, restitution in ipairs { 0.01, 0.05, 0.2 } do
      local mm = barchan.units.mm
      local sim = barchan.simulation { domain = { lo = { 0, 0, -mm }, hi = { 12*mm, 12*mm, 30*mm }, periodic = "xy" }, force_scale = 1e3,
        overlap_warn = 1, overlap_limit = 1 }
      local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
      sim:law "hertz_mindlin"
      sim:pair(glass, glass, { restitution = restitution, friction = 0.5 })
      sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
      local lid = sim:plane { point = { 0, 0, 25*mm }, normal = { 0, 0, -1 }, material = glass }
      lid:move { velocity = { 0, 0, -0.2 }, stop = 0.05 }
      sim:insert { region = sim.box { lo = { 0, 0, 0 }, hi = { 12*mm, 12*mm, 25*mm } }, material = glass, radius = { 0.8*mm, 1.2*mm },
        count = 300 }
      sim:run { time = 0.15 }
      print(("e = %g: coordination %.2f, kinetic energy %.3g J"):format(restitution, sim.coordination, sim.kinetic_energy))
      assert.is_true(sim.coordination > 5)
      assert.is_true(sim.kinetic_energy < 1e-6)
      sim:close()
    end
  end)
end)
