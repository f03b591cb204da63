-- load.lua -- barchan.load(file, options): the simulation of a checkpoint for a script that goes on in another way. What --resume gets by
-- running the script again is made here from what the checkpoint knows of the script's side: options, materials, law, pairs, fields. What
-- was functions (a law or kernels of the script) is handed over anew and compared.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local native = require "barchan.native"
local api = require "barchan.api"
local backend = require "barchan.backend"
local bonds = require "barchan.bonds"
local checkpoint = require "barchan.checkpoint"
local checks = require "barchan.checks"
local errors = require "barchan.errors"
local files = require "barchan.files"
local insertion = require "barchan.insertion"
local journal = require "barchan.journal"
local law = require "barchan.law"
local code = require "barchan.law.code"
local measures = require "barchan.measures"
local plain = require "barchan.plain"
local random = require "barchan.random"
local ranks = require "barchan.ranks"
local settings = require "barchan.settings"
local simulation = require "barchan.simulation"
local C = native.C

local WHAT = "barchan.load"

-- ---- what a checkpoint keeps for it ---------------------------------------------------------------------------------------
local function own_law(s)
  local found, same = pcall(law.resolve, s.law.name)
  return not (found and same == s.law)
end

--- The script's side of a simulation as plain values.
function checkpoint.describe(s)
  local t = { options = s.options, materials = {}, pairs = {}, fields = {}, kernels = {}, named = s.named }
  for i, m in ipairs(s.materials) do t.materials[i] = m.values end
  for _, p in pairs(s.pairs) do t.pairs[#t.pairs + 1] = { p.a.index, p.b.index, p.given } end
  table.sort(t.pairs, function(a, b) return a[1] ~= b[1] and a[1] < b[1] or a[1] == b[1] and a[2] < b[2] end)
  for i, u in ipairs(s.user_fields) do
    t.fields[i] = { name = u.name, unit = u.unit, default = u.default, flux_unit = u.flux_unit, flux_scale = u.flux_scale }
  end
  if s.law then
    local own = s.own_laws and s.own_laws[s.law]
    t.law = { name = s.law.name, slots = plain.is(s.law_slots) and s.law_slots or nil, own = own_law(s),
      text = own and code.text(own.code, s.options.precision) or nil }
  end
  for i, k in ipairs(s.kernels) do
    t.kernels[i] = { name = k.name, removed = k.removed or false, text = code.text(k.code, s.options.precision) }
  end
  return t
end

-- ---- going back -----------------------------------------------------------------------------------------------------------
local function refuse(file, text, ...) errors.raise(("%s: '%s': %s"):format(WHAT, file, text:format(...))) end

local function read(file)
  local out = ffi.new("brc_checkpoint*[1]")
  native.check(C.brc_checkpoint_open(ranks.comm(), file, out), WHAT)
  local data, problem = checkpoint.read(out[0], file)
  if data and not data.lua.scene then
    data, problem = nil, ("'%s' is of an earlier build, which kept nothing for barchan.load: go on with --resume"):format(file)
  end
  if data then return out[0], data end
  C.brc_checkpoint_close(out[0])
  errors.raise(("%s: %s"):format(WHAT, problem), errors.FILE)
end

-- The law of then: one of ours by its name, or one that the script hands over, which must come out as the same C.
local function choose_law(file, sim, s, t, given)
  if not t.law then return end
  if not t.law.own then
    sim:law(t.law.name)
    return
  end
  local names = {}
  for _, l in ipairs(given) do
    if type(l) ~= "table" or type(rawget(l, "name")) ~= "string" then
      errors.raise(("%s: laws must be a list of laws made with barchan.contact_law, or sub-models, got %s"):format(WHAT, checks.show(l)))
    end
    names[#names + 1] = l.name
    if t.law.name:match "^[^/]*" == l.name then
      sim:law(l, t.law.slots)
      local own = s.own_laws and s.own_laws[s.law]
      if s.law.name ~= t.law.name or not own or code.text(own.code, s.options.precision) ~= t.law.text then
        refuse(file, "the law '%s' that the script hands over is another one than when the checkpoint was written", l.name)
      end
      return
    end
  end
  refuse(file, "its contact law '%s' was made by the script, and no file can hold its functions: hand it over: barchan.load(file, { laws = "
    .. "{ ... } })%s", t.law.name, #names > 0 and "; there are: " .. table.concat(names, ", ") or "")
end

local function still() return { name = "gone", adds = "force", reads = { "v" }, body = function(p)
  return quantity(0, "N s/m") * p.v -- luacheck: ignore 113
end } end

-- Kernels keep their numbers: for one that was removed something stands that is removed at once.
local function make_kernels(file, sim, s, t, given)
  local by_name = {}
  for _, k in ipairs(given) do
    if type(k) ~= "table" or type(k.name) ~= "string" then
      errors.raise(("%s: kernels must be a list of what sim:kernel takes, got %s"):format(WHAT, checks.show(k)))
    end
    by_name[k.name] = k
  end
  for _, k in ipairs(t.kernels) do
    if not k.removed and not by_name[k.name] then
      refuse(file, "its kernel '%s' was a function of the script, which no file can hold: hand it over: barchan.load(file, { kernels = { { "
        .. "name = '%s', ... } } })", k.name, k.name)
    end
    sim:kernel(k.removed and still() or by_name[k.name])
    local made = s.kernels[#s.kernels]
    if not k.removed and code.text(made.code, s.options.precision) ~= k.text then
      refuse(file, "the kernel '%s' that the script hands over is another one than when the checkpoint was written", k.name)
    end
  end
end

-- A list that is found by number and by the names that the script has given.
local function collection(what, list, named)
  for name, i in pairs(named or {}) do
    if list[i] then list[name] = list[i] end
  end
  return setmetatable(list, { __index = function(_, key)
    local names = {}
    for name in pairs(list) do names[#names + 1] = tostring(name) end
    table.sort(names)
    errors.raise(errors.unknown(what, key, names))
  end })
end

-- What the script can take hold of.
local function scene_of(s, t)
  local named = t.scene.named or {}
  local counts = t.counts
  local scene = { law = s.law, time = simulation.time(s, s.step), step = s.step }
  local materials, all, streams, outlets, meters, sets, pairs_ = {}, {}, {}, {}, {}, {}, {}
  for i, m in ipairs(s.materials) do materials[i], materials[m.name] = m, m end
  for i, w in pairs(s.walls) do all[i] = not w._.removed and w or nil end
  for i, g in pairs(t.inserters) do
    streams[i] = insertion.object { state = s, index = i - 1, stream = true, final = g.final }
  end
  for i = 1, counts[C.BRC_COUNT_OUTLETS + 1] do outlets[i] = insertion.outlet(s, i - 1) end
  for i = 1, counts[C.BRC_COUNT_METERS + 1] do meters[i] = measures.meter(s, i - 1) end
  for i in pairs(t.bonds) do
    sets[i] = bonds.object(s, i - 1)
    s.bonds[i].object = sets[i]
  end
  for _, p in pairs(s.pairs) do
    local copy = {}
    for key, value in pairs(p.given) do copy[key] = value end
    pairs_[p.a.name .. "-" .. p.b.name], pairs_[p.b.name .. "-" .. p.a.name] = copy, copy
  end
  scene.materials = collection("material of the checkpoint", materials)
  scene.walls = collection("wall of the checkpoint", all, named.walls)
  scene.streams = collection("stream of the checkpoint", streams, named.inserters)
  scene.outlets = collection("outlet of the checkpoint", outlets, named.outlets)
  scene.meters = collection("meter of the checkpoint", meters, named.meters)
  scene.bonds = collection("set of bonds of the checkpoint", sets)
  scene.pairs = collection("pair of the checkpoint", pairs_)
  return scene
end

-- Walls that a function of the script has driven: it must be given again, or the wall halted, before the next step.
local function note_missing(s, t)
  s.missing = {}
  for _, row in ipairs(t.followers) do
    local wall = s.walls[row[1] + 1]
    if row[2] == "pose" then s.missing[#s.missing + 1] = wall
    else
      settings.warn(("%s: %s was driven by a function of time, which no file can hold: it keeps the last value"):format(WHAT, tostring(wall)))
    end
  end
end

local function make(file, handle, data, o)
  local t = data.lua
  local scene, options = t.scene, {}
  for key, value in pairs(t.scene.options) do options[key] = value end
  options.threads = o.threads
  local sim = simulation.new(options)
  local s = simulation.state(sim)
  s.journal = nil -- what follows are not calls of the script
  for _, values in ipairs(scene.materials) do sim:material(values) end
  for _, u in ipairs(scene.fields) do sim:field(u) end
  choose_law(file, sim, s, scene, o.laws or {})
  for _, p in ipairs(scene.pairs) do sim:pair(s.materials[p[1] + 1], s.materials[p[2] + 1], p[3]) end
  make_kernels(file, sim, s, scene, o.kernels or {})
  native.check(C.brc_checkpoint_load(handle, s.handle), WHAT)
  s.book = t.book and {} or nil
  checkpoint.take_lua(s, t, WHAT, file)
  for i, k in ipairs(s.kernels) do k.removed = scene.kernels[i].removed or nil end
  s.options.dt, s.named = t.option_dt, scene.named or s.named
  checkpoint.set_state(s, plain.decode(data.state))
  random.go(t.random)
  s.summary_valid = false
  backend.prepare(s, WHAT)
  local found = scene_of(s, t)
  note_missing(s, t)
  s.loaded = file
  s.journal = journal.new() -- a run of this script that is resumed loads the file again
  s.journal.entries[1] = { name = WHAT, args = journal.show(file), where = errors.where() }
  return sim, found
end

--- barchan.load(file, options) -> simulation, what it holds by name and number
return function(file, options)
  local p = api.calls[WHAT].parameters
  checks.value(WHAT, p[1], file)
  file = files.find(file)
  local o = checks.options(WHAT, p[2].parameters, options or {})
  local handle, data = read(file)
  local ok, sim, scene = pcall(make, file, handle, data, o)
  C.brc_checkpoint_close(handle)
  if not ok then error(sim, 0) end
  return sim, scene
end
