-- random.lua -- math.random with a memory: how often it was called since which seed, so that a resumed run draws the numbers that would
-- have come. The numbers are LuaJIT's own; each call moves its generator on by one, whatever its arguments.
local draw, seed = math.random, math.randomseed
local random = {}
local calls, given = 0, nil

function math.random(...) -- luacheck: ignore 122
  calls = calls + 1
  return draw(...)
end

function math.randomseed(...) -- luacheck: ignore 122
  seed(...)
  calls, given = 0, tonumber((...))
end

--- Where the generator is; and going there. Answers false when that is not on its way: the script has seeded it in another way.
function random.state() return { calls = calls, seed = given } end

function random.go(t)
  if t.seed ~= nil then
    seed(t.seed)
    calls, given = 0, t.seed
  elseif given ~= nil or calls > t.calls then
    return false
  end
  for _ = calls + 1, t.calls do draw() end
  calls = t.calls
  return true
end

return random
