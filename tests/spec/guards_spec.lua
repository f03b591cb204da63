-- guards_spec.lua -- a guard that trips names the same particle, its numbers at the same step, whatever the threads, and
-- however the run is cut: particles that have begun the next step when it trips are left out.
local barchan = require "barchan"

describe("a guard", function()
  -- 1202 spheres that fly apart; two pass their radius per step, the one with the higher id first.
  local function message(threads, steps)
    local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 8, 0.1, 0.1 } }, gravity = { 0, 0, -2.2e7 }, dt = 1e-6,
      threads = threads, skin = 1e-4, force_scale = 1e6 }
    local m = sim:material { name = "m", density = 1000 }
    sim:law "linear"
    sim:pair(m, m, { stiffness = 1e3, restitution = 0.9, friction = 0.3 })
    local x = { { 7.9, 0.05, 0.05 }, { 0.1, 0.05, 0.05 } }
    for i = 1, 1200 do x[i + 2] = { 0.2 + 0.006 * i, 0.05, 0.05 } end
    sim:insert { x = x, radius = 1e-3, material = m }
    for i = 1, #x do sim.v.z[i] = i == 1 and -870 or i == 2 and -900 or 500 end
    local ok, problem = pcall(function()
      for _ = 1, 20 / steps do sim:run { steps = steps } end
    end)
    sim:close()
    assert.is_false(ok)
    return tostring(problem):match "particle id.*" -- without the script's line
  end
  it("names the same particle on any number of threads and in any pieces", function()
    local expected = message(1, 1)
    assert.truthy(expected:find "^particle id 2 moves %(0, 0, %-1010%) m/s at step 5,", expected)
    for _, way in ipairs { { 1, 20 }, { 2, 20 }, { 2, 1 }, { 3, 5 }, { 4, 20 } } do
      assert.equal(expected, message(way[1], way[2]), ("%d threads, %d steps at once"):format(way[1], way[2]))
    end
  end)
end)
