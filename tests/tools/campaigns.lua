-- campaigns.lua -- what the specs of campaigns and calibrations share: a script run in a folder of its own, the table that it leaves.
local process = require "tools.process"
local campaigns = {}

--- What scripts begin with.
campaigns.head = 'local barchan = require "barchan"\nlocal core = require("barchan.native").core\n'

--- The outcome of the script `text` in `folder`; `more`: what else process.run takes.
function campaigns.run(folder, text, options, more)
  process.write(folder .. "/c.lua", campaigns.head .. text)
  local o = { folder = folder }
  for key, value in pairs(more or {}) do o[key] = value end
  return process.run({ "run", "c.lua", unpack(options or {}) }, o)
end

--- The table without what two runs do not have in common: its last column.
function campaigns.table_of(folder)
  return (process.read(folder .. "/results.csv"):gsub(",[^,\n]*\n", "\n"))
end

return campaigns
