-- scene.lua -- what the scripts of this folder share: some grains in a box.
local barchan = require "barchan"

local scene = { sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } }, threads = 1 } }
local sim = scene.sim
scene.glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law "hertz_mindlin"
sim:pair(scene.glass, scene.glass, { restitution = 0.7, friction = 0.4 })
scene.region = sim.box { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 } }
scene.box = sim:box { lo = { 0, 0, 0 }, hi = { 0.1, 0.1, 0.1 }, side = "inside", material = scene.glass }

function scene.fill()
  return sim:insert { region = scene.region, radius = 2e-3, count = 100, material = scene.glass }
end

return scene
