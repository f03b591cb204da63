-- plot.lua -- `barchan plot FILE... OUT`: columns of logs (CSV) and of trajectories over each other as SVG or PNG, drawn by cairo.
jit.off(true, true) -- cold: see init.lua
local cairo = require "barchan.cairo"
local colours = require "barchan.colours"
local errors = require "barchan.errors"
local trajectory = require "barchan.trajectory"

local plot = {}
local WHAT = "barchan plot"
local INK, SOFT = { 0.12, 0.13, 0.16 }, { 0.87, 0.88, 0.90 }

-- ---- tables -------------------------------------------------------------------------------------------------------------
local function cells_of(line)
  local out = {}
  for word in (line .. ","):gmatch "%s*([^,]*)," do out[#out + 1] = word:match '^"?(.-)"?%s*$' end
  return out
end

-- { names, columns = { name = { numbers } }, units = {} } of a CSV file with names in its first line.
local function read_csv(path)
  local file, message = io.open(path, "rb")
  if not file then errors.raise(("%s: cannot open '%s'%s"):format(WHAT, path, message:sub(#path + 1)), errors.FILE) end
  local t, number = { path = path, names = {}, columns = {}, units = {} }, 0
  for line in file:lines() do
    number = number + 1
    line = line:gsub("\r$", ""):gsub("^\239\187\191", "")
    if line:find "%S" and not line:find "^%s*#" then
      local words = cells_of(line)
      if #t.names == 0 then
        t.names = words
        for _, name in ipairs(words) do t.columns[name] = {} end
      else
        if #words ~= #t.names then
          file:close()
          errors.raise(("%s: '%s' line %d has %d values, the first line names %d columns"):format(WHAT, path, number, #words, #t.names),
            errors.FILE)
        end
        for i, name in ipairs(t.names) do table.insert(t.columns[name], tonumber(words[i]) or 0 / 0) end
      end
    end
  end
  file:close()
  if #t.names == 0 or #t.columns[t.names[1]] == 0 then errors.raise(("%s: '%s' holds no rows"):format(WHAT, path), errors.FILE) end
  return t
end

local function read_trajectory(path)
  local from = trajectory.open(WHAT, path)
  local t = { path = path, names = { "time" }, columns = { time = from.times }, units = { time = "s" } }
  for _, c in ipairs(from.columns.series) do
    local values = from:series(c.name)
    for k = 0, c.components - 1 do
      local name = c.components == 1 and c.name or c.name .. "_" .. (c.components == 3 and ("xyz"):sub(k + 1, k + 1) or k + 1)
      if not t.columns[name] then
        local list = {}
        for i = 1, from.steps do list[i] = values[(i - 1) * c.components + k] end
        t.names[#t.names + 1], t.columns[name], t.units[name] = name, list, c.unit
      end
    end
  end
  if #t.names == 1 then errors.raise(("%s: '%s' has no row of numbers for each step"):format(WHAT, path)) end
  from:close()
  return t
end

local function read(path)
  local file = io.open(path, "rb")
  local head = file and file:read(8)
  if file then file:close() end
  if head == "\137HDF\r\n\26\n" then return read_trajectory(path) end
  return read_csv(path)
end

-- ---- axes -----------------------------------------------------------------------------------------------------------------
local function range(curves, key, log)
  local low, high = math.huge, -math.huge
  for _, curve in ipairs(curves) do
    for _, v in ipairs(curve[key]) do
      if v == v and math.abs(v) < math.huge and (not log or v > 0) then low, high = math.min(low, v), math.max(high, v) end
    end
  end
  if low > high then return nil end
  if log then
    if low == high then low, high = low / 2, high * 2 end
    return low, high
  end
  local span = high - low
  if span <= 1e-12 * math.max(math.abs(low), math.abs(high)) then
    span = math.max(math.abs(low), 1e-3)
    return low - 0.5 * span, high + 0.5 * span
  end
  return low, high
end

local function log_ticks(low, high)
  local list, first, last = {}, math.floor(math.log10(low)), math.ceil(math.log10(high))
  local fine = last - first <= 2 and { 1, 2, 5 } or { 1 }
  local stride = math.max(1, math.ceil((last - first) / 8))
  for e = first, last, stride do
    for _, m in ipairs(fine) do
      local v = m * 10 ^ e
      if v >= low * (1 - 1e-9) and v <= high * (1 + 1e-9) then list[#list + 1] = v end
    end
  end
  return list, (high >= 1e5 or low < 1e-3) and "%.0e" or "%g"
end

-- An axis: where a value lies between two places, its ticks and how they are written.
local function axis(low, high, log, from, to, count)
  if not log then
    local pad = from > to and 0.05 * (high - low) or 0 -- above and below curves, not beside them
    if low >= 0 and low < 0.3 * high then low = 0 else low = low - pad end
    high = high + pad
  else
    low, high = low / 1.15, high * 1.15
  end
  local ticks, format
  if log then ticks, format = log_ticks(low, high) else ticks, format = cairo.ticks(low, high, count) end
  local a, b = log and math.log(low) or low, log and math.log(high) or high
  return { ticks = ticks, format = format, place = function(v)
    if log then
      if not (v > 0) then return 0 / 0 end
      v = math.log(v)
    end
    return from + (v - a) / (b - a) * (to - from)
  end }
end

local function words(name) return (name:gsub("_", " ")) end

-- ---- a panel ----------------------------------------------------------------------------------------------------------------
local function panel(canvas, p, x0, y0, x1, y1, o, last)
  local size = o.size
  local low, high = range(p.curves, "x", o.log_x)
  local bottom, top = range(p.curves, "y", o.log_y)
  if not low or not bottom then
    errors.raise(("%s: there is nothing to draw of '%s': no number%s"):format(WHAT, table.concat(p.names, ", "), (o.log_x or o.log_y)
      and " > 0" or ""))
  end
  local ax = axis(low, high, o.log_x, x0, x1, math.max(3, (x1 - x0) / (6.5 * size)))
  local ay = axis(bottom, top, o.log_y, y1, y0, math.max(2, (y1 - y0) / (3.2 * size)))
  for _, v in ipairs(ay.ticks) do
    local y = ay.place(v)
    canvas:line({ x0, y, x1, y }, 1, SOFT)
    canvas:text(x0 - 0.6 * size, y, cairo.number(v, ay.format), size, INK, 1)
  end
  for _, v in ipairs(ax.ticks) do
    local x = ax.place(v)
    canvas:line({ x, y0, x, y1 }, 1, SOFT)
    if last then canvas:text(x, y1 + 1.0 * size, cairo.number(v, ax.format), size, INK, 0.5) end
  end
  canvas:within(x0, y0 - 1, x1 - x0, y1 - y0 + 2, function()
    for i, curve in ipairs(p.curves) do
      local rgb, points = colours.kinds[(i - 1) % #colours.kinds + 1], {}
      for k, v in ipairs(curve.x) do points[2 * k - 1], points[2 * k] = ax.place(v), ay.place(curve.y[k]) end
      canvas:line(points, 0.14 * size, { rgb[1] / 255, rgb[2] / 255, rgb[3] / 255 })
    end
  end)
  canvas:line({ x0, y0, x0, y1, x1, y1 }, 1.2, INK)
  canvas:text(o.left * 0.22, 0.5 * (y0 + y1), p.label, size, INK, 0.5, -math.pi / 2)
  if #p.curves > 1 then
    local widest = 0
    for _, curve in ipairs(p.curves) do widest = math.max(widest, canvas:measure(curve.label, size)) end
    local x, y = x1 - widest - 3.4 * size, y0 + 0.9 * size
    canvas:rectangle(x - 0.5 * size, y0 + 0.1 * size, widest + 3.4 * size, (1.4 * #p.curves + 0.3) * size, { 1, 1, 1, 0.85 })
    for i, curve in ipairs(p.curves) do
      local rgb = colours.kinds[(i - 1) % #colours.kinds + 1]
      canvas:line({ x, y, x + 1.8 * size, y }, 0.18 * size, { rgb[1] / 255, rgb[2] / 255, rgb[3] / 255 })
      canvas:text(x + 2.3 * size, y, curve.label, size, INK)
      y = y + 1.4 * size
    end
  end
end

-- Which columns go into which panel: those of each --y together, or each of the first ones alone.
local function panels(tables, o)
  local x = o.x or tables[1].columns.time and "time" or tables[1].names[1]
  local asked = o.y
  if #asked == 0 then
    asked = {}
    local first = tables[1]
    local preferred = first.columns.kinetic_energy and first.columns.max_overlap and { "particles", "contacts", "kinetic_energy", "max_overlap" }
    for _, name in ipairs(preferred or first.names) do
      local has = false
      for _, v in ipairs(first.columns[name] or {}) do has = has or v == v end
      if name ~= x and has and #asked < 5 then asked[#asked + 1] = { name } end
    end
  end
  local out = {}
  for _, names in ipairs(asked) do
    local p = { curves = {}, names = names }
    for _, t in ipairs(tables) do
      for _, name in ipairs(names) do
        for _, column in ipairs { x, name } do
          if not t.columns[column] then
            errors.raise(("%s: '%s' has no such column: %s"):format(WHAT, t.path, errors.unknown("column", column, t.names)))
          end
        end
        local label = (#names > 1 and words(name) or "") .. (#tables > 1 and (#names > 1 and ", " or "") .. t.path:match "[^/]*$" or "")
        table.insert(p.curves, { x = t.columns[x], y = t.columns[name], label = label })
      end
    end
    local unit = tables[1].units[names[1]] or ""
    local labels = {}
    for i, name in ipairs(names) do labels[i] = words(name) end
    p.label = table.concat(labels, ", ") .. cairo.unit(unit)
    out[#out + 1] = p
  end
  if #out == 0 then errors.raise(("%s: '%s' has no column of numbers besides '%s'"):format(WHAT, tables[1].path, x)) end
  return out, words(x) .. cairo.unit(tables[1].units[x] or (x == "time" and "s" or ""))
end

--- paths: CSV files and trajectories; out: x.svg or x.png. Returns how many panels.
function plot.run(paths, out, o)
  if not out:lower():find "%.svg$" and not out:lower():find "%.png$" then
    errors.raise(("%s: the name of a plot must end in .svg or .png, got '%s'"):format(WHAT, out))
  end
  cairo.needed(WHAT)
  local tables = {}
  for i, path in ipairs(paths) do tables[i] = read(path) end
  local list, x_label = panels(tables, o)
  local width = o.width or 900
  local height = o.height or math.max(420, 90 + 230 * #list)
  local size = math.max(9, width / 62)
  local draw = { size = size, left = 7 * size, log_x = o.log_x, log_y = o.log_y }
  local canvas = cairo.canvas(WHAT, out, width, height)
  local top, bottom, gap = (o.title and 3.2 or 1.4) * size, height - 4.2 * size, 1.3 * size
  if o.title then canvas:text(0.5 * (draw.left + width), 1.6 * size, o.title, 1.25 * size, INK, 0.5) end
  local each = (bottom - top - gap * (#list - 1)) / #list
  for i, p in ipairs(list) do
    local y0 = top + (i - 1) * (each + gap)
    panel(canvas, p, draw.left, y0, width - 1.6 * size, y0 + each, draw, i == #list)
  end
  canvas:text(0.5 * (draw.left + width), height - 1.5 * size, x_label, size, INK, 0.5)
  canvas:save(out)
  return #list
end

plot.read = read
return plot
