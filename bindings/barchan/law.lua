-- law.lua -- the contact laws that a script can name: loads their files, composes them with sub-models, derives coefficients.
--
--   local l = law.resolve("hertz", { rolling = "epsd" })    --> l.name == "hertz_mindlin/epsd"
--   local k = l.derive(glass, steel, { restitution = 0.7, friction = 0.4, ... })
--   local f = l.force_at(k, R, m, overlap)
local blame = require "barchan.law.blame"
local model = require "barchan.law.model"
local restitution = require "barchan.law.restitution"
local trace = require "barchan.law.trace"

local law = {}

law.contact_law, law.rolling_model, law.vec3 = model.contact_law, model.rolling_model, model.vec3

--- The functions that derive uses: set to the engine's fixed ones (log exp sqrt atan2 sin cos, pi) once it is loaded.
function law.set_math(functions)
  restitution.math = functions
end

local aliases = { hertz = "hertz_mindlin", hertzian = "hertz_mindlin", spring_dashpot = "linear", hooke = "linear" }
local slots = { rolling = { "constant_torque", "epsd" } }
local slot_names = { "rolling" }
local bases = { "hertz_mindlin", "linear" }

-- Beside this file when installed or staged; in the source tree scripts/laws.
local here = debug.getinfo(1, "S").source:sub(2):gsub("[^/\\]*$", "")
law.folder = nil
local function folder()
  if not law.folder then
    for _, path in ipairs { here .. "laws/", here .. "../../scripts/laws/" } do
      local file = io.open(path .. bases[1] .. ".lua")
      if file then
        file:close()
        law.folder = path
        break
      end
    end
    if not law.folder then error("the folder of contact laws is missing: " .. here .. "laws/", 0) end
  end
  return law.folder
end

local loaded = {}
local function load(name)
  loaded[name] = loaded[name] or model.load(folder() .. name .. ".lua")
  return loaded[name]
end

--- Names that resolve knows, aliases left out.
function law.names()
  return { unpack(bases) }
end

--- What fills a slot: { "none", ... }. Without an argument: the names of the slots.
function law.slot(name)
  if not name then return { unpack(slot_names) } end
  return { "none", unpack(slots[name]) }
end

--- Names of all compositions, in the order of the registry.
function law.compositions()
  local names = {}
  for _, base in ipairs(bases) do
    names[#names + 1] = base
    for _, sub in ipairs(slots.rolling) do names[#names + 1] = base .. "/" .. sub end
  end
  return names
end

local unit_normal = { 1, 0, 0 }

-- The functions that scripts and the time step need, on top of a composed model.
local function finish(l)
  local function normal_force(k, R, m, overlap)
    local force = trace.evaluate(l, { overlap = overlap, n = unit_normal, R = R, m = m, R1 = R, dt = 1 }, k)
    return force.x
  end

  --- Force, moment and new history of one contact, on plain numbers; see trace.evaluate.
  function l.evaluate(contact, coefficients, history)
    return trace.evaluate(l, contact, coefficients, history)
  end

  --- [N] at rest at this overlap [m]; R, m: effective radius [m] and mass [kg].
  function l.force_at(coefficients, R, m, overlap)
    return normal_force(coefficients, R, m, overlap)
  end

  --- [N/m] d force / d overlap at rest, by central difference.
  function l.stiffness(coefficients, R, overlap)
    local h = overlap * 2 ^ -13 -- the error h^2 F'''/6 and the rounding eps F/h are both about 1e-9 of the answer
    return (normal_force(coefficients, R, 1, overlap + h) - normal_force(coefficients, R, 1, overlap - h)) / (2 * h)
  end
  return l
end

--- A law made with contact_law{...} and a list of sub-models, ready for use: what resolve answers for the built-in ones.
function law.compose(given, subs)
  return finish(model.compose(given, subs or {}))
end

local resolved = {}

--- The law of a name ("hertz_mindlin", an alias, or "hertz_mindlin/epsd") with its slots filled.
-- Answers { name, material, pair, coefficients, history, derive, evaluate, force_at, stiffness }:
-- material and pair map names to { unit, min, max, exclusive, default, choices, text }.
function law.resolve(name, options)
  if type(name) ~= "string" then blame.fail("the name of a law must be a string, got %s", type(name)) end
  local chosen = {}
  local first, rest = name:match("^([^/]*)/(.*)$")
  local base = first or name
  base = aliases[base] or base
  local known = blame.keys(aliases)
  for i, b in ipairs(bases) do table.insert(known, i, b) end
  local found = false
  for _, b in ipairs(bases) do found = found or b == base end
  if not found then blame.fail("unknown contact law '%s'%s", name, blame.known(base, known)) end
  if rest then chosen.rolling = rest end
  for _, key in ipairs(blame.keys(options or {})) do
    if not slots[key] then blame.fail("law %s: unknown option '%s'%s", base, tostring(key), blame.known(key, slot_names)) end
    chosen[key] = options[key]
  end
  local subs, whole = {}, base
  for _, slot in ipairs(slot_names) do
    local sub = chosen[slot]
    if sub ~= nil and sub ~= "none" then
      local fits = false
      for _, s in ipairs(slots[slot]) do fits = fits or s == sub end
      if not fits then
        blame.fail("law %s: unknown %s model '%s'%s", base, slot, tostring(sub), blame.known(sub, law.slot(slot)))
      end
      subs[#subs + 1] = load(slot .. "_" .. sub)
      whole = whole .. "/" .. sub
    end
  end
  if not resolved[whole] then resolved[whole] = law.compose(load(base), subs) end
  return resolved[whole]
end

--- The graph of a resolved law.
function law.trace(l)
  return trace.law(l)
end

return law
