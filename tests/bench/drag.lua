-- drag.lua -- what drag on 100 000 particles costs: in a per-step Lua callback through the checked views, against the same loop over
-- the same arrays in C (compiled by cc with -O3 -march=native); and as a kernel of particles, interpreted and compiled, on one core and
-- on all, against a loop in C that does what a kernel does (reads velocity and radius, rounds to the grid, adds). Prints medians, and
-- for the kernels also the least, of ns per particle.
--   barchan run tests/bench/drag.lua --threads 1 --quiet
local barchan = require "barchan"
local ffi = require "ffi"
local native = require "barchan.native"

local n, rounds, drag = 100000, 41, 1e-6
local sim = barchan.simulation { domain = { lo = {0, 0, 0}, hi = {1, 1, 1}, periodic = "xyz" }, gravity = {0, 0, 0}, dt = 1e-6 }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law("hertz_mindlin")
sim:pair(glass, glass, { restitution = 0.8, friction = 0.3 })
sim:insert { region = sim.box { lo = {0, 0, 0}, hi = {1, 1, 1} }, material = glass, radius = 1e-3, count = n }

-- The loop in C sees the arrays as the engine keeps them: forces in rows of 8 doubles, velocities with their residuals.
local base = os.tmpname()
local source = assert(io.open(base .. ".c", "w"))
source:write [[
void drag(int n, double c, double* f, int fs, const float* v, int vs, const float* r, int rs)
{
    for (int i = 0; i < n; i++)
        for (int k = 0; k < 3; k++) f[fs * i + k] = f[fs * i + k] - c * ((double)v[vs * i + k] + (double)r[rs * i + k]);
}
]]
source:close()
assert(os.execute(("cc -std=c17 -O3 -march=native -ffp-contract=off -shared -fPIC -o %s.so %s.c"):format(base, base)) == 0)
ffi.cdef "void drag(int n, double c, double* f, int fs, const float* v, int vs, const float* r, int rs);"
local lib = ffi.load(base .. ".so")
for _, ending in ipairs { "", ".c", ".so" } do os.remove(base .. ending) end
local function lua_drag(s)
  local fx, fy, fz, vx, vy, vz = s.force.x, s.force.y, s.force.z, s.v.x, s.v.y, s.v.z
  for i = 1, s.count do
    fx[i] = fx[i] - drag*vx[i]
    fy[i] = fy[i] - drag*vy[i]
    fz[i] = fz[i] - drag*vz[i]
  end
end

-- _f is the engine's own description of the array behind a view: struct brc_field.
local force, velocity = sim.force.x._f, sim.v.x._f
local function c_drag()
  lib.drag(n, drag, ffi.cast("double*", force.p), force.stride, ffi.cast("const float*", velocity.p), velocity.stride,
    ffi.cast("const float*", velocity.residual), velocity.residual_stride)
end

local function median(list)
  table.sort(list)
  return list[math.floor(#list/2) + 1]
end

-- In the middle of a step, in turn and each first as often as the other: the first one finds the caches as the step left them.
local times = { lua = {}, c = {} }
local function timed(into, f, s)
  local t = barchan.clock()
  f(s)
  into[#into + 1] = (barchan.clock() - t)*1e9/n
end
sim:run { steps = rounds, each_step = function(s)
  local lua_first = s.step % 2 == 0
  if lua_first then timed(times.lua, lua_drag, s) end
  timed(times.c, c_drag, s)
  if not lua_first then timed(times.lua, lua_drag, s) end
end }
local lua_time, c_time = median(times.lua), median(times.c)
print(("drag on %d particles: Lua %.2f ns, C %.2f ns per particle, ratio %.2f"):format(n, lua_time, c_time, lua_time/c_time))

-- ---- the kernel -------------------------------------------------------------------------------------------------------------
sim:close()
source = assert(io.open(base .. ".c", "w"))
source:write [[
void stokes(int n, float c, const float* wind, const double* x, const float* v, int vs, double* f, double magic)
{
    for (int i = 0; i < n; i++)
        for (int k = 0; k < 3; k++)
            f[8 * i + k] += ((double)((c * (float)x[4 * i + 3]) * (v[vs * i + k] - wind[k])) + magic) - magic;
}
]]
source:close()
assert(os.execute(("cc -std=c17 -O3 -march=native -ffp-contract=off -shared -fPIC -o %s2.so %s.c"):format(base, base)) == 0)
ffi.cdef "void stokes(int n, float c, const float* wind, const double* x, const float* v, int vs, double* f, double magic);"
lib = ffi.load(base .. "2.so")
for _, ending in ipairs { ".c", "2.so" } do os.remove(base .. ending) end

-- Calls look(sim) on a scene with the kernel, or without it.
local function kernel_scene(threads, laws, look)
  local s = barchan.simulation { domain = { lo = {0, 0, 0}, hi = {1, 1, 1}, periodic = "xyz" }, gravity = {0, 0, 0}, dt = 1e-6,
    threads = threads, laws = laws }
  local m = s:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
  s:law("hertz_mindlin")
  s:pair(m, m, { restitution = 0.8, friction = 0.3 })
  s:insert { region = s.box { lo = {0, 0, 0}, hi = {1, 1, 1} }, material = m, radius = 1e-3, count = n }
  if laws then
    s:kernel { reads = { "v", "radius" }, params = { eta = { 1.8e-5, "Pa s" }, wind = { { 1, 0, 0 }, "m/s" } },
      body = function(p, k) return -18.849555921538759*k.eta*p.radius*(p.v - k.wind) end }
  end
  look(s)
  s:close()
end

local function report(label, list)
  local middle = median(list)
  print(("  %-34s %6.2f ns, least %.2f"):format(label, middle, list[1]))
  return list[1]
end

print(("kernel of drag on %d particles, per particle:"):format(n))
local least = {}
local cores = native.C.brc_max_threads()
for _, threads in ipairs { 1, cores } do
  for _, laws in ipairs { "interpreter", "cc" } do
    kernel_scene(threads, laws, function(s)
      local list, before = {}, nil
      for i = 1, rounds do
        s:run { steps = 5 }
        local now = s:profile().stages.hooks
        if before then list[i - 1] = (now - before)*1e9/n/5 end
        before = now
      end
      least[laws .. threads] = report(("%s, %d thread%s"):format(laws, threads, threads > 1 and "s" or ""), list)
    end)
  end
end
kernel_scene(1, nil, function(s)
  local x, v, f, wind, list = s.radius._f, s.v.x._f, s.force.x._f, ffi.new("float[3]", 1), {}
  local positions = ffi.cast("const double*", s.x.x._f.p)
  assert(x.stride == 4 and f.stride == 8)
  s:run { steps = 5*rounds, each_step = function()
    local t = barchan.clock()
    lib.stokes(n, -18.849555921538759*1.8e-5, wind, positions, ffi.cast("const float*", v.p), v.stride, ffi.cast("double*", f.p), 1)
    list[#list + 1] = (barchan.clock() - t)*1e9/n
  end }
  least.c = report("C by hand, 1 thread", list)
end)
print(("  least: interpreter/C %.2f, cc/C %.2f; on %d threads %.2f times faster (cc)"):format(least.interpreter1/least.c, least.cc1/least.c,
  cores, least.cc1/least["cc" .. cores]))
