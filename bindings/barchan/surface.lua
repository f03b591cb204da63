-- surface.lua -- where results that have noise meet their targets: each result is fitted, near the place where it matters, by a polynomial
-- of the parameters in the unit cube (local regression: W. S. Cleveland, J. Am. Stat. Assoc. 74 (1979) 829), and the fits are solved. All
-- evaluations near it share in the answer, so that noise averages out, and what is left of it is told.
jit.off(true, true) -- cold: see init.lua

local surface = {}

-- Solves the symmetric system a x = b for several right sides by elimination; nil when it is singular.
local function solve(a, b)
  local n, columns = #a, #b[1]
  for k = 1, n do
    local best = k
    for i = k + 1, n do
      if math.abs(a[i][k]) > math.abs(a[best][k]) then best = i end
    end
    a[k], a[best], b[k], b[best] = a[best], a[k], b[best], b[k]
    if not (math.abs(a[k][k]) > 1e-12) then return nil end
    for i = k + 1, n do
      local f = a[i][k] / a[k][k]
      for j = k, n do a[i][j] = a[i][j] - f * a[k][j] end
      for j = 1, columns do b[i][j] = b[i][j] - f * b[k][j] end
    end
  end
  for k = n, 1, -1 do
    for j = 1, columns do
      for i = k + 1, n do b[k][j] = b[k][j] - a[k][i] * b[i][j] end
      b[k][j] = b[k][j] / a[k][k]
    end
  end
  return b
end

-- 1, the parameters and, of a quadratic fit, their products, from the centre in units of the width.
local function terms(u, centre, width, quadratic)
  local t, n = { 1 }, #u
  for d = 1, n do t[1 + d] = (u[d] - centre[d]) / width end
  if quadratic then
    for d = 1, n do
      for e = d, n do t[#t + 1] = t[1 + d] * t[1 + e] end
    end
  end
  return t
end

local function distance(u, centre)
  local sum = 0
  for d = 1, #u do sum = sum + (u[d] - centre[d]) ^ 2 end
  return math.sqrt(sum)
end

-- The fits of all results about a centre: their values and slopes there, and the variance that noise gives the values. The nearest 60 % of
-- the evaluations count, but not fewer than two for each coefficient; the further the less.
local function fit(points, results, centre)
  local n, count = #centre, #points
  local linear, quadratic = 1 + n, 1 + n + n * (n + 1) / 2
  local far = {}
  for i, u in ipairs(points) do far[i] = distance(u, centre) end
  local sorted = { unpack(far) }
  table.sort(sorted)
  local curved = count >= 2 * quadratic
  local size = curved and quadratic or linear
  local width = 1.1 * sorted[math.min(count, math.max(2 * size + 1, math.ceil(0.6 * count)))] + 1e-9
  local weight, row, a = {}, {}, {}
  local sum = 0
  for j = 1, size do
    a[j] = {}
    for k = 1, size do a[j][k] = j == k and 1e-9 or 0 end
  end
  for i, u in ipairs(points) do
    local w = far[i] < width and (1 - (far[i] / width) ^ 3) ^ 3 or 0
    weight[i], row[i], sum = w, terms(u, centre, width, curved), sum + w
    for j = 1, size do
      for k = 1, size do a[j][k] = a[j][k] + w * row[i][j] * row[i][k] end
    end
  end
  local right = {}
  for j = 1, size do
    right[j] = {}
    for i = 1, count do right[j][i] = weight[i] * row[i][j] end
  end
  local smoother = solve(a, right) -- coefficient j is the sum of smoother[j][i] times result i
  if not smoother then return nil end
  local out = {}
  local share = 0
  for i = 1, count do share = share + smoother[1][i] ^ 2 end
  for name, y in pairs(results) do
    local c, wrong = {}, 0
    for j = 1, size do
      c[j] = 0
      for i = 1, count do c[j] = c[j] + smoother[j][i] * y[i] end
    end
    for i = 1, count do
      local here = 0
      for j = 1, size do here = here + c[j] * row[i][j] end
      wrong = wrong + weight[i] * (y[i] - here) ^ 2
    end
    local slope = {}
    for d = 1, n do slope[d] = c[1 + d] / width end
    out[name] = { value = c[1], slope = slope, variance = wrong / math.max(sum - size, 1) * share }
  end
  return out, width
end

--- Where the results meet their targets, as near as they can. points: in the unit cube; results: lists of numbers by name; targets: numbers
-- by name, with their weights; names: the order of them. Answers the place, the standard error of each parameter there, and the values of
-- the fits; nil when there are too few points.
function surface.meet(points, results, targets, weights, names, start)
  local n, centre = #start, { unpack(start) }
  if #points < n + 2 then return nil end
  local errors, values
  for _ = 1, 50 do
    local fits, width = fit(points, results, centre)
    if not fits then return nil end
    local a, b, trace = {}, {}, 0
    for j = 1, n do
      a[j], b[j] = {}, {}
      for k = 1, n do a[j][k] = 0 end
      for k = 1, 1 + #names do b[j][k] = 0 end
    end
    for m, name in ipairs(names) do
      local f, t = fits[name], targets[name]
      local scale = (weights and weights[name] or 1) / (t ~= 0 and t * t or 1)
      for j = 1, n do
        for k = 1, n do a[j][k] = a[j][k] + scale * f.slope[j] * f.slope[k] end
        b[j][1] = b[j][1] + scale * f.slope[j] * (t - f.value)
        b[j][1 + m] = scale * f.slope[j] * math.sqrt(f.variance)
      end
    end
    for j = 1, n do trace = trace + a[j][j] end
    for j = 1, n do a[j][j] = a[j][j] + 1e-9 * trace + 1e-30 end -- where nothing depends on a parameter it stays
    local step = solve(a, b)
    if not step then return nil end
    values, errors = {}, {}
    for name, f in pairs(fits) do values[name] = f.value end
    local moved = 0
    for j = 1, n do
      local e = 0
      for m = 1, #names do e = e + step[j][1 + m] ^ 2 end
      errors[j] = math.sqrt(e)
      local to = math.max(0, math.min(1, centre[j] + math.max(-0.5 * width, math.min(0.5 * width, step[j][1]))))
      moved = math.max(moved, math.abs(to - centre[j]))
      centre[j] = to
    end
    if moved < 1e-5 then break end
  end
  return centre, errors, values
end

return surface
