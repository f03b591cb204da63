-- nlopt.lua -- the optimisers of NLopt (S. G. Johnson), looked up when a calibration wants one. Their function is the engine's replay.c: a
-- search is asked for its next point by showing it all values that are known. Points lie in the unit cube.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local errors = require "barchan.errors"
local native = require "barchan.native"
local C = native.C

local nlopt = {}

-- Only methods without derivatives; those that draw random numbers get the same ones each time.
local algorithms = { bobyqa = "LN_BOBYQA", cobyla = "LN_COBYLA", sbplx = "LN_SBPLX", nelder_mead = "LN_NELDERMEAD", direct = "GN_DIRECT",
  direct_l = "GN_DIRECT_L", crs = "GN_CRS2_LM" }

local library -- false: there is none

local function load_library()
  if library ~= nil then return library end
  ffi.cdef [[
    typedef struct brc_nlopt brc_nlopt;
    int nlopt_algorithm_from_string(const char* name);
    brc_nlopt* nlopt_create(int algorithm, unsigned dimensions);
    void nlopt_destroy(brc_nlopt* search);
    int nlopt_optimize(brc_nlopt* search, double* x, double* value);
    int nlopt_set_min_objective(brc_nlopt* search, double (*f)(unsigned, const double*, double*, void*), void* data);
    int nlopt_set_lower_bounds1(brc_nlopt* search, double x);
    int nlopt_set_upper_bounds1(brc_nlopt* search, double x);
    int nlopt_set_initial_step1(brc_nlopt* search, double x);
    int nlopt_set_xtol_abs1(brc_nlopt* search, double x);
    int nlopt_set_stopval(brc_nlopt* search, double value);
    int nlopt_force_stop(brc_nlopt* search);
    void nlopt_srand(unsigned long seed);
    void nlopt_version(int* major, int* minor, int* fix);
  ]]
  library = native.library({ "libnlopt.so.0", "libnlopt.so.1", "nlopt" }, "nlopt_algorithm_from_string")
  return library
end

--- The version of NLopt here, or nil.
function nlopt.version()
  local lib = load_library()
  if not lib then return nil end
  local v = ffi.new("int[3]")
  lib.nlopt_version(v, v + 1, v + 2)
  return ("%d.%d.%d"):format(v[0], v[1], v[2])
end

--- Raises unless there is NLopt.
function nlopt.needed(what)
  if load_library() then return end
  errors.raise(what .. ": NLopt 2.7 or later is not here (Debian: apt-get install libnlopt0), and the search needs it", errors.DEVICE)
end

local codes = { [1] = "the search has ended", [2] = "accuracy", [3] = "tolerance", [4] = "tolerance", [-1] = "the optimiser has failed",
  [-2] = "the optimiser does not take these options", [-3] = "no memory", [-4] = "rounding" }

--- The next point of a search, or nil, why it is over, its best point and value. known: list of { point, value } in the order in which the
-- search has asked. o: { method, start, step, tolerance, accuracy, seed }. Answers false and a text when it asks for other points than then.
function nlopt.ask(o, known)
  local lib, n = load_library(), #o.start
  local points, values = ffi.new("double[?]", n * #known + 1), ffi.new("double[?]", #known + 1)
  for k, pair in ipairs(known) do
    for d = 1, n do points[(k - 1) * n + d - 1] = pair[1][d] end
    values[k - 1] = pair[2]
  end
  local point, x, value = ffi.new("double[?]", n), ffi.new("double[?]", n, o.start), ffi.new("double[1]")
  local search = lib.nlopt_create(lib.nlopt_algorithm_from_string(algorithms[o.method]), n)
  if search == nil then errors.raise(("barchan.calibrate: this NLopt has no %s"):format(o.method), errors.DEVICE) end
  local replay = ffi.new("brc_replay", { dimensions = n, count = #known, points = points, values = values, point = point, search = search })
  replay.stop = ffi.cast("int (*)(void*)", lib.nlopt_force_stop)
  lib.nlopt_srand(o.seed)
  lib.nlopt_set_lower_bounds1(search, 0)
  lib.nlopt_set_upper_bounds1(search, 1)
  lib.nlopt_set_initial_step1(search, o.step)
  lib.nlopt_set_xtol_abs1(search, o.tolerance)
  if o.accuracy > 0 then lib.nlopt_set_stopval(search, o.accuracy ^ 2) end
  lib.nlopt_set_min_objective(search, C.brc_replay_value, replay)
  local code = lib.nlopt_optimize(search, x, value)
  lib.nlopt_destroy(search)
  if replay.wrong ~= 0 then
    return false, ("at its evaluation %d the search asks for another point than then: is it another version of NLopt (%s)?"):format(
      tonumber(replay.wrong), nlopt.version())
  end
  local found = replay.asked == 1 and point or x
  local out = {}
  for d = 1, n do out[d] = math.max(0, math.min(1, found[d - 1])) end
  if replay.asked == 1 then return out end
  return nil, codes[code] or ("NLopt's code %d"):format(code), out, value[0]
end

nlopt.algorithms = algorithms
return nlopt
