-- Laws of a script as machine code: compiled in the background, swapped in between two steps, kept in a cache that survives
-- truncated and foreign files, several processes at once, and the end of the process; and all the ways to be without a compiler.
local process = require "tools.process"

local has = process.exists(process.program) and os.execute "cc --version >/dev/null 2>&1" == 0
local run = has and it or pending

-- A column of grains on a plane under a law of its own; says which back end ran before and after, and the hash.
local script = [[
local barchan = require "barchan"
local backend = require "barchan.backend"
local law = barchan.contact_law {
  name = "soft", pair = { stiffness = { "N/m", 0 } }, coefficients = { kn = "N/m" },
  derive = function(_, _, pair) return { kn = pair.stiffness } end,
  history = { s = barchan.vec3 "m" },
  force = function(c, k, h)
    h.s = rotate_into_plane(h.s, c.n) + (c.v_mean - dot(c.v_mean, c.n) * c.n) * c.dt
    local x = c.overlap / c.R
    return k.kn * c.overlap * (1 + x * exp(-x)) * c.n - 0.3 * k.kn * h.s
  end,
}
local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.02, 0.02, 0.2 }, periodic = "xy" },
  laws = barchan.set.laws, threads = 2,
  precision = barchan.set.precision, gravity = { 1, 0.5, -9.81 } }
local m = sim:material { name = "m", density = 2500 }
sim:law(law)
sim:pair(m, m, { stiffness = 2000 })
sim:plane { point = { 0, 0, 0.001 }, normal = { 0, 0, 1 }, material = m }
local x = {}
for i = 1, 60 do x[i] = { 0.01 + 1e-5 * i, 0.01, 0.002 + 0.00199 * (i - 1) } end
sim:insert { x = x, radius = 0.001, material = m }
sim:run { steps = 1 }
local before = backend.name(sim._)
local clock, wait, seconds = barchan.clock(), barchan.set.wait, tonumber(barchan.set.seconds or 0)
while backend.name(sim._) ~= wait and barchan.clock() - clock < seconds do
  sim:run { steps = 10 }
  os.execute "sleep 0.02"
end
sim:run { steps = 20000 - sim.step }
print(before, backend.name(sim._), sim:hash())
]]

local quoted = function(text) return "'" .. text .. "'" end

describe("compiled laws #slow", function()
  local folder
  setup(function()
    folder = process.folder "compile"
    local file = assert(io.open(folder .. "/soft.lua", "w"))
    file:write(script)
    file:close()
  end)

  -- Runs the script; answers back ends before and after, hash, and all that was said.
  local function soft(options)
    local environment = "XDG_CACHE_HOME=" .. quoted(options.cache or folder .. "/cache") .. " " .. (options.environment or "")
    local sets = ""
    for _, key in ipairs { "laws", "precision", "wait", "seconds" } do
      if options[key] then sets = sets .. (" --set %s=%s"):format(key, options[key]) end
    end
    local pipe = io.popen(("cd %s && %s %s run soft.lua%s 2>&1"):format(quoted(folder), environment, quoted(process.program), sets))
    local text = pipe:read "*a"
    pipe:close()
    local before, after, hash = text:match "(%l+)\t(%l+)\t(%x+)"
    return { before = before, after = after, hash = hash, text = text }
  end
  local function files(cache)
    local list = process.list(cache .. "/barchan")
    return list
  end

  local expected
  run("give the interpreter's bits, swapped in at whatever step", function()
    for _, precision in ipairs { "mixed", "double" } do
      local slow = soft { laws = "interpreter", precision = precision }
      assert.equal("interpreter", slow.after, slow.text)
      local fast = soft { laws = "auto", precision = precision, wait = "cc", seconds = 20 }
      assert.same({ "interpreter", "cc" }, { fast.before, fast.after }, fast.text)
      assert.equal(slow.hash, fast.hash)
      local again = soft { laws = "auto", precision = precision } -- from the cache, before the first step
      assert.same({ "cc", "cc", slow.hash }, { again.before, again.after, again.hash }, again.text)
      if precision == "mixed" then expected = slow.hash end
    end
    assert.equal(2, #files(folder .. "/cache"))
  end)
  run("are made anew when the file in the cache is not what was put there", function()
    local path = folder .. "/cache/barchan/"
    local good = {}
    for _, name in ipairs(files(folder .. "/cache")) do good[name] = process.read(path .. name) end
    for what, change in pairs {
      truncated = function(text) return text:sub(1, #text - 1) end,
      half = function(text) return text:sub(1, math.floor(#text / 2)) end,
      bit = function(text) return text:sub(1, 999) .. string.char(bit.bxor(text:byte(1000), 1)) .. text:sub(1001) end,
      foreign = function() return "\127ELF, or so it says" end,
      empty = function() return "" end,
    } do
      for name, text in pairs(good) do
        local file = assert(io.open(path .. name, "wb"))
        file:write(change(text))
        file:close()
      end
      local said = soft { laws = "cc" }
      assert.same({ "cc", expected }, { said.after, said.hash }, what .. said.text)
    end
    assert.equal(0, os.execute("chmod o+w " .. path .. "*.so")) -- others may have changed it
    local name = files(folder .. "/cache")[1]
    local said = soft { laws = "cc" }
    assert.same({ "cc", expected }, { said.after, said.hash }, said.text)
    assert.is_string(name)
  end)
  run("share a cache between processes that start together", function()
    local cache = folder .. "/together"
    local commands = {}
    for i = 1, 5 do
      commands[i] = ("(XDG_CACHE_HOME=%s %s run soft.lua --set laws=cc > out%d 2>&1) &"):format(quoted(cache), quoted(process.program), i)
    end
    assert.equal(0, os.execute(("cd %s; %s wait"):format(quoted(folder), table.concat(commands, " "))))
    for i = 1, 5 do
      local before, _, hash = process.read(folder .. "/out" .. i):match "(%l+)\t(%l+)\t(%x+)"
      assert.same({ "cc", expected }, { before, hash })
    end
    assert.equal(1, #files(cache), "something was left beside the library")
  end)
  run("take a compiler of several words", function()
    local wrapper = folder .. "/wrapper" -- as ccache is one
    local file = assert(io.open(wrapper, "w"))
    file:write('#!/bin/sh\necho "$1" >>' .. quoted(folder .. "/wrapped") .. '\nexec "$@"\n')
    file:close()
    assert.equal(0, os.execute("chmod +x " .. quoted(wrapper)))
    local said = soft { laws = "cc", environment = "CC=" .. quoted(wrapper .. " cc -O1"), cache = folder .. "/words" }
    assert.same({ "cc", expected }, { said.before, said.hash }, said.text)
    assert.equal("cc\n", process.read(folder .. "/wrapped"))
    said = soft { laws = "cc", environment = "CC=" .. quoted(wrapper .. " no-such-cc"), cache = folder .. "/words" }
    assert.is_truthy(said.text:find("could not be compiled: " .. wrapper .. " no-such-cc ended with 127", 1, true), said.text)
  end)
  run("are done without where there is no compiler, and it is said once", function()
    for _, case in ipairs {
      { environment = "CC=/no/such/cc", text = "there is no C compiler '/no/such/cc' on PATH" },
      { environment = "CC=false", text = "false ended with 1: no message" },
      { cache = "/dev/null/cache", text = "/dev/null/cache cannot be made: Not a directory" },
    } do
      local cache = case.cache or folder .. "/none"
      local said = soft { laws = "auto", environment = case.environment, cache = cache, seconds = 2 }
      assert.same({ "interpreter", "interpreter", expected }, { said.before, said.after, said.hash }, said.text)
      local _, count = said.text:gsub("contact laws of the script are interpreted, which is slower and gives the same results: ", "")
      assert.equal(1, count, said.text)
      assert.is_truthy(said.text:find(case.text, 1, true), said.text)
      local strict = soft { laws = "cc", environment = case.environment, cache = cache }
      assert.is_nil(strict.hash)
      assert.is_truthy(strict.text:find("soft.lua:23: sim:run: laws = \"cc\", but the law 'soft' could not be compiled: " .. case.text, 1,
        true), strict.text)
    end
  end)
  run("leave nothing behind when the process ends first", function()
    local slow = folder .. "/slow-cc"
    local file = assert(io.open(slow, "w"))
    file:write("#!/bin/sh\nsleep 61.5\n")
    file:close()
    assert.equal(0, os.execute("chmod +x " .. quoted(slow)))
    local cache = folder .. "/ended"
    local start = os.time()
    local said = soft { laws = "auto", environment = "CC=" .. quoted(slow), cache = cache, seconds = 2 }
    assert.same({ "interpreter", expected }, { said.after, said.hash }, said.text)
    assert.is_true(os.time() - start < 50)
    assert.same({}, files(cache))
    local pipe = io.popen "ps -eo args 2>/dev/null"
    local all = pipe:read "*a"
    pipe:close()
    assert.is_nil(all:find("sleep 61.5", 1, true), "the compiler's child lives on")
  end)
end)
