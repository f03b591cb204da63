-- bench.lua -- `barchan bench`: how fast this machine is: a bed of grains comes to rest under gravity, and its next steps are timed on one core
-- and on all, in both precisions. The comparison with other codes is scripts/bench.
jit.off(true, true) -- cold: see init.lua
local json = require "barchan.json"
local native = require "barchan.native"
local simulation = require "barchan.simulation"
local C = native.C

local bench = {}

local radius_min, radius_max = 0.8e-3, 1.2e-3 -- [m]
local WARM, TIMED, ROUNDS = 200, 400, 3 -- steps before, steps of a round, rounds of which the fastest counts: others use the machine, too

local function scene(side, height, options)
  local all = { domain = { lo = { 0, 0, -1e-3 }, hi = { side, side, height }, periodic = "xy" }, gravity = { 0, 0, -9.81 }, seed = 1 }
  for name, value in pairs(options) do all[name] = value end
  local sim = simulation.new(all)
  local glass = sim:material { name = "glass", young = 5e6, poisson = 0.25, density = 2500 }
  sim:law("hertz_mindlin", { rolling = "epsd" })
  sim:pair(glass, glass, { restitution = 0.3, friction = 0.5, rolling_friction = 0.05 })
  sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = glass }
  return sim, glass
end

-- A bed of so many grains, about 20 grains deep, at rest: places and radii.
local function bed(count)
  local volume = 4 / 3 * math.pi * 1.04e-9 -- of the mean grain: mean of r^3
  local side = math.sqrt(count * volume / 0.6 / 40e-3)
  local height = 40e-3 / 0.5 -- filled loosely at first
  local sim, glass = scene(side, height * 1.6, {})
  sim:insert { region = sim.box { lo = { 0, 0, 0 }, hi = { side, side, height * 1.5 } }, material = glass, radius = { radius_min, radius_max },
    count = count, velocity = { 0, 0, -0.5 } }
  sim:run { time = 0.25, every = 0.01, until_ = function(s) return s.time > 0.12 and s.kinetic_energy < 1e-9 * count end }
  local x, r = {}, {}
  for i = 1, count do
    local p = sim.x[i]
    x[i], r[i] = { p.x, p.y, p.z }, sim.radius[i]
  end
  sim:close()
  return { side = side, height = height * 1.6, x = x, radius = r }
end

-- Nanoseconds per particle and step, contacts of a particle, and time by stage.
local function time(grains, options)
  local sim, glass = scene(grains.side, grains.height, options)
  sim:insert { x = grains.x, radius = grains.radius, material = glass, allowed_overlap = 1 }
  sim:run { steps = WARM }
  local best = math.huge
  for _ = 1, ROUNDS do
    local from = native.core.clock()
    sim:run { steps = TIMED }
    best = math.min(best, native.core.clock() - from)
  end
  local profile = sim:profile()
  local out = { precision = profile.precision, threads = profile.threads, isa = profile.isa, backend = options.backend or "cpu",
    ns = best / (TIMED * #grains.x) * 1e9, coordination = sim.coordination, particles = #grains.x, stages = profile.ns }
  out.million = 1e3 / out.ns
  sim:close()
  return out
end

--- The exit code of `barchan bench`. asked: particles, json.
function bench.main(asked)
  local cores = C.brc_max_threads()
  local grains = bed(asked.particles or 10000)
  local rows = {}
  if not asked.json then
    print(("a bed of %d grains at rest, hertz_mindlin with rolling friction; the fastest of %d times %d steps"):format(#grains.x, ROUNDS, TIMED))
    print(("%-10s %8s %8s %8s %26s %10s"):format("precision", "isa", "threads", "ns", "million particle-steps/s", "contacts"))
  end
  for _, precision in ipairs { "mixed", "double" } do
    for threads = 1, cores, math.max(cores - 1, 1) do
      local row = time(grains, { precision = precision, threads = threads })
      rows[#rows + 1] = row
      if not asked.json then
        print(("%-10s %8s %8d %8.1f %26.2f %10.2f"):format(row.precision, row.isa, row.threads, row.ns, row.million, row.coordination))
      end
    end
  end
  if asked.json then print((json.encode(rows))) end
  return 0
end

return bench
