-- cell.lua -- the periodic cell: deforming it by rates of strain or towards stresses, and what it is now.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local native = require "barchan.native"
local errors = require "barchan.errors"
local vector = require "barchan.vector"
local simulation = require "barchan.simulation"
local C = native.C

local components = { "xx", "yy", "zz", "xy", "xz", "yz" }

simulation.options_method("deform", function(s, o)
  local order = ffi.new("brc_deform")
  for i, name in ipairs(components) do
    local rate, stress = o.rate and o.rate["e" .. name], o.stress and o.stress["s" .. name]
    if rate and stress then errors.raise(("sim:deform: give either e%s or s%s, not both"):format(name, name)) end
    if o.pressure and i <= 3 and (rate or stress) then
      errors.raise(("sim:deform: pressure moves all axes alike; it does not go with %s%s"):format(rate and "e" or "s", name))
    end
    order.control[i - 1] = stress and C.BRC_BY_STRESS or C.BRC_BY_RATE
    order.rate[i - 1], order.stress[i - 1] = rate or 0, stress or 0
  end
  if o.pressure then
    local periodic = s.options.domain.periodic
    if periodic == "" then errors.raise("sim:deform: pressure needs a periodic axis, and domain has none") end
    for i, axis in ipairs { "x", "y", "z" } do
      if periodic:find(axis, 1, true) then
        order.control[i - 1], order.stress[i - 1] = C.BRC_BY_PRESSURE, o.pressure
      end
    end
  end
  if not (o.pressure or o.stress) and (o.max_rate or o.band) then
    errors.raise(("sim:deform: %s goes with stress or pressure, which are missing"):format(o.max_rate and "max_rate" or "band"))
  end
  order.max_rate, order.band = o.max_rate or 0, o.band or 0
  native.check(C.brc_deform_set(s.handle, order), "sim:deform")
end)

simulation.register_property("cell", function(s)
  local c = ffi.new("brc_cell_info")
  native.check(C.brc_cell_get(s.handle, c), "sim.cell")
  local e = c.edge
  local cell = { lo = vector.new(c.lo[0], c.lo[1], c.lo[2]), hi = vector.new(c.hi[0], c.hi[1], c.hi[2]),
    a = vector.new(e[0], 0, 0), b = vector.new(e[3], e[1], 0), c = vector.new(e[4], e[5], e[2]),
    tilt = { e[3], e[4], e[5] }, volume = c.volume, max_rate = c.max_rate, rate = {}, strain = {} }
  if c.stress[0] == c.stress[0] then cell.stress = {} end -- not a number before the first step of a deformation
  for i, name in ipairs(components) do
    cell.rate["e" .. name], cell.strain["e" .. name] = c.rate[i - 1], c.strain[i - 1]
    if cell.stress then cell.stress["s" .. name] = c.stress[i - 1] end
  end
  local x, v = ffi.new("double[3]"), ffi.new("double[3]")
  function cell.velocity(px, py, pz)
    if s.closed then errors.raise("sim.cell.velocity: the simulation is closed") end
    x[0], x[1], x[2] = px, py, pz
    C.brc_cell_velocity(s.handle, x, v)
    return (vector.new(v[0], v[1], v[2]))
  end
  return cell
end)
