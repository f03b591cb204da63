-- snapshots.lua -- sim:render{...}: pictures of the state now. The state goes by way of a trajectory file of one step beside the picture, so
-- that there is one way to draw, and ranks need no other.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local errors = require "barchan.errors"
local files = require "barchan.files"
local json = require "barchan.json"
local materials = require "barchan.materials"
local meet = require "barchan.meet"
local native = require "barchan.native"
local simulation = require "barchan.simulation"
local C = native.C

local WHAT = "sim:render"

local function write(s, path, content)
  local def, out = ffi.new("brc_output_def"), ffi.new("brc_output*[1]")
  local names = {}
  for i, m in ipairs(s.materials) do names[i] = { name = m.name } end
  local origin = json.encode { materials = names }
  def.path, def.provenance, def.content, def.compress = path, origin, content, 0
  native.check(C.brc_output_open(s.handle, def, out), WHAT)
  local status = tonumber(C.brc_output_write(out[0]))
  local text = status ~= 0 and ffi.string(C.brc_last_error())
  local closed = tonumber(C.brc_output_close(out[0]))
  if status == 0 then native.check(closed, WHAT) else errors.raise(WHAT .. ": " .. text, status) end
end

local function draw(s, o, path)
  local stem, asked = path .. ".state", {}
  for key, value in pairs(o) do asked[key] = value end
  asked.every, asked.step, asked.whole = nil, -1, o.every ~= nil -- pictures of a series show the same part of the world
  local parts = { particles = stem .. ".vtkhdf" }
  local ok, message = pcall(function()
    write(s, parts.particles, C.BRC_CONTENT_PARTICLES)
    if o.walls > 0 then
      parts.walls = stem .. "-walls.vtkhdf"
      write(s, parts.walls, C.BRC_CONTENT_WALLS)
    end
    if o.chains then
      materials.prepare(s, WHAT)
      parts.contacts = stem .. "-contacts.vtkhdf"
      write(s, parts.contacts, C.BRC_CONTENT_CONTACTS)
    end
    meet.first(s.meeting, function() require("barchan.render").file(WHAT, parts.particles, path, asked) end)
  end)
  meet.first(s.meeting, function()
    for _, file in pairs(parts) do os.remove(file) end
  end)
  if not ok then error(message, 0) end
end

simulation.options_method("render", function(s, o)
  files.needs_ending(WHAT, o.file, ".png")
  if s.in_hook then errors.raise(WHAT .. ": not in the middle of a step (each_step); use call") end
  local numbered = o.file:find("*", 1, true)
  if o.every and not numbered then
    errors.raise(("%s: with every the name has a *, where the number of the step comes, got '%s'"):format(WHAT, o.file))
  end
  o.file = files.place(o.file)
  o.threads = s.threads
  local function path() return (o.file:gsub("%*", ("%09d"):format(s.step))) end
  local render = require "barchan.render"
  render.needed(WHAT)
  render.completed(WHAT, o)
  if files.only_check(WHAT, path()) then return end
  if not o.every then return draw(s, o, path()) end
  files.needs_writable(WHAT, path())
  table.insert(s.events, { base = simulation.time(s, s.step), every = o.every, k = 0, fire = function() draw(s, o, path()) end })
end)
