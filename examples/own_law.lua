-- own_law.lua -- a contact law of one's own: viscoelastic spheres (Kuwabara and Kono 1987; Brilliantov et al. 1996), whose force is
-- Hertz's with a dashpot that grows with the contact. Their restitution falls with the impact speed v:
--   e = 1 - C1 x + C2 x^2 - C3 x^3 + C4 x^4,   x = 3/2 A (k/m)^(2/5) v^(1/5),   k = 4/3 E* sqrt(R*)
-- (Schwager and Poeschel, Phys. Rev. E 57 (1998) 650; Ramirez et al., Phys. Rev. E 60 (1999) 4465). Grains hit a plane here at six
-- speeds. What a law can be made of: barchan describe contact_law, barchan describe language.
-- luacheck: globals sqrt dot effective_young
local barchan = require "barchan"
local mm = barchan.units.mm

local viscoelastic = barchan.contact_law {
  name = "viscoelastic",
  about = "Hertz with a viscous part 3/2 A times the rate of the force",
  material = { young = { "Pa", 0, exclusive = true }, poisson = { "1", -1, 0.5 } }, -- what sim:material will ask for: unit, least, most
  pair = { relaxation_time = { "s", 0, text = "A" } },                              -- what sim:pair will ask for
  derive = function(a, b, pair) -- for each pair of materials, in plain Lua
    return { k = 4 / 3 * effective_young(a, b), A = pair.relaxation_time }
  end,
  coefficients = { k = "Pa", A = "s" }, -- of what derive gives

  force = function(c, k) -- on the first of the two [N]; n points to it, v is its velocity relative to the second
    local root = sqrt(c.R * c.overlap)
    local rate = -dot(c.v, c.n) -- of the overlap
    return k.k * root * (c.overlap + 1.5 * k.A * rate) * c.n
  end,
}

local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 70*mm, 10*mm, 40*mm } }, gravity = { 0, 0, 0 }, dt = 2e-7,
  precision = "double" }
local ball = sim:material { name = "ball", young = 1e7, poisson = 0.3, density = 1000 }
sim:law(viscoelastic)
local A = 1e-5
sim:pair(ball, ball, { relaxation_time = A })
sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = ball }
local speeds = { 0.05, 0.1, 0.2, 0.4, 0.8, 1.6 }
for i, v in ipairs(speeds) do -- all arrive after 6 ms, from as far as that takes
  sim:insert { x = { 10*mm * i, 5*mm, 2*mm + v * 6e-3 }, radius = 2*mm, material = ball, velocity = { 0, 0, -v } }
end
sim:run { time = 0.009 }

local k, m = 4 / 3 * 1e7 / (2 * (1 - 0.3^2)) * math.sqrt(2*mm), sim:particle(1).mass -- E* of two equal materials is E / (2 (1 - nu^2))
print "speed [m/s]   restitution   by the series"
for i, v in ipairs(speeds) do
  local x = 1.5 * A * (k / m)^(2 / 5) * v^(1 / 5)
  local series = 1 - 1.153449 * x + 0.798267 * x^2 - 0.483582 * x^3 + 0.285279 * x^4
  local e = sim:particle(i).v.z / v
  print(("%8.2f %15.5f %15.5f"):format(v, e, series))
  assert(math.abs(e - series) < 2e-4, "the restitution is not that of the theory")
end
viscoelastic:explain() -- units, operations, force and stiffness as formulas, what runs it
