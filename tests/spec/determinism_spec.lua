-- determinism_spec.lua -- the same bits: the state of a dense polydisperse packing (tests/determinism/packing.lua) has one hash at
-- every look, whatever the number of threads, the instruction set, the skin of the lists, the compiler, the pieces that a run is cut
-- into and the order of insertion. Each way is a process of its own, two at a time. #determinism
local barchan = require "barchan"
local native = require "barchan.native"
local process = require "tools.process"

local root, program = os.getenv "BARCHAN_SOURCE" or ".", process.program
local other_compiler = os.getenv "BARCHAN_CLANG_BIN"
if other_compiler and not process.exists(other_compiler) then other_compiler = nil end
local golden = dofile(root .. "/tests/golden/packing.lua")
local full = { mixed = 20000, double = 10000 }

-- Options of a run: what differs from one thread, the widest instructions, an adapted skin, one call for each look.
local function command(way, precision)
  local words = { "OMP_WAIT_POLICY=passive", way.program or program, "run",
    ("%s/tests/determinism/%s.lua --quiet"):format(root, way.scene or "packing") }
  words[#words + 1] = ("--threads %d --precision %s --set steps=%d"):format(way.threads or 1, precision, way.steps or full[precision])
  for _, name in ipairs { "isa", "skin", "order", "way", "law", "laws" } do
    if way[name] then words[#words + 1] = ("--set %s=%s"):format(name, way[name]) end
  end
  return table.concat(words, " ") .. " 2>&1"
end

local function start(way, precision)
  local text = command(way, precision)
  return { command = text, pipe = assert(io.popen(text)) }
end

-- Hashes and orders of slots by step, and the closing line.
local function finish(job)
  local out = { hash = {}, order = {}, steps = {} }
  for line in job.pipe:lines() do
    local step, hash, order = line:match("^STEP (%d+) hash (%x+) order (%x+)")
    if step then
      step = tonumber(step)
      out.hash[step], out.order[step], out.steps[#out.steps + 1] = hash, order, step
    elseif line:match("^END ") then out.summary = line
    else out.noise = (out.noise or "") .. line .. "\n" end
  end
  job.pipe:close()
  assert(out.summary, "the run did not end:\n" .. job.command .. "\n" .. (out.noise or ""))
  return out
end

-- All ways, two at a time; calls look(way, result) for each.
local function run_all(ways, precision, look)
  for i = 1, #ways, 2 do
    local first, second = start(ways[i], precision), ways[i + 1] and start(ways[i + 1], precision)
    look(ways[i], finish(first))
    if second then look(ways[i + 1], finish(second)) end
  end
end

local function compare(ways, precision)
  local failures, reference = {}, nil
  run_all(ways, precision, function(way, result)
    reference = reference or result
    local last = result.steps[#result.steps]
    print(("# %-6s %-34s step %5d: %s"):format(precision, way.name, last, result.hash[last]))
    for _, step in ipairs(result.steps) do -- the first that differs tells where it began
      if result.hash[step] ~= reference.hash[step] then
        failures[#failures + 1] = ("%s: differs at step %d: %s instead of %s"):format(way.name, step, result.hash[step],
          tostring(reference.hash[step]))
        break
      elseif result.order[step] ~= reference.order[step] then
        failures[#failures + 1] = ("%s: particles have other indices at step %d"):format(way.name, step)
        break
      end
    end
  end)
  print("# " .. reference.summary)
  assert(#failures == 0, "\n" .. table.concat(failures, "\n"))
  return reference
end

local function with_instructions(ways) -- the widest are those of the other ways
  for i, name in ipairs { "sse2", "avx2" } do
    if i < native.C.brc_isa_best() then ways[#ways + 1] = { name = name, isa = name } end
  end
  return ways
end

describe("the state of a packing #determinism", function()
  it("is the same for any threads, instructions, skin, cuts and order of insertion", function()
    local reference = compare(with_instructions {
      { name = "1 thread" },
      { name = "2 threads", threads = 2 },
      { name = "3 threads", threads = 3 },
      { name = "4 threads", threads = 4 },
      { name = "skin 0.05 mm", skin = 5e-5 },
      { name = "skin 3 mm, 2 threads", skin = 3e-3, threads = 2 },
      { name = "one call", way = "single" },
      { name = "calls of odd lengths, 3 threads", way = "pieces", threads = 3 },
      { name = "with empty hooks", way = "hooks" },
      { name = "inserted in another order", order = "shuffled" },
    }, "mixed")
    assert.equal(8, #reference.steps)
    local coordination = tonumber(reference.summary:match("%(([%d.]+)%)"))
    assert.is_true(coordination > 3.2, "a dense packing has many contacts, got a coordination number of " .. coordination)
    assert.same(golden.mixed, reference.hash)
  end)

  it("is the same in double precision", function()
    local reference = compare({
      { name = "1 thread" },
      { name = "4 threads, sse2", threads = 4, isa = "sse2" },
      { name = "skin 0.05 mm, 2 threads", skin = 5e-5, threads = 2 },
      { name = "skin 3 mm, other order", skin = 3e-3, order = "shuffled" },
      { name = "pieces, avx2", way = "pieces", isa = native.C.brc_isa_best() >= 2 and "avx2" or nil },
      { name = "hooks, 3 threads", way = "hooks", threads = 3 },
    }, "double")
    assert.same(golden.double, reference.hash)
  end)

  -- Between them all sub-models; grains meet, stick and part from step 1000 on.
  for law, steps in pairs { adhesive = 5000, wet = 5000, plastic = 9000, charged = 6000 } do
    it("is the same with other laws: " .. law, function()
      local reference = compare({
        { name = law .. ", interpreter", law = law, laws = "interpreter", steps = steps },
        { name = law .. ", swaps to cc, 3 threads", law = law, threads = 3, steps = steps },
        { name = law .. ", cc, skin 3 mm, other order", law = law, laws = "cc", skin = 3e-3, order = "shuffled", steps = steps },
        { name = law .. ", interpreter, sse2, pieces", law = law, laws = "interpreter", isa = "sse2", way = "pieces", threads = 2,
          steps = steps },
      }, "mixed")
      assert.is_true(tonumber(reference.summary:match("contacts (%d+)")) > 200)
    end)
  end

  -- Wet, charged, hot grains, some of them bonded: reach, particle fields, bonds, a law that is compiled while it runs.
  it("is the same with reach, fields and bonds", function()
    for _, precision in ipairs { "mixed", "double" } do
      local ways = {
        { name = "interpreter", laws = "interpreter" },
        { name = "compiled on the way, 2 threads", laws = "auto", threads = 2 },
        { name = "3 threads, sse2, skin 0.05 mm", threads = 3, isa = "sse2", skin = 5e-5 },
        { name = "4 threads, calls of odd lengths", threads = 4, way = "pieces" },
      }
      if precision == "mixed" then
        ways[5] = { name = "skin 2 mm, other order", skin = 2e-3, order = "shuffled" }
        ways[6] = { name = "with empty hooks, avx2", way = "hooks", isa = native.C.brc_isa_best() >= 2 and "avx2" or nil }
      end
      for _, way in ipairs(ways) do way.scene, way.steps = "sticky", precision == "mixed" and 2400 or 1200 end
      local summary = compare(ways, precision).summary
      for _, name in ipairs { "outlet", "bonds", "broken", "removed", "stream" } do
        assert.is_true(tonumber(summary:match(name .. " (%d+)")) > 5, "too little happens: " .. summary)
      end
    end
  end)

  it("is the same from another compiler", function()
    if not other_compiler then return pending("BARCHAN_CLANG_BIN names no program") end
    for _, precision in ipairs { "mixed", "double" } do
      local reference = compare({
        { name = "clang", program = other_compiler },
        { name = "clang, 2 threads, sse2", program = other_compiler, threads = 2, isa = "sse2", steps = 5000 },
      }, precision)
      assert.same(golden[precision], reference.hash)
    end
  end)

  -- The same for a periodic cell that is squeezed and sheared by servos (tests/determinism/cell.lua).
  it("is the same for a cell that deforms", function()
    for precision, steps in pairs { mixed = 8000, double = 5000 } do
      local ways = {
        { name = "cell, 1 thread" },
        { name = "cell, 2 threads", threads = 2 },
        { name = "cell, 4 threads, calls of odd lengths", threads = 4, way = "pieces" },
        { name = "cell, skin 0.05 mm", skin = 5e-5 },
        { name = "cell, skin 1 mm, other order", skin = 1e-3, order = "shuffled" },
        { name = "cell, 3 threads, hooks, sse2", threads = 3, way = "hooks", isa = "sse2" },
        { name = "cell, one call, avx2", way = "single", isa = native.C.brc_isa_best() >= 2 and "avx2" or nil },
      }
      if other_compiler then ways[#ways + 1] = { name = "cell, clang", program = other_compiler } end
      for _, way in ipairs(ways) do way.scene, way.steps = "cell", steps end
      local reference = compare(ways, precision)
      assert.is_true(tonumber(reference.summary:match("strain (%-[%d.]+)")) < -0.2)
    end
  end)
end)

-- Where nothing looks at the particles between two steps, the end of one and the begin of the next are a single pass.
describe("a gas of grains #determinism", function()
  local function hash(precision, threads, way)
    local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.05, 0.05, 0.05 }, periodic = "xyz" }, precision = precision,
      threads = threads, gravity = { 1, 2, -3 }, seed = 5 }
    local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
    sim:law("hertz_mindlin", { rolling = "epsd" })
    sim:pair(glass, glass, { restitution = 0.8, friction = 0.5, rolling_friction = 0.05 })
    sim:insert { region = sim.box { lo = { 0, 0, 0 }, hi = { 0.05, 0.05, 0.05 } }, material = glass, radius = { 0.001, 0.002 }, count = 2500 }
    local state = 1
    for i = 1, sim.count do
      local v = {}
      for k = 1, 3 do
        state = (state * 1103515245 + 12345) % 2147483648
        v[k] = state / 2147483648 - 0.5
      end
      sim.v:set(i, v[1], v[2], v[3])
    end
    if way == "one call" then sim:run { steps = 1200 }
    elseif way == "a call for each step" then
      for _ = 1, 1200 do sim:run { steps = 1 } end
    else sim:run { steps = 1200, each_step = function() end } end
    local text, contacts = sim:hash(), sim.contacts
    sim:close()
    return text, contacts
  end
  for _, precision in ipairs { "mixed", "double" } do
    it("is the same in one call, in calls of one step and with hooks, " .. precision, function()
      local reference, contacts = hash(precision, 1, "a call for each step")
      assert.is_true(contacts > 100)
      for _, threads in ipairs { 1, 3 } do
        for _, way in ipairs { "one call", "hooks" } do assert.equal(reference, (hash(precision, threads, way))) end
      end
    end)
  end
end)
