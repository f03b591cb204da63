-- cell.lua -- what "same bits" is tested on beside packing.lua: a cell without walls, 1 500 grains of radii 1 : 3 with friction and
-- rolling friction, squeezed to a pressure and then sheared at given stresses, so that the edges of the cell, its servos and the
-- sums that they read are part of what must not depend on anything. Options: ways.lua.
local barchan = require "barchan"
local ways = require "ways" (8000, 1000)
local mm = barchan.units.mm

local L = 36*mm
local function simulation(options)
  options.domain = { lo = { 0, 0, 0 }, hi = { L, L, L }, periodic = "xyz" }
  options.gravity = { 0, 0, 0 }
  local sim = barchan.simulation(options)
  return sim, sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
end

local sim, glass = simulation { seed = 3 }
sim:insert { region = sim.box { lo = { 0, 0, 0 }, hi = { L, L, L } }, material = glass, radius = { 0.6*mm, 1.8*mm }, count = 1500 }
local x, radius, id = ways.places(sim)
ways.shuffle(x, radius, id)

sim, glass = simulation { seed = 42, isa = ways.isa, skin = ways.skin }
sim:law("hertz_mindlin", { rolling = "epsd" })
sim:pair(glass, glass, { restitution = 0.6, friction = 0.5, rolling_friction = 0.05 })
sim:insert { x = x, radius = radius, id = id, material = glass }

sim:deform { pressure = 500, max_rate = 12 }
ways.run(sim, math.min(ways.steps, 4000))
sim:deform { rate = { exy = 30, exz = -10, ezz = 1 }, stress = { sxx = 600, syy = 500, syz = 20 }, max_rate = 10 }
ways.run(sim)
local c, p = sim.cell, sim:profile()
print(("END count %d contacts %d (%.2f) overlap %.3f stress %.4g %.4g %.4g Pa strain %.3f %.3f %.3f | %s %s threads %d skin %.3g rebuilds %d"
  .. " %.2f s"):format(sim.count, sim.contacts, sim.coordination, sim.max_overlap, c.stress.sxx, c.stress.syy, c.stress.szz, c.strain.exx,
  c.strain.exy, c.strain.exz, p.precision, p.isa, p.threads, p.skin, p.rebuilds, p.seconds))
