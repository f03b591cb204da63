-- particle.lua -- a handle to one particle by its id: p.x, p.v, p.radius, ... It stays valid while the simulation runs and
-- reorders its arrays, and raises when the particle is gone.
local native = require "barchan.native"
local errors = require "barchan.errors"
local checks = require "barchan.checks"
local api = require "barchan.api"
local fields = require "barchan.fields"
local simulation = require "barchan.simulation"
local C = native.C

local Particle = {}

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
  local i, s = slot(particle, key)
  s.writable_views, s.summary_valid = true, false
  fields.view(s, key)[i] = value
end

function Particle.__tostring(particle) return ("particle %d"):format(rawget(particle, "_").id) end

simulation.method("particle", function(s, id)
  checks.value("sim:particle", api.calls["sim:particle"].parameters[1], id)
  if C.brc_particle_slot(s.handle, id) < 0 then
    errors.raise(("sim:particle: there is no particle with id %d"):format(id))
  end
  return setmetatable({ _ = { state = s, id = id } }, Particle)
end)
