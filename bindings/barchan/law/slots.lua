-- slots.lua -- the slots of a contact law, the sub-models that fill them, and the composition of both into one law.
--
-- Sub-models run in the order of slots.names. What one offers, later ones read as fields of c; the composition itself adds
--   c.elastic_force [N]     what the normal model gave
--   c.normal_force  [N]     what presses the surfaces together, the load of friction: elastic force and dashpot, and what an adhesive
--                           normal model offers as `pull` (JKR: twice the pull-off force, Thornton 1991). Cohesion does not lessen it.
--   c.touch_radius  [m]     the contact radius that the normal model offers, else sqrt(R overlap)
--   c.tangential_dashpot(S) [N s/m] for a tangential spring of stiffness S; 0 without a damping model
jit.off(true, true) -- cold: see init.lua
local blame = require "barchan.law.blame"
local environment = require "barchan.law.environment"
local model = require "barchan.law.model"
local trace = require "barchan.law.trace"
local units = require "barchan.law.units"
local vector = require "barchan.law.vector"

local slots = {}
local fail = blame.fail
local names = environment.make()
local newton = units.parse "N"

-- In the order in which they run: the name of the function in a sub-model's table and what that answers.
local kinds = {
  { name = "normal", does = "force", text = "elastic force along the normal" }, -- [N], positive: repels
  { name = "damping", does = "dashpot", text = "dashpot of the normal and the tangential spring" }, -- (c, factor, S) -> [N s/m]
  -- These two answer [N] along the normal, negative: attracts; and perhaps { field = what flows into the first }.
  { name = "cohesion", does = "force", text = "attraction" },
  { name = "far", does = "force", text = "forces that reach beyond touching" },
  { name = "tangential", does = "force", text = "friction" }, -- vector [N]
  { name = "rolling", does = "moment", text = "resistance to rolling" }, -- vector [N m]
  { name = "twisting", does = "moment", text = "resistance to turning about the normal" }, -- vector [N m]
  { name = "heat", does = "flow", text = "what flows between the two" }, -- { field = ... }
}
slots.names = {}
for i, kind in ipairs(kinds) do slots.names[i], kinds[kind.name] = kind.name, kind end

--- What a slot is for.
function slots.text(slot) return kinds[slot].text end

-- barchan.normal_model{...} and its like. Besides what contact_law takes: `needs` names what earlier parts must offer;
-- energy(c, k, h) the elastic energy stored now [J], asked after the sub-model has run; stiffest(k, R, overlap) in plain Lua the
-- largest stiffness [N/m] that the contact can have at this overlap, for laws that unload more stiffly than they load.
-- A normal model offers normal_stiffness [N/m], force over overlap, and normal_tangent [N/m], the stiffness that dashpots go by;
-- `pulls` says that its force may be attractive; `damping_scale` s, that with a dashpot 2 s z sqrt(normal_tangent m) its restitution is
-- that of the linear spring with damping ratio z. A damping model has the coefficients damping and tangential_damping, factors that
-- its dashpot(c, factor, S) [N s/m] is given for a spring of stiffness S [N/m], and floor [N], the least normal force.
-- derive(a, b, pair, above) sees what was derived for the parts before it in `above`, and the damping_scale of the normal model.
for _, kind in ipairs(kinds) do
  local maker = kind.name .. "_model"
  model.makers[maker] = function(given)
    local allowed = { name = "string", about = "string?", material = "table?", pair = "table?", derive = "function?",
      coefficients = "table?", history = "table?", units = "boolean?", fields = "table?", flux = "table?", reach = "function?",
      birth = "string?", offers = "table?", needs = "table?", energy = "function?", [kind.does] = "function" }
    if kind.name == "normal" then
      allowed.stiffest, allowed.damping_scale, allowed.pulls = "function?", "number?", "boolean?"
    end
    if kind.name == "damping" then allowed.needs_scale, allowed.exact = "boolean?", "boolean?" end
    model.check(given, maker, allowed)
    local m = model.part(given, kind.does)
    m.kind, m.slot = "sub-model", kind.name
    m.needs, m.stiffest, m.damping_scale = given.needs or {}, given.stiffest, given.damping_scale
    m.pulls, m.needs_scale, m.exact = given.pulls, given.needs_scale, given.exact
    if m.stiffest then setfenv(m.stiffest, environment.make()) end
    return m
  end
end

-- ---- composition ------------------------------------------------------------------------------------------------------------

local function join(target, more, what, owners, part)
  for key, value in pairs(more) do
    if target[key] ~= nil then
      fail("%s '%s' is in both %s and %s", what, tostring(key), owners[key], part.label)
    end
    target[key], owners[key] = value, part.label
  end
end

-- Fields that several parts name are one field; its unit must be the same.
local function join_fields(whole, part)
  for _, f in ipairs(part.fields) do
    local there
    for _, g in ipairs(whole.fields) do there = there or g.name == f.name and g end
    if there and there.unit ~= f.unit then
      fail("field '%s' is %s in %s and %s elsewhere", f.name, f.unit, part.name, there.unit)
    end
    if not there then whole.fields[#whole.fields + 1] = f end
  end
  table.sort(whole.fields, function(a, b) return a.name < b.name end)
  if #whole.fields > model.field_limit then fail("a law can have %d fields, got %d", model.field_limit, #whole.fields) end
  for name, unit in pairs(part.flux) do whole.flux[name] = unit end
end

-- What each part needs must be offered by one before it.
local function check_needs(parts)
  local own = parts.normal ~= nil -- a complete law says itself what it offers
  local offered = { normal_force = own, elastic_force = own, touch_radius = true }
  for i, part in ipairs(parts) do
    for _, need in ipairs(part.needs or {}) do
      if not offered[need] then
        local before = {}
        for j = 1, i - 1 do before[j] = parts[j].label end
        fail("%s needs %s, which %s does not offer", part.label, need,
          #before > 0 and table.concat(before, " with ") or "nothing before it")
      end
    end
    for name in pairs(part.offers) do offered[name] = true end
  end
  local normal, damping = parts.normal, parts.damping
  if damping and damping.needs_scale and (not normal.damping_scale or normal.pulls and damping.exact) then
    fail("%s gives an asked restitution only with a spring that has no losses of its own%s, not with %s; viscous and velocity fit any",
      damping.label, damping.exact and " and does not attract" or "", normal.label)
  end
end

local function scalar_result(part, value, place)
  trace.check_unit(value, part.units and newton, place, blame.definition(part.force_text))
  return value
end

local function vector_result(part, value)
  if not vector.is(value) then
    local what = part.slot and ("a %s model"):format(part.slot) or "a law's force"
    error(("%s%s must return a vector, got %s"):format(blame.definition(part.force_text), what, type(value)), 0)
  end
  return value
end

-- c as parts see it that act only on touching pairs, where the engine also asks about pairs that do not touch.
local function touching_only(c)
  local overlap = names.max(c.overlap, 0)
  return setmetatable({}, { __newindex = c,
    __index = function(_, key)
      if key == "overlap" then return overlap end
      return c[key]
    end })
end

--- One law made of `base` (a contact_law, or nil) and of sub-models: a map from slots to models.
function slots.compose(base, chosen, name, about)
  local parts = { base }
  if base then
    base.label = "the law " .. base.name
    for _, slot in ipairs { "normal", "damping", "tangential" } do
      if chosen[slot] then fail("%s has forces of its own where %s = \"%s\" would go", base.label, slot, chosen[slot].name) end
    end
  end
  for _, kind in ipairs(kinds) do
    local part = chosen[kind.name]
    if part then
      part.label = ("%s = \"%s\""):format(kind.name, part.name)
      parts[#parts + 1], parts[kind.name] = part, part
    end
  end
  check_needs(parts)
  local whole = { name = name, about = about, units = true, material = {}, pair = {}, coefficients = {}, coefficient_units = {},
    history_fields = {}, fields = {}, flux = {}, birth = "contact", force_text = parts[1].force_text,
    offers = {}, parts = parts }
  for _, offer in ipairs { { "elastic_force", "N" }, { "normal_force", "N" }, { "touch_radius", "m" } } do
    whole.offers[offer[1]] = { name = offer[1], unit = units.parse(offer[2]), columns = 1 }
  end
  whole.offers.tangential_dashpot = { name = "tangential_dashpot", columns = 0 } -- a function
  local pair_owner, coefficient_owner, history_owner, history = {}, {}, {}, {}
  for _, part in ipairs(parts) do
    whole.units = whole.units and part.units
    for key, value in pairs(part.material) do whole.material[key] = whole.material[key] or value end
    for key, value in pairs(part.offers) do whole.offers[key] = value end
    join(whole.pair, part.pair, "pair value", pair_owner, part)
    join(whole.coefficient_units, part.coefficient_units, "coefficient", coefficient_owner, part)
    for _, key in ipairs(part.coefficients) do whole.coefficients[#whole.coefficients + 1] = key end
    for _, f in ipairs(part.history_fields) do
      join(history, { [f.name] = f }, "history", history_owner, part)
      whole.history_fields[#whole.history_fields + 1] = f
    end
    join_fields(whole, part)
    if part.birth == "reach" then whole.birth = "reach" end
    if part.reach then
      --- Largest gap [m] at which a pair with coefficients k and effective radius R [m] acts; nil where only touching pairs do.
      function whole.reach(k, R)
        local most = 0
        for _, p in ipairs(parts) do
          local gap = p.reach and p.reach(k, R) or 0
          if type(gap) ~= "number" or not (gap >= 0 and gap < math.huge) then
            error(("%sreach must answer the largest gap [m] at which the law acts, a number >= 0, got %s"):format(
              blame.definition(p.reach), tostring(gap)), 0)
          end
          most = math.max(most, gap)
        end
        return most
      end
    end
    if part.stiffest then whole.stiffest = part.stiffest end
  end
  if not whole.units then
    for _, offer in pairs(whole.offers) do offer.unit = nil end
  end
  whole.history = model.scalars(whole.history_fields)

  -- With a reach: is the pair in contact, is each part to act? Decided once the normal model has run.
  local function contact_of(c)
    if not whole.reach then return nil end
    if parts.normal and parts.normal.reach then return names.gt(c.contact_radius, 0) end
    return names.gt(c.overlap, 0)
  end

  -- Runs all parts; answers along (sum of forces along the normal [N] or nil), force (vector or nil), moment (vector or nil), flux,
  -- and a list of what each contributed: { name, along =, force =, moment =, part = }.
  local function run(c, k, h)
    local near = whole.reach and touching_only(c) or c
    local contact -- condition, nil: always
    local along, force, moment, flux
    local list = {}
    local function own(part) return part.reach and c or near end
    -- Result and history of a part that acts on touching pairs only.
    local function masked(part, value)
      if not whole.reach or part.reach then return value end
      for _, f in ipairs(part.history_fields) do
        h[f.name] = names.where(contact, h[f.name], f.columns == 3 and vector.make(0, 0, 0) or 0)
      end
      if vector.is(value) then return names.where(contact, value, vector.make(0, 0, 0)) end
      return names.where(contact, value, 0)
    end
    local function pull(value) along = along and along + value or value end

    if parts.normal then
      local normal, damping = parts.normal, parts.damping
      local elastic = scalar_result(normal, normal.force(own(normal), k, h), "the elastic force")
      contact = contact_of(c)
      elastic = masked(normal, elastic)
      c.elastic_force = elastic
      list[1] = { name = "normal", part = normal, along = elastic }
      local whole_normal = elastic
      if damping then
        local resistance = damping.force(near, k.damping, c.normal_tangent)
        local fn = names.spring_dashpot(near, elastic, c.normal_tangent, resistance)
        local floor = k.floor
        if normal.pulls then floor = floor + names.min(elastic, 0) end
        whole_normal = masked(damping, names.max(fn, floor))
        list[2] = { name = "damping", part = damping, along = whole_normal - elastic }
        c.tangential_dashpot = function(S) return names.bearable_resistance(near, damping.force(near, k.tangential_damping, S)) end
      else
        c.tangential_dashpot = function() return 0 end
      end
      c.normal_force = normal.offers.pull and whole_normal + c.pull or whole_normal
      along = whole_normal
    else
      local contribution = { name = base.name, part = base }
      contribution.force, contribution.moment, flux = base.force(own(base), k, h)
      contact = contact_of(c)
      contribution.force = masked(base, vector_result(base, contribution.force))
      if contribution.moment then contribution.moment = masked(base, contribution.moment) end
      if whole.reach and not base.reach then
        for key, value in pairs(flux or {}) do flux[key] = names.where(contact, value, 0) end
      end
      force, moment, list[1] = contribution.force, contribution.moment, contribution
    end
    if parts.normal and parts.normal.offers.contact_radius or base and base.offers.contact_radius then
      c.touch_radius = c.contact_radius
    else
      c.touch_radius = names.sqrt(c.R * near.overlap)
    end
    for _, slot in ipairs { "cohesion", "far" } do
      local part = parts[slot]
      if part then
        local value, flows = part.force(own(part), k, h)
        value = masked(part, scalar_result(part, value, "the force of " .. slot))
        list[#list + 1] = { name = slot, part = part, along = value }
        pull(value)
        for key, flow in pairs(flows or {}) do
          flux = flux or {}
          flux[key] = (flux[key] and flux[key] + masked(part, flow)) or masked(part, flow)
        end
      end
    end
    if parts.tangential then
      local part = parts.tangential
      force = masked(part, vector_result(part, part.force(own(part), k, h)))
      list[#list + 1] = { name = "tangential", part = part, force = force }
    end
    for _, slot in ipairs { "rolling", "twisting" } do
      local part = parts[slot]
      if part then
        local value = masked(part, vector_result(part, part.force(own(part), k, h)))
        list[#list + 1] = { name = slot, part = part, moment = value }
        moment = moment and moment + value or value
      end
    end
    if parts.heat then
      local part = parts.heat
      flux = flux or {}
      for key, value in pairs(part.force(own(part), k, h)) do
        flux[key] = (flux[key] and flux[key] + masked(part, value)) or masked(part, value)
      end
    end
    return along, force, moment, flux, list
  end

  function whole.force(c, k, h)
    local along, force, moment, flux = run(c, k, h)
    if along then force = force and along * c.n + force or along * c.n end
    return force, moment, flux
  end

  --- For the energy book: a list of { name = slot or law, power = [W] that this part's force does on the relative motion now,
  -- energy = elastic energy [J] that it stores after the step,
  -- force, moment = on the first particle, nil: none }; parts without a function `energy` store none.
  function whole.measure(c, k, h)
    local _, _, _, _, list = run(c, k, h)
    local out = {}
    for i, got in ipairs(list) do
      local power
      if got.along then power = got.along * names.dot(c.v, c.n) end
      if got.force then power = names.dot(got.force, c.v) end
      if got.moment then
        local turning = names.dot(got.moment, c.w)
        power = power and power + turning or turning
      end
      local energy = got.part.energy and got.part.energy(got.part.reach and c or (whole.reach and touching_only(c) or c), k, h) or 0
      if whole.reach and not got.part.reach and got.part.energy then energy = names.where(contact_of(c), energy, 0) end
      local force = got.along and got.along * c.n
      if got.force then force = force and force + got.force or got.force end
      out[i] = { name = got.name, power = power, energy = energy, force = force, moment = got.moment }
    end
    return out
  end

  --- Coefficients of a pair of materials: name -> number.
  function whole.derive(a, b, pair)
    local all = {}
    local above = setmetatable({ damping_scale = parts.normal and parts.normal.damping_scale }, { __index = all })
    for _, part in ipairs(parts) do
      local got = part.derive(a, b, pair, above)
      for _, key in ipairs(part.coefficients) do
        local value = got[key]
        if type(value) ~= "number" or value ~= value then
          error(("%sderive must answer the coefficient '%s' as a number, got %s"):format(blame.definition(part.derive), key,
            tostring(value)), 0)
        end
        all[key] = value
      end
      for key in pairs(got) do
        if all[key] == nil then
          error(("%sderive gave '%s', which is not among the coefficients"):format(blame.definition(part.derive), tostring(key)), 0)
        end
      end
    end
    return all
  end
  return whole
end

return slots
