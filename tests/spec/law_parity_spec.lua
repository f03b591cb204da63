-- Every law gives the same bits in all its forms: run as Lua, interpreted, compiled with the engine, and compiled here by gcc and
-- clang, on each instruction set; in double against Lua's numbers, in float against one another. Random and edge contacts:
-- 4000 of each law, 100 000 with BARCHAN_PARITY_CONTACTS=100000.
local ffi = require "ffi"
local tools = require "law_tools"
local law = require "barchan.law"
local C = require("barchan.native").C

local BLOCK, PAIRS = tonumber(C.BRC_BLOCK), 5
local CONTACTS = tonumber(os.getenv "BARCHAN_PARITY_CONTACTS") or 4000
local source = os.getenv "BARCHAN_SOURCE"

local bits = ffi.new "union { double d; uint64_t u; float f[2]; uint32_t w[2]; }"
local function compare(expected, got, what)
  for k = 1, #expected do
    if not tools.same(expected[k], got[k]) then error(("%s: result %d is %a, expected %a"):format(what, k, got[k], expected[k]), 0) end
  end
end

local compilers, missing = {}, {}
for _, name in ipairs { "gcc", "clang" } do
  local list = os.execute(name .. " --version >/dev/null 2>&1") == 0 and compilers or missing
  list[#list + 1] = name
end

-- The compositions of the build and the law of bonds, how many these are; then each sub-model once more, in a random composition that
-- the build does not hold.
local function laws()
  local list, seen = {}, {}
  local function add(l)
    if not seen[l.name] then list[#list + 1] = tools.forms(l) end
    seen[l.name] = true
  end
  for _, name in ipairs(law.compositions()) do add(law.resolve(name)) end
  add(law.bond())
  local built = #list
  for _, slot in ipairs(law.slot()) do
    for _, name in ipairs(law.slot(slot)) do
      if name ~= "none" then
        local found, l
        for _ = 1, 50 do -- not every combination is offered: a sub-model may need what only some others offer
          local chosen = { normal = "hertz" }
          for _, other in ipairs(law.slot()) do
            local choices = law.slot(other)
            if other == slot then chosen[other] = name
            elseif tools.chance(0.6) or other == "normal" then
              chosen[other] = choices[2 + math.floor(tools.random(0, #choices - 1 - 1e-9))]
            end
          end
          found, l = pcall(law.resolve, chosen)
          if found then break end
        end
        assert(found, slot .. " " .. name .. ": " .. tostring(l))
        add(l)
      end
    end
  end
  return list, built
end

describe("a law in all its forms #slow", function()
  local folder
  setup(function()
    folder = os.tmpname()
    os.remove(folder)
    assert(os.execute("mkdir '" .. folder .. "'") == 0)
  end)
  teardown(function() os.execute("rm -r '" .. folder .. "'") end)

  local list, built = laws()
  local best = tonumber(C.brc_isa_best())
  for _, kind in ipairs { "double", "float" } do
    it("has the same bits in " .. kind, function()
      local compiled = {}
      if source then
        for _, compiler in ipairs(compilers) do
          for isa = 1, best do
            local functions, lib = tools.compile(list, folder, source, compiler, isa, kind)
            compiled[#compiled + 1] = { name = ("%s, instruction set %d"):format(compiler, isa), functions = functions, lib = lib }
          end
        end
      end
      local contacts_compared = {} -- with each form
      for nth, f in ipairs(list) do
        local l, finite = f.l, 0
        assert(f.number or nth > built, l.name .. " is not in the engine")
        local b = tools.block(l, kind, PAIRS)
        local done = 0
        while done < CONTACTS do
          local k, contacts, histories = {}, {}, {}
          for p = 0, PAIRS - 1 do
            k[p] = tools.coefficients(l)
            b.coefficients(p, k[p])
          end
          local one, n = tools.chance(0.5), tools.chance(0.5) and BLOCK or 1 + math.floor(tools.random(0, BLOCK - 1))
          local pair = math.floor(tools.random(0, PAIRS - 1e-9))
          for i = 0, BLOCK - 1 do
            contacts[i], histories[i] = tools.contact(l, 1e-6)
            b.put(i, contacts[i], histories[i])
            b.pair[i] = one and pair or math.floor(tools.random(0, PAIRS - 1e-9))
          end
          local first = true
          local function check(what, call)
            b.begin()
            call()
            if first then b.keep() end
            local message = not first and b.differs(n)
            if message then error(("%s, %s, %s, %s"):format(l.name, kind, what, message), 0) end
            first = false
            local form = what:match "^%a+"
            contacts_compared[form] = (contacts_compared[form] or 0) + n
          end
          for isa = 1, best do
            check("interpreter " .. isa, function() b.call({ program = f.program }, isa, n) end)
            if f.number then check("engine " .. isa, function() b.call({ law = f.number }, isa, n) end) end
          end
          for _, c in ipairs(compiled) do check(c.name, function() b.call_function(c.functions[l.name], n) end) end
          local expected = {}
          for i = 0, n - 1 do expected[i] = b.get(i) end
          for i = 0, n - 1 do
            local whole = true
            for _, x in ipairs(expected[i]) do whole = whole and x - x == 0 end
            if whole then finite = finite + 1 end
          end
          if kind == "double" then
            contacts_compared.Lua = (contacts_compared.Lua or 0) + n
            for i = 0, n - 1 do
              local got = tools.flat(l, l.evaluate(contacts[i], k[b.pair[i]], histories[i]))
              compare(expected[i], got, ("%s, plain Lua, contact %d"):format(l.name, i))
            end
          end
          done = done + n
        end
        assert.is_true(finite > 0.99 * done, l.name .. ": too few finite results to mean anything")
      end
      local forms = { interpreter = best * #list, engine = best * built, Lua = kind == "double" and #list or nil }
      for _, compiler in ipairs(source and compilers or {}) do forms[compiler] = best * #list end
      for form, times in pairs(forms) do
        assert.is_true((contacts_compared[form] or 0) >= times * CONTACTS, "too few contacts compared with " .. form)
      end
    end)
  end
  it("was compared with what gcc and clang make", function()
    local in_ci = os.getenv "BARCHAN_CLANG_BIN" -- a build by the second compiler is under test: both have to be there
    local why = not source and "BARCHAN_SOURCE names no source tree" or #missing > 0 and "not installed: " .. table.concat(missing, ", ")
    if why and not in_ci then return pending("not compared with every compiler: " .. why) end
    assert(not why, why)
  end)
  it("differs when a bit differs", function() -- the comparison itself
    local b = tools.block(list[1].l, "double", 1)
    b.keep()
    b.out[2][5] = 1e-300
    assert.is_nil(b.differs(5))
    assert.matches("contact 5: result 3 is", b.differs(6))
    b.out[2][5], b.out[1][0] = 0, -0 * 1
    assert.matches("contact 0: result 2 is", b.differs(6))
    assert.has_error(function() compare({ 1 }, { 1 + 2 ^ -52 }, "x") end)
    assert.has_error(function() compare({ 0 }, { -0 * 1 }, "x") end)
    bits.u = 0x7ff8000000000000ULL
    compare({ bits.d }, { -bits.d }, "x")
  end)
end)
