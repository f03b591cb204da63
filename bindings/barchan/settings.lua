-- settings.lua -- what the command line hands to the module: values for scripts, overrides, and how much is shown.
jit.off(true, true) -- cold: see init.lua
local settings = {
  values = {},     -- of --set name=value
  override = {},   -- options of barchan.simulation that the command line decides: threads, precision, seed, backend, device
  args = {},       -- barchan.args: what followed -- on the command line
  show = false,    -- status table, progress, closing breakdown (the executable switches it on)
  quiet = false,   -- --quiet: none of it
  profile = false, -- --profile: the table of profile.lua at the end
  debug = false,   -- tracebacks with the module's own frames
  check = false,   -- `barchan check`: everything but the run
  script = nil,    -- { path =, text = } of the script
  command = nil,   -- the command line, for provenance
  resume = false,  -- --resume: the first sim:run of each simulation goes on from its newest checkpoint
  walltime = nil,  -- [s] of --walltime, since `started` on core.clock
  status = nil,    -- path of --status or, once it is known, of status.json beside the run
  status_at = nil, -- "beside": there is to be one, as `barchan run` does without --status or --no-status
  reason = nil,    -- why the run ended, when neither an error nor a signal says it
  folder = nil,    -- of the case of a campaign that is running: what it writes goes there
  tally = nil,     -- within a case: function(s) at the end of a simulation; its barchan.result{...}
  results = nil,
  part = nil,      -- --part K/N: { K, N }
  retry = false,   -- --retry: cases that have failed are tried again
  dry_run = false, -- --dry-run: a campaign says its cases, and ends
  finished = {},   -- raised where the script ends without an error
  speaks = true,   -- of several ranks one prints: ranks.lua
}

-- Names that the script has looked up in barchan.set: a misspelt --set is told.
local read, warned = {}, false
settings.set = setmetatable({}, { __index = function(_, name)
  read[name] = true
  return rawget(settings.values, name)
end, __newindex = function(_, name)
  error(("barchan.set.%s cannot be assigned; it holds what --set says"):format(tostring(name)), 2)
end })

--- Takes what stands behind --set: name=value. Returns false where it is something else.
function settings.take(text)
  local name, value = tostring(text):match "^([%a_][%w_]*)=(.*)$"
  if not name then return false end
  if value == "true" or value == "false" then settings.values[name] = value == "true" else settings.values[name] = tonumber(value) or value end
  return true
end

--- Says which --set names the script has not asked for until now (its first run).
function settings.warn_unread()
  if warned then return end
  warned = true
  local unread = {}
  for name in pairs(settings.values) do
    if not read[name] then unread[#unread + 1] = name end
  end
  if #unread == 0 then return end
  table.sort(unread)
  local asked = {}
  for name in pairs(read) do asked[#asked + 1] = tostring(name) end
  table.sort(asked)
  settings.warn(("--set %s: the script has not asked for %s; it asked for %s"):format(table.concat(unread, ", "),
    #unread == 1 and "it" or "them", #asked > 0 and table.concat(asked, ", ") or "nothing"))
end

--- Where warnings and the status go. Scripts' own output is stdout.
function settings.say(text)
  if not settings.speaks then return end
  io.stdout:flush()
  io.stderr:write(text)
end

-- On several ranks: what has been said here, and what has not because another rank speaks: the first few texts, each once.
local MOST, LENGTH = 20, 700
local heard = {}
settings.unsaid = {}

function settings.warn(text)
  local key = text:sub(1, LENGTH)
  if settings.speaks then
    heard[key] = true
    settings.say("barchan: warning: " .. text .. "\n")
  elseif not heard[key] and #settings.unsaid < MOST then
    heard[key] = true
    settings.unsaid[#settings.unsaid + 1] = key
  end
end

--- A warning of another rank, told to all of them: said by the one that speaks unless it has been, and not again by anybody.
function settings.pass_on(text, rank)
  if settings.speaks and not heard[text] then settings.say(("barchan: warning: %s (on rank %d)\n"):format(text, rank)) end
  heard[text] = true
  for i = #settings.unsaid, 1, -1 do
    if settings.unsaid[i] == text then table.remove(settings.unsaid, i) end
  end
end

return settings
