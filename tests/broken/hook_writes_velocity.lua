-- a callback in the middle of a step sets a velocity, which belongs half to the old and half to the new time there
-- expect: exit=1 line=12 text="sim.v cannot be written in the middle of a step (each_step; do it in call)" text="force, torque can"
local barchan = require "barchan"
local sim = barchan.simulation { domain = { lo = {0, 0, 0}, hi = {1, 1, 1} } }
local glass = sim:material { name = "glass", young = 1e7, poisson = 0.25, density = 2500 }
sim:law("hertz_mindlin")
sim:pair(glass, glass, { restitution = 0.5, friction = 0.3 })
sim:insert { x = {0.5, 0.5, 0.5}, radius = 0.01, material = glass }

sim:run { steps = 10, each_step = function(s)
  local vz = s.v.z
  vz[1] = 0
end }
