-- render.lua -- pictures of trajectories and of the state now: grains, walls and force chains, ray-traced by render.so (Embree), with a
-- bar of colours drawn by cairo. `barchan render` and sim:render{...}.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local cairo = require "barchan.cairo"
local colours = require "barchan.colours"
local errors = require "barchan.errors"
local native = require "barchan.native"
local sheets = require "barchan.sheets"
local trajectory = require "barchan.trajectory"

local render = {}
local library -- false: there is none

local function load_library()
  if library == nil then
    local path = package.searchpath("barchan.render", package.cpath)
    local ok, found = pcall(ffi.load, path or "barchan-render-was-not-built")
    library = ok and found
  end
  return library
end

--- The version of Embree that render.so was built with; nil when it is not here.
function render.version()
  local lib = load_library()
  return lib and ffi.string(lib.brc_render_version()) or nil
end

local function needed(what)
  if not load_library() then
    errors.raise(what .. ": this Barchan has no render.so, or Embree is not here (Debian: apt-get install libembree-dev, then build anew)",
      errors.DEVICE)
  end
  cairo.needed(what)
end

-- ---- what is drawn ------------------------------------------------------------------------------------------------------
-- Of each particle the number that a field stands for: a component (velocity_z), the length of a vector, or the number itself.
local function pick(out, from, count, width, component)
  for i = 0, count - 1 do
    if component then out[i] = from[width * i + component]
    elseif width == 1 then out[i] = from[i]
    else
      local sum = 0
      for c = 0, width - 1 do sum = sum + from[width * i + c] ^ 2 end
      out[i] = math.sqrt(sum)
    end
  end
end
jit.on(pick) -- loops over particles

local axis = { x = 0, y = 1, z = 2 }

--- What a name stands for in a file: { name, unit, column, component, kind } or raises.
function render.field(t, name)
  if name == "speed" then name = "velocity" end
  local names = { "position" }
  for _, c in ipairs(t.columns.point) do names[#names + 1] = c.name end
  for _, column in ipairs(names) do
    local c = t:column("point", column) or { unit = "m", components = 3 }
    local suffix = name:match("^" .. column .. "_([xyz])$")
    if name == column or suffix and c.components == 3 then
      local label = column:gsub("_", " ")
      if column == "velocity" and not suffix then label = "speed" end
      return { name = name, label = label .. (suffix and " " .. suffix or ""), unit = c.unit, column = column, component = axis[suffix],
        kinds = column == "material_id" }
    end
  end
  errors.raise(("%s: %s"):format(t.what, errors.unknown("field", name, names)))
end

--- The numbers of a field at a step: double[count].
function render.values(t, k, field)
  local from, count, width = t:read(k, "point", field.column)
  local out = ffi.new("double[?]", math.max(1, count))
  pick(out, from, count, width, field.component)
  return out, count
end

local function extend(box, x, r, count)
  local lo, hi = box.lo, box.hi
  for i = 0, count - 1 do
    for c = 0, 2 do
      local at, radius = x[3 * i + c], r and r[i] or 0
      if at - radius < lo[c] then lo[c] = at - radius end
      if at + radius > hi[c] then hi[c] = at + radius end
    end
  end
end
jit.on(extend)

local function fill_spheres(to, paint, x, r, v, count, scale, low, span, lut)
  for i = 0, count - 1 do
    to[4 * i], to[4 * i + 1], to[4 * i + 2], to[4 * i + 3] = x[3 * i], x[3 * i + 1], x[3 * i + 2], scale * r[i]
    local level = (v[i] - low) / span * 255
    if not (level > 0) then level = 0 elseif level > 255 then level = 255 end
    local l = math.floor(level + 0.5)
    paint[3 * i], paint[3 * i + 1], paint[3 * i + 2] = lut[3 * l], lut[3 * l + 1], lut[3 * l + 2]
  end
end
jit.on(fill_spheres)

local function fill_rods(to, paint, x, force, count, low, span, thick, lut)
  for i = 0, count - 1 do
    local f = math.abs(force[i])
    local part = math.min(1, math.max(0, (f - low) / span))
    for e = 0, 1 do
      for c = 0, 2 do to[8 * i + 4 * e + c] = x[6 * i + 3 * e + c] end
      to[8 * i + 4 * e + 3] = thick * (0.04 + 0.96 * part)
    end
    local l = math.floor(255 * part + 0.5)
    paint[3 * i], paint[3 * i + 1], paint[3 * i + 2] = lut[3 * l], lut[3 * l + 1], lut[3 * l + 2]
  end
end
jit.on(fill_rods)

local function table_of_colours(map, kinds, low, high)
  local lut = ffi.new("unsigned char[768]")
  for i = 0, 255 do
    local r, g, b
    if kinds then -- a colour for each whole number
      local kind = math.floor(low + (high - low) * i / 255 + 0.5)
      r, g, b = unpack(colours.kinds[kind % #colours.kinds + 1])
    else r, g, b = colours.at(map, i / 255) end
    lut[3 * i], lut[3 * i + 1], lut[3 * i + 2] = r + 0.5, g + 0.5, b + 0.5
  end
  return lut
end

-- The value below which a part of the numbers lies.
local function quantile(list, part)
  table.sort(list)
  return list[math.max(1, math.min(#list, math.floor(part * (#list - 1) + 1.5)))]
end

-- At most so many numbers of an array, evenly chosen.
local function sample(into, values, count, most)
  local stride = math.max(1, math.floor(count / most))
  for i = 0, count - 1, stride do into[#into + 1] = values[i] end
end

-- A range from which a few outliers are left out; for all of the steps.
local function range_of(list, whole)
  if #list == 0 then return 0, 1 end
  local low, high = quantile(list, whole and 0 or 0.005), quantile(list, whole and 1 or 0.995)
  if low >= 0 and low < 0.25 * high and not whole then low = 0 end
  if low == 0 and high == 0 then return 0, 1 end
  if not (high - low > 1e-9 * math.max(math.abs(low), math.abs(high))) then
    local half = math.max(1e-9, 0.05 * math.abs(low))
    low, high = low - half, high + half
  end
  return low, high
end

-- ---- where it is seen from ------------------------------------------------------------------------------------------------
local presets = { iso = { 0.75, -1, 0.45 }, front = { 0, -1, 0 }, back = { 0, 1, 0 }, left = { -1, 0, 0 }, right = { 1, 0, 0 },
  top = { 0, 0, 1 }, bottom = { 0, 0, -1 } }
render.cameras = { "iso", "front", "back", "left", "right", "top", "bottom" }

local function dot(a, b) return a[1] * b[1] + a[2] * b[2] + a[3] * b[3] end
local function unit(a)
  local n = math.sqrt(dot(a, a))
  return { a[1] / n, a[2] / n, a[3] / n }
end
local function cross(a, b) return { a[2] * b[3] - a[3] * b[2], a[3] * b[1] - a[1] * b[3], a[1] * b[2] - a[2] * b[1] } end

-- Far enough away that the whole box is seen, beside the bar of colours.
local function place_camera(p, box, o, legend)
  local angle = math.rad(26)
  local middle, corners = {}, {}
  for c = 1, 3 do middle[c] = 0.5 * (box.lo[c - 1] + box.hi[c - 1]) end
  for i = 0, 7 do
    local corner = {}
    for c = 1, 3 do corner[c] = (math.floor(i / 2 ^ (c - 1)) % 2 == 0 and box.lo[c - 1] or box.hi[c - 1]) - middle[c] end
    corners[i + 1] = corner
  end
  local back = unit(o.eye and { o.eye[1] - (o.target or middle)[1], o.eye[2] - (o.target or middle)[2], o.eye[3] - (o.target or middle)[3] }
    or presets[o.camera])
  local up = math.abs(back[3]) > 0.99 and { 0, 1, 0 } or { 0, 0, 1 }
  local right = unit(cross(up, back))
  local above = cross(back, right)
  local eye, target = o.eye, o.target or middle
  local tan = math.tan(angle / 2)
  local share = (o.width - legend) / o.width -- of the picture's width is for the scene
  local aspect = o.width / o.height
  if not eye then
    local distance = 0
    for _, c in ipairs(corners) do
      local near = dot(c, back)
      distance = math.max(distance, near + math.abs(dot(c, right)) / (tan * aspect * share * 0.94),
        near + math.abs(dot(c, above)) / (tan * 0.92))
    end
    local shift = distance * tan * aspect * (1 - share) -- so that the scene is in the middle of what is left
    eye, target = {}, {}
    for c = 1, 3 do
      target[c] = middle[c] + shift * right[c]
      eye[c] = target[c] + distance * back[c]
    end
    if o.target then
      for c = 1, 3 do eye[c], target[c] = eye[c] - target[c] + o.target[c], o.target[c] end
    end
  end
  local size = 0
  for c = 1, 3 do
    p.eye[c - 1], p.target[c - 1], p.up[c - 1] = eye[c], target[c], up[c]
    -- A sun from behind the left shoulder.
    p.light[c - 1] = 0.55 * back[c] - 0.75 * right[c] + 1.1 * (math.abs(back[3]) > 0.99 and above[c] or ({ 0, 0, 1 })[c])
    size = math.max(size, box.hi[c - 1] - box.lo[c - 1])
  end
  if math.abs(back[3]) > 0.99 then
    for c = 1, 3 do p.light[c - 1] = back[c] - 0.6 * right[c] + 0.7 * above[c] end
  end
  p.angle, p.size = angle, size
  p.ground = o.ground and back[3] > 0 and math.abs(back[3]) < 0.99 and box.lo[2] - 0.003 * size or 0 / 0
end

--- Planes of which what is on one side is cut away: "y<0", "z>0.1". Returns axis, sign, place.
function render.cut(what, text)
  local name, sign, place = text:match "^%s*([xyz])%s*([<>])%s*(.-)%s*$"
  place = tonumber(place)
  if not place then errors.raise(("%s: a cut must be like y<0 or z>0.1 and takes away what is there, got '%s'"):format(what, text)) end
  return axis[name], sign, place
end

local function set_cuts(p, what, cuts)
  p.cuts = #cuts
  for i, text in ipairs(cuts) do
    local a, sign, place = render.cut(what, text)
    local s = sign == ">" and 1 or -1
    p.cut[i - 1][a], p.cut[i - 1][3] = s, s * place
  end
end

-- ---- a picture ----------------------------------------------------------------------------------------------------------
-- The files of a run, opened: particles, and walls and contacts where they are wanted and there.
local function open(what, path, o)
  local q = { what = what, particles = trajectory.open(what, path) }
  if q.particles.content ~= "particles" then
    errors.raise(("%s: '%s' holds %s; name the file of the particles that it stands beside"):format(what, path, q.particles.content))
  end
  q.materials = q.particles.materials
  if o.walls > 0 then q.walls = q.particles:beside "walls" end
  if o.chains then
    q.contacts = q.particles:beside "contacts"
    if not q.contacts then
      errors.raise(("%s: there are no contacts beside '%s': write them with sim:output{ ..., contacts = true }"):format(what, path))
    end
  end
  return q
end

local function walls_at(q, k) return sheets.read(q.walls, q.walls:before(q.particles.times[k]), q.particles:at(k)) end

-- What all pictures of a sequence share: the box that is seen and the range of the colours.
local function survey(q, steps, o)
  local box = { lo = ffi.new("double[3]", 1 / 0, 1 / 0, 1 / 0), hi = ffi.new("double[3]", -1 / 0, -1 / 0, -1 / 0) }
  local list, flat, t = {}, {}, q.particles
  local stride = math.max(1, math.floor(#steps / 12))
  q.field = not o.chains and render.field(t, o.field) or nil
  for i = 1, #steps, stride do
    local k = steps[i]
    local x, count = t:read(k, "point", "position")
    extend(box, x, (t:read(k, "point", "radius")), count)
    if q.field then
      local v, n = render.values(t, k, q.field)
      sample(list, v, n, 20000)
    else
      local m = q.contacts:nearest(t.times[k])
      local f, n = q.contacts:read(m, "cell", "normal_force")
      for j = 0, n - 1, math.max(1, math.floor(n / 20000)) do list[#list + 1] = math.abs(f[j]) end
    end
    if q.walls then
      local w = walls_at(q, k)
      flat[#flat + 1] = w
      extend(box, w.bodies, nil, w.body_vertices)
    end
  end
  local at = t:at(steps[1])
  for c = 0, 2 do
    if o.whole or not (box.lo[c] < box.hi[c]) then box.lo[c], box.hi[c] = at.lo[c + 1], at.hi[c + 1] end
  end
  q.view = sheets.about(box)
  for _, w in ipairs(flat) do
    local y, vertices = sheets.within(w, q.view)
    extend(box, y, nil, vertices)
  end
  if not (box.lo[0] < box.hi[0]) then errors.raise(("%s: '%s' has neither particles nor walls to look at"):format(q.what, t.path)) end
  q.box = box
  q.low, q.high = range_of(list, q.field and q.field.kinds)
  if not q.field then q.low = 0 end
  if o.range then q.low, q.high = o.range[1], o.range[2] end
  if q.field and q.field.kinds then q.low, q.high = math.floor(q.low + 0.5), math.ceil(q.high - 0.5) end
end

local function add_walls(p, q, k, o, keep)
  if not q.walls then return end
  local w = walls_at(q, k)
  local x, vertices, corners, count = sheets.all(w, q.view)
  local place, index = ffi.new("float[?]", math.max(1, 3 * vertices)), ffi.new("int32_t[?]", math.max(1, 3 * count))
  local paint = ffi.new("unsigned char[?]", math.max(1, 4 * count))
  for i = 0, 3 * vertices - 1 do place[i] = x[i] end
  for i = 0, 3 * count - 1 do index[i] = corners[i] end
  for i = 0, count - 1 do
    paint[4 * i], paint[4 * i + 1], paint[4 * i + 2], paint[4 * i + 3] = 150, 166, 184, math.floor(255 * o.walls + 0.5)
  end
  p.vertices, p.triangles, p.vertex, p.triangle, p.triangle_colour = vertices, count, place, index, paint
  keep[#keep + 1] = { place, index, paint }
end

local function add_grains(p, q, k, o, keep)
  local t = q.particles
  if o.grains == 0 then return end
  local x, count = t:read(k, "point", "position")
  local r = t:read(k, "point", "radius")
  local v = q.field and render.values(t, k, q.field) or ffi.new("double[?]", math.max(1, count))
  local lut = q.field and table_of_colours(colours.maps[o.map], q.field.kinds, q.low, q.high) or ffi.new("unsigned char[768]")
  if not q.field then
    for i = 0, 767 do lut[i] = 205 end
  end
  local to, paint = ffi.new("float[?]", math.max(1, 4 * count)), ffi.new("unsigned char[?]", math.max(1, 3 * count))
  fill_spheres(to, paint, x, r, v, count, o.grains, q.low, q.high > q.low and q.high - q.low or 1, lut)
  p.spheres, p.sphere, p.sphere_colour = count, to, paint
  keep[#keep + 1] = { to, paint }
end

local function add_chains(p, q, time, o, keep)
  if not o.chains then return end
  local m = q.contacts:nearest(time)
  local x = q.contacts:read(m, "point", "position")
  local force, count = q.contacts:read(m, "cell", "normal_force")
  local radius, particles = q.particles:read(q.particles:nearest(time), "point", "radius")
  local mean = 0
  for i = 0, particles - 1 do mean = mean + radius[i] / particles end
  local to, paint = ffi.new("float[?]", math.max(1, 8 * count)), ffi.new("unsigned char[?]", math.max(1, 3 * count))
  fill_rods(to, paint, x, force, count, q.low, q.high - q.low, 0.75 * mean, table_of_colours(colours.maps[o.map]))
  p.rods, p.rod, p.rod_colour = count, to, paint
  keep[#keep + 1] = { to, paint }
end

local function draw_legend(canvas, q, o, time)
  local size = math.max(9, math.min(o.height / 42, 22))
  local ink, x, w = { 0.12, 0.13, 0.16 }, o.width - 6.2 * size, 1.1 * size
  local top, bottom = 0.2 * o.height, 0.8 * o.height
  canvas:text(size, o.height - 1.3 * size, ("t = %.4g s"):format(time), size, ink)
  local f = q.field or { label = "normal force", unit = "N" }
  local unit_name = f.unit
  if f.kinds then
    for kind = q.low, q.high do
      local rgb = colours.kinds[kind % #colours.kinds + 1]
      local y = top + (kind - q.low) * 1.8 * size
      canvas:rectangle(x, y - 0.55 * size, w, 1.1 * size, { rgb[1] / 255, rgb[2] / 255, rgb[3] / 255 })
      canvas:text(x + 1.6 * size, y, q.materials and q.materials[kind + 1] or tostring(kind), size, ink)
    end
  else
    local map = colours.maps[o.map]
    local steps = 128
    for i = 0, steps - 1 do -- each over what is left above it: no seams
      local r, g, b = colours.at(map, (i + 0.5) / steps)
      canvas:rectangle(x, top, w, (1 - i / steps) * (bottom - top), { r / 255, g / 255, b / 255 })
    end
    local factor
    factor, unit_name = cairo.prefix(f.unit, math.max(math.abs(q.low), math.abs(q.high)))
    local low, high = q.low * factor, q.high * factor
    local ticks, format = cairo.ticks(low, high, 6)
    for _, value in ipairs(ticks) do
      local y = bottom - (value - low) / (high - low) * (bottom - top)
      canvas:line({ x + w, y, x + w + 0.35 * size, y }, math.max(1, 0.07 * size), ink)
      canvas:text(x + w + 0.6 * size, y, cairo.number(value, format), size, ink)
    end
  end
  local title = f.label .. cairo.unit(unit_name)
  canvas:text(math.min(x, o.width - canvas:measure(title, size) - 0.6 * size), top - 1.6 * size, title, size, ink)
end

-- Rounds red, green and blue to so many shades each: the noise of the rays is what PNG cannot compress.
local function reduce(pixels, count, shades)
  local bytes, table_ = ffi.cast("unsigned char*", pixels), ffi.new("unsigned char[256]")
  for v = 0, 255 do table_[v] = math.floor(math.floor(v / 255 * (shades - 1) + 0.5) / (shades - 1) * 255 + 0.5) end
  for i = 0, 4 * count - 1 do bytes[i] = table_[bytes[i]] end -- alpha is 255 and stays
end

-- One step as a PNG file.
local function draw(q, k, o, path)
  local p, keep, time = ffi.new("brc_picture"), {}, q.particles.times[k]
  p.bytes, p.width, p.height, p.samples, p.threads = ffi.sizeof(p), o.width, o.height, o.samples, o.threads
  for c = 0, 2 do p.background[c], p.background_top[c] = 0.93, 1 end
  place_camera(p, q.box, o, o.legend and 7 * math.max(9, math.min(o.height / 42, 22)) or 0)
  set_cuts(p, q.what, o.cut)
  add_grains(p, q, k, o, keep)
  add_walls(p, q, k, o, keep)
  add_chains(p, q, time, o, keep)
  local pixels, text = ffi.new("uint32_t[?]", o.width * o.height), ffi.new("char[256]")
  if library.brc_render(p, pixels, text, 256) ~= 0 then errors.raise(("%s: %s"):format(q.what, ffi.string(text)), errors.DEVICE) end
  if o.shades < 256 then reduce(pixels, o.width * o.height, o.shades) end
  local canvas = cairo.over(q.what, pixels, o.width, o.height)
  if o.legend then draw_legend(canvas, q, o, time) end
  canvas:save(path)
end

--- What is not given.
render.defaults = { field = "velocity", map = "viridis", camera = "iso", width = 1200, height = 900, samples = 24, shades = 256,
  walls = 0.16, legend = true, ground = true }

local function completed(what, o)
  local all = {}
  for key, value in pairs(render.defaults) do all[key] = value end
  for key, value in pairs(o) do all[key] = value end
  all.threads = all.threads or native.C.brc_max_threads()
  all.cut = type(all.cut) == "string" and { all.cut } or all.cut or {}
  if #all.cut > 3 then errors.raise(what .. ": at most 3 cuts") end
  for _, text in ipairs(all.cut) do render.cut(what, text) end
  if all.walls == true then all.walls = render.defaults.walls elseif all.walls == false then all.walls = 0 end
  all.map = o.map or all.chains and "force" or all.map
  all.grains = all.grains or all.chains and 0 or 1
  if all.range and not (all.range[1] < all.range[2]) then
    errors.raise(("%s: range must be { low, high } with low < high, got { %g, %g }"):format(what, all.range[1], all.range[2]))
  end
  return all
end

local function movie(q, steps, o, path)
  local probe = io.popen "command -v ffmpeg"
  local found = probe:read "*a"
  probe:close()
  if not found:find "%S" then
    errors.raise(q.what .. ": ffmpeg is not here (Debian: apt-get install ffmpeg), and .mp4 needs it", errors.DEVICE)
  end
  local stem = ("%s.%d"):format(path, #steps)
  for i, k in ipairs(steps) do draw(q, k, o, ("%s.%06d.png"):format(stem, i)) end
  local function quoted(word) return "'" .. word:gsub("'", [['\'']]) .. "'" end
  local code = os.execute(("ffmpeg -loglevel error -y -framerate %g -i %s -c:v libx264 -crf 18 -pix_fmt yuv420p "
    .. "-vf 'pad=ceil(iw/2)*2:ceil(ih/2)*2' -movflags +faststart -f mp4 %s"):format(o.rate or 25,
    quoted(stem .. ".%06d.png"), quoted(path .. ".part")))
  for i = 1, #steps do os.remove(("%s.%06d.png"):format(stem, i)) end
  if code ~= 0 and code ~= true or not os.rename(path .. ".part", path) then
    os.remove(path .. ".part")
    errors.raise(("%s: ffmpeg could not make '%s'"):format(q.what, path), errors.FILE)
  end
end

--- Draws the steps of a file that o asks for. path: x.png for one, x-*.png for each, x.mp4. Returns how many.
function render.file(what, path, out, o)
  needed(what)
  o = completed(what, o)
  local ending, numbered = out:lower():match "%.(%w+)$", out:find("*", 1, true)
  if ending ~= "png" and ending ~= "mp4" then
    errors.raise(("%s: the name of a picture must end in .png or .mp4, got '%s'"):format(what, out))
  end
  local q = open(what, path, o)
  local steps = q.particles:choose(o, not numbered and ending == "png")
  if ending == "png" and #steps > 1 and not numbered then
    errors.raise(("%s: these are %d pictures: put a * into the name, where the number of the step comes"):format(what, #steps))
  end
  survey(q, steps, o)
  if ending == "mp4" then movie(q, steps, o, out)
  else
    for _, k in ipairs(steps) do draw(q, k, o, (out:gsub("%*", ("%06d"):format(k)))) end
  end
  return #steps
end

render.needed, render.sample, render.range_of, render.table_of_colours = needed, sample, range_of, table_of_colours
render.completed = completed
return render
