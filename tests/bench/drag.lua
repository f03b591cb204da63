-- drag.lua -- what a per-step Lua callback costs: linear drag on 100 000 particles through the checked views, against the same loop
-- over the same arrays in C (compiled by cc with -O3 -march=native). Prints medians of ns per particle and their ratio.
--   barchan run tests/bench/drag.lua --threads 1 --quiet
local barchan = require "barchan"
local ffi = require "ffi"

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
