-- ways.lua -- for the scenes beside it: the ways to run that must not matter, and what a scene prints on its way.
--   barchan run tests/determinism/SCENE.lua --quiet [--threads N] [--precision double] [--set NAME=VALUE]
--     steps=N        at the end of the run          every=N     steps between two printed hashes
--     isa=auto       sse2, avx2, avx512             skin=0      of the neighbour lists [m]; 0: chosen by the engine
--     order=given    shuffled: same ids, other order of insertion
--     laws=auto      what runs a law that the build does not hold: interpreter, cc
--     way=run        single: one call for all; pieces: calls of odd lengths; hooks: an empty each_step in some of them
local bit = require "bit"
local set = require("barchan").set

--- Options of a scene that by default runs `steps` and looks every `every` of them.
return function(steps, every)
  local ways = { steps = set.steps or steps, every = set.every or every, isa = set.isa or "auto", skin = set.skin or 0, laws = set.laws }
  local order, way = set.order or "given", set.way or "run"

  --- Places, radii and ids of a simulation that only serves to fill them in at random, so that they can be given in any order; ends it.
  function ways.places(sim)
    local x, radius, id = {}, {}, {}
    for i = 1, sim.count do
      local p = sim.x[i]
      x[i], radius[i], id[i] = { p.x, p.y, p.z }, sim.radius[i], i
    end
    sim:close()
    return x, radius, id
  end

  --- Puts lists of equal length in another order, the same for all, where order=shuffled asks for it.
  function ways.shuffle(...)
    if order ~= "shuffled" then return end
    local state = 12345
    for i = #(...), 2, -1 do
      state = (state * 1103515245 + 12345) % 2147483648
      local k = state % i + 1
      for _, list in ipairs { ... } do list[i], list[k] = list[k], list[i] end
    end
  end

  -- The hash of the state, and the order of slots, which scripts see as the order of indices.
  local function show(sim)
    local h = 5381
    for i = 1, sim.count do h = bit.bxor(bit.rol(h, 5), sim.id[i]) end
    print(("STEP %d hash %s order %s"):format(sim.step, sim:hash(), bit.tohex(h)))
  end

  local function nothing() end
  local function advance(sim, n)
    if way == "run" or way == "single" then return sim:run { steps = n } end
    local k = 0
    while n > 0 do
      k = k + 1
      local part = math.min(n, (k * 37) % 101 + 1)
      sim:run { steps = part, each_step = way == "hooks" and k % 3 == 0 and nothing or nil }
      n = n - part
    end
  end

  --- Runs to the step `goal`, by default the last one, and shows the state on the way.
  function ways.run(sim, goal)
    goal = goal or ways.steps
    while sim.step < goal do
      advance(sim, way == "single" and goal - sim.step or math.min(ways.every, goal - sim.step))
      show(sim)
    end
  end
  return ways
end
