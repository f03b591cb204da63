-- doctor.lua -- `barchan doctor`: what this installation and this machine have: libraries, instruction sets, cores, ranks, devices
-- with a verdict on each, how fast files are written here, and a short run whose bits are known. What is missing is told with what
-- would bring it.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local barchan = require "barchan"
local compiler = require "barchan.compiler"
local json = require "barchan.json"
local native = require "barchan.native"
local nlopt = require "barchan.nlopt"
local ranks = require "barchan.ranks"
local render = require "barchan.render"
local selftest = require "barchan.selftest"
local simulation = require "barchan.simulation"
local C = native.C

local doctor = {}

local kinds = { [0] = "other", "integrated", "discrete", "virtual", "processor" }
-- The operations of the self-test, in the order of engine/compute_vulkan.h.
local operations = { "add", "subtract", "multiply", "multiply-add", "divide", "root", "our divide", "our root", "convert", "double add",
  "double subtract", "double multiply", "double multiply-add", "double grid", "double divide", "double root", "double to float",
  "double to integer", "double floor", "our double divide", "our double root", "nearest whole" }
-- Those for which the engine has its own when the device rounds in another way.
local replaced = { divide = true, root = true, ["double divide"] = true, ["double root"] = true }

local function devices()
  local count, list = ffi.new("int32_t[1]"), {}
  if tonumber(C.brc_device_count(count)) ~= 0 then return list, (native.last_error()) end
  for i = 0, count[0] - 1 do
    local info, test = ffi.new("brc_device_info"), ffi.new("brc_device_test")
    native.check(C.brc_device_get(i, info), "barchan doctor")
    local d = { number = i + 1, name = ffi.string(info.name), driver = ffi.string(info.driver), kind = kinds[info.kind],
      vulkan = ("%d.%d"):format(info.major, info.minor), memory = tonumber(info.memory), lanes = info.lanes,
      access = info.access == C.BRC_ACCESS_ADDRESSES and "addresses" or "descriptors", usable = false }
    local obstacle = ffi.string(info.obstacle)
    if obstacle ~= "" then d.verdict = "cannot be used: " .. obstacle
    elseif tonumber(C.brc_device_selftest(i, test)) ~= 0 then
      local words = native.last_error()
      if words:sub(1, #d.name + 2) == d.name .. ": " then words = words:sub(#d.name + 3) end
      d.verdict = "cannot be used: " .. words
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
  return list, #list == 0 and "Vulkan has no device on this machine: is a driver installed? "
    .. "(that of the GPU's maker, or mesa-vulkan-drivers)" or nil
end

local function library(part, file)
  local version = ffi.string(C.brc_library_version(part))
  return { there = file ~= nil and file or C.brc_has(part) == 1, version = version ~= "" and version or nil }
end

-- A program of the system that is looked for along PATH: its path, or nil.
local function program(name)
  if name:find "/" then
    local file = io.open(name, "rb")
    return file and file:close() and name or nil
  end
  for folder in (os.getenv "PATH" or ""):gmatch "[^:]+" do
    local file = io.open(folder .. "/" .. name, "rb")
    if file then
      file:close()
      return folder .. "/" .. name
    end
  end
end

-- The part for ranks: what MPI says of itself, without starting it, who cuts the domain, and who starts ranks.
local function mpi()
  local path = package.searchpath("barchan.mpi", package.cpath)
  if not path then return { there = false } end
  pcall(ffi.cdef, "int MPI_Get_library_version(char* text, int* length); int Zoltan_Initialize(int, char**, float*);")
  local loaded, part = pcall(ffi.load, path)
  if not loaded then return { there = false, problem = part } end
  local text, length = ffi.new("char[8192]"), ffi.new("int[1]") -- MPI_MAX_LIBRARY_VERSION_STRING of Open MPI is 256, of MPICH 8192
  local answered = pcall(function() part.MPI_Get_library_version(text, length) end)
  local zoltan = pcall(function() return part.Zoltan_Initialize end)
  return { there = true, version = answered and ffi.string(text):match "^[^,\n]+" or nil, zoltan = zoltan,
    launcher = program "mpirun" or program "mpiexec" }
end

local FILE = "barchan-doctor.vtkhdf"

-- How fast a trajectory is written into the folder that we are in: MB/s to the disk, uncompressed, or why not.
local function writing()
  local mm = 1e-3
  local sim = simulation.new { domain = { lo = { 0, 0, 0 }, hi = { 101*mm, 101*mm, 101*mm } }, gravity = { 0, 0, 0 }, dt = 1e-6 }
  local grain = sim:material { name = "grain", young = 1e7, poisson = 0.25, density = 2500 }
  sim:insert { region = sim.box { lo = { 1*mm, 1*mm, 1*mm }, hi = { 100*mm, 100*mm, 100*mm } }, lattice = "cubic", spacing = 2*mm,
    radius = 0.5*mm, material = grain, count = 100000 }
  local out, written = nil, 0
  local from = native.core.clock()
  local ok, message = pcall(function()
    out = sim:output { file = FILE, every = 1, compress = 0, walls = false }
    for _ = 1, 4 do out:write() end
    out:close()
  end)
  local seconds = native.core.clock() - from
  sim:close()
  local file = ranks.is_first() and io.open(FILE, "rb")
  if file then
    written = file:seek "end"
    file:close()
    os.remove(FILE)
  end
  if not ok then return { problem = (tostring(message):gsub("^[^\n]-sim:output: ", ""):gsub("%s*%[[%w_.:]+ [%w_]+%]$", "")) } end
  return { megabytes = written * 1e-6, seconds = seconds, rate = written * 1e-6 / seconds }
end

-- The run whose bits are known: on one thread, on all, and in double precision.
local function bits(cores)
  local list = {}
  for _, way in ipairs { { "mixed", 1 }, { "mixed", cores }, { "double", cores } } do
    local done, hash, speed = pcall(selftest.run, { precision = way[1], threads = way[2] })
    list[#list + 1] = { precision = way[1], threads = way[2], hash = done and hash or nil, expected = selftest.expected[way[1]],
      right = done and hash == selftest.expected[way[1]], speed = done and speed or nil, problem = not done and tostring(hash) or nil }
  end
  return list
end

--- Everything, as a table.
function doctor.look()
  local list, problem = devices()
  local cores = C.brc_max_threads()
  local command = compiler.command()
  local all = {
    version = barchan.version, compiler = barchan.compiler, luajit = jit.version,
    processor = { instruction_set = ({ "SSE2", "AVX2", "AVX-512" })[C.brc_isa_best()], cores = cores,
      threads_asked = tonumber(os.getenv "OMP_NUM_THREADS") },
    ranks = ranks.count(),
    libraries = { hdf5 = library "hdf5", assimp = library "assimp", mpi = mpi(), vulkan = { there = C.brc_has "vulkan" == 1 },
      embree = { there = render.version() ~= nil, version = render.version() },
      nlopt = { there = nlopt.version() ~= nil, version = nlopt.version() } },
    cc = { there = program(command[1]) ~= nil, command = table.concat(command, " "), path = program(command[1]), cache = compiler.folder() },
    devices = list, device_problem = problem, selftest = bits(cores),
  }
  if all.libraries.hdf5.there then all.writing = writing() end
  return all
end

local uses = { hdf5 = "trajectories and checkpoints", assimp = "mesh files", mpi = "several ranks", vulkan = "GPUs", embree = "pictures",
  nlopt = "calibration" }
local brings = { hdf5 = "libhdf5-dev", assimp = "libassimp-dev", mpi = "libopenmpi-dev", vulkan = "libvulkan-dev and glslang-tools",
  embree = "libembree-dev", nlopt = "libnlopt0" }

local function part_line(name, l)
  if not l.there then
    return ("not %s: no %s; %s brings it%s"):format(name == "nlopt" and "here" or "in this build", uses[name], brings[name],
      l.problem and " (" .. l.problem .. ")" or "")
  end
  local text = l.version or "yes"
  if name ~= "mpi" then return text end
  return ("%s, the domain is cut %s; %s"):format(text, l.zoltan and "by Zoltan" or "into slabs (no Zoltan in this build)",
    l.launcher and "started by " .. l.launcher or "but neither mpirun nor mpiexec is on PATH")
end

local function selftest_line(t)
  local how = ("%s, %d thread%s"):format(t.precision, t.threads, t.threads == 1 and "" or "s")
  if t.problem then return how .. ": " .. t.problem end
  return ("%s: %s, %.2g million particle-steps a second"):format(how, t.right and "the expected bits, " .. t.hash
    or ("WRONG BITS, %s instead of %s"):format(t.hash, t.expected), t.speed * 1e-6)
end

--- The exit code of `barchan doctor`: 0, or 5, that of a missing part, when the self-test does not give the expected bits. options: json.
function doctor.main(options)
  local all, code = doctor.look(), 0
  for _, t in ipairs(all.selftest) do
    if not t.right then code = 5 end
  end
  if options.json then
    print((json.encode(all)))
    return code
  end
  local function line(what, ...) print(("%-12s %s"):format(what, (...))) end
  line("barchan", ("%s, built with %s, %s"):format(all.version, all.compiler, all.luajit))
  line("processor", ("%s, %d cores%s"):format(all.processor.instruction_set, all.processor.cores, all.processor.threads_asked
    and (" (OMP_NUM_THREADS is %d)"):format(all.processor.threads_asked) or ""))
  if all.ranks > 1 then line("ranks", ("%d, which share the self-test"):format(all.ranks)) end
  line("compiler", all.cc.there and ("%s; laws of scripts are compiled into %s"):format(all.cc.path, all.cc.cache or "nothing: HOME is not set")
    or ("no '%s' on PATH: laws of scripts are interpreted, which is slower and gives the same bits"):format(all.cc.command))
  for _, name in ipairs { "hdf5", "assimp", "mpi", "vulkan", "embree", "nlopt" } do line(name, part_line(name, all.libraries[name])) end
  if all.writing then
    line("writing", all.writing.problem or ("%.0f MB/s into this folder (%.0f MB in %.2f s)"):format(all.writing.rate, all.writing.megabytes,
      all.writing.seconds))
  end
  for _, d in ipairs(all.devices) do
    line("device " .. d.number, ("%s (%s, Vulkan %s, %s%.1f GB, %sbuffers by %s)"):format(d.name, d.kind, d.vulkan,
      d.driver ~= "" and d.driver .. ", " or "", d.memory * 1e-9, d.lanes > 0 and d.lanes .. " lanes, " or "", d.access))
    line("", d.verdict)
  end
  if all.device_problem then line("devices", all.device_problem) end
  for i, t in ipairs(all.selftest) do line(i == 1 and "self-test" or "", selftest_line(t)) end
  return code
end

return doctor
