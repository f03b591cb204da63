-- view.lua -- `barchan view FILE OUT.html`: a trajectory as one page that plays it, with walls, colours and plots, and opens from the disk.
-- Places are told in 65536ths of the box, fields in 256 levels; what does not change from step to step is in the page once.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local colours = require "barchan.colours"
local errors = require "barchan.errors"
local json = require "barchan.json"
local render = require "barchan.render"
local sheets = require "barchan.sheets"
local trajectory = require "barchan.trajectory"
local native = require "barchan.native"

local view = {}
local WHAT = "barchan view"
local FIELDS = 8 -- at most

-- ---- bytes as text ----------------------------------------------------------------------------------------------------------
local letters = ffi.new("unsigned char[64]", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")

local function encode(from, size, to)
  local n = 0
  for i = 0, size - 1, 3 do
    local a, b, c = from[i], i + 1 < size and from[i + 1] or 0, i + 2 < size and from[i + 2] or 0
    to[n] = letters[math.floor(a / 4)]
    to[n + 1] = letters[a % 4 * 16 + math.floor(b / 16)]
    to[n + 2] = i + 1 < size and letters[b % 16 * 4 + math.floor(c / 64)] or 61
    to[n + 3] = i + 2 < size and letters[c % 64] or 61
    n = n + 4
  end
  return n
end
jit.on(encode) -- loops over bytes, as the next ones over particles

local function base64(data, size)
  local to = ffi.new("unsigned char[?]", 4 * math.floor((size + 2) / 3) + 1)
  return ffi.string(to, encode(ffi.cast("const unsigned char*", data), size, to))
end

local function places(to, x, count, lo, scale)
  for i = 0, count - 1 do
    for c = 0, 2 do
      local v = (x[3 * i + c] - lo[c]) * scale[c]
      to[3 * i + c] = math.floor((v < 0 and 0 or v > 65535 and 65535 or v) + 0.5)
    end
  end
end
jit.on(places)

local function levels(to, v, count, low, scale, most)
  for i = 0, count - 1 do
    local l = (v[i] - low) * scale
    to[i] = l > 0 and math.floor((l > most and most or l) + 0.5) or 0
  end
end
jit.on(levels)

-- ---- the page's numbers -------------------------------------------------------------------------------------------------------
-- Blocks of bytes, the same one once.
local function new_blocks() return { list = {}, known = {}, bytes = 0 } end
local function add_block(blocks, data, size)
  local raw = ffi.string(data, size)
  local key = native.checksum(raw) .. size
  if not blocks.known[key] then
    blocks.list[#blocks.list + 1] = base64(data, size)
    blocks.known[key] = #blocks.list - 1
    blocks.bytes = blocks.bytes + #blocks.list[#blocks.list]
  end
  return blocks.known[key]
end

-- What grains are coloured by: what was asked for, or all that differs from grain to grain.
local function choose_fields(t, asked)
  local list = {}
  for _, name in ipairs(asked or {}) do list[#list + 1] = render.field(t, name) end
  if #list > 0 then return list end
  for _, name in ipairs { "velocity", "velocity_z", "radius", "material_id", "angular_velocity", "force" } do
    if t:column("point", (name:gsub("_z$", ""))) then list[#list + 1] = render.field(t, name) end
  end
  local own = { velocity = true, angular_velocity = true, force = true, radius = true, mass = true, body_id = true, material_id = true }
  for _, c in ipairs(t.columns.point) do
    if not own[c.name] and #list < FIELDS then table.insert(list, 2, render.field(t, c.name)) end
  end
  return list
end

local function walls_at(t, walls, k) return sheets.read(walls, walls:before(t.times[k]), t:at(k)) end

-- The box of all steps, how far sheets are drawn, the largest radius, and the range of each field.
local function survey(t, walls, steps, fields)
  local lo, hi, largest, lists, flat = { [0] = 1 / 0, 1 / 0, 1 / 0 }, { [0] = -1 / 0, -1 / 0, -1 / 0 }, 0, {}, {}
  local function extend(x, count)
    for i = 0, count - 1 do
      for c = 0, 2 do
        local v = x[3 * i + c]
        if v < lo[c] then lo[c] = v end
        if v > hi[c] then hi[c] = v end
      end
    end
  end
  jit.on(extend)
  local stride = math.max(1, math.floor(#steps / 12)) -- for what need not be seen of all steps
  for j, k in ipairs(steps) do
    local x, count = t:read(k, "point", "position")
    extend(x, count)
    local r = t:read(k, "point", "radius")
    for i = 0, count - 1 do largest = math.max(largest, r[i]) end
    if walls then
      local w = walls_at(t, walls, k)
      extend(w.bodies, w.body_vertices)
      if j % stride == 0 then flat[#flat + 1] = w end
    end
    for f, field in ipairs(fields) do
      lists[f] = lists[f] or {}
      local v, n = render.values(t, k, field)
      if j % stride == 0 then render.sample(lists[f], v, n, 5000) end
    end
  end
  local at, room = t:at(steps[1]), largest > 0 and largest or 1
  for c = 0, 2 do
    if lo[c] > hi[c] then lo[c], hi[c] = at.lo[c + 1], at.hi[c + 1] end
    lo[c], hi[c] = lo[c] - room, hi[c] + room
  end
  local reach = sheets.about { lo = lo, hi = hi }
  for _, w in ipairs(flat) do extend(sheets.within(w, reach)) end
  local ranges = {}
  for f, field in ipairs(fields) do ranges[f] = { render.range_of(lists[f], field.kinds) } end
  return lo, hi, reach, largest, ranges
end

local function palette(blocks, field, range, map)
  local lut = render.table_of_colours(map, field.kinds, range[1], range[2])
  local rgba = ffi.new("unsigned char[1024]")
  for i = 0, 255 do rgba[4 * i], rgba[4 * i + 1], rgba[4 * i + 2], rgba[4 * i + 3] = lut[3 * i], lut[3 * i + 1], lut[3 * i + 2], 255 end
  return add_block(blocks, rgba, 1024)
end

local function wall_blocks(blocks, w, reach)
  local x, vertices, corners, count = sheets.all(w, reach)
  if count == 0 then return nil end
  local place = ffi.new("float[?]", 3 * vertices)
  for i = 0, 3 * vertices - 1 do place[i] = x[i] end
  return { add_block(blocks, place, 12 * vertices), add_block(blocks, corners, 12 * count) }
end

local function frame(blocks, t, walls, k, fields, ranges, box)
  local x, count = t:read(k, "point", "position")
  local out = { time = t.times[k], count = count, fields = {} }
  if count > 0 then
    local place, radius = ffi.new("uint16_t[?]", 3 * count), ffi.new("uint16_t[?]", count)
    places(place, x, count, box.lo, box.scale)
    levels(radius, (t:read(k, "point", "radius")), count, 0, 65535 / box.largest, 65535)
    out.place, out.radius = add_block(blocks, place, 6 * count), add_block(blocks, radius, 2 * count)
    for f, field in ipairs(fields) do
      local level, low, high = ffi.new("uint8_t[?]", count), ranges[f][1], ranges[f][2]
      levels(level, render.values(t, k, field), count, low, 255 / (high > low and high - low or 1), 255)
      out.fields[f] = add_block(blocks, level, count)
    end
  end
  if walls then out.walls = wall_blocks(blocks, walls_at(t, walls, k), box.reach) end
  return out
end

local function series(t)
  local out = { time = t.times, columns = {} }
  for _, name in ipairs { "kinetic_energy", "particles", "contacts", "max_overlap", "max_speed" } do
    local c = t:column("series", name)
    if c then
      local values, list = t:series(name), {}
      for k = 1, t.steps do list[k] = values[k - 1] end
      local unit = c.unit ~= "1" and c.unit ~= "" and " [" .. c.unit .. "]" or ""
      table.insert(out.columns, { label = name:gsub("_", " ") .. unit, values = list })
    end
  end
  return out
end

local function described(t)
  return ("%d steps from %.4g s to %.4g s"):format(t.steps, t.times[1], t.times[t.steps])
end

--- Writes the page. o: step, time, every; fields: names; map; most: megabytes. Returns the number of frames and of bytes.
function view.run(path, out, o)
  if not out:lower():find "%.html?$" then
    errors.raise(("%s: the name of the page must end in .html, got '%s'"):format(WHAT, out))
  end
  local t = trajectory.open(WHAT, path)
  if t.content ~= "particles" then
    errors.raise(("%s: '%s' holds %s; name the file of the particles that it stands beside"):format(WHAT, path, t.content))
  end
  local walls = t:beside "walls"
  local steps, fields = t:choose(o), choose_fields(t, o.fields)
  local lo, hi, reach, largest, ranges = survey(t, walls, steps, fields)
  local box = { lo = lo, reach = reach, largest = largest > 0 and largest or 1, scale = {} }
  for c = 0, 2 do box.scale[c] = 65535 / (hi[c] - lo[c]) end
  local blocks, frames, most = new_blocks(), {}, (o.most or 200) * 1e6
  for i, k in ipairs(steps) do
    frames[i] = frame(blocks, t, walls, k, fields, ranges, box)
    if blocks.bytes > most then
      errors.raise(("%s: the page would have more than %g MB after %d of %d steps; take fewer of them (--every), or fewer fields (--field)")
        :format(WHAT, most / 1e6, i, #steps))
    end
  end
  local about = {}
  for f, field in ipairs(fields) do
    about[f] = { label = field.label, unit = field.unit, low = ranges[f][1], high = ranges[f][2],
      colours = palette(blocks, field, ranges[f], colours.maps[o.map or "viridis"]) }
  end
  local data = json.encode { name = path:match "[^/]*$", about = described(t), largest = box.largest, box = { lo = { lo[0], lo[1], lo[2] },
    hi = { hi[0], hi[1], hi[2] } }, fields = about, frames = frames, series = series(t), blocks = blocks.list }
  t:close()
  data = data:gsub("</", "<\\/")
  local page = require "barchan.view_page"
  local title = path:match("[^/]*$"):gsub("[&<>]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" })
  local a, b = page:find("/*DATA*/null/*END*/", 1, true)
  local text = page:sub(1, a - 1):gsub("TITLE", function() return title end) .. data .. page:sub(b + 1)
  local part = out .. ".part"
  local file, message = io.open(part, "wb")
  local ok
  if file then
    ok, message = file:write(text)
    if ok then ok, message = file:close() else file:close() end
  end
  if ok then ok, message = os.rename(part, out) end
  if not ok then
    os.remove(part)
    errors.raise(("%s: cannot write '%s': %s"):format(WHAT, out, (tostring(message):gsub("^.*: ", ""))), errors.FILE)
  end
  return #frames, #text
end

return view
