-- cases_spec.lua -- barchan.cases: which cases a campaign has. Sobol's points next to those that Joe and Kuo publish.
local barchan = require "barchan"
local expect = require "tools.expect"
local process = require "tools.process"
local sobol = require "barchan.sobol"
local failure, has = expect.failure, expect.has
local cases = barchan.cases

local function here() return "cases_spec.lua:" .. debug.getinfo(2, "l").currentline .. ": " end

describe("cases.grid", function()
  it("has all combinations, the last name changes first", function()
    local c = cases.grid { b = { 1, 2 }, a = { "x", "y", "z" } }
    local seen = {}
    for i, row in ipairs(c.rows) do seen[i] = row.a .. row.b end
    assert.same({ "x1", "x2", "y1", "y2", "z1", "z2" }, seen)
    assert.equal("6 cases of a, b", tostring(c))
  end)

  it("refuses what is no list of values, at the script's line", function()
    local line
    local function wrong() line = here() cases.grid { friction = 0.5 } end
    has(failure(wrong), line .. "barchan.cases.grid: friction must be a list of values, got 0.5")
    has(failure(function() cases.grid { a = { 1, 0 / 0 } } end), "a[2] must be a finite number")
    has(failure(function() cases.grid {} end), "there are no parameters")
    has(failure(function() cases.grid { state = { 1 } } end), "'state' is a word of the table of results")
    has(failure(function() cases.grid { ["a b"] = { 1 } } end), "a name of letters, digits and _, got 'a b'")
    local many = {}
    for i = 1, 1001 do many[i] = i end
    has(failure(function() cases.grid { a = many, b = many } end), "these are 1e+06 cases; a campaign has at most 1e+06")
  end)

  it("is one of the kinds that there are", function()
    has(failure(function() cases.gird { a = { 1 } } end), "did you mean 'grid'?")
  end)
end)

describe("cases.list", function()
  it("takes tables, all with the same names", function()
    assert.same({ "a", "b" }, cases.list { { a = 1, b = true }, { a = 2, b = false } }.names)
    has(failure(function() cases.list { { a = 1 }, { b = 2 } } end), "case 1 has no value for b, which other cases have")
    has(failure(function() cases.list { a = 1 } end), "expected a list of tables")
    has(failure(function() cases.list { { a = {} } } end), "a of case 1 must be a finite number, a text of one line, true or false")
  end)
end)

describe("cases.latin_hypercube", function()
  it("has one case in each part of each range, the same for a seed", function()
    local n = 32
    local c = cases.latin_hypercube { n = n, seed = 3, friction = { 0.2, 0.6 }, young = { 1e5, 1e9, log = true } }
    local found = { {}, {} }
    for _, row in ipairs(c.rows) do
      local parts = { math.floor(n * (row.friction - 0.2) / 0.4), math.floor(n * math.log10(row.young / 1e5) / 4) }
      for k = 1, 2 do
        assert.is_nil(found[k][parts[k]], "two cases in a part")
        assert.is_true(parts[k] >= 0 and parts[k] < n)
        found[k][parts[k]] = true
      end
    end
    assert.same(c.rows, cases.latin_hypercube { n = n, seed = 3, friction = { 0.2, 0.6 }, young = { 1e5, 1e9, log = true } }.rows)
    assert.not_same(c.rows, cases.latin_hypercube { n = n, seed = 4, friction = { 0.2, 0.6 }, young = { 1e5, 1e9, log = true } }.rows)
  end)

  it("does not correlate the parameters", function()
    local c, n = cases.latin_hypercube { n = 400, a = { 0, 1 }, b = { 0, 1 } }, 400
    local sum = 0
    for _, row in ipairs(c.rows) do sum = sum + (row.a - 0.5) * (row.b - 0.5) end
    assert.is_true(math.abs(12 * sum / n) < 0.15, "correlation " .. 12 * sum / n) -- three standard deviations of n independent pairs
  end)

  it("gives whole numbers where asked", function()
    local count = {}
    for _, row in ipairs(cases.latin_hypercube { n = 30, layers = { 1, 3, whole = true } }.rows) do
      count[row.layers] = (count[row.layers] or 0) + 1
    end
    assert.same({ 10, 10, 10 }, count)
  end)

  it("refuses what is no range", function()
    has(failure(function() cases.latin_hypercube { n = 3, a = { 2, 1 } } end), "a must be a range {lo, hi} with lo < hi")
    has(failure(function() cases.latin_hypercube { n = 3, a = { 0, 1, log = true } } end),
      "a has log = true, so its range must be above 0, got 0")
    has(failure(function() cases.latin_hypercube { a = { 0, 1 } } end), "n is missing: number of cases")
    has(failure(function() cases.latin_hypercube { n = 2.5, a = { 0, 1 } } end), "n must be a whole number, got 2.5")
    has(failure(function() cases.latin_hypercube { n = 3, a = { 1, 2, logarithmic = true } } end),
      "unknown key 'logarithmic'; did you mean 'log'?")
  end)
end)

describe("cases.sobol", function()
  it("has the points of Joe and Kuo", function() -- the first ten in three dimensions, of their page on the generator
    local published = { { 0, 0, 0 }, { 0.5, 0.5, 0.5 }, { 0.75, 0.25, 0.25 }, { 0.25, 0.75, 0.75 }, { 0.375, 0.375, 0.625 },
      { 0.875, 0.875, 0.125 }, { 0.625, 0.125, 0.875 }, { 0.125, 0.625, 0.375 }, { 0.1875, 0.3125, 0.9375 }, { 0.6875, 0.8125, 0.4375 } }
    for i, point in ipairs(published) do assert.same(point, sobol.point(i - 1, 3)) end
  end)

  it("fills each dimension evenly, and the first two as a pair", function()
    local n, all = 1024, {}
    for i = 1, n do all[i] = sobol.point(i - 1, sobol.DIMENSIONS) end
    for d = 1, sobol.DIMENSIONS do -- a (0, 10, 1)-net: 1024 points are one in each interval
      local seen = {}
      for i = 1, n do seen[math.floor(n * all[i][d])] = true end
      for k = 0, n - 1 do assert.is_true(seen[k], ("dimension %d, interval %d"):format(d, k)) end
    end
    local seen = {} -- the first two dimensions are a (0, 10, 2)-net: 32 x 32 boxes hold a point each
    for i = 1, n do seen[math.floor(32 * all[i][1]) * 32 + math.floor(32 * all[i][2])] = true end
    for k = 0, n - 1 do assert.is_true(seen[k]) end
  end)

  it("begins in the middle, and goes on with skip", function()
    assert.same({ { a = 0.5, b = 15 } }, cases.sobol { n = 1, a = { 0, 1 }, b = { 10, 20 } }.rows)
    local long, rest = cases.sobol { n = 8, a = { 0, 1 } }.rows, cases.sobol { n = 3, skip = 6, a = { 0, 1 } }.rows
    assert.same({ long[6], long[7], long[8] }, rest)
  end)

  it("has as many dimensions as there are numbers for", function()
    local o = { n = 2 }
    for k = 1, sobol.DIMENSIONS + 1 do o["p" .. k] = { 0, 1 } end
    has(failure(function() cases.sobol(o) end), ("at most %d parameters, got %d"):format(sobol.DIMENSIONS, sobol.DIMENSIONS + 1))
  end)
end)

describe("cases.table", function()
  local function file(text) return process.write(process.folder "cases" .. "/cases.csv", text) end

  it("reads numbers, texts and words", function()
    local c = cases.table { file = file 'a, name,big\r\n1e-3,"x, ""y""",true\n\n# a remark\n2, plain ,false\n' }
    assert.same({ { a = 1e-3, name = 'x, "y"', big = true }, { a = 2, name = "plain", big = false } }, c.rows)
  end)

  it("names the line that is wrong", function()
    has(failure(function() cases.table { file = file "a,b\n1\n" } end), "line 2: it has 1 values, and there are 2 columns")
    has(failure(function() cases.table { file = file "a,a\n1,2\n" } end), "there are two columns 'a'")
    has(failure(function() cases.table { file = file "a,seconds\n1,2\n" } end), "'seconds' cannot be the name of a parameter")
    has(failure(function() cases.table { file = file "a\n" } end), "there are no cases")
    has(failure(function() cases.table { file = file "" } end), "there is no line with the names")
    has(failure(function() cases.table { file = file 'a\n"x\n' } end), "line 2: a quotation mark is not closed")
    has(failure(function() cases.table { file = file "a,b\n1,\n" } end), "line 2: b has no value")
    has(failure(function() cases.table { file = "/nowhere/x.csv" } end), "cannot open '/nowhere/x.csv': No such file")
  end)
end)
