-- 09_laws.lua -- step 9: contact laws: one made of sub-models, and one of your own. `barchan describe laws` lists the sub-models,
-- `barchan describe language` what a law may be made of.
-- luacheck: globals sqrt max effective_young
local barchan = require "barchan"
local mm = barchan.units.mm

local function heap(law, pair)
  local sim = barchan.simulation { domain = { lo = {-150*mm, -150*mm, -2*mm}, hi = {150*mm, 150*mm, 60*mm} }, gravity = {0, 0, -9.81} }
  local grain = sim:material { name = "grain", young = 5e6, poisson = 0.3, density = 2500 }
  sim:law(law)
  sim:pair(grain, grain, pair)
  sim:plane { point = {0, 0, 0}, normal = {0, 0, 1}, material = grain }
  sim:insert { region = sim.cylinder { from = {0, 0, 1*mm}, to = {0, 0, 40*mm}, radius = 8*mm }, material = grain,
    radius = {1*mm, 1.2*mm}, count = 250 }
  sim:run { time = 0.25 }
  local top = sim:max(sim.x.z)
  sim:close()
  return top
end

-- Sub-models in the slots: what is not named is left out. Cohesion pulls with 2 pi w R while two grains touch.
local dry = heap({ normal = "hertz", damping = "tsuji", tangential = "mindlin", rolling = "epsd" },
  { restitution = 0.3, friction = 0.5, rolling_friction = 0.1 })
local sticky = heap({ normal = "hertz", damping = "tsuji", tangential = "mindlin", rolling = "epsd", cohesion = "dmt" },
  { restitution = 0.3, friction = 0.5, rolling_friction = 0.1, work_of_adhesion = 0.5 })
print(("the heap is %.1f mm high, with cohesion %.1f mm"):format(dry/mm, sticky/mm))
assert(sticky > dry)

-- A law of one's own: Hertz's force with a dashpot, without friction. Units are checked when it is traced.
local mine = barchan.contact_law {
  name = "frictionless",
  material = { young = { "Pa", 0, exclusive = true }, poisson = { "1", -1, 0.5 } },
  pair = { damping = { "1", 0, text = "part of the critical damping" } },
  derive = function(a, b, pair) return { E = effective_young(a, b), z = pair.damping } end,
  coefficients = { E = "Pa", z = "1" },
  force = function(c, k) -- on the first of the two, along n; c.v is its velocity relative to the second
    local stiffness = 2*k.E*sqrt(c.R*c.overlap)
    local spring = 2/3*stiffness*c.overlap
    local dashpot = 2*k.z*sqrt(c.m*stiffness)
    return max(spring - dashpot*(c.v.x*c.n.x + c.v.y*c.n.y + c.v.z*c.n.z), 0)*c.n
  end,
}
mine:explain() -- coefficients, operations, force and stiffness as formulas
local flat = heap(mine, { damping = 0.3 })
print(("without friction it flows apart: %.1f mm"):format(flat/mm))
assert(flat < dry)
