-- doctor.lua -- `barchan doctor`: what this installation and this machine have: libraries, instruction sets, cores, ranks, devices
-- with a verdict on each. What is missing is told with what would bring it; nothing here fails a run.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local barchan = require "barchan"
local json = require "barchan.json"
local native = require "barchan.native"
local nlopt = require "barchan.nlopt"
local C = native.C

local doctor = {}

local kinds = { [0] = "other", "integrated", "discrete", "virtual", "processor" }
-- The operations of the self-test, in the order of engine/compute_vulkan.h.
local operations = { "add", "subtract", "multiply", "multiply-add", "divide", "root", "our divide", "our root", "convert", "double add",
  "double subtract", "double multiply", "double multiply-add", "double grid", "double divide", "double root", "double to float",
  "double to integer", "double floor", "our double divide", "our double root" }
-- Those for which the engine has its own when the device rounds in another way.
local replaced = { divide = true, root = true, ["double divide"] = true, ["double root"] = true }

local function devices()
  local count, list = ffi.new("int32_t[1]"), {}
  if tonumber(C.brc_device_count(count)) ~= 0 then return list, (ffi.string(C.brc_last_error()):gsub("%s*%[.*$", "")) end
  for i = 0, count[0] - 1 do
    local info, test = ffi.new("brc_device_info"), ffi.new("brc_device_test")
    native.check(C.brc_device_get(i, info), "barchan doctor")
    local d = { number = i + 1, name = ffi.string(info.name), driver = ffi.string(info.driver), kind = kinds[info.kind],
      vulkan = ("%d.%d"):format(info.major, info.minor), memory = tonumber(info.memory), lanes = info.lanes, usable = false }
    local obstacle = ffi.string(info.obstacle)
    if obstacle ~= "" then d.verdict = "cannot be used: " .. obstacle
    elseif tonumber(C.brc_device_selftest(i, test)) ~= 0 then
      d.verdict = "cannot be used: " .. ffi.string(C.brc_last_error()):gsub("%s*%[.*$", "")
    else
      d.operands, d.wrong, d.own = test.operands, {}, {}
      for k, name in ipairs(operations) do
        if test.wrong[k - 1] > 0 then
          local to = replaced[name] and d.own or d.wrong
          to[#to + 1] = ("%s (%d of %d)"):format(name, test.wrong[k - 1], test.operands)
        end
      end
      d.usable = test.failed == 0
      d.verdict = not d.usable and "cannot be used: it rounds differently from the processor in " .. table.concat(d.wrong, ", ")
        or #d.own > 0 and "gives the processor's bits, with the engine's own " .. table.concat(d.own, ", ")
        or "gives the processor's bits"
    end
    list[i + 1] = d
  end
  return list, #list == 0 and "Vulkan has no device on this machine: is a driver installed?" or nil
end

local function library(part, file)
  local version = ffi.string(C.brc_library_version(part))
  return { there = file ~= nil and file or C.brc_has(part) == 1, version = version ~= "" and version or nil }
end

--- Everything, as a table.
function doctor.look()
  local list, problem = devices()
  local mpi = package.searchpath("barchan.mpi", package.cpath)
  return {
    version = barchan.version, compiler = barchan.compiler, luajit = jit.version,
    processor = { instruction_set = ({ "SSE2", "AVX2", "AVX-512" })[C.brc_isa_best()], cores = C.brc_max_threads() },
    libraries = { hdf5 = library "hdf5", assimp = library "assimp", mpi = { there = mpi ~= nil }, vulkan = { there = C.brc_has "vulkan" == 1 },
      nlopt = { there = nlopt.version() ~= nil, version = nlopt.version() } },
    devices = list, device_problem = problem,
  }
end

local uses = { hdf5 = "trajectories and checkpoints", assimp = "mesh files", mpi = "several ranks", vulkan = "GPUs", nlopt = "calibration" }

--- The exit code of `barchan doctor`: 0. options: json.
function doctor.main(options)
  local all = doctor.look()
  if options.json then
    print((json.encode(all)))
    return 0
  end
  local function line(what, ...) print(("%-12s %s"):format(what, (...))) end
  line("barchan", ("%s, built with %s, %s"):format(all.version, all.compiler, all.luajit))
  line("processor", ("%s, %d cores"):format(all.processor.instruction_set, all.processor.cores))
  for _, name in ipairs { "hdf5", "assimp", "mpi", "vulkan", "nlopt" } do
    local l = all.libraries[name]
    line(name, l.there and (l.version or "yes") or ("not %s: no %s"):format(name == "nlopt" and "here (libnlopt0)" or "in this build",
      uses[name]))
  end
  for _, d in ipairs(all.devices) do
    line("device " .. d.number, ("%s (%s, Vulkan %s, %s, %.1f GB, %d lanes)"):format(d.name, d.kind, d.vulkan, d.driver, d.memory * 1e-9,
      d.lanes))
    line("", d.verdict)
  end
  if all.device_problem then line("devices", all.device_problem) end
  return 0
end

return doctor
