-- device_models_spec.lua -- each sub-model in a run that begins on the processor, goes on from its checkpoint on two ranks with a device
-- each, and ends on the processor, from theirs. Some here, all with BARCHAN_LONG (ctest -C long). #determinism
local process = require "tools.process"
local expect = require "tools.expect"
local json = require "barchan.json"
local models = require "determinism.models"
local ranks = require "tools.ranks"

local short = { [1] = true, [3] = true } -- nine sub-models of seven slots
local path = process.source .. "tests/determinism/device_models.lua"

describe("sub-models on two ranks with a device #determinism #slow", function()
  if not process.exists(process.program) then return pending("the executable was not built: " .. process.program) end
  local known = json.decode(process.run({ "doctor", "--json" }, { folder = process.folder "models_doctor" }).out)
  if #known.devices == 0 then return pending "no device" end
  if not ranks.mpirun then return pending "built without MPI" end

  for number, each in ipairs(models.compositions) do
    if short[number] or os.getenv "BARCHAN_LONG" then
      local parts = {}
      for slot, name in pairs(each[1]) do parts[#parts + 1] = slot .. " " .. name end
      table.sort(parts)
      it("go from the processor's checkpoint to theirs and back: " .. table.concat(parts, ", "), function()
        local folder = process.folder("models" .. number)
        local function words(...)
          return { "run", path, "--quiet", "--threads", "1", "--precision", each[2][1], "--set", "law=" .. number, ... }
        end
        local function run(...) return process.run(words(...), { folder = folder, seconds = 300 }) end
        local whole = run()
        assert.equal(0, whole.code, whole.err)
        assert.is_true(tonumber(whole.out:match "%S+%s+%S+%s+(%d+)") > 50, "few grains touch: " .. whole.out)
        local first = run("--set", "every=1e-4", "--set", "stop=25")
        assert.equal(0, first.code, first.err)
        local second = ranks.run(2, words("--backend", "vulkan", "--set", "every=1e-4", "--set", "stop=55", "--resume"),
          { folder = folder, seconds = 300 })
        assert.equal(0, second.code, second.err)
        expect.has(second.err, "going on from 'models.chk.1': step 20,")
        local third = run("--set", "every=1e-4", "--resume")
        expect.has(third.err, "going on from 'models.chk.2': step 40,")
        assert.equal(whole.out, third.out, third.err)
      end)
    end
  end
end)
