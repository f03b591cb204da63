-- coarse.lua -- sim:coarse_grain{...}: density, velocity, stress and temperature as fields on a grid, averaged over samples; as checked
-- views of the engine's arrays and as VTK images.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local native = require "barchan.native"
local errors = require "barchan.errors"
local checks = require "barchan.checks"
local api = require "barchan.api"
local fields = require "barchan.fields"
local files = require "barchan.files"
local materials = require "barchan.materials"
local simulation = require "barchan.simulation"
local vector = require "barchan.vector"
local C = native.C

local WHAT = "sim:coarse_grain"
local Coarse, methods = {}, {}

local function live(coarse, what)
  local c = type(coarse) == "table" and getmetatable(coarse) == Coarse and rawget(coarse, "_")
  if not c then errors.raise(what .. " must be called with a colon") end
  if c.closed then errors.raise(what .. ": the simulation is closed") end
  return c
end

local function sample(c, what)
  if c.state.in_hook then errors.raise(what .. ": not in the middle of a step (each_step); use call") end
  materials.prepare(c.state, what)
  native.check(C.brc_coarse_sample(c.handle), what)
end

--- Adds the state of now to the averages.
function methods.sample(coarse) sample(live(coarse, "fields:sample"), "fields:sample") end

--- Forgets all samples.
function methods.reset(coarse) C.brc_coarse_reset(live(coarse, "fields:reset").handle) end

--- Writes the averages as a VTK image.
function methods.write(coarse, file)
  local c = live(coarse, "fields:write")
  checks.value("fields:write", api.calls["fields:write"].parameters[1], file)
  files.needs_ending("fields:write", file, ".vti")
  file = files.place(file)
  if files.only_check("fields:write", file) then return end
  native.check(C.brc_coarse_write(c.handle, file), "fields:write")
end

--- Number of the cell with these numbers along x, y and z, all from 1.
function methods.index(coarse, ix, iy, iz)
  local c = live(coarse, "fields:index")
  local n = c.options.cells
  local numbers = { ix, iy, iz }
  for k = 1, 3 do
    local i = numbers[k]
    if type(i) ~= "number" or i ~= math.floor(i) or i < 1 or i > n[k] then
      errors.raise(("fields:index: number %d must be a whole number from 1 to %d, got %s"):format(k, n[k], checks.show(i)))
    end
  end
  return ix + n[1] * (iy - 1 + n[2] * (iz - 1))
end

--- Middle of a cell.
function methods.place(coarse, i)
  local c = live(coarse, "fields:place")
  local o, n = c.options, c.options.cells
  if type(i) ~= "number" or i ~= math.floor(i) or i < 1 or i > c.count then
    errors.raise(("fields:place: the number of the cell must be a whole number from 1 to %d, got %s"):format(c.count, checks.show(i)))
  end
  local at = { (i - 1) % n[1], math.floor((i - 1) / n[1]) % n[2], math.floor((i - 1) / (n[1] * n[2])) }
  local x = {}
  for k = 1, 3 do x[k] = o.lo[k] + (at[k] + 0.5) * (o.hi[k] - o.lo[k]) / n[k] end
  return (vector.new(x[1], x[2], x[3]))
end

function Coarse.__index(coarse, key)
  if methods[key] then return methods[key] end
  local c = live(coarse, "fields." .. tostring(key))
  if key == "count" then return c.count end
  if key == "samples" then return (tonumber(C.brc_coarse_samples(c.handle))) end
  if c.fields[key] then
    C.brc_coarse_field(c.handle, 0) -- brings the averages up to date
    return (fields.view(c, key))
  end
  local names = { "count", "samples", "sample", "reset", "write", "index", "place", unpack(c.field_names) }
  table.sort(names)
  errors.raise(errors.unknown("member of coarse-grained fields", key, names))
end

function Coarse.__newindex(_, key)
  errors.raise(("fields.%s cannot be assigned: it is a measure"):format(tostring(key)))
end

local kernels = { lucy = 0, gaussian = 1 }

simulation.options_method("coarse_grain", function(s, o)
  if s.in_hook then errors.raise(WHAT .. ": not in the middle of a step (each_step); use call") end
  s.obstacle = s.obstacle or ("%s (%s), whose averages checkpoints do not hold"):format(WHAT, errors.where() or "?")
  local def, out = ffi.new("brc_coarse_def"), ffi.new("brc_coarse*[1]")
  checks.put(def.lo, o.lo)
  checks.put(def.hi, o.hi)
  for k = 1, 3 do
    local n = o.cells[k]
    if n ~= math.floor(n) or n < 1 or n > 1e6 then
      errors.raise(("%s: cells[%d] must be a whole number from 1 to 1000000, got %s"):format(WHAT, k, checks.show(n)))
    end
    def.cells[k - 1] = n
  end
  def.kernel, def.width = kernels[o.kernel], o.width
  native.check(C.brc_coarse_create(s.handle, def, out), WHAT)
  local list = {}
  for i = 0, C.brc_coarse_field_count() - 1 do list[i + 1] = C.brc_coarse_field(out[0], i) end
  local c = fields.table("fields", "cells", list)
  c.state, c.handle, c.options, c.count = s, out[0], o, o.cells[1] * o.cells[2] * o.cells[3]
  table.insert(s.closers, function()
    fields.detach(c)
    c.closed = true
    C.brc_coarse_free(c.handle)
  end)
  if o.every then
    table.insert(s.events, { base = simulation.time(s, s.step), every = o.every, k = 0, fire = function() sample(c, WHAT) end })
  end
  return setmetatable({ _ = c }, Coarse)
end)
