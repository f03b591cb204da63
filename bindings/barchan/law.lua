-- law.lua -- the contact laws that a script can name: loads their files, composes them of sub-models, derives coefficients.
--
--   local l = law.resolve("hertz", { rolling = "epsd" })    --> l.name == "hertz_mindlin/epsd"
--   local l = law.resolve { normal = "hertz", damping = "tsuji", tangential = "coulomb" }
--   local k = l.derive(glass, steel, { restitution = 0.7, friction = 0.4, ... })
--   local f = l.force_at(k, R, m, overlap)
jit.off(true, true) -- cold: see init.lua
local blame = require "barchan.law.blame"
local derivative = require "barchan.law.derivative"
local model = require "barchan.law.model"
local restitution = require "barchan.law.restitution"
local slots = require "barchan.law.slots"
local trace = require "barchan.law.trace"

local law = {}
for name, maker in pairs(model.makers) do law[name] = maker end
law.makers = model.makers -- what scripts find in `barchan`

--- The functions that derive uses: set to the engine's fixed ones (log exp sqrt atan2 sin cos, pi) once it is loaded.
function law.set_math(functions)
  restitution.math = functions
end

-- Complete laws, and the sub-models of each slot: scripts/laws/NAME.lua and scripts/laws/SLOT_NAME.lua.
local bases = { "hertz_mindlin", "linear" }
local available = {
  normal = { "linear", "hertz", "hysteretic", "luding", "thornton_ning", "eepa", "jkr" },
  damping = { "calibrated", "tsuji", "viscous", "velocity" },
  cohesion = { "simplified_jkr", "sjkr", "sjkr2", "dmt", "willett", "willett_analytic", "rabinovich",
    "liquid_bridge" },
  far = { "electrostatic" },
  tangential = { "linear", "coulomb", "mindlin", "mindlin_force", "mindlin_rescale" },
  rolling = { "constant_torque", "epsd", "epsd2", "viscous" },
  twisting = { "marshall", "sds" },
  heat = { "conduction" },
}
local aliases = { hertz = "hertz_mindlin", hertzian = "hertz_mindlin", spring_dashpot = "linear", hooke = "linear" }
-- Other names of sub-models; a table fills more than one slot.
local sub_aliases = {
  normal = { hertzian = "hertz", hooke = "linear", spring_dashpot = { normal = "linear", damping = "calibrated" },
    sjkr = { normal = "hertz", cohesion = "simplified_jkr" }, simplified_jkr = { normal = "hertz", cohesion = "simplified_jkr" } },
  tangential = { spring_coulomb = "linear" },
  cohesion = { jkr = { normal = "jkr" } }, -- which takes the place of Hertz's force
}

-- Compositions that the build compiles; any other is compiled, or interpreted, when a script asks for it.
local generated = { "hertz_mindlin", "hertz_mindlin/constant_torque", "hertz_mindlin/epsd", "linear", "linear/constant_torque",
  "linear/epsd" }

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

--- What fills a slot: { "none", ... }. Without an argument: the names of the slots in the order in which they run.
function law.slot(name)
  if not name then return { unpack(slots.names) } end
  return { "none", unpack(available[name]) }
end

--- What a slot is for.
law.slot_text = slots.text

--- The sub-model in a file: { slot, name, about, material, pair, ... }.
function law.sub_model(slot, name)
  return load(slot .. "_" .. name)
end

--- Names of the compositions that the build compiles, in the order of the registry.
function law.compositions()
  return { unpack(generated) }
end

local bond
--- The law of bonds, whose pair values are those of a bond.
function law.bond()
  bond = bond or law.compose(load "bond_beam")
  return bond
end

--- All values that some law or sub-model asks for; kind is "material" or "pair": name -> { unit, min, max, ... }.
function law.values(kind)
  local all = {}
  local function add(m)
    for key, spec in pairs(m[kind]) do all[key] = all[key] or spec end
  end
  for _, base in ipairs(bases) do add(load(base)) end
  for _, slot in ipairs(slots.names) do
    for _, name in ipairs(available[slot]) do add(law.sub_model(slot, name)) end
  end
  return all
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

  --- What the parts of the law do and store: a list of { name, power [W], energy [J] }; see trace.evaluate_measure. The coefficients
  -- are those of l.measured.derive: l.measured is the law itself, or its equal that is made of sub-models.
  function l.evaluate_measure(contact, coefficients, history)
    return trace.evaluate_measure(l.measured, contact, coefficients, history)
  end

  --- [N] at rest at this overlap [m]; R, m: effective radius [m] and mass [kg].
  function l.force_at(coefficients, R, m, overlap)
    return normal_force(coefficients, R, m, overlap)
  end

  local rest -- derivatives of the normal force at rest
  --- { force, stiffness, damping } as formulas; see derivative.of.
  function l.at_rest()
    rest = rest or derivative.of(l)
    return rest
  end

  --- [N/m] d force / d overlap at rest, exactly.
  function l.stiffness(coefficients, R, overlap)
    local slope = l.at_rest().stiffness.at(coefficients, R, 1, overlap)
    return l.stiffest and math.max(slope, l.stiffest(coefficients, R, overlap)) or slope
  end

  --- [N s/m] -d force / d v_n at rest, exactly; m: effective mass [kg].
  function l.damping_at(coefficients, R, m, overlap)
    return (l.at_rest().damping.at(coefficients, R, m, overlap))
  end
  return l
end

-- Whole law of a base (a contact_law or nil) and sub-models by slot.
local function whole_law(base, chosen, name, about)
  local l = slots.compose(base, chosen, name, about)
  if base and base.same_as then -- measured by its parts
    local parts = {}
    for slot, sub in pairs(chosen) do parts[slot] = sub end
    for slot, sub in pairs(base.same_as) do parts[slot] = law.sub_model(slot, sub) end
    l.measured = slots.compose(nil, parts, name, about)
  else
    l.measured = l
  end
  return finish(l)
end

--- A law made with contact_law{...} and a list of sub-models, ready for use: what resolve answers for the built-in ones.
function law.compose(given, subs)
  local chosen, name = {}, given.name
  for _, sub in ipairs(subs or {}) do
    chosen[sub.slot] = sub
    name = name .. "/" .. (sub.slot == "rolling" and "" or sub.slot .. "=") .. sub.name
  end
  return whole_law(given, chosen, name, given.about)
end

local function check_base(name)
  local base = aliases[name] or name
  for _, b in ipairs(bases) do
    if b == base then return base end
  end
  local known = blame.keys(aliases)
  for i, b in ipairs(bases) do table.insert(known, i, b) end
  blame.fail("unknown contact law '%s'%s", name, blame.known(base, known))
end

-- One choice for a slot, aliases followed: a sub-model's table, or false for "none". May fill other slots of `chosen` too.
local function choose(chosen, explicit, what, slot, given)
  if not available[slot] then blame.fail("%s: unknown slot '%s'%s", what, tostring(slot), blame.known(slot, slots.names)) end
  if type(given) == "table" and given.kind == "sub-model" then
    if given.slot ~= slot then blame.fail("%s: %s is given a %s model", what, slot, given.slot) end
    chosen[slot] = given
    return
  end
  if given == "none" then
    chosen[slot] = nil
    return
  end
  local other = (sub_aliases[slot] or {})[given]
  if type(other) == "table" then
    if slot == "cohesion" and (explicit.normal or "hertz") ~= "hertz" then
      blame.fail("%s: cohesion = \"%s\" takes the place of Hertz's force: write normal = \"%s\"", what, given, given)
    end
    for to, name in pairs(other) do
      if to == slot or explicit[to] == nil or to == "normal" then chosen[to] = law.sub_model(to, name) end
    end
    return
  end
  local name = other or given
  for _, known in ipairs(available[slot]) do
    if known == name then
      chosen[slot] = law.sub_model(slot, name)
      return
    end
  end
  local known = law.slot(slot)
  for _, alias in ipairs(blame.keys(sub_aliases[slot] or {})) do known[#known + 1] = alias end
  blame.fail("%s: unknown %s model '%s'%s", what, slot, tostring(given), blame.known(given, known))
end

-- All choices, in the order of the slots, after those that are no slots.
local function fill(chosen, given, what)
  for _, slot in ipairs(blame.keys(given)) do
    if not available[slot] then choose(chosen, given, what, slot) end
  end
  for _, slot in ipairs(slots.names) do
    if given[slot] ~= nil then choose(chosen, given, what, slot, given[slot]) end
  end
end

local whole_of = setmetatable({}, { __mode = "k" })

--- A script's own law, made with contact_law{...}, with its slots filled: options maps slots to names of sub-models or to
-- sub-models that the script made.
function law.compose_with(given, options)
  local chosen, subs = {}, {}
  fill(chosen, options or {}, "law " .. given.name)
  for _, slot in ipairs(slots.names) do subs[#subs + 1] = chosen[slot] end
  if #subs > 0 then return law.compose(given, subs) end
  whole_of[given] = whole_of[given] or law.compose(given)
  return whole_of[given]
end

local resolved = {}

--- A law by its name ("hertz_mindlin", an alias, or "hertz_mindlin/epsd") with more of its slots filled, or as a composition alone:
-- a table { normal = ..., damping = ..., ... }. A slot takes the name of a sub-model, or one made by barchan.normal_model{...}.
-- Answers { name, material, pair, coefficients, history, derive, evaluate, force_at, stiffness, measure, parts }:
-- material and pair map names to { unit, min, max, exclusive, default, choices, text }.
function law.resolve(name, options)
  local chosen, base = {}, nil
  local given = {}
  if type(name) == "table" then
    if options then blame.fail("a composition { normal = ..., ... } takes no second table") end
    given = name
  elseif type(name) == "string" then
    for i, word in ipairs((function()
      local words = {}
      for w in (name .. "/"):gmatch("([^/]*)/") do words[#words + 1] = w end
      return words
    end)()) do
      local slot, choice = word:match("^(.-)=(.*)$")
      if slot then given[slot] = choice elseif i == 1 then base = check_base(word) else given.rolling = word end
    end
    for key, choice in pairs(options or {}) do given[key] = choice end
  else
    blame.fail("the name of a law must be a string, got %s", type(name))
  end
  local what = base and "law " .. base or "composition"
  fill(chosen, given, what)

  if base then -- what changes the law itself makes it a composition
    local same = load(base).same_as
    local changed = false
    for slot in pairs(same) do changed = changed or given[slot] ~= nil end
    if changed or chosen.cohesion or chosen.normal then
      for slot, sub in pairs(same) do
        if given[slot] == nil and not chosen[slot] then chosen[slot] = law.sub_model(slot, sub) end
      end
      -- a restitution that no damping can promise is not promised
      if given.damping == nil and (chosen.normal.pulls or not chosen.normal.damping_scale) then
        chosen.damping = chosen.normal.damping_scale and law.sub_model("damping", "tsuji") or nil
      end
      base = nil
    end
  end
  if not base and not chosen.normal then
    blame.fail("%s: a composition needs a normal model%s", what, blame.known("", available.normal))
  end
  local words, own = { base }, false
  for _, slot in ipairs(slots.names) do
    local sub = chosen[slot]
    if sub then
      words[#words + 1] = (base and slot == "rolling") and sub.name or slot .. "=" .. sub.name
      own = own or sub ~= loaded[slot .. "_" .. sub.name]
    end
  end
  local whole = table.concat(words, "/")
  if own then return whole_law(base and load(base), chosen, whole) end
  if not resolved[whole] then
    local about
    if base then
      about = load(base).about
    else
      local texts = {}
      for _, slot in ipairs(slots.names) do texts[#texts + 1] = chosen[slot] and chosen[slot].about end
      about = table.concat(texts, "; ")
    end
    resolved[whole] = whole_law(base and load(base), chosen, whole, about)
  end
  return resolved[whole]
end

--- The graph of a resolved law.
function law.trace(l)
  return trace.law(l)
end

--- The graph of what a resolved law's parts do and store: results are power [W] and energy [J] of each name in `names`; its
-- coefficients are those of l.measured, its history that of l.
function law.trace_measure(l)
  return trace.measure(l.measured)
end

return law
