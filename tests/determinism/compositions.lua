-- compositions.lua -- other laws for packing.lua (--set law=NAME): between them, every sub-model that a packing can show. Each: what
-- sim:law takes, values of materials and pairs, and fields with the values of the grains.
local young = { young = 2e7, poisson = 0.25 }

return {
  adhesive = {
    law = { normal = "jkr", damping = "tsuji", tangential = "mindlin_rescale", rolling = "epsd2", twisting = "marshall" },
    material = young,
    pair = { work_of_adhesion = 0.5, restitution = 0.4, friction = 0.5, rolling_friction = 0.05 },
  },
  wet = {
    law = { normal = "hertz", damping = "viscous", cohesion = "rabinovich", tangential = "mindlin_force", rolling = "viscous",
      twisting = "sds", heat = "conduction" },
    material = { young = 2e7, poisson = 0.25, conductivity = 2, capacity = { temperature = 10 } },
    pair = { viscosity = 0.02, surface_tension = 0.07, contact_angle = 0.3, bridge_volume = 2e-11, friction = 0.4,
      rolling_viscosity = 1, twisting_stiffness = 1e-4, twisting_damping = 1e-8, twisting_friction = 1e-4 },
    field = { name = "temperature", unit = "K", default = 300 },
    value = function(id) return 300 + id % 100 end,
  },
  plastic = {
    law = { normal = "luding", damping = "velocity", tangential = "coulomb", cohesion = "willett", rolling = "constant_torque" },
    material = {},
    pair = { stiffness = 3000, unloading_ratio = 3, cohesion_stiffness = 2000, plasticity_depth = 0.05, damping_rate = 200, friction = 0.4,
      surface_tension = 0.07, contact_angle = 0.2, bridge_volume = 1e-11, rolling_friction = 0.05 },
  },
  charged = {
    law = { normal = "thornton_ning", damping = "viscous", tangential = "mindlin", far = "electrostatic", rolling = "epsd" },
    material = young,
    pair = { yield_pressure = 3e6, viscosity = 0.02, friction = 0.4, range = 3e-3, rolling_friction = 0.02 },
    field = { name = "charge", unit = "C" },
    value = function(id) return (id % 3 - 1) * 2e-10 end,
  },
}
