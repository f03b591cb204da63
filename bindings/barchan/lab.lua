-- lab.lua -- the virtual laboratory: barchan.lab.NAME{...} runs a recipe (scripts/recipes/NAME.lua) several times with other random numbers
-- and answers a number with its uncertainty. Here is what all recipes share: the grains, the repeats, the statistics.
jit.off(true, true) -- cold: see init.lua
local api = require "barchan.api"
local checks = require "barchan.checks"
local errors = require "barchan.errors"
local settings = require "barchan.settings"
local simulation = require "barchan.simulation"

local lab = {}

-- ---- statistics -----------------------------------------------------------------------------------------------------------
local function mean_of(list)
  local sum = 0
  for _, y in ipairs(list) do sum = sum + y end
  return sum / #list
end

-- Standard error of the mean of numbers that know nothing of each other; nil of a single one.
local function standard_error(list)
  if #list < 2 then return nil end
  local mean, sum = mean_of(list), 0
  for _, y in ipairs(list) do sum = sum + (y - mean) ^ 2 end
  return math.sqrt(sum / (#list - 1) / #list)
end

--- The mean of a time series of a steady state, its standard error, and the integrated correlation time in samples (1/2: none). Neighbours
-- in a series resemble each other, so s / sqrt(n) would be too small by sqrt(2 tau); tau sums the autocorrelation up to a lag of 5 tau
-- (N. Madras and A. D. Sokal, J. Stat. Phys. 50 (1988) 109, appendix C). The bias of 1/n in each of its terms is taken out to first order.
local function average(list)
  local n, mean = #list, mean_of(list)
  if n < 4 then return mean, standard_error(list) or 0, 0.5 end
  local function covariance(lag)
    local sum = 0
    for i = 1, n - lag do sum = sum + (list[i] - mean) * (list[i + lag] - mean) end
    return sum / (n - lag)
  end
  local variance, tau = covariance(0), 0.5
  if not (variance > 0) then return mean, 0, tau end
  for lag = 1, math.floor(n / 2) do
    tau = tau + covariance(lag) / variance
    if lag >= 5 * tau then break end
  end
  tau = math.max(0.5, tau)
  tau = math.min(tau * (1 + (2 * tau + 1) / n), n / 2)
  return mean, math.sqrt(2 * tau * variance / (n - 1)), tau
end

-- What recipes are given besides their options.
local bench = { mean = mean_of, standard_error = standard_error, average = average }
bench.__index = bench

--- The standard error of the mean of a series that drifts steadily: of what lies about its straight line.
function bench.error_about_line(list)
  local at, rest = {}, {}
  for i = 1, #list do at[i] = i end
  local slope, start = bench.line(at, list)
  for i = 1, #list do rest[i] = list[i] - start - slope * i end
  local _, wrong = average(rest)
  return wrong
end

--- The straight line through points: slope, intercept, and the standard error of each from the scatter about it.
function bench.line(x, y)
  local n, mx, my, sxx, sxy = #x, mean_of(x), mean_of(y), 0, 0
  for i = 1, n do sxx, sxy = sxx + (x[i] - mx) ^ 2, sxy + (x[i] - mx) * (y[i] - my) end
  local slope, wrong = sxy / sxx, 0
  for i = 1, n do wrong = wrong + (y[i] - my - slope * (x[i] - mx)) ^ 2 end
  local variance = n > 2 and wrong / (n - 2) or 0
  return slope, my - slope * mx, math.sqrt(variance / sxx), math.sqrt(variance * (1 / n + mx ^ 2 / sxx))
end

-- ---- grains ---------------------------------------------------------------------------------------------------------------
-- The mean of r^3 by number of what sim:insert takes as a radius (of distributions that are cut, as if they were not), and the largest r.
local function moments(r)
  if type(r) == "number" then return r ^ 3, r end
  if not r.distribution or r.distribution == "uniform" then
    local a, b = r.min or r[1], r.max or r[2]
    return b > a and (b ^ 4 - a ^ 4) / (4 * (b - a)) or a ^ 3, b
  elseif r.distribution == "normal" then
    return r.mean ^ 3 + 3 * r.mean * r.sd ^ 2, r.max
  elseif r.distribution == "lognormal" then
    return math.min(r.median ^ 3 * math.exp(4.5 * math.log(r.gsd) ^ 2), r.max ^ 3), r.max
  end
  local number, volume = 0, 0
  for i, radius in ipairs(r.radii) do
    local share, cube = r.weights and r.weights[i], radius ^ 3
    if r.cumulative then -- between two radii
      share = i > 1 and r.cumulative[i] - r.cumulative[i - 1] or 0
      cube = i > 1 and (radius ^ 3 + r.radii[i - 1] ^ 3) / 2 or cube
    end
    if r.by == "mass" then number, volume = number + share / cube, volume + share
    else number, volume = number + share, volume + share * cube end
  end
  return volume / number, math.max(unpack(r.radii))
end

-- Law, materials and pairs by the numbers of the options.
local function by_numbers(o)
  return function(sim)
    sim:law("hertz_mindlin", { rolling = "epsd" })
    local function made(name) return (sim:material { name = name, young = o.young, poisson = o.poisson, density = o.density }) end
    local grain, wall = made "grain", made "wall"
    local function pair(a, b, friction)
      sim:pair(a, b, { restitution = o.restitution, friction = friction, rolling_friction = o.rolling_friction })
    end
    pair(grain, grain, o.friction)
    pair(grain, wall, o.wall_friction or o.friction)
    return grain, wall
  end
end

--- A simulation with the user's materials: sim, grain, wall. scene: { lo =, hi =, periodic =, gravity = (default: the option's) }.
function bench:simulation(scene)
  local o, more = self.options, self.options.simulation or {}
  local sim = simulation.new { domain = { lo = scene.lo, hi = scene.hi, periodic = scene.periodic or "" }, seed = self.seed,
    gravity = { 0, 0, -(scene.gravity or o.gravity) }, precision = more.precision, backend = more.backend, threads = more.threads, dt = more.dt,
    overlap_limit = more.overlap_limit, on_exit = scene.on_exit }
  self.sims[#self.sims + 1] = sim
  local grain, wall = self.material(sim)
  for _, m in ipairs { grain or false, wall } do
    if type(m) ~= "table" or not pcall(function() return m.density end) then
      self:refuse("material must return what sim:material{...} has returned, got %s", checks.show(m or nil))
    end
  end
  return sim, grain, wall or grain
end

--- Height of a space of this cross-section [m^2] in which random places are found quickly for all grains: a solid fraction of 0.3.
function bench:loose_height(area) return self.options.grains * self.volume / 0.3 / area + 2 * self.largest end

function bench:insert(sim, grain, region)
  return (sim:insert { region = region, material = grain, radius = self.options.radius, count = self.options.grains })
end

--- Runs until the grains lie still: their kinetic energy, without that of a common motion, which nothing may stop along a periodic axis, is
-- 1e-6 of what it takes to lift each by its diameter. Answers whether they do after at most `limit` [s], and this share.
local REST = 1e-6
function bench:settle(sim, limit)
  local start, unrest, still = sim.time, nil, false
  sim:run { time = limit, every = 2 * self.moment, until_ = function(s)
    local p = s.momentum
    unrest = (s.kinetic_energy - p:dot(p) / 2 / s.total_mass) / (s.total_mass * self.options.gravity * self.d)
    still = s.time > start + 10 * self.moment and unrest < REST
    return still
  end }
  return still, unrest
end

--- Raises at the script's line.
function bench:refuse(text, ...) errors.raise_at(self.where, self.what .. ": " .. text:format(...)) end

-- ---- surfaces -------------------------------------------------------------------------------------------------------------
local Grid = {}
Grid.__index = Grid

--- Solid fraction in cells of the x-z plane (along x of length `cell`), as it is now, smoothed over two diameters to each side (Lucy's kernel
-- of width d); the kernel is even, so a plane surface stays where it is. On several ranks it is that of all.
function bench.grid(sim, lo, hi, d, cell)
  local nx, nz = math.max(4, math.ceil((hi[1] - lo[1]) / cell)), math.max(4, math.ceil((hi[3] - lo[3]) / d))
  local ny = math.max(1, math.ceil((hi[2] - lo[2]) / d))
  local fields = sim:coarse_grain { lo = lo, hi = hi, cells = { nx, ny, nz }, width = d }
  return setmetatable({ fields = fields, nx = nx, ny = ny, nz = nz, lo = lo, dx = (hi[1] - lo[1]) / nx, dz = (hi[3] - lo[3]) / nz,
    f = {} }, Grid)
end

function Grid:take()
  self.fields:reset()
  self.fields:sample()
  local fraction, nx, ny = self.fields.fraction, self.nx, self.ny
  for k = 0, self.nz - 1 do
    for i = 1, nx do
      local sum = 0
      for j = 0, ny - 1 do sum = sum + fraction[i + nx * (j + ny * k)] end
      self.f[i + nx * k] = sum / ny
    end
  end
end

--- Where the surface is in each column that has one: the highest place at which the solid fraction is half of what a grain has about
-- itself on average. Lists of x and z.
function Grid:surface()
  local sum, squares = 0, 0
  for i = 1, self.nx * self.nz do sum, squares = sum + self.f[i], squares + self.f[i] ^ 2 end
  local half, xs, zs = 0.5 * squares / sum, {}, {}
  for i = 1, self.nx do
    for k = self.nz - 1, 1, -1 do
      local here, above = self.f[i + self.nx * (k - 1)], self.f[i + self.nx * k]
      if here >= half and above < half then
        xs[#xs + 1] = self.lo[1] + (i - 0.5) * self.dx
        zs[#zs + 1] = self.lo[3] + (k - 0.5 + (here - half) / (here - above)) * self.dz
        break
      end
    end
  end
  return xs, zs
end

--- x and z of the centre of mass.
function Grid:centre()
  local sum, x, z = 0, 0, 0
  for i = 1, self.nx * self.nz do
    local f = self.f[i]
    sum, x, z = sum + f, x + f * ((i - 1) % self.nx + 0.5), z + f * (math.floor((i - 1) / self.nx) + 0.5)
  end
  return self.lo[1] + x / sum * self.dx, self.lo[3] + z / sum * self.dz
end

function bench.surface(sim, lo, hi, d)
  local grid = bench.grid(sim, lo, hi, d, 0.5 * d)
  grid:take()
  return grid:surface()
end

--- Slope of the line through the points between two x; 0 where there are fewer than three of them.
function bench.slope(x, z, from, to)
  local xs, zs = {}, {}
  for i = 1, #x do
    if x[i] >= from and x[i] <= to then xs[#xs + 1], zs[#zs + 1] = x[i], z[i] end
  end
  return #xs > 2 and bench.line(xs, zs) or 0
end

--- The slopes of the two flanks of a heap between x = from and to, rise over run, where they are at 20 to 80 % of its height above
-- `base`, and this height.
function bench.flanks(x, z, from, to, base)
  local top, answer = 0, {}
  for i = 1, #x do top = math.max(top, z[i] - base) end
  for side = 1, 2 do
    local xs, zs = {}, {}
    for k = 1, #x do
      local i = side == 1 and k or #x + 1 - k
      if x[i] > from and x[i] < to then
        if z[i] > base + 0.8 * top then break end
        if z[i] > base + 0.2 * top then xs[#xs + 1], zs[#zs + 1] = x[i], z[i] end
      end
    end
    local slope
    if #xs > 3 then slope = bench.line(xs, zs) -- of a heap that is cut off or hardly one, the outer half
    elseif side == 1 then slope = bench.slope(x, z, from, (3 * from + to) / 4)
    else slope = bench.slope(x, z, (from + 3 * to) / 4, to) end
    answer[side] = side == 1 and slope or -slope
  end
  return answer, top
end

function bench:watch(sim, stage)
  if self.options.watch then self.options.watch(sim, stage) end
end

-- ---- what a recipe answers ------------------------------------------------------------------------------------------------
local Measurement = {}

local function text_of(m)
  local value, error, unit = m.value, m.uncertainty or 0, m.unit
  if unit == "rad" then value, error, unit = math.deg(value), math.deg(error), "deg" end
  if not (error > 0) then return ("%.6g%s"):format(value, unit ~= "1" and " " .. unit or "") end
  local digits = math.max(0, 1 - math.floor(math.log10(error))) -- two of the uncertainty
  if math.abs(value) < 1e5 and digits < 7 then
    local number = "%." .. digits .. "f"
    return (number .. " +- " .. number .. "%s"):format(value, error, unit ~= "1" and " " .. unit or "")
  end
  return ("%.5g +- %.2g%s"):format(value, error, unit ~= "1" and " " .. unit or "")
end

function Measurement.__tostring(m) return text_of(m) .. (m.still and "" or " (not at rest)") end

-- Says that the grains of some runs have not come to rest, and whether all have.
local function all_still(what, where, recipe, runs)
  local restless, most = 0, 0
  for _, run in ipairs(runs) do
    if run.still == false then restless, most = restless + 1, math.max(most, run.unrest or 0) end
  end
  if restless == 0 then return true end
  settings.warn(("%s%s: in %d of %d runs %s"):format(where and where .. ": " or "", what, restless, #runs, recipe.unrest
    or ("the grains had not come to rest when the recipe stopped waiting: %.2g m g d of kinetic energy each, rest is below %g. "
      .. "Rolling models without a spring (constant_torque, viscous) let grains creep, rolling = \"epsd\" holds them; what does not rub swirls")
      :format(most, REST)))
  return false
end

local function call(name, options, more)
  local what = "barchan.lab." .. name
  if more ~= nil then errors.raise(what .. " takes one table of options") end
  local parameters = api.calls[what].parameters
  local o = checks.options(what, parameters, options)
  options = options or {}
  if options.material then
    for k = 2, 8 do
      local key = parameters[k].name
      if options[key] ~= nil then errors.raise(("%s: material and %s exclude each other: the function sets it"):format(what, key)) end
    end
  end
  o.radius = options.radius or { 0.9e-3, 1.1e-3 } -- as it was given: sim:insert takes it
  local recipe = require("barchan.recipes." .. name)
  local cube, largest = moments(o.radius)
  local d = 2 * cube ^ (1 / 3)
  local runs, sims, where = {}, {}, errors.where()
  for k = 1, o.repeats do
    local b = setmetatable({ what = what, where = where, options = o, seed = o.seed + k - 1, sims = sims,
      material = o.material or by_numbers(o), d = d, largest = largest, volume = 4 / 3 * math.pi * cube,
      moment = math.sqrt(d / o.gravity) }, bench)
    local ok, run = xpcall(recipe.run, errors.note_traceback, b, o)
    for i = #sims, 1, -1 do
      if not sims[i].closed then sims[i]:close() end
      sims[i] = nil
    end
    if not ok then error(run, 0) end
    run.seed = b.seed
    runs[k] = run
  end

  local m = { unit = recipe.unit, runs = runs, errors = {}, samples = {} }
  for _, quantity in ipairs { "value", unpack(recipe.quantities) } do
    local values, inner = {}, 0 -- inner: of the mean, by what the runs themselves say; nil where they do not
    for k, run in ipairs(runs) do
      local wrong = (run.errors or {})[quantity]
      values[k], inner = run[quantity], inner and wrong and inner + wrong ^ 2
    end
    if #values == #runs then
      local between = standard_error(values)
      m[quantity] = mean_of(values)
      m.errors[quantity] = inner and math.max(math.sqrt(inner) / #runs, between or 0) or between
    end
  end
  for k, run in ipairs(runs) do m.samples[k] = run.value end
  m.uncertainty, m.errors.value = m.errors.value, nil
  m.still = all_still(what, where, recipe, runs)
  return setmetatable(m, Measurement)
end

for _, entry in ipairs(require "barchan.lab_api") do
  local name = entry[1]
  lab[name] = function(options, more) return (call(name, options, more)) end
end

--- barchan.lab.average(list): a time series of the script's own, as recipes average theirs.
function lab.average(list)
  local what = "barchan.lab.average"
  list = checks.value(what, api.calls[what].parameters[1], list)
  local mean, error, tau = average(list)
  return { value = mean, uncertainty = error, correlation = tau, count = #list }
end

lab.bench = bench -- for the tests of what recipes share

return setmetatable(lab, { __index = function(_, key)
  local names = { "average" }
  for _, entry in ipairs(require "barchan.lab_api") do names[#names + 1] = entry[1] end
  table.sort(names)
  errors.raise(errors.unknown("member of barchan.lab", key, names))
end })
