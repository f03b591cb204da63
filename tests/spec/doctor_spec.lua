-- doctor_spec.lua -- `barchan doctor`: what it lists, as text and as JSON, with and without a Vulkan loader, driver and device.
local process = require "tools.process"
local expect = require "tools.expect"
local json = require "barchan.json"
local has = expect.has

local folder = process.folder "doctor"

local function doctor(options, environment)
  local said = process.run({ "doctor", options }, { folder = folder, environment = environment })
  assert.equal(0, said.code, said.err)
  assert.equal("", said.err)
  return said.out
end

describe("barchan doctor #slow", function()
  if not process.exists(process.program) then return pending("the executable was not built: " .. process.program) end

  it("lists libraries, cores and devices", function()
    local all = json.decode(doctor "--json")
    assert.is_true(all.processor.cores >= 1)
    for _, name in ipairs { "hdf5", "assimp", "mpi", "vulkan" } do assert.is_boolean(all.libraries[name].there) end
    if all.libraries.hdf5.there then assert.truthy(all.libraries.hdf5.version:find "^%d+%.%d+%.%d+$") end
    local text = doctor()
    has(text, all.version)
    has(text, ("%d cores"):format(all.processor.cores))
    assert.is_true(#all.devices > 0 or all.device_problem ~= nil)
    for _, d in ipairs(all.devices) do
      has(text, d.name)
      has(text, d.verdict)
    end
  end)

  it("runs the self-test and finds the recorded bits, on one rank and on three", function()
    local all = json.decode(doctor "--json")
    assert.equal(3, #all.selftest)
    for _, run in ipairs(all.selftest) do
      assert.equal(run.expected, run.hash)
      assert.is_true(run.right and run.speed > 0)
    end
    has(doctor(), "the expected bits, " .. all.selftest[1].hash)
    local launcher = os.getenv "BARCHAN_MPIEXEC"
    if not launcher then return end
    assert.truthy(all.libraries.mpi.version:find "%d")
    local said = process.run({ "--oversubscribe", "--bind-to", "none", "-n", "3", process.program, "doctor" },
      { folder = folder, program = launcher })
    assert.equal(0, said.code, said.err)
    has(said.out, "ranks        3, which share the self-test")
    has(said.out, "the expected bits, " .. all.selftest[1].hash)
  end)

  it("tells bits that are wrong, with the exit code of a part that is missing", function()
    local script = process.write(folder .. "/wrong.lua", [[require("barchan.selftest").expected.double = "0123456789abcdef"
      os.exit(require("barchan.doctor").main {})]])
    local said = process.run({ "run", script }, { folder = folder })
    assert.equal(5, said.code, said.err)
    has(said.out, "WRONG BITS")
    has(said.out, "instead of 0123456789abcdef")
  end)

  it("measures how fast files are written here, leaves none, and says where none can be", function()
    local all = json.decode(doctor "--json")
    if not all.libraries.hdf5.there then return end
    assert.is_true(all.writing.rate > 0 and all.writing.megabytes > 10)
    assert.same({}, (function()
      local left = {}
      for _, name in ipairs(process.list(folder)) do
        if name:find "barchan%-doctor" then left[#left + 1] = name end
      end
      return left
    end)())
    local said = process.run({ "doctor" }, { folder = folder, prepare = "cd /proc/self" })
    has(said.out, "writing      ")
    assert.is_nil(said.out:find "MB/s")
  end)

  it("says whether laws of scripts can be compiled", function()
    has(doctor(nil, "CC=no-such-compiler"), "no 'no-such-compiler' on PATH: laws of scripts are interpreted")
  end)

  it("finds that lavapipe gives the processor's bits", function()
    for _, d in ipairs(json.decode(doctor "--json").devices) do
      if d.name:find "llvmpipe" then
        assert.equal("gives the processor's bits", d.verdict)
        assert.is_true(d.usable)
      end
    end
  end)

  it("says what is missing", function()
    if not json.decode(doctor "--json").libraries.vulkan.there then return has(doctor(), "this build has no Vulkan back end") end
    has(doctor(nil, "BARCHAN_VULKAN_LOADER=/nowhere/libvulkan.so"), "there is no Vulkan loader")
    has(doctor(nil, "VK_ICD_FILENAMES=/nowhere.json VK_DRIVER_FILES=/nowhere.json"), "is a driver installed?")
  end)

  it("refuses operands and unknown options", function()
    for _, words in ipairs { { "doctor", "script.lua" }, { "doctor", "--jsn" } } do
      assert.equal(2, process.run(words, { folder = folder }).code)
    end
  end)
end)
