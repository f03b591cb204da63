-- Laws that a script makes: the built-in law's text under another name gives the built-in's bits, with any threads, instruction set
-- and precision; sub-models join it; what it says of itself. Wrong laws are in tests/broken/law_*.lua.
-- luacheck: globals dot cross norm vec3 across where lt le gt ge eq abs sqrt exp log pow sin cos atan2 min max quantity floor huge pi
local barchan = require "barchan"
local law = require "barchan.law"

local source = os.getenv "BARCHAN_SOURCE" or "."

-- The law of a file under another name.
local function copy_of(file, name)
  local handle = assert(io.open(("%s/scripts/laws/%s.lua"):format(source, file)))
  local text = handle:read("*a")
  handle:close()
  local replaced
  text, replaced = text:gsub('name = "' .. file:gsub("^rolling_", "") .. '"', ('name = "%s"'):format(name))
  assert(replaced == 1)
  return setfenv(assert(loadstring(text, "@" .. name .. ".lua")), { barchan = barchan })()
end

-- Grains in a box, pressed and sheared by walls that close in: many contacts, some of which slide.
local function squeeze(l, options, more)
  local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.02, 0.02, 0.03 } }, threads = more.threads or 2,
    precision = more.precision, isa = more.isa, gravity = { 1, 2, -9.81 }, dt = 1e-5 }
  local glass = sim:material { name = "glass", density = 2500, young = 5e6, poisson = 0.25 }
  local steel = sim:material { name = "steel", density = 7800, young = 2e7, poisson = 0.3 }
  sim:law(l, options)
  local values = { restitution = 0.5, friction = 0.4 }
  if options and options.rolling then values.rolling_friction = 0.1 end
  sim:pair(glass, glass, values)
  sim:pair(glass, steel, values)
  sim:plane { point = { 0, 0, 0.001 }, normal = { 0, 0, 1 }, material = steel }
  sim:plane { point = { 0.001, 0, 0 }, normal = { 1, 0, 0 }, material = steel }
  sim:plane { point = { 0.019, 0, 0 }, normal = { -1, 0, 0 }, material = glass }
  sim:plane { point = { 0, 0.001, 0 }, normal = { 0, 1, 0 }, material = steel }
  sim:plane { point = { 0, 0.019, 0 }, normal = { 0, -1, 0 }, material = glass }
  sim:insert { region = barchan.region.box { lo = { 0.001, 0.001, 0.001 }, hi = { 0.019, 0.019, 0.015 } }, material = glass,
    radius = { 0.8e-3, 1.2e-3 }, count = 350, seed = 4, velocity = { 0, 0, -1 } }
  sim:run { steps = more.steps or 3000 }
  local contacts, hash = sim.contacts, sim:hash()
  sim:close()
  return hash, contacts
end

describe("a law made in a script", function()
  for _, precision in ipairs { "mixed", "double" } do
    it("has the built-in law's bits, " .. precision, function()
      local expected, contacts = squeeze("hertz_mindlin", nil, { precision = precision })
      assert.is_true(contacts > 300, "too few contacts to mean anything")
      local mine = copy_of("hertz_mindlin", "mine")
      assert.equal(expected, (squeeze(mine, nil, { precision = precision })))
      assert.equal(expected, (squeeze(mine, nil, { precision = precision, threads = 3, isa = "sse2" })))
    end)
  end
  it("takes sub-models, built-in and of the script", function()
    local expected = squeeze("hertz_mindlin", { rolling = "epsd" }, {})
    assert.equal(expected, (squeeze(copy_of("hertz_mindlin", "mine"), { rolling = "epsd" }, {})))
    assert.equal(expected, (squeeze(copy_of("hertz_mindlin", "mine"), { rolling = copy_of("rolling_epsd", "epsd") }, {})))
    assert.are_not.equal(expected, (squeeze(copy_of("hertz_mindlin", "mine"), nil, {})))
  end)
  it("has the built-in sub-models' bits in every slot", function()
    local function drop(models)
      local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.006, 0.006, 0.03 }, periodic = "xy" }, threads = 1, dt = 5e-6,
        laws = "interpreter" }
      sim:field { name = "charge", unit = "C", default = 1e-11 }
      sim:field { name = "temperature", unit = "K", default = 300 }
      sim:law(models)
      local m = sim:material { name = "m", density = 2500, young = 5e6, poisson = 0.25, conductivity = 2, capacity = { temperature = 0.01 } }
      sim:pair(m, m, { restitution = 0.5, friction = 0.4, rolling_friction = 0.1, work_of_adhesion = 0.01, range = 5e-4 })
      sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = m, temperature = 400 }
      sim:insert { region = sim.box { lo = { 0, 0, 1e-3 }, hi = { 6e-3, 6e-3, 11e-3 } }, material = m, radius = 8e-4, count = 50,
        seed = 4, velocity = { 0.3, 0.1, -1 }, angular_velocity = { 100, 0, 300 } }
      sim:run { steps = 3500 }
      local contacts, hash = sim.contacts, sim:hash()
      assert.is_true(contacts + sim.wall_contacts > 20, contacts .. " contacts")
      local warmest = 0
      for i = 1, sim.count do warmest = math.max(warmest, sim.temperature[i]) end
      assert.is_true(warmest > 300, warmest .. " K")
      sim:close()
      return hash
    end
    local names = { normal = "hertz", damping = "tsuji", cohesion = "dmt", far = "electrostatic", tangential = "mindlin", rolling = "epsd",
      twisting = "marshall", heat = "conduction" }
    local own = {}
    for slot, name in pairs(names) do
      local handle = assert(io.open(("%s/scripts/laws/%s_%s.lua"):format(source, slot, name)))
      own[slot] = setfenv(assert(loadstring(handle:read "*a")), setmetatable({ barchan = barchan }, { __index = math }))()
      handle:close()
      assert.equal(name, own[slot].name)
    end
    local expected = drop(names)
    assert.equal(expected, drop(own))
    own.heat = nil -- and each of them counts
    assert.is_false((pcall(drop, own)))
  end)

  it("has all words of the language", function()
    -- A spring: k overlap, whose k = 1000 N/m the words make in derive, and factors of 1 that they make in force.
    local seen = {}
    local l = barchan.contact_law { name = "words", pair = { stiffness = { "N/m", 0 } }, coefficients = { k = "N/m", limit = "N" },
      derive = function(_, _, pair)
        local sum, list = 0, { 1, 2, 3 }
        for _, x in ipairs(list) do sum = sum + x end
        for key, x in pairs { [4] = 4 } do sum = sum + x * tonumber(tostring(key)) / key end
        local a, b, c = unpack(list)
        assert(type(pair.stiffness) == "number" and floor(2.5) == 2 and select("#", a, b, c) == 3)
        if sum ~= 10 then error("the words do not add up to 10 but to " .. sum) end
        seen.huge, seen.pi = huge, pi
        return { k = pair.stiffness * sum / 10, limit = 1e9 }
      end,
      force = function(c, k)
        local unit = vec3(1, 0, 0)
        local one = norm(cross(unit, vec3(0, 1, 0))) -- of z
        one = one * where(le(c.overlap, 9 * c.R), 1, 0) * where(lt(0, c.overlap), 1, 0)
        one = one * where(ge(9 * c.R, c.overlap), 1, 0) * where(gt(9 * c.R, c.overlap), 1, 0)
        one = one * where(eq(dot(unit, unit), 1), 1, 0) * (1 + atan2(0 * c.overlap, c.overlap)) * sqrt(abs(exp(0 * one)))
        one = one * cos(0 * one) * (1 + sin(0 * one)) * (1 + log(one)) * pow(one, 2) * norm(across(unit, vec3(0, 1, 0)))
        local force = min(k.k * c.overlap, k.limit)
        return max(force, quantity(0, "N")) * one * c.n
      end }
    local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } }, dt = 1e-6, precision = "double", threads = 1 }
    local m = sim:material { name = "m", density = 2500 }
    sim:law(l)
    sim:pair(m, m, { stiffness = 1000 })
    sim:insert { x = { { 0.05, 0.05, 0.05 }, { 0.0519, 0.05, 0.05 } }, radius = 1e-3, material = m, allowed_overlap = 0.2 }
    sim:run { steps = 1 }
    assert.near(-1000 * 0.1e-3, sim.force[1].x, 1e-9) -- 0.1 mm of overlap; gravity is not in it
    assert.equal(0, sim.force[1].y)
    assert.same({ huge = math.huge, pi = math.pi }, seen)
    sim:close()
    assert.equal("words", l.name)
  end)

  it("is a composition that the build does not hold", function()
    local l = { normal = "hertz", damping = "calibrated", tangential = "mindlin", rolling = "epsd" }
    for _, name in ipairs(law.compositions()) do assert.are_not.equal(name, law.resolve(l).name) end
    local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } }, dt = 1e-6 }
    local glass = sim:material { name = "glass", density = 2500, young = 5e6, poisson = 0.25 }
    sim:law(l)
    sim:pair(glass, glass, { restitution = 0.5, friction = 0.4, rolling_friction = 0.1 })
    sim:insert { x = { { 0.05, 0.05, 0.05 }, { 0.05191, 0.05, 0.05 } }, radius = 0.00096, material = glass }
    sim:run { steps = 3 }
    assert.equal(1, sim.contacts)
    sim:close()
  end)
  it("may bear the name of a built-in one", function()
    local soft = barchan.contact_law { name = "linear", pair = { restitution = { "1", 0, 1 }, friction = { "1", 0 } },
      coefficients = { kn = "N/m" }, derive = function() return { kn = 1000 } end,
      force = function(c, k) return k.kn * c.overlap * c.n end }
    local hash = squeeze(soft, nil, { steps = 200 })
    assert.equal(hash, (squeeze(soft, nil, { steps = 200, threads = 1 })))
    assert.are_not.equal(law.resolve "linear", law.compose_with(soft))
  end)
  it("is refused by the engine when it remembers too much", function()
    local history = {}
    for i = 1, 9 do history["v" .. i] = barchan.vec3 "m" end
    local ok, message = pcall(squeeze, barchan.contact_law { name = "long", coefficients = {}, derive = function() return {} end,
      history = history, force = function(c, _, h)
        for i = 1, 9 do h["v" .. i] = h["v" .. i] + c.v * c.dt end
        return 0 * dot(h.v1, h.v2) * c.n
      end, units = false }, nil, {})
    assert.is_false(ok)
    assert.is_truthy(message:find("the law 'long' has 27 numbers of history; a contact can have 24", 1, true), message)
  end)
end)

describe("law:explain", function()
  local function printed(f)
    local lines, usual = {}, print
    _G.print = function(text) lines[#lines + 1] = text end
    local ok, message = pcall(f)
    _G.print = usual
    assert(ok, message)
    return table.concat(lines, "\n")
  end
  local function holds(text, ...)
    for _, part in ipairs { ... } do assert.is_truthy(text:find(part, 1, true), part .. " is not in:\n" .. text) end
  end
  it("shows units, operations, paths, history, stiffness and what runs it", function()
    local mine = copy_of("linear", "mine")
    local text = printed(function() mine:explain() end)
    holds(text, "law mine", "coefficients   damping [1]", "kn [N/m]", "history        slip [m] (a vector)", "v [m/s]", "products",
      "through its ifs", "(overlap * k.kn < k.floor ? 0 : k.kn) [N/m]", "runs as")
    local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } } }
    holds(printed(function() sim:law("hertz_mindlin"):explain() end), "sqrt(overlap * R)", "code that was compiled with the engine")
    sim:close()
    assert.equal("contact law 'mine'", tostring(mine))
  end)
  it("shows the C", function()
    local mine = copy_of("linear", "mine")
    holds(printed(function() mine:explain "c" end), "void BRC_LAW_NAME(brc_law_mine)", "typedef float REAL;", "o_FX[i] =")
    local ok, message = pcall(mine.explain, mine, "glsl")
    assert.is_false(ok)
    holds(message, "own_law_spec.lua", "law:explain takes nothing or \"c\", got glsl")
  end)

  it("reads the mean spin of the two without reading their difference", function()
    local function spinning(other)
      local l = barchan.contact_law { name = "spinning" .. (other and "_other" or ""), about = "a force that grows with the spin",
        pair = { q = { "N*s", 0, text = "force per spin" } }, derive = function(_, _, pair) return { q = pair.q } end,
        coefficients = { q = "N*s" },
        force = function(c, k)
          return k.q * (c.spin.z + (other and 1e-30 or 0) * c.w_mean.z) * c.n
        end }
      local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } }, gravity = { 0, 0, 0 }, dt = 1e-6,
        precision = "double" }
      local m = sim:material { name = "m", density = 1000 }
      sim:law(l)
      sim:pair(m, m, { q = 1e-4 })
      sim:insert { x = { { 0.05, 0.05, 0.05 }, { 0.051985, 0.05, 0.05 } }, radius = 1e-3, material = m }
      sim.angular_velocity.z[1] = 100
      sim:run { steps = 20 }
      local v = sim.v.x[1]
      sim:close()
      return v
    end
    local v, mass = spinning(), 1000 * 4 / 3 * math.pi * 1e-9
    assert.equal(spinning(true), v)
    assert.is_true(math.abs(v / (-1e-4 * 50 / mass * 19.5e-6) - 1) < 1e-9, "v = " .. v) -- the first half kick knows no force
  end)
end)
