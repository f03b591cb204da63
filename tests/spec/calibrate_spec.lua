-- calibrate_spec.lua -- barchan.calibrate with functions whose answer is known, killed and resumed; with grains: examples/calibrate.lua and
-- tests/validation.
local barchan = require "barchan"
local expect = require "tools.expect"
local process = require "tools.process"
local ranks = require "tools.ranks"
local failure, has = expect.failure, expect.has
local nlopt = require "barchan.nlopt"
local campaigns = require "tools.campaigns"
local table_of = campaigns.table_of

local function run(folder, text, options, more)
  return campaigns.run(folder, text, { "--quiet", unpack(options or {}) }, more)
end

-- A made-up pile: angle and time follow from friction = 0.61237 and young = 8e5 for angle = 25 and time = 3.0127.
local made_up = [[
local found, how = barchan.calibrate { folder = "all", method = METHOD, evaluations = 120, design = DESIGN, tolerance = 1e-4,
  parameters = { friction = { 0.1, 0.9, start = START }, young = { 1e5, 1e8, log = true } }, target = { angle = 25, time = 3.0127 },
  run = function(p)
    core.sleep(tonumber(barchan.set.pause or 0))
    if p.friction < FAILS then error "too smooth" end
    return { angle = 10 + 40 * p.friction ^ 2, time = math.log10(p.young) / 2 + 0.1 * p.friction }
  end }
print(("%.4f %.4g %d %s %d"):format(found.friction, found.young, how.evaluations, how.why, how.failed))
]]

local function text_for(o)
  return (made_up:gsub("METHOD", ("%q"):format(o.method)):gsub("DESIGN", o.design or 0):gsub("START", o.start or "nil")
    :gsub("FAILS", o.fails or 0))
end

describe("a calibration #slow", function()
  if not process.exists(process.program) then return pending("the executable was not built: " .. process.program) end
  if not nlopt.version() then return pending "there is no NLopt here" end

  for _, method in ipairs { "bobyqa", "cobyla", "sbplx", "nelder_mead", "direct", "direct_l" } do
    it("finds what is known with " .. method, function()
      local said = run(process.folder("calibrate/" .. method), text_for { method = method })
      assert.equal(0, said.code, said.err)
      local friction, young = said.out:match "^(%S+) (%S+)"
      assert.near(0.61237, tonumber(friction), 0.004)
      assert.near(0, math.log10(tonumber(young) / 8e5), 0.02)
    end)
  end

  it("finds a number by one parameter, and ends at the accuracy asked for", function()
    local folder = process.folder "calibrate/one"
    local said = run(folder, [[
      local found, how = barchan.calibrate { folder = "all", parameters = { friction = { 0.1, 0.9 } }, target = 25, accuracy = 0.001, design = 4,
        run = function(p) return 10 + 40 * p.friction ^ 2 end }
      print(found.friction, how.why, how.results.result)]])
    assert.equal(0, said.code, said.err)
    local friction, why, result = said.out:match "(%S+)\t(%S+)\t(%S+)"
    assert.near(0.61237, tonumber(friction), 0.001)
    assert.near(25, tonumber(result), 0.025)
    assert.equal("accuracy", why)
    assert.is_true(select(2, process.read(folder .. "/all/results.csv"):gsub("\n", "")) < 30)
  end)

  -- Two parameters, two results with noise of a tenth of a degree and a hundredth of a second: the same numbers in each run.
  local noisy = [[
local found, how = barchan.calibrate { folder = "all", method = "fit", design = 12, evaluations = 60, tolerance = TOLERANCE,
  parameters = { friction = { 0.1, 0.9 }, young = { 1e5, 1e8, log = true } }, target = { angle = 25, time = 3.0127 },
  run = function(p)
    core.sleep(tonumber(barchan.set.pause or 0))
    if p.number == 5 then error "slipped" end
    math.randomseed(p.number)
    return { angle = 10 + 40 * p.friction ^ 2 + 0.35 * (math.random() - 0.5),
      time = math.log10(p.young) / 2 + 0.1 * p.friction + 0.035 * (math.random() - 0.5) }
  end }
print(("%.6f %.6g %d %s %d %.4f %.4f"):format(found.friction, found.young, how.evaluations, how.why, how.failed, how.errors.friction,
  how.errors.young / found.young))
]]

  it("finds one parameter by a controlled random search", function()
    local said = run(process.folder "calibrate/crs", [[
      local found, how = barchan.calibrate { folder = "all", method = "crs", parameters = { friction = { 0.1, 0.9 } }, target = 25,
        accuracy = 0.002, evaluations = 300, run = function(p) return 10 + 40 * p.friction ^ 2 end }
      print(found.friction, how.why)]])
    assert.equal(0, said.code, said.err)
    assert.near(0.61237, tonumber(said.out:match "^%S+"), 0.002)
    has(said.out, "accuracy")
  end)

  it("weighs targets that exclude each other", function()
    -- a = b = x shall be 1 and 2: of w (x - 1)^2 + 1/4 (x - 2)^2 the least is at (w + 1/2) / (w + 1/4)
    for weight, expected in pairs { [1] = 1.2, [4] = 4.5 / 4.25 } do
      local said = run(process.folder "calibrate/weights", ([[
        print(barchan.calibrate { folder = "all", parameters = { x = { 0, 3 } }, target = { a = 1, b = 2 }, weights = { a = %d, b = 1 },
          tolerance = 1e-4, evaluations = 100, run = function(p) return { a = p.x, b = p.x } end }.x)]]):format(weight))
      assert.equal(0, said.code, said.err)
      assert.near(expected, tonumber(said.out), 2e-3)
    end
  end)

  it("averages noise away by fits, and says how sure it is", function()
    local folder = process.folder "calibrate/fit"
    local text = noisy:gsub("TOLERANCE", "1e-9")
    local said = run(folder, text)
    assert.equal(0, said.code, said.err)
    local friction, young, count, why, failed, error_f, error_y = said.out:match("^(%S+) (%S+) (%d+) (%S+) (%d+) (%S+) (%S+)")
    friction, young, error_f, error_y = tonumber(friction), tonumber(young), tonumber(error_f), tonumber(error_y)
    assert.equal("60 evaluations 1", ("%s %s %s"):format(count, why, failed))
    -- a single angle is good for 0.1 / (80 * 0.61) = 0.002, a time for 0.02 of log10(young), 5 % of it; some 30 of them count
    assert.is_true(error_f > 1e-4 and error_f < 1.5e-3, said.out)
    assert.is_true(error_y > 2e-3 and error_y < 0.03, said.out)
    assert.near(0.61237, friction, 4 * error_f)
    assert.near(1, young / 8e5, 4 * error_y)
    -- with a coarse tolerance it ends earlier
    said = run(process.folder "calibrate/fit_soon", (noisy:gsub("TOLERANCE", "0.01")))
    has(said.out, " tolerance ")
    assert.is_true(tonumber(said.out:match "^%S+ %S+ (%d+)") < 60)
    -- killed, and on several ranks, it asks for the same
    local other = process.folder "calibrate/fit_killed"
    assert.equal(137, run(other, text, { "--set", "pause=0.03" }, { meanwhile = "sleep 0.9; kill -KILL $pid" }).code)
    run(other, text)
    assert.equal(table_of(folder .. "/all"), table_of(other .. "/all"))
    if ranks.mpirun then
      local several = process.folder "calibrate/fit_ranks"
      process.write(several .. "/c.lua", campaigns.head .. text)
      assert.equal(0, ranks.run(4, { "run", "c.lua", "--quiet" }, { folder = several }).code)
      assert.equal(table_of(folder .. "/all"), table_of(several .. "/all"))
    end
  end)

  it("that is killed at random moments asks for the same points, and runs none of them twice", function()
    local folder, other = process.folder "calibrate/whole", process.folder "calibrate/killed"
    local text = text_for { method = "sbplx", design = 6 }
    local whole = run(folder, text)
    for k = 1, 2 do
      local said = run(other, text, { "--set", "pause=0.03" }, { meanwhile = ("sleep 0.%d; kill -KILL $pid"):format(4 + 2 * k) })
      assert.equal(137, said.code)
    end
    local again = run(other, text)
    assert.equal(whole.out, again.out)
    assert.equal(table_of(folder .. "/all"), table_of(other .. "/all"))
    again = run(other, text) -- it is over: nothing runs
    assert.equal(whole.out, again.out)
    local begins = 0
    for _, record in ipairs(require("barchan.campaign_journal").read(folder .. "/all/journal")) do
      if record.kind == "begin" then begins = begins + 1 end
    end
    assert.equal(tonumber(whole.out:match "^%S+ %S+ (%d+)"), begins)
  end)

  it("goes on when more evaluations are allowed", function()
    local folder = process.folder "calibrate/more"
    local text = text_for { method = "nelder_mead" }
    local short = text:gsub("evaluations = 120", "evaluations = 12")
    has(run(folder, short).out, " 12 evaluations 0\n")
    local said = run(folder, text)
    assert.near(0.61237, tonumber(said.out:match "^%S+"), 0.004)
  end)

  it("takes an evaluation that fails for a bad one", function()
    local folder = process.folder "calibrate/failing"
    local said = run(folder, text_for { method = "nelder_mead", design = 8, fails = 0.55 })
    assert.equal(0, said.code, said.err)
    assert.near(0.61237, tonumber(said.out:match "^%S+"), 0.004)
    assert.is_true(tonumber(said.out:match "(%d+)\n") > 0)
    has(said.err, "has failed (error): c.lua:7: too smooth")
    said = run(process.folder "calibrate/hopeless", text_for { method = "nelder_mead", design = 3, fails = 2 })
    assert.equal(1, said.code)
    has(said.err, "c.lua:3: barchan.calibrate: all 3 evaluations of the design have failed")
  end)

  it("refuses to go on with another search than it was begun with", function()
    local folder = process.folder "calibrate/changed"
    run(folder, text_for { method = "sbplx" })
    local said = run(folder, text_for { method = "cobyla" })
    assert.equal(1, said.code)
    has(said.err, "'all' holds another campaign: method was 'sbplx', and is 'cobyla'")
    has(run(folder, (text_for { method = "sbplx" }:gsub("0.9", "0.8"))).err,
      "ranges was 'friction in [0.1, 0.9], young in [100000, 100000000] log'")
  end)

  it("says that it needs NLopt where there is none", function()
    local said = run(process.folder "calibrate/without", [[
      local load = require("ffi").load
      require("ffi").load = function(name, ...) -- a machine without it
        if name:find "nlopt" then error("no " .. name, 0) end
        return load(name, ...)
      end
      barchan.calibrate { parameters = { a = { 0, 1 } }, run = function() return 1 end }]])
    assert.equal(5, said.code)
    has(said.err, "c.lua:8: barchan.calibrate: NLopt 2.7 or later is not here (Debian: apt-get install libnlopt0)")
  end)
end)

describe("barchan.calibrate", function()
  it("refuses wrong options at the script's line", function()
    if not nlopt.version() then return pending "there is no NLopt here" end
    local function wrong(o)
      o.run = o.run or function() return 1 end
      o.parameters = o.parameters or { friction = { 0.1, 0.9 } }
      return failure(function() barchan.calibrate(o) end)
    end
    has(wrong { parameters = {} }, "parameters must name at least one")
    has(wrong { parameters = { friction = 0.3 } }, "friction must be a range {lo, hi} with lo < hi, got 0.3")
    has(wrong { parameters = { friction = { 0.1, 0.9, start = 1 } } }, "friction: start must be between 0.1 and 0.9, got 1")
    has(wrong { target = "25" }, "target must be a number, or a table of numbers by name, got '25'")
    has(wrong { target = { angle = 25 }, weights = { angel = 1 } }, "did you mean 'angle'?")
    has(wrong { method = "bobyqa" }, "method bobyqa needs two parameters or more")
    has(wrong { method = "simplex" }, "method must be one of 'bobyqa', 'cobyla',")
    has(wrong { method = "fit", design = 8 }, "method fit looks for where a target is met, which is missing")
    has(wrong { method = "fit", design = 3, target = 1 }, "method fit needs a design of at least 4 evaluations for 1 parameters, got design = 3")
    has(wrong { accuracy = 0.01 }, "accuracy is a relative error of the target, which is missing")
    has(wrong { evaluations = 4, design = 4 }, "of 4 evaluations the design takes 4, so that none are left to search with")
  end)
end)
