-- b02_chain.lua -- a row of beads carries sound with the dispersion of a chain of springs.
--
-- Case: B2. 20 beads in a row, pressed together, R = 10 mm, 2500 kg/m^3. Periodic: w(q) = 2 sqrt(k / m) |sin(q d / 2)|, mode 1 2 sqrt(k /
-- m) 0.156434. With free ends (a constant force presses on both): w_n = 2 sqrt(k / m) sin(n pi / (2 N)). All modes swing at once, each
-- frequency is told from the zero crossings of its own projection. Linear springs, and Hertz's with k = dF / d(overlap) of the rest.
local barchan = require "barchan"
local lab = require "lab"
local test = require "case" { id = "B2", title = "waves in a row of beads", source = "[F] chain of springs" }

local N, R, density = 20, 0.01, 2500
local m, squeeze = lab.ball(R, density), 1e-2 * R -- [kg], overlap at rest [m]
local d = 2 * R - squeeze
local laws = {
  { "linear", pair = { stiffness = 1e5 }, k = 1e5, force = 1e5 * squeeze, swing = 2e-2 }, -- swing: part of the overlap
  -- Hertz's k changes with the overlap: frequencies by the square of the swing
  { "hertz_mindlin", material = { young = 1e8, poisson = 0.25 }, swing = 1e-3 },
}
local E = lab.modulus(laws[2].material, laws[2].material)
laws[2].k, laws[2].force = 2 * E * math.sqrt(R / 2 * squeeze), 4 / 3 * E * math.sqrt(R / 2) * squeeze ^ 1.5

-- modes: list of shapes (a number for each bead); frequencies: expected, in sqrt(k / m)
local function ring(label, law, periodic, modes, frequencies)
  local w0 = math.sqrt(law.k / m)
  local dt, longest = 0.01 / w0, 0
  local wide = periodic and N * d / 2 or N * R + R
  local sim = barchan.simulation { domain = { lo = { -wide, -0.1, -0.1 }, hi = { wide, 0.1, 0.1 }, periodic = periodic and "x" or "" },
    gravity = { 0, 0, 0 }, precision = test.precision, threads = 1, dt = dt, force_scale = 4 * law.force }
  local values = { name = "bead", density = density }
  for key, value in pairs(law.material or {}) do values[key] = value end
  local bead = sim:material(values)
  sim:law(law[1])
  values = { restitution = 1, friction = 0 }
  for key, value in pairs(law.pair or {}) do values[key] = value end
  sim:pair(bead, bead, values)
  local x, v, id = {}, {}, {}
  for i = 1, N do
    x[i], v[i], id[i] = { (i - (N + 1) / 2) * d, 0, 0 }, { 0, 0, 0 }, i
    for k, shape in ipairs(modes) do
      v[i][1] = v[i][1] + law.swing / #modes * squeeze * frequencies[k] * w0 * shape[i]
    end
  end
  sim:insert { material = bead, radius = R, x = x, velocity = v, id = id }
  local first, last, count = {}, {}, {}
  local before = {}
  for k, w in ipairs(frequencies) do
    longest = math.max(longest, 12 * math.pi / (w * w0))
    count[k] = 0
  end
  local vx, ids, fx, n = sim.v.x, sim.id, sim.force.x, 0
  local by = {}
  sim:run { time = longest, each_step = function()
    for i = 1, N do by[ids[i]] = vx[i] end
    if not periodic then
      for i = 1, N do
        if ids[i] == 1 then fx[i] = fx[i] + law.force elseif ids[i] == N then fx[i] = fx[i] - law.force end
      end
    end
    n = n + 1
    for k, shape in ipairs(modes) do
      local a = 0
      for i = 1, N do a = a + shape[i] * by[i] end
      local b = before[k]
      if b and (a > 0) ~= (b > 0) then
        local t = (n - a / (a - b)) * dt
        first[k], last[k], count[k] = first[k] or t, t, count[k] + 1
      end
      before[k] = a
    end
  end }
  sim:close()
  local worst = test:worst(label, 1e-4)
  for k, w in ipairs(frequencies) do
    local got = math.pi * (count[k] - 1) / (last[k] - first[k]) / w0
    if k == 1 then test:relative(label .. ", mode 1 / sqrt(k / m)", got, w, 1e-4) end
    worst:relative("mode " .. k, got, w)
  end
  worst:done()
end

for _, law in ipairs(laws) do
  local modes, frequencies = {}, {}
  for q = 1, N / 2 do
    modes[q], frequencies[q] = {}, 2 * math.sin(math.pi * q / N)
    for i = 1, N do modes[q][i] = math.cos(2 * math.pi * q * i / N) end
  end
  ring(law[1] .. ", periodic", law, true, modes, frequencies)
  modes, frequencies = {}, {}
  for k = 1, N - 1 do
    modes[k], frequencies[k] = {}, 2 * math.sin(k * math.pi / (2 * N))
    for i = 1, N do modes[k][i] = math.cos(math.pi * k * (i - 0.5) / N) end
  end
  ring(law[1] .. ", free ends", law, false, modes, frequencies)
end
return test:done()
