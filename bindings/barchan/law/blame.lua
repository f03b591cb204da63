-- blame.lua -- errors that point at the line of the person who wrote the law or the script, never at the module's own files.
jit.off(true, true) -- cold: see init.lua
local blame = {}

local function name_of(info)
  return info.source:sub(1, 1) == "@" and info.source:sub(2) or info.short_src
end

-- Files below the folder of the module are ours, except laws/: those are laws like any user's.
local own = debug.getinfo(1, "S").source:gsub("law[/\\][^/\\]*$", "")

local function is_own(source)
  if source:sub(1, #own) ~= own then return false end
  return not source:sub(#own + 1):find("^laws[/\\]")
end

--- "file:line: " of the first Lua frame on the stack outside the module; "" when there is none.
function blame.place()
  local level = 2
  while true do
    local info = debug.getinfo(level, "Sl")
    if not info then return "" end
    if info.what ~= "C" and info.currentline > 0 and not is_own(info.source) then
      return name_of(info) .. ":" .. info.currentline .. ": "
    end
    level = level + 1
  end
end

--- Where a function is defined: "file:line: ".
function blame.definition(f)
  local info = debug.getinfo(f, "S")
  return name_of(info) .. ":" .. info.linedefined .. ": "
end

--- Raise at the user's line.
function blame.fail(text, ...)
  if select("#", ...) > 0 then text = text:format(...) end
  error(blame.place() .. text, 0)
end

-- Edits (insert, delete, replace, swap of neighbours) that turn one word into the other.
local function distance(a, b)
  local rows = {}
  for i = 0, #a do rows[i] = { [0] = i } end
  for j = 0, #b do rows[0][j] = j end
  for i = 1, #a do
    for j = 1, #b do
      local cost = a:byte(i) == b:byte(j) and 0 or 1
      local best = math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + cost)
      if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
        best = math.min(best, rows[i - 2][j - 2] + 1)
      end
      rows[i][j] = best
    end
  end
  return rows[#a][#b]
end

--- The keys of a table in alphabetical order: what makes every generated file and message reproducible.
function blame.keys(t)
  local keys = {}
  for key in pairs(t) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
  return keys
end

--- "; did you mean 'x'? (there are: x, y)" with the nearest of the known names, or "; there are: x, y".
function blame.known(word, names)
  local best, least = nil, math.max(2, math.floor(#tostring(word) / 3)) + 1
  for _, name in ipairs(names) do
    local d = distance(tostring(word):lower(), name:lower())
    if d < least then best, least = name, d end
  end
  local list = #names > 0 and "there are: " .. table.concat(names, ", ") or "there are none"
  return best and ("; did you mean '%s'? (%s)"):format(best, list) or "; " .. list
end

return blame
