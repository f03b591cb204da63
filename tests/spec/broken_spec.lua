-- broken_spec.lua -- every script in tests/broken must end with the exit code that it names, with one message that begins with its
-- file and line and holds what it expects, and must leave no file that a reader takes for whole and is not. Each script says in
-- its second line what it expects:
--
--   -- expect: exit=1 line=12 text="radius must be > 0 m, got -0.001 m" text="..."
--
-- (without line= where Lua does not know it)
-- and perhaps, below:
--   -- room: BYTES      run on a file system of that size, and again with files limited to that size
--   -- leaves: FILE     is there afterwards, with at least one whole step or row
--   -- absent: FILE     is not there afterwards
--   -- prepare: COMMAND run in the folder before
local process = require "tools.process"

local folder = process.source .. "tests/broken/"

local function header(path)
  local text = process.read(path)
  local e = { texts = {}, code = tonumber(text:match "expect: exit=(%d+)"), line = tonumber(text:match "expect: exit=%d+ line=(%d+)"),
    room = tonumber(text:match "\n%-%- room: (%d+)"), leaves = text:match "\n%-%- leaves: (%S+)",
    absent = text:match "\n%-%- absent: (%S+)", prepare = text:match "\n%-%- prepare: ([^\n]+)" }
  local expect = text:match "expect: ([^\n]*)":gsub('\\"', "\1")
  for part in expect:gmatch 'text="([^"]*)"' do e.texts[#e.texts + 1] = part:gsub("\1", '"') .. "" end
  return e
end

local function count(text, part)
  local n, from = 0, 1
  while true do
    local first, last = text:find(part, from, true)
    if not first then return n end
    n, from = n + 1, last + 1
  end
end

-- stderr: one message, which begins with the script's file and line; below it at most frames of the script.
local function check_message(e, path, said)
  local messages, tracing = {}, false
  for line in said.err:gmatch "[^\n]*" do
    if line:find "^barchan: warning: " then
      tracing = false
    elseif line:find "^barchan: " then
      messages[#messages + 1], tracing = line, false
    elseif line == "stack traceback:" then
      tracing = true
    elseif tracing and line ~= "" then
      assert.is_true(line == "\t..." or line:find("\t" .. path .. ":", 1, true) == 1, "a frame that is not the script's: " .. line)
    end
  end
  assert.equal(1, #messages, "messages in:\n" .. said.err)
  local start = ("barchan: %s:%s"):format(path, e.line and e.line .. ": " or "")
  assert.equal(start, messages[1]:sub(1, #start))
  for _, text in ipairs(e.texts) do
    assert.is_true(count(messages[1], text) > 0, ("expected '%s' in:\n%s"):format(text, messages[1]))
  end
  assert.equal(1, count(said.err, e.texts[1]), "said more than once:\n" .. said.err)
end

local function check(name, program, options)
  local path = folder .. name .. ".lua"
  local e = header(path)
  local said = process.run({ "run", path }, { program = program, folder = process.folder("broken/" .. name), prepare = e.prepare,
    disk = options.disk and e.room, limit = options.limit and e.room })
  local both = said.out .. said.err
  assert.is_nil(both:find("Sanitizer", 1, true) or both:find("runtime error:", 1, true), both)
  assert.equal(e.code, said.code, both)
  check_message(e, path, said)
  assert.is_nil(both:find("\27", 1, true), "an escape code where there is no terminal")
  assert.is_nil(process.half_written(said.folder))
  if e.absent then assert.is_false(process.exists(said.folder .. "/" .. e.absent), e.absent .. " was left") end
  if e.leaves then
    local file = said.folder .. "/" .. e.leaves
    local rows, message = 1, nil
    if e.leaves:find "%.csv$" then
      rows, message = process.csv_rows(file)
    elseif process.python then
      rows, message = process.trajectory_steps(file)
    end
    assert.is_true((rows or 0) >= 1, message or "nothing is left in " .. file)
    local claimed = tonumber(said.err:match "it holds (%d+) whole")
    if claimed and process.python then assert.equal(claimed, rows) end
  end
end

local programs = { { "", process.program } }
if process.sanitized then programs[2] = { " under ASan and UBSan", process.sanitized } end

describe("a broken script #slow", function()
  if not process.exists(process.program) then return pending("the executable was not built: " .. process.program) end
  for _, program in ipairs(programs) do
    for _, file in ipairs(process.list(folder)) do
      local name = file:match "^(.*)%.lua$"
      if name and header(folder .. file).room then
        it(name .. ", on a full disk" .. program[1], function()
          if not process.can_mount() then return pending(name .. ": a file system can be mounted by root only") end
          check(name, program[2], { disk = true })
        end)
        it(name .. ", at the limit of file sizes" .. program[1], function() check(name, program[2], { limit = true }) end)
      elseif name then
        it(name .. program[1], function() check(name, program[2], {}) end)
      end
    end
  end

  it("is one of at least forty", function()
    assert.is_true(#process.list(folder) >= 40)
  end)
end)
