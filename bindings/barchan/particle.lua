-- particle.lua -- a handle to one particle by its id: p.x, p.v, p.radius, ... It stays valid while the simulation runs and
-- reorders its arrays, and raises when the particle is gone.
local ffi = require "ffi"
local native = require "barchan.native"
local errors = require "barchan.errors"
local checks = require "barchan.checks"
local api = require "barchan.api"
local fields = require "barchan.fields"
local meet = require "barchan.meet"
local ranks = require "barchan.ranks"
local vector = require "barchan.vector"
local simulation = require "barchan.simulation"
local C = native.C

local Particle = {}

-- Of several ranks one has the particle: its number, and the slot there; all of them ask together. -1: none has it.
local buffer = ffi.new("double[3]")
local function owner_of(s, id, what)
  local k = tonumber(C.brc_particle_slot(s.handle, id))
  if k >= tonumber(s.fields.x.count) then k = -1 end -- another rank's, seen from here
  local text = ("%s: %s of the particle with id %d"):format(errors.where() or "?", what, id)
  return meet.stop(s.meeting, text, meet.fingerprint(text), { k >= 0 and ranks.index() + 1 or 0 })(1) - 1, k
end

local function read_together(s, id, key)
  local owner, k = owner_of(s, id, key)
  if key == "exists" then return owner >= 0 end
  if owner < 0 then errors.raise(("particle.%s: the particle with id %d is not in the simulation any more"):format(key, id)) end
  if key == "index" then
    errors.raise("particle.index: on several ranks each has its own sim.x[...], and the particle a place in one of them only")
  end
  local vectorial = s.fields[key].columns == 3
  if k >= 0 then
    local value = fields.view(s, key)[k + 1]
    if vectorial then buffer[0], buffer[1], buffer[2] = vector.components(value) else buffer[0] = value end
  end
  native.check(C.brc_comm_broadcast(s.comm, buffer, 24, owner), "sim:particle")
  if vectorial then return (vector.new(buffer[0], buffer[1], buffer[2])) end
  return buffer[0]
end

local function write_together(s, id, key, value)
  local owner, k = owner_of(s, id, ("assignment of %s to the %s"):format(meet.text("", value), key))
  if owner < 0 then errors.raise(("particle.%s: the particle with id %d is not in the simulation any more"):format(key, id)) end
  s.writable_views, s.summary_valid = true, false
  meet.all(s.meeting, function()
    if k >= 0 then fields.view(s, key)[k + 1] = value end
  end)
end

local function slot(particle, what)
  local p = rawget(particle, "_")
  if p.state.closed then errors.raise(("particle %d: the simulation is closed"):format(p.id)) end
  local found = tonumber(C.brc_particle_slot(p.state.handle, p.id))
  if found < 0 then
    errors.raise(("particle.%s: the particle with id %d is not in the simulation any more"):format(what, p.id))
  end
  return found + 1, p.state
end

local function unknown(s, key)
  local names = { "index", "exists", unpack(s.field_names) }
  errors.raise(errors.unknown("field of a particle", key, names))
end

function Particle.__index(particle, key)
  local p = rawget(particle, "_")
  if p.state.hidden and key ~= "id" then p.state.hidden("particle." .. tostring(key)) end
  if key == "id" then return p.id end
  if p.state.meeting and not p.state.closed and (key == "exists" or key == "index" or p.state.fields[key]) then
    return (read_together(p.state, p.id, key))
  end
  if key == "exists" then return not p.state.closed and tonumber(C.brc_particle_slot(p.state.handle, p.id)) >= 0 end
  if key ~= "index" and not p.state.fields[key] then unknown(p.state, key) end
  local i, s = slot(particle, key)
  if key == "index" then return i end
  return fields.view(s, key)[i]
end

function Particle.__newindex(particle, key, value)
  local p = rawget(particle, "_")
  if p.state.hidden then return end -- done in a run that is over
  if key == "index" or key == "exists" then errors.raise(("particle.%s cannot be assigned"):format(key)) end
  if not p.state.fields[key] then unknown(p.state, key) end
  if p.state.meeting and not p.state.closed then
    write_together(p.state, p.id, key, value)
    return
  end
  local i, s = slot(particle, key)
  s.writable_views, s.summary_valid = true, false
  fields.view(s, key)[i] = value
end

function Particle.__tostring(particle) return ("particle %d"):format(rawget(particle, "_").id) end

simulation.method("particle", function(s, id)
  checks.value("sim:particle", api.calls["sim:particle"].parameters[1], id)
  local there
  if s.meeting then there = owner_of(s, id, "sim:particle") >= 0 else there = C.brc_particle_slot(s.handle, id) >= 0 end
  if not there then
    errors.raise(("sim:particle: there is no particle with id %d"):format(id))
  end
  return setmetatable({ _ = { state = s, id = id } }, Particle)
end)
