-- coarse_spec.lua -- coarse-grained fields: they integrate to what was spread, agree with formulas, and are files that VTK reads. #physics
local process = require "tools.process"
local barchan = require "barchan"
local expect = require "tools.expect"
local failure, has = expect.failure, expect.has

local function bed(options, periodic)
  options.domain = { lo = { 0, 0, 0 }, hi = { 0.05, 0.05, 0.1 }, periodic = periodic or "xy" }
  local sim = barchan.simulation(options)
  local glass = sim:material { name = "glass", density = 2500 }
  sim:law "linear"
  sim:pair(glass, glass, { restitution = 0.5, friction = 0.5, stiffness = 1000 })
  if periodic ~= "xyz" then sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass } end
  sim:insert { region = sim.box { lo = { 0, 0, 0 }, hi = { 0.05, 0.05, 0.1 } }, material = glass, radius = { 1.5e-3, 2.5e-3 }, count = 1100,
    seed = 7, velocity = { 0.3, 0, -0.5 } }
  sim:run { steps = 150 }
  return sim
end

describe("sim:coarse_grain #physics", function()
  for _, kernel in ipairs { "lucy", "gaussian" } do
    it("integrates to the mass, the momentum and the virial, " .. kernel, function()
      local sim = bed({ precision = "double", threads = 2 }, "xyz")
      local lo, hi = { 0, 0, 0 }, { 0.05, 0.05, 0.1 }
      local f = sim:coarse_grain { lo = lo, hi = hi, cells = { 9, 10, 14 }, width = 3e-3, kernel = kernel }
      f:sample()
      assert.equal(1, f.samples)
      local cell = 0.05 * 0.05 * 0.1 / f.count
      local mass, solid, p, sxx, szx, kinetic, moving = 0, 0, 0, 0, 0, 0, 0
      for i = 1, f.count do
        mass, solid, p = mass + f.density[i] * cell, solid + f.fraction[i] * cell, p + f.momentum[i].x * cell
        sxx, szx = sxx + f.contact_stress_xx[i] * cell, szx + f.contact_stress_zx[i] * cell
        local v = f.velocity[i]
        kinetic = kinetic + (f.kinetic_stress_xx[i] + f.kinetic_stress_yy[i] + f.kinetic_stress_zz[i]) * cell / 2
        moving = moving + f.density[i] * v:dot(v) * cell / 2
        assert.is_true(f.temperature[i] >= 0)
      end
      assert.near(sim.total_mass, mass, 1e-12 * mass)
      assert.near(sim:packing {}.solid, solid, 1e-12 * solid)
      assert.near(sim.momentum.x, p, 1e-12 * p)
      assert.near(sim.kinetic_energy, kinetic + moving, 1e-11 * sim.kinetic_energy)
      local s = sim:stress {}
      assert.near(s.contact[1][1] * s.volume, sxx, 1e-11 * math.abs(sxx))
      assert.near(s.contact[3][1] * s.volume, szx, 1e-11 * math.abs(sxx))
      sim:close()
    end)
  end

  it("is the kernel's value for one particle, and its branch's stress for two", function()
    local sim = barchan.simulation { domain = { lo = { -1, -1, -1 }, hi = { 1, 1, 1 } }, gravity = { 0, 0, 0 }, precision = "double" }
    local glass = sim:material { name = "glass", density = 2500 }
    sim:law "linear"
    sim:pair(glass, glass, { restitution = 1, friction = 0, stiffness = 1000 })
    sim:insert { material = glass, x = { { 0, 0, 0 } }, radius = 0.01, velocity = { 1, 2, 3 } }
    local w = 0.05
    local f = sim:coarse_grain { lo = { -0.2, -0.2, -0.2 }, hi = { 0.2, 0.2, 0.2 }, cells = { 40, 40, 40 }, width = w }
    f:sample()
    local m = sim.mass[1]
    for _, at in ipairs { { 20, 20, 20 }, { 22, 25, 18 }, { 20, 20, 27 } } do
      local i = f:index(at[1], at[2], at[3])
      local q = f:place(i):norm() / (2 * w)
      local lucy = 105 / (16 * math.pi * (2 * w) ^ 3) * (1 + 3 * q) * (1 - q) ^ 3
      assert.near(m * lucy, f.density[i], 1e-3 * m * lucy + 1e-9) -- normalised on the grid, not in space
      assert.near(2, f.velocity[i].y, 1e-12)
      assert.near(0, f.temperature[i], 1e-9)
    end
    sim:close()
  end)

  it("shows the weight above in a bed, and averages over time", function()
    local sim = bed { precision = "double", threads = 2 }
    sim:run { time = 0.4 }
    local f = sim:coarse_grain { lo = { 0, 0, -0.01 }, hi = { 0.05, 0.05, 0.06 }, cells = { 5, 5, 7 }, width = 6e-3, every = 1e-3 }
    assert.equal(0, f.samples)
    sim:run { time = 0.02 }
    assert.equal(21, f.samples)
    local rough, weight = 0, sim.total_mass * 9.81
    for k = 1, f.count do rough = math.max(rough, f.fraction[k]) end
    assert.is_true(rough > 0.5 and rough < 0.75, rough) -- a random packing
    local narrow = sim:coarse_grain { lo = { 0, 0, -0.01 }, hi = { 0.05, 0.05, 0.06 }, cells = { 20, 20, 28 }, width = 2e-3 }
    narrow:sample()
    for _, iz in ipairs { 8, 10 } do
      local stress, above = 0, 0
      for ix = 1, 20 do
        for iy = 1, 20 do stress = stress + narrow.contact_stress_zz[narrow:index(ix, iy, iz)] / 400 end
      end
      local z = narrow:place(narrow:index(1, 1, iz)).z
      for i = 1, sim.count do
        if sim.x[i].z > z then above = above + sim.mass[i] * 9.81 end
      end
      assert.near(above / 0.05 ^ 2, stress, 0.05 * weight / 0.05 ^ 2)
    end
    f:reset()
    assert.equal(0, f.samples)
    sim:close()
  end)

  it("is the same to the last bit for any threads, and says what it refuses", function()
    local texts = {}
    for k, threads in ipairs { 1, 3 } do
      local sim = bed { threads = threads }
      local f = sim:coarse_grain { lo = { 0, 0, 0 }, hi = { 0.05, 0.05, 0.05 }, cells = { 5, 5, 5 }, width = 6e-3 }
      f:sample()
      sim:run { steps = 3 }
      f:sample()
      local rows = {}
      for i = 1, f.count do
        rows[i] = ("%.17g %.17g %.17g %.17g"):format(f.density[i], f.velocity[i].z, f.contact_stress_zz[i], f.temperature[i])
      end
      texts[k] = table.concat(rows, "\n")
      assert.is_true(texts[1] == texts[k])
      has(failure(function() return f.density[126] end), "fields.density: index 126 is out of range 1..125")
      has(failure(function() return f.densty end), "did you mean 'density'?")
      has(failure(function() return f:index(1, 6, 1) end), "number 2 must be a whole number from 1 to 5, got 6")
      has(failure(function() return f:index(1, 5) end), "number 3 must be a whole number from 1 to 5, got nil")
      has(failure(function() sim:coarse_grain { lo = { 0, 0, 0 }, hi = { 0.05, 0.05, 0.05 }, cells = { 5, 5, 5 }, width = 1e-3 } end),
        "width = 0.001 m is too small for these cells")
      has(failure(function() sim:coarse_grain { lo = { 0, 0, 0 }, hi = { 1, 1, 1 }, cells = { 5, 5.5, 5 }, width = 1 } end),
        "cells[2] must be a whole number")
      local density = f.density
      sim:close()
      has(failure(function() return density[1] end), "the simulation is closed")
      has(failure(function() return f.density end), "the simulation is closed")
    end
  end)

  it("writes an image that VTK reads", function()
    if not process.python then return pending "no Python" end
    local at = process.folder "coarse-file"
    local sim = bed { threads = 1 }
    local f = sim:coarse_grain { lo = { 0, 0, 0 }, hi = { 0.05, 0.05, 0.06 }, cells = { 3, 4, 5 }, width = 9e-3 }
    f:sample()
    f:write(at .. "/a.vti")
    process.write(at .. "/read.py", ([[
try:
    import vtk
except ImportError:
    print("no vtk")
    raise SystemExit
reader = vtk.vtkXMLImageDataReader()
reader.SetFileName(%q)
reader.Update()
image = reader.GetOutput()
data = image.GetCellData()
d, s = data.GetArray("density"), data.GetArray("contact_stress")
print(image.GetNumberOfCells(), "%%.17g" %% d.GetTuple1(7), "%%.17g" %% s.GetTuple9(7)[8], "%%.6g" %% image.GetSpacing()[2])
]]):format(at .. "/a.vti"))
    local pipe = assert(io.popen(("'%s' '%s' 2>&1"):format(process.python, at .. "/read.py")))
    local said = pipe:read "*a"
    pipe:close()
    if said:find("no vtk", 1, true) then return pending "no VTK for Python" end
    assert.equal(("60 %.17g %.17g 0.012\n"):format(f.density[8], f.contact_stress_zz[8]), said)
    has(failure(function() f:write "a.vtk" end), "must end in .vti")
    sim:close()
  end)

  it("is that of images in a cell that is sheared and stretched: one edge further the same fields move by what the edge does", function()
    local L, r = 0.03, 1.5e-3
    local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { L, L, L }, periodic = "xyz", tilt = { 0.2 * L, 0, 0.1 * L } },
      gravity = { 0, 0, 0 }, precision = "double", threads = 2 }
    local glass = sim:material { name = "glass", young = 2e6, poisson = 0.25, density = 2500 }
    sim:law "hertz_mindlin"
    sim:pair(glass, glass, { restitution = 0.5, friction = 0.4 })
    local x = {}
    for i = 0, 9 do
      for j = 0, 9 do
        for k = 0, 9 do x[#x + 1] = { L * (i + 0.3 * ((j + 2 * k) % 3)) / 10 % L, L * (j + 0.2) / 10, L * (k + 0.5) / 10 } end
      end
    end
    sim:insert { x = x, radius = 1.04 * r, material = glass, allowed_overlap = 0.9 }
    sim:deform { rate = { exy = 4, eyz = -2, eyy = 1 } }
    sim:run { time = 0.02 }
    local cell, width = sim.cell, 2.2e-3
    local function grid(shift)
      local fields = sim:coarse_grain { lo = { shift.x, shift.y + 1e-3, shift.z }, hi = { shift.x + L, shift.y + 0.02, shift.z + L },
        cells = { 10, 7, 10 }, width = width }
      fields:sample()
      return fields
    end
    local here = grid(barchan.vector(0, 0, 0))
    local largest, flow = 0, 0
    for i = 1, here.count do
      largest = math.max(largest, math.abs(here.contact_stress_xy[i]))
      flow = math.max(flow, math.abs(here.velocity[i].x))
    end
    assert.is_true(largest > 1 and flow > 0.03)
    for _, n in ipairs { { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 }, { -2, 3, -1 } } do
      local shift = n[1] * cell.a + n[2] * cell.b + n[3] * cell.c
      local there = grid(shift)
      -- of the edge itself: the imposed velocity is linear in the place
      local dv = cell.velocity(shift.x, shift.y, shift.z) - cell.velocity(0, 0, 0)
      for i = 1, here.count do
        assert.near(here.density[i], there.density[i], 1e-8 * 2500)
        assert.near(here.contact_stress_xy[i], there.contact_stress_xy[i], 1e-7 * largest)
        assert.near(here.pressure[i], there.pressure[i], 1e-6 * largest)
        assert.near(here.temperature[i], there.temperature[i], 1e-6 * flow ^ 2)
        for _, axis in ipairs { "x", "y", "z" } do
          assert.near(here.velocity[i][axis] + dv[axis], there.velocity[i][axis], 1e-7 * flow)
        end
      end
    end
    sim:close()

    -- Over the brick the contact stress adds up to that of the cell, and the velocity is that of the shear. An image across the sheared
    -- face lies otherwise between the grid's points than its original does: the sum is as good as the grid is fine.
    sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { L, L, L }, periodic = "xyz" }, gravity = { 0, 0, 0 }, precision = "double",
      threads = 1 }
    glass = sim:material { name = "glass", young = 2e6, poisson = 0.25, density = 2500 }
    sim:law "hertz_mindlin"
    sim:pair(glass, glass, { restitution = 0.5, friction = 0.4 })
    sim:insert { x = x, radius = 1.04 * r, material = glass, allowed_overlap = 0.9 }
    sim:deform { rate = { exy = 5 } }
    sim:run { time = 0.01 }
    local fields = sim:coarse_grain { lo = { 0, 0, 0 }, hi = { L, L, L }, cells = { 10, 10, 10 }, width = width }
    fields:sample()
    local sum, mass, s = 0, 0, sim:stress()
    for i = 1, fields.count do sum, mass = sum + fields.contact_stress_xx[i] / fields.count, mass + fields.density[i] * (L / 10) ^ 3 end
    assert.is_true(s.contact[1][1] > 100)
    assert.near(1, sum / s.contact[1][1], 1e-4)
    assert.near(1, mass / sim.total_mass, 1e-4)
    local slow, fast = fields.velocity[fields:index(5, 1, 5)].x, fields.velocity[fields:index(5, 10, 5)].x
    assert.near(5 * 9 * L / 10, fast - slow, 0.05 * 5 * L)
    assert.near(0, fast + slow, 0.1 * 5 * L)
    sim:close()
  end)
end)
