-- shapes.lua -- what the script's side of a checkpoint looks like. A checksum tells that a file is as it was written, not who wrote it:
-- before anything is taken from what a file holds, it is compared with this, so that what does not fit is said in words.
jit.off(true, true) -- cold: see init.lua
local native = require "barchan.native"
local plain = require "barchan.plain"
local vector = require "barchan.vector"
local C = native.C

local shapes = { FORMAT = 1 } -- the number goes up when what follows changes; files of another one are refused

-- ---- values ---------------------------------------------------------------------------------------------------------------
local function finite(v) return type(v) == "number" and v - v == 0 end
local function whole(v, least, most) return finite(v) and v == math.floor(v) and v >= least and v <= most end

-- name: what stands there in words, and whether a value is that.
local simple = {
  any = { "anything", function(v) return v ~= nil end },
  number = { "a number", finite },
  ["number or inf"] = { "a number", function(v) return type(v) == "number" and v == v end },
  positive = { "a number > 0", function(v) return finite(v) and v > 0 end },
  count = { "a whole number from 0", function(v) return whole(v, 0, 2 ^ 53) end },
  small = { "a whole number from 0 to 2147483647", function(v) return whole(v, 0, 2 ^ 31 - 1) end },
  calls = { "a whole number from 0 to 1e12", function(v) return whole(v, 0, 1e12) end }, -- an hour of drawing them again
  row = { "a number of rows", function(v) return whole(v, 0, 2 ^ 48) end },
  text = { "a text", function(v) return type(v) == "string" end },
  flag = { "true or false", function(v) return type(v) == "boolean" end },
  table = { "a table", function(v) return type(v) == "table" and not vector.is(v) end },
}

local function shown(v)
  if type(v) == "string" then return ("the text '%s'"):format(#v > 40 and v:sub(1, 37) .. "..." or v) end
  return type(v) == "table" and "a table" or type(v) == "cdata" and "a vector" or v == nil and "nothing" or tostring(v)
end

local fits

local function each(shape, value, path)
  if shape.list then
    for i = 1, #value do
      local problem = fits(shape.list, value[i], ("%s[%d]"):format(path, i))
      if problem then return problem end
    end
    for key in pairs(value) do
      if not whole(key, 1, #value) then return ("%s is a list and holds '%s'"):format(path, tostring(key)) end
    end
    if shape.length and #value ~= shape.length then return ("%s has %d items, not %d"):format(path, #value, shape.length) end
    return
  elseif shape.map then
    for key, item in pairs(value) do
      local name = ("%s[%s]"):format(path, tostring(key))
      local problem = not simple[shape.key][2](key) and ("%s has a key that is not %s: %s"):format(path, simple[shape.key][1], shown(key))
        or fits(shape.map, item, name)
      if problem then return problem end
    end
    return
  end
  for key, of in pairs(shape) do
    local problem = fits(of, value[key], path == "" and key or path .. "." .. key)
    if problem then return problem end
  end
end

-- What is wrong with a value, or nil. shape: a name of `simple`, with a ? behind it when the value may be missing; list, map or optional
-- of a shape; a table of shapes by key, beside which others may stand.
fits = function(shape, value, path)
  if type(shape) == "string" then
    local name, optional = shape:match "^(.-)(%??)$"
    if value == nil and optional == "?" then return end
    local s = simple[name]
    if not s[2](value) then return ("%s is %s, where %s stands"):format(path, shown(value), s[1]) end
    return
  end
  if shape.of then
    if value == nil then return end
    shape = shape.of
    if type(shape) == "string" then return fits(shape, value, path) end
  end
  if not simple.table[2](value) then return ("%s is %s, where a table stands"):format(path == "" and "it" or path, shown(value)) end
  return each(shape, value, path)
end

local function optional(shape) return { of = shape } end
local function list(shape, length) return { list = shape, length = length } end
local function map(key, shape) return { map = shape, key = key } end

-- ---- the shapes -----------------------------------------------------------------------------------------------------------
local event = list("number", 3) -- base, every, k
local drawn = { calls = "calls", seed = "number or inf?" } -- of math.random
local final = { count = "count", mass = "number", first_id = "count", blocked = "count" }
local clock = { step = "count", dt = "positive", step_base = "count", time_base = "number", ideal_time = "number" }
local counts = list("small", C.BRC_COUNTS)
local place = { steps = "row", last_step = "row", next_point = "row", counted = "row", vertex_row = "row", triangle_row = "row",
  next_triangle = "row", pose_row = "row" }

local entry = { name = "text", where = "text?", value = "flag?" }

local over = { state = "text", counts = counts, random = drawn } -- what a sim:run leaves
for key, of in pairs(clock) do over[key] = of end

local results = { -- of calls whose answer is taken apart
  ["sim:run"] = over,
  ["sim:insert"] = { index = "small?", stream = "any?", final = optional(final), ids = optional(list "count") },
  ["sim:bond"] = { kind = "small" },
}

local scene = {
  options = "table", materials = list "table", pairs = list { "small", "small", "table" },
  fields = list { name = "text" }, kernels = list { name = "text", removed = "flag", text = "text" },
  named = optional(map("text", map("text", "small"))),
  law = optional { name = "text", slots = "table?", own = "flag", text = "text?" },
}

local side = { -- what checkpoint.lua keeps of the script's side
  law = "text?", option_dt = "positive?", stale_law = "flag?", walls_version = "count?", gravity = list("number", 3),
  used = map("small", { min = "positive", max = "positive" }), on_walls = map("small", "count"),
  events = list(event), counts = counts, random = drawn, scene = optional(scene),
  walls = map("small", { removed = "flag?", moves = "flag?", follows = "flag?", shape = "text", material = "small", free = "flag?",
    traced = "flag?" }),
  bonds = map("small", { rate = "number or inf", force = "number or inf" }),
  fields = list { min = "number or inf?", max = "number or inf?" },
  outputs = list { closed = "flag?", walls_seen = "count?", file = "text",
    at = { particles = optional(place), walls = optional(place), contacts = optional(place) } },
  series = list { times = list "number", paths = list "text" },
  writers = list { path = "text", size = "count", rows = "count", closed = "flag" },
  followers = list { "small", "text" }, inserters = map("small", { final = optional(final) }), kernels = list "flag",
  book = optional { before = map("text", "number or inf"), released = map("text", "number or inf"), order = list "text",
    names = optional(list "text") },
}
for key, of in pairs(clock) do side[key] = of end

local whole_of = {
  version = "text", compiler = "text?", provenance = "text", entries = list(entry), setup = "count", start_hash = "text", obstacle = "text?",
  step = "count", time = "number", state = "text", lua = side,
  run = { args = "text", where = "text?", start = "count", base = "number", own = list(event), fired = "flag?" },
  checkpoint = { base = "number", k = "number" },
}

local function state_of(text, path)
  local ok, value = pcall(plain.decode, text)
  if not ok or not simple.table[2](value) then return path .. " cannot be read" end
end

local function of_entries(data)
  if data.setup > #data.entries then return ("setup is %.0f, and there are %d entries"):format(data.setup, #data.entries) end
  for i, e in ipairs(data.entries) do
    local path = ("entries[%d]"):format(i)
    local problem = not e.value and fits("text", e.args, path .. ".args")
      or not e.value and results[e.name] and fits(results[e.name], e.result, path .. ".result")
      or not e.value and e.name == "sim:run" and state_of(e.result.state, path .. ".result.state")
    if problem then return problem end
  end
end

-- Numbers that have to agree with others.
local function of_clock(data)
  local t = data.lua
  local now = t.time_base + (t.step - t.step_base) * t.dt
  if t.step ~= data.step then return ("it is of step %.0f and of step %.0f"):format(data.step, t.step) end
  if t.step_base > t.step or data.run.start > t.step then return "its run begins after its end" end
  if not (data.run.base <= now + t.dt) then return ("run.base is %.9g s, after %.9g s"):format(data.run.base, now) end
end

local function of_book(t)
  local b = t.book
  if not b then return end
  for _, names in ipairs { b.order, b.names } do
    for _, name in ipairs(names) do
      if not (b.before[name] and b.released[name]) then return ("book knows nothing of '%s'"):format(name) end
    end
  end
end

local function of_materials(t)
  local most = t.scene and #t.scene.materials or math.huge
  for i, w in pairs(t.walls) do
    if w.material >= most then return ("walls[%d].material is %d of %d"):format(i, w.material, most) end
  end
  for _, by in ipairs { t.used, t.on_walls } do
    for i in pairs(by) do
      if i >= most then return ("there is no material %d of %d"):format(i, most) end
    end
  end
  for _, p in ipairs(t.scene and t.scene.pairs or {}) do
    if p[1] >= most or p[2] >= most then return ("there is no pair %d, %d of %d materials"):format(p[1], p[2], most) end
  end
end

local function of_counts(t)
  local n = t.counts
  for what, at in pairs { walls = C.BRC_COUNT_WALLS, inserters = C.BRC_COUNT_INSERTERS, bonds = C.BRC_COUNT_BONDS } do
    for i in pairs(t[what]) do
      if i < 1 or i > n[at + 1] then return ("%s[%d] is one of %d"):format(what, i, n[at + 1]) end
    end
  end
  for i, f in ipairs(t.followers) do
    if not t.walls[f[1] + 1] then return ("followers[%d] is of wall %d, which there is not"):format(i, f[1] + 1) end
  end
end

--- What is wrong with the script's side of a checkpoint, or nil.
function shapes.problem(data)
  return fits(whole_of, data, "") or of_entries(data) or of_clock(data) or of_book(data.lua) or of_materials(data.lua) or of_counts(data.lua)
    or state_of(data.state, "state")
end

return shapes
