-- determinism_models_spec.lua -- the same bits for each sub-model: a gas of grains that collide, stick, wet, heat and charge one another
-- has one hash for any number of threads, instruction set, skin and cut of the run. #determinism
local barchan = require "barchan"
local law = require "barchan.law"
local models = require "determinism.models"
local expect = require "tools.expect"

-- A composition with the sub-model in it that its needs allow.
local function composition(slot, name)
  local message
  for _, tangential in ipairs { "mindlin", "linear", "coulomb" } do
    local chosen = { normal = "hertz", damping = "viscous", tangential = tangential }
    chosen[slot] = name
    local found, l = pcall(law.resolve, chosen)
    if found then return chosen, l end
    message = l
  end
  error(message)
end

local function hash(chosen, l, options, precision)
  options.precision = precision
  local sim = models.gas(chosen, l, options)
  for _ = 1, options.pieces or 1 do sim:run { steps = (options.steps or 240) / (options.pieces or 1) } end
  local text, contacts = sim:hash(), sim.contacts
  if options.book then text = text .. expect.numbers(sim:energies()) end
  sim:close()
  return text, contacts
end

describe("each sub-model #determinism", function()
  for _, slot in ipairs(law.slot()) do
    for _, name in ipairs(law.slot(slot)) do
      if name ~= "none" then
        it(("has the same bits: %s %s"):format(slot, name), function()
          local chosen, l = composition(slot, name)
          for _, precision in ipairs { "mixed", "double" } do
            local reference, contacts = hash(chosen, l, { threads = 1 }, precision)
            assert.is_true(contacts > 50, "few grains touch: " .. contacts)
            assert.equal(reference, (hash(chosen, l, { threads = 3, isa = "sse2", skin = 1e-4 }, precision)))
            assert.equal(reference, (hash(chosen, l, { threads = 2, skin = 2e-3, pieces = 8 }, precision)))
          end
        end)
      end
    end
  end
end)

-- Compiled for the device when they are asked for; together they have every sub-model of every slot. For a few
-- steps with the energy book, which has their parts.
describe("sub-models on a device #determinism", function()
  it("are all here", function()
    for _, slot in ipairs(law.slot()) do
      for _, name in ipairs(law.slot(slot)) do
        local there = name == "none"
        for _, each in ipairs(models.compositions) do there = there or each[1][slot] == name end
        assert.is_true(there, ("no composition here has the %s model '%s'"):format(slot, name))
      end
    end
  end)

  local box = { lo = { 0, 0, 0 }, hi = { 1, 1, 1 } }
  local found, message = pcall(function() barchan.simulation({ backend = "vulkan", domain = box }):close() end)
  if not found then return pending("no device: " .. message) end
  for _, each in ipairs(models.compositions) do
    local chosen, l = each[1], law.resolve(each[1])
    it("have the processor's bits: " .. l.name, function()
      for _, precision in ipairs(each[2]) do
        local reference, contacts = hash(chosen, l, { threads = 1 }, precision)
        assert.is_true(contacts > 50, "few grains touch: " .. contacts)
        assert.equal(reference, (hash(chosen, l, { threads = 1, backend = "vulkan", pieces = 2 }, precision)))
      end
      local precision = each[2][#each[2]]
      local book, contacts = hash(chosen, l, { threads = 1, book = true, steps = 30 }, precision)
      assert.is_true(contacts > 5, "few grains touch: " .. contacts)
      assert.equal(book, (hash(chosen, l, { threads = 1, book = true, steps = 30, backend = "vulkan" }, precision)))
    end)
  end
end)
