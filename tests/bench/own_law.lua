-- own_law.lua -- what a law of the script costs: the built-in Hertz-Mindlin law against its own text under another name, compiled and
-- interpreted, on a settled bed of 50 000 grains. Prints million particle-steps per second and their ratios to the built-in's, medians
-- of rounds in turn, and the time to the first step; ends with an error when the three do not have the same bits.
--   python3 tests/bench/peers/tools/state.py tile tests/bench/peers/settle/state-10k.csv.gz 0.04 0.04 5 1 > bed.csv
--   barchan run tests/bench/own_law.lua --quiet --threads 1 --set state=bed.csv [--set lx=0.2] [--set steps=100] [--set rounds=7]
local barchan = require "barchan"
local set = barchan.set
local steps, rounds = tonumber(set.steps or 100), tonumber(set.rounds or 7)
local lx, ly, state = tonumber(set.lx or 0.2), tonumber(set.ly or 0.04), assert(set.state, "--set state=FILE")

local folder = debug.getinfo(1, "S").source:sub(2):gsub("[^/]*$", "")
local file = assert(io.open(folder .. "../../scripts/laws/hertz_mindlin.lua"))
local text, renamed = file:read("*a"):gsub('name = "hertz_mindlin"', 'name = "mine"')
file:close()
assert(renamed == 1)

local function begin(kind)
  local sim = barchan.simulation { domain = { lo = { 0, 0, -0.001 }, hi = { lx, ly, 0.1 }, periodic = "xy" }, gravity = { 0, 0, -9.81 },
    dt = 1e-5, laws = kind ~= "built-in" and kind or nil }
  local grain = sim:material { name = "grain", young = 5e6, poisson = 0.3, density = 2500 }
  sim:plane { point = { 0, 0, 0 }, normal = { 0, 0, 1 }, material = grain }
  local clock = barchan.clock()
  local law = "hertz_mindlin"
  if kind ~= "built-in" then law = setfenv(assert(loadstring(text, "@mine.lua")), { barchan = barchan })() end
  sim:law(law)
  sim:pair(grain, grain, { restitution = 0.5, friction = 0.5, tension = "allowed" })
  local taken = barchan.clock() - clock
  sim:insert { file = state, material = grain, allowed_overlap = 0.5 }
  clock = barchan.clock()
  sim:run { steps = 1 }
  return { kind = kind, sim = sim, taken = taken, first = barchan.clock() - clock, times = {} }
end

local runs = {}
for i, kind in ipairs { "built-in", "interpreter", "cc" } do
  runs[i] = begin(kind)
  runs[i].sim:run { steps = steps } -- the lists find their skin
end
for round = 1, rounds do
  for i = 1, #runs do
    local r = runs[(i + round) % #runs + 1]
    local before = r.sim:profile().seconds
    r.sim:run { steps = steps }
    r.times[round] = r.sim:profile().seconds - before
  end
end
for _, r in ipairs(runs) do
  table.sort(r.times)
  r.median = r.times[math.floor(rounds / 2) + 1]
  r.hash = r.sim:hash()
end
print(("%d grains, %.2f contacts each, %s precision, %d threads, medians of %d rounds of %d steps"):format(runs[1].sim.count,
  runs[1].sim.coordination, runs[1].sim.precision, runs[1].sim.threads, rounds, steps))
for _, r in ipairs(runs) do
  print(("%-12s %7.3f Mpsteps/s, %.3f of the built-in's time; law taken in %.1f ms, first step after %.1f ms (built-in: %.1f); hash %s"):format(
    r.kind, runs[1].sim.count * steps / r.median * 1e-6, r.median / runs[1].median, r.taken * 1e3, r.first * 1e3, runs[1].first * 1e3, r.hash))
  assert(r.hash == runs[1].hash, "other bits than the built-in law")
end
