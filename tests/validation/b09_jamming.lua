-- b09_jamming.lua -- spheres without friction, pressed together from all sides: where they jam.
--
-- Case: B9. 1500 equal spheres (d = density = 1, linear springs of 1) in a periodic cell that a servo presses to 1e-3, 3e-4, 1e-4 and
-- 3e-5 of the stiffness. The packing fraction falls in proportion to the pressure onto 0.639; the contacts of a grain, rattlers left
-- out, fall with the root of the pressure onto 6.
local lab = require "lab"
local test = require "case" { id = "B9", title = "jamming", source = "[R] O'Hern et al. 2003", long = "5 minutes", precision = "mixed" }

local sim = lab.pressed { N = 1500, pressure = 1e-3, e = 0.3, mu = 0, threads = test.threads, seed = 3 }
local p, phi, root, z = {}, {}, {}, {}
for i, pressure in ipairs { 1e-3, 3e-4, 1e-4, 3e-5 } do
  sim:deform { pressure = pressure }
  sim:run { time = 60 / math.sqrt(pressure), every = 0.5 / math.sqrt(pressure), until_ = function(s)
    local now = s.cell.stress
    return math.abs((now.sxx + now.syy + now.szz) / 3 / pressure - 1) < 1e-3 and s.kinetic_energy / s.count < 1e-6 * pressure ^ 2
  end }
  local now = sim:packing { least = 4 }
  p[i], phi[i], root[i], z[i] = pressure, now.fraction, math.sqrt(pressure), now.backbone_coordination
  test:remark("pressure %g: fraction %.4f, %.3f contacts, %d rattlers", pressure, now.fraction, now.backbone_coordination, now.rattlers)
end
local slope, at_zero, straight = lab.line(p, phi)
test:absolute("packing fraction at no pressure", at_zero, 0.639, 0.003)
test:between("R^2 of the line over the pressure", straight, 0.98, 1)
test:must("it rises with the pressure", slope > 0)
local _, contacts = lab.line(root, z)
test:absolute("contacts of a grain at no pressure, without rattlers", contacts, 6, 0.05)
return test:done()
