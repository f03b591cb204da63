-- device_models.lua -- the gas of models.lua with one of its compositions (--set law=NUMBER), with checkpoints, so that a run can go from the
-- processor to devices and back: tests/spec/determinism_ranks_spec.lua. --set stop: step after which it ends.
local barchan = require "barchan"
local law = require "barchan.law"
local models = require "models"
local set = barchan.set
local chosen = models.compositions[tonumber(set.law)][1]
local sim = models.gas(chosen, law.resolve(chosen), { backend = set.backend, precision = set.precision })
if set.every then sim:checkpoint { file = "models.chk", every = set.every } end
local stop = tonumber(set.stop)
sim:run { steps = 90, every = 5e-5, call = function(s)
  if stop and s.step > stop then os.exit(0) end
end }
print(sim.step, sim:hash(), sim.contacts)
