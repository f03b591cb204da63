-- broken_ranks_spec.lua -- every script in tests/broken_ranks, on three ranks, must end within seconds with the exit code that it names
-- and one message that begins with its place and shows who was where, and leave no process behind. Each says in its second line what
-- it expects:
--
--   -- expect: exit=1 line=6 text="rank 0 is at" text="..."
--
-- with warning="..." for a part of a warning, seconds=N where it has to be ended after so long; and perhaps, below:
--   -- prepare: COMMAND run in the folder before
local process = require "tools.process"
local ranks = require "tools.ranks"

local folder = process.source .. "tests/broken_ranks/"
local LIMIT = 25 -- [s] on a busy machine; alone they take one or two

local function header(path)
  local text = process.read(path)
  local expect = text:match "expect: ([^\n]*)"
  local e = { code = tonumber(expect:match "exit=(%d+)"), line = expect:match "line=(%d+)", seconds = tonumber(expect:match "seconds=(%d+)"),
    texts = {}, warnings = {}, prepare = text:match "\n%-%- prepare: ([^\n]+)" }
  for part in expect:gmatch 'text="([^"]*)"' do e.texts[#e.texts + 1] = part end
  for part in expect:gmatch 'warning="([^"]*)"' do e.warnings[#e.warnings + 1] = part end
  return e
end

local function check(name)
  local path = folder .. name .. ".lua"
  local e = header(path)
  local work = process.folder("broken_ranks/" .. name)
  if e.prepare then os.execute("cd " .. process.quote(work) .. " && " .. e.prepare) end
  local said = ranks.run(3, { "run", path, "--quiet" }, { folder = work, seconds = e.seconds or 2 * LIMIT })
  local all = said.out .. said.err
  if e.code then assert.equal(e.code, said.code, all) else assert.is_true(said.code ~= 0) end
  assert.is_true(said.seconds < LIMIT, ("took %.1f s:\n%s"):format(said.seconds, all))
  assert.equal("", said.left)
  local messages, warnings = {}, {}
  for line in said.err:gmatch "[^\n]+" do
    if line:find "^barchan: warning: " then warnings[#warnings + 1] = line
    elseif line:find "^barchan: " then messages[#messages + 1] = line end
  end
  for _, part in ipairs(e.warnings) do assert.is_true((warnings[1] or ""):find(part, 1, true) ~= nil, part .. " in:\n" .. all) end
  if #e.texts == 0 then return end
  assert.equal(1, #messages, all)
  if e.line then
    local start = ("barchan: %s:%s: "):format(path, e.line)
    assert.equal(start, messages[1]:sub(1, #start))
  end
  for _, part in ipairs(e.texts) do
    assert.is_true(messages[1]:find(part, 1, true) ~= nil, ("expected '%s' in:\n%s"):format(part, messages[1]))
  end
end

describe("a broken script on three ranks #slow", function()
  if not ranks.mpirun then return pending "built without MPI" end
  if not process.exists(process.program) then return pending("the executable was not built: " .. process.program) end
  local count = 0
  for _, file in ipairs(process.list(folder)) do
    local name = file:match "^(.*)%.lua$"
    if name ~= "scene" then
      count = count + 1
      it(name, function() check(name) end)
    end
  end

  it("is one of at least sixteen", function() assert.is_true(count >= 16) end)
end)
