-- selftest.lua -- a short run whose bits are known, for `barchan doctor` and `barchan bench`: 500 grains of many sizes with friction and
-- rolling friction fall onto a swinging cone in a cylinder. Every machine, thread count, rank count and instruction set has to come to the
-- recorded hashes; how fast it goes is told beside.
jit.off(true, true) -- cold: see init.lua
local native = require "barchan.native"
local simulation = require "barchan.simulation"

local selftest = {}

--- Of the state after 3000 steps. They change when the arithmetic of the engine, of the law or of the insertion does, as those in
-- tests/golden do; `barchan doctor` shows what they are then.
selftest.expected = { mixed = "e4af0e2e8f1faaf1", double = "40e4c001aa3f5a96" }

local STEPS = 3000

--- Runs it; options of barchan.simulation (precision, threads, backend) may be given. Answers the hash and particle-steps per second.
function selftest.run(options)
  local mm = 1e-3
  local all = { domain = { lo = { -12*mm, -12*mm, -1*mm }, hi = { 12*mm, 12*mm, 60*mm } }, gravity = { 0, 0, -30 }, seed = 5 }
  for name, value in pairs(options) do all[name] = value end
  local sim = simulation.new(all)
  local glass = sim:material { name = "glass", young = 5e7, poisson = 0.25, density = 2500 }
  sim:law("hertz_mindlin", { rolling = "epsd" })
  sim:pair(glass, glass, { restitution = 0.6, friction = 0.5, rolling_friction = 0.05 })
  sim:cylinder { from = { 0, 0, 0 }, to = { 0, 0, 60*mm }, radius = 11*mm, side = "inside", material = glass }
  local cone = sim:cone { from = { 0, 0, 0 }, to = { 0, 0, 8*mm }, radius_from = 8*mm, radius_to = 1*mm, side = "outside", material = glass }
  cone:oscillate { axis = { 0, 0, 1 }, rotating = true, amplitude = 0.5, period = 0.01 }
  sim:insert { region = sim.cylinder { from = { 0, 0, 11*mm }, to = { 0, 0, 58*mm }, radius = 10*mm }, material = glass,
    radius = { 0.5*mm, 1.2*mm }, count = 500, velocity = { 0.1, 0.05, -2 } }
  local from = native.core.clock()
  sim:run { steps = STEPS }
  local speed = 500 * STEPS / (native.core.clock() - from)
  local hash = sim:hash()
  sim:close()
  return hash, speed
end

return selftest
