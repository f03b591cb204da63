-- b03_lattice.lua -- stress and elastic moduli of spheres on a lattice, in a cell that deforms by parts of a million.
--
-- Case: B3. Simple cubic and face-centred cubic lattices of linear springs kn and kt = 2/7 kn, nearest neighbours at d = 2 R - overlap,
-- overlap / R = 1e-5 (terms of the order of overlap / d are left out of the formulas). Pressed together the stress is F / d^2 along each
-- axis (sc). Under a strain e the moduli are the lattice sums over bonds n_i: C_ijkl = sum kn d^2 n_i n_j n_k n_l / V and the like for
-- kt; sc: C11 = kn / d, C12 = 0, C44 = kt / (2 d). In a simple shear the spheres turn along, by half the angle; dashpots end the
-- swing.
local barchan = require "barchan"
local test = require "case" { id = "B3", title = "elasticity of lattices", source = "[F] lattice sums", precision = "double" }

local R, kn, ratio, strain = 0.5, 1, 2 / 7, 1e-6
local kt, overlap = ratio * kn, 1e-5 * R
local d = 2 * R - overlap

-- cell: edge of the cubic cell in d, places in it in edges, bonds of one sphere, each once, as directions
local s = math.sqrt(0.5)
local lattices = {
  { name = "sc", edge = 1, places = { { 0, 0, 0 } }, cells = 5, bonds = { { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } } },
  { name = "fcc", edge = math.sqrt(2), places = { { 0, 0, 0 }, { 0.5, 0.5, 0 }, { 0.5, 0, 0.5 }, { 0, 0.5, 0.5 } }, cells = 4,
    bonds = { { s, s, 0 }, { s, -s, 0 }, { s, 0, s }, { s, 0, -s }, { 0, s, s }, { 0, s, -s } } },
}

local function build(lattice)
  local edge, n = lattice.edge * d, lattice.cells
  local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { n * edge, n * edge, n * edge }, periodic = "xyz" },
    gravity = { 0, 0, 0 }, precision = test.precision, threads = 1, dt = 0.02 * math.pi * math.sqrt(math.pi / 12 / kn) }
  local a = sim:material { name = "a", density = 1 }
  sim:law "linear"
  sim:pair(a, a, { stiffness = kn, tangential_ratio = ratio, restitution = 0.3, friction = 10, tension = "allowed", damping = "tsuji" })
  local x = {}
  for i = 0, n - 1 do
    for j = 0, n - 1 do
      for k = 0, n - 1 do
        for _, p in ipairs(lattice.places) do
          x[#x + 1] = { (i + p[1] + 0.25) * edge, (j + p[2] + 0.25) * edge, (k + p[3] + 0.25) * edge }
        end
      end
    end
  end
  sim:insert { x = x, radius = R, material = a }
  sim:run { steps = 1 }
  return sim
end

-- Change of the stress by a strain along one component, over the strain.
local function moduli(lattice, component)
  local sim = build(lattice)
  local before = sim:stress {}.contact
  sim:deform { rate = { [component] = strain / (100 * sim.dt) } }
  sim:run { steps = 100 }
  sim:deform {}
  sim:run { steps = 20000 }
  local after, got = sim:stress {}.contact, sim.cell.strain[component]
  sim:close()
  local c = {}
  for i = 1, 3 do
    c[i] = {}
    for j = 1, 3 do c[i][j] = -(after[i][j] - before[i][j]) / got end -- compression is positive
  end
  return c, got
end

for _, lattice in ipairs(lattices) do
  local name = lattice.name .. ", "
  local volume = (lattice.edge * d) ^ 3 / #lattice.places
  local function sum(f)
    local total = 0
    for _, n in ipairs(lattice.bonds) do total = total + f(n[1] ^ 2, n[2] ^ 2) * d * d / volume end
    return total
  end
  local C11 = sum(function(a) return kn * a * a + kt * (a - a * a) end)
  local C12 = sum(function(a, b) return (kn - kt) * a * b end)
  local C44 = sum(function(a, b) return kn * a * b + kt * ((a + b) / 4 - a * b) end)

  local sim = build(lattice)
  local pressed, F = sim:stress {}.contact, kn * overlap
  local axes, off = test:worst(name .. "stress along an axis", 1e-9), test:worst(name .. "stress across / along", 1e-9)
  for i = 1, 3 do
    local bonds = 0
    for _, n in ipairs(lattice.bonds) do bonds = bonds + n[i] ^ 2 end
    axes:relative(("xyz"):sub(i, i), pressed[i][i], F * d * bonds / volume)
    for j = 1, 3 do
      if i ~= j then off:absolute(("%d%d"):format(i, j), pressed[i][j] / pressed[i][i], 0) end
    end
  end
  if lattice.name == "sc" then test:relative(name .. "stress", pressed[1][1], F / d ^ 2, 1e-9, nil, "[F] F / d^2") end
  axes:done()
  off:done()
  sim:close()

  local along, across = moduli(lattice, "exx")
  test:relative(name .. "strain asked for", across, strain, 1e-6)
  test:relative(name .. "C11", along[1][1], C11, 1e-4)
  test:absolute(name .. "C12 / C11", along[2][2] / C11, C12 / C11, 1e-4)
  test:absolute(name .. "C13 / C11", along[3][3] / C11, C12 / C11, 1e-4)
  for _, shear in ipairs { { "exy", 1, 2 }, { "exz", 1, 3 }, { "eyz", 2, 3 } } do
    local c = moduli(lattice, shear[1])
    local i, j = shear[2], shear[3]
    test:relative(("%sC44 by %s"):format(name, shear[1]), (c[i][j] + c[j][i]) / 2, C44, 1e-4)
    test:absolute(("%s%s: stress of no moment / C44"):format(name, shear[1]), (c[i][j] - c[j][i]) / C44, 0, 1e-4)
  end
end
return test:done()
