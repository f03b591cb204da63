-- walls_spec.lua -- which side of a wall pushes, and when simple motions begin and end.
local barchan = require "barchan"
local expect = require "tools.expect"
local near = expect.near

local E, nu, r = 1e6, 0.3, 0.004

local function scene(options)
  local o = { domain = { lo = { -0.2, -0.2, -0.2 }, hi = { 0.2, 0.2, 0.2 } }, gravity = { 0, 0, 0 }, threads = 1, backend = "cpu", dt = 1e-5,
    precision = "double", overlap_warn = 2, overlap_limit = 2 }
  for key, value in pairs(options or {}) do o[key] = value end
  local sim = barchan.simulation(o)
  local m = sim:material { name = "m", density = 2500, young = E, poisson = nu }
  sim:law "hertz_mindlin"
  sim:pair(m, m, { restitution = 1, friction = 0 })
  return sim, m
end

describe("a wall around x = R #physics", function()
  local R, slope = 0.05, 0.1 -- the cone's radius grows by 0.1 m/m, and is R at z = 0
  local cosine = 1 / math.sqrt(1 + slope ^ 2)
  local walls = {
    sphere = function(sim, m, side) return sim:sphere { center = { 0, 0, 0 }, radius = R, side = side, material = m } end,
    cylinder = function(sim, m, side)
      return sim:cylinder { from = { 0, 0, -0.1 }, to = { 0, 0, 0.1 }, radius = R, side = side, open = true, material = m }
    end,
    cone = function(sim, m, side)
      return sim:cone { from = { 0, 0, -0.1 }, to = { 0, 0, 0.1 }, radius_from = R - 0.1 * slope, radius_to = R + 0.1 * slope, side = side,
        open = true, material = m }
    end,
    box = function(sim, m, side) return sim:box { lo = { -R, -R, -R }, hi = { R, R, R }, side = side, material = m } end,
    disc = function(sim, m, side)
      return sim:disc { center = { R, 0, 0 }, normal = { -1, 0, 0 }, radius = 0.03, sides = side == "both" and "two" or "one", material = m }
    end,
    mesh = function(sim, m, side)
      return sim:mesh { vertices = { { R, -0.1, -0.1 }, { R, 0.1, -0.1 }, { R, 0, 0.1 } }, triangles = { { 1, 3, 2 } },
        sides = side == "both" and "two" or "one", material = m }
    end,
  }

  -- Force along x on the wall by a grain with its centre at x.
  local function push(kind, side, x)
    local sim, m = scene()
    local wall = walls[kind](sim, m, side)
    sim:insert { x = { x, 0, 0 }, radius = r, material = m, allowed_overlap = 1 }
    sim:run { steps = 1 }
    local force = wall.force.x
    sim:close()
    return force
  end

  -- 4/3 E* sqrt(r) overlap^(3/2), E* = E / (2 (1 - nu^2)); gap: of the centre from the surface, negative beyond it
  local function hertz(gap) return 4 / 3 * E / (2 * (1 - nu ^ 2)) * math.sqrt(r) * (r - gap) ^ 1.5 end

  for kind in pairs(walls) do
    it("pushes on the side that is asked for: " .. kind, function()
      local c = kind == "cone" and cosine or 1
      local gap = (r - 1e-4) * c
      local inside, outside = R - (r - 1e-4), R + (r - 1e-4)
      -- From its own side a grain is touched by 0.1 mm; beyond the wall it is deep in it, and pushed back.
      near(c * hertz(gap), push(kind, "inside", inside), 1e-5, "inside, from within")
      near(c * hertz(-gap), push(kind, "inside", outside), 1e-5, "inside, from without")
      near(c * hertz(gap), push(kind, "both", inside), 1e-5, "both, from within")
      near(-c * hertz(gap), push(kind, "both", outside), 1e-5, "both, from without")
      if kind ~= "disc" and kind ~= "mesh" then
        near(-c * hertz(gap), push(kind, "outside", outside), 1e-5, "outside, from without")
        near(-c * hertz(-gap), push(kind, "outside", inside), 1e-5, "outside, from within")
      end
    end)
  end
end)

describe("a motion #physics", function()
  it("lasts from start to stop", function()
    local sim, m = scene()
    local function plate(x) return sim:disc { center = { x, 0, 0 }, normal = { 0, 0, 1 }, radius = 0.01, material = m } end
    local moved, swung, turned = plate(-0.05), plate(0), plate(0.05)
    moved:move { velocity = { 0, 0, 0.5 }, start = 0.002, stop = 0.005 }
    swung:oscillate { axis = { 0, 0, 1 }, amplitude = 0.01, period = 0.02, start = 0.002, stop = 0.007 }
    turned:follow { table = { { 0, 0 }, { 0.002, 0 }, { 0.012, 2 } }, axis = { 1, 0, 0 }, origin = { 0, 0, 0.01 } }
    sim:run { time = 0.001 }
    for _, plane in ipairs { moved, swung, turned } do
      assert.equal(0, plane.position.z)
      assert.equal(0, plane.velocity:norm())
    end
    sim:run { time = 0.003 }
    near(0.5 * 0.002, moved.position.z, 1e-12)
    near(0.01 * math.sin(2 * math.pi * 0.002 / 0.02), swung.position.z, 1e-12)
    near(200, turned.angular_velocity.x, 1e-9) -- 2 rad in 10 ms
    near(0.01 - 0.01 * math.cos(0.4), turned.position.z, 1e-9) -- about a line 10 mm above it
    sim:run { time = 0.008 }
    near(0.5 * 0.003, moved.position.z, 1e-12)
    near(0.01, swung.position.z, 1e-12) -- a quarter of a period
    assert.equal(0, moved.velocity:norm())
    assert.equal(0, swung.velocity:norm())
    sim:close()
  end)
end)
