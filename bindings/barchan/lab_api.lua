-- lab_api.lua -- the part of the schema (api.lua) that is the virtual laboratory: barchan.lab.NAME{...}, whose recipes are in scripts/recipes.
jit.off(true, true) -- cold: see init.lua

-- What all recipes take. grains, repeats: how many by default; more: the recipe's own; least: repeats without which nothing says how sure it is.
local function options(grains, repeats, more, least)
  local list = {
    { "material", "function", "function(sim) -> grain, wall: chooses the law, makes the materials and sets the pairs, instead of the seven "
      .. "numbers that follow; the second may be left out: walls are like grains" },
    { "young", "number", "Young's modulus of the grains and walls", unit = "Pa", above = 0, default = 2e6 },
    { "poisson", "number", "Poisson's ratio", unit = "1", min = 0, max = 0.5, default = 0.3 },
    { "restitution", "number", "coefficient of restitution", unit = "1", min = 0.01, max = 1, default = 0.5 },
    { "friction", "number", "friction between grains", unit = "1", min = 0, max = 10, default = 0.5 },
    { "rolling_friction", "number", "rolling friction between grains (rolling = \"epsd\")", unit = "1", min = 0, max = 10, default = 0.05 },
    { "wall_friction", "number", "friction on walls (default: that between grains)", unit = "1", min = 0, max = 10 },
    { "density", "number", "density of the grains themselves", unit = "kg/m^3", above = 0, default = 2500 },
    { "radius", "sizes", "radii, as sim:insert takes them (default: 0.9 to 1.1 mm)", unit = "m" },
    { "grains", "integer", "number of grains", min = 50, max = 1e7, default = grains },
    { "repeats", "integer", "runs with other random numbers, over which the result is averaged"
      .. (least and "; a single one would not say how sure it is" or ""), min = least or 1, max = 1000, default = repeats },
    { "seed", "integer", "of the random numbers of the first run; the others take the next ones", min = 0, max = 2^52, default = 1 },
    { "gravity", "number", "acceleration, downwards", unit = "m/s^2", above = 0, default = 9.81 },
    { "simulation", "table", "more for barchan.simulation", parameters = {
      { "precision", "choice", "of the contact law", choices = { "mixed", "double" }, default = "mixed" },
      { "backend", "choice", "what runs the steps", choices = { "cpu", "vulkan" }, default = "cpu" },
      { "threads", "integer", "processor cores to use (default: all)", min = 1, max = 1024 },
      { "dt", "number", "time step (default: from the stiffness of the law)", unit = "s", above = 0 },
      { "overlap_limit", "number", "overlap / smaller radius that stops the run", unit = "1", above = 0, max = 2, default = 0.5 },
    } },
    { "watch", "function", "function(sim, stage), called when the grains are at rest (stage \"ready\"), when the measurement begins (\"begin\") "
      .. "and when it is over (\"end\"): for sim:render, sim:output and the like" },
  }
  for _, p in ipairs(more) do list[#list + 1] = p end
  return list
end

local answers = " Answers a measurement; also "

--- name, text, parameters of each recipe, in the order of the manual.
return {
  { "bulk_density", "Bulk density [kg/m^3] of grains that have fallen from a loose packing, between periodic sides or in a cup (EN ISO 60, ASTM "
    .. "D7481), and perhaps after taps (ISO 3953)." .. answers .. ".fraction (solid), .coordination, .tapped [kg/m^3], .hausner (the ratio).",
    options(2000, 3, {
      { "cup", "number", "diameter of a round cup (default: none, the sides are periodic: far from walls)", unit = "m", above = 0 },
      { "taps", "integer", "taps of the floor, each one swing that throws the grains up", min = 0, max = 1e6, default = 0 },
      { "tap_acceleration", "number", "largest acceleration of a tap / gravity", unit = "1", above = 1, max = 100, default = 4 },
    }) },
  { "repose_static", "Angle [rad] at which a bed on a plate comes to rest when the walls at its two sides are lifted and the rest falls off the "
    .. "edges. Take a rolling model with a spring (epsd): with constant_torque or viscous a heap creeps for ever."
    .. answers .. ".height [m] of the heap above the rim.",
    options(3000, 3, {
      { "plate", "number", "width of the plate (default: the bed is first 0.8 half plates high)", unit = "m", above = 0 },
      { "rim", "number", "height of the rim of the plate, in diameters; 0: a flat plate", unit = "1", min = 0, max = 100, default = 1.5 },
      { "lift", "number", "speed of the side walls / sqrt(g d)", unit = "1", above = 0, max = 10, default = 0.5 },
    }) },
  { "repose_dynamic", "Angle [rad] of the surface of grains in a drum that turns, two fifths full, on average over the time." .. answers
    .. ".centre_angle [rad] of the centre of mass from the vertical, .torque [N m] on the drum, .lever [m] of the centre of mass.",
    options(3000, 2, {
      { "drum", "number", "diameter of the drum (default: two fifths full, six diameters long)", unit = "m", above = 0 },
      { "froude", "number", "Froude number omega^2 R / g", unit = "1", above = 0, max = 1, default = 0.005 },
      { "before", "number", "turns before the measurement", unit = "1", above = 0, default = 0.3 },
      { "turns", "number", "turns in which it is measured", unit = "1", above = 0, default = 0.5 },
    }) },
  { "compression", "Constrained modulus [Pa] of a bed that is pressed by a lid and cannot go aside, between the last two pressures of the first "
    .. "loading." .. answers .. ".unloading [Pa], the modulus between the same two on the way back, .strain from first to last, .k0 "
    .. "(pressure aside / above), .fraction (solid).",
    options(1500, 3, {
      { "pressures", "list", "the steps, increasing (default: 1, 2, 4 and 8 kPa)", of = "number", above = 0, least = 2, unit = "Pa",
        default = { 1e3, 2e3, 4e3, 8e3 } },
    }, 2) },
  { "shear", "Angle [rad] of the friction in steady shear under given normal stresses, in a periodic cell: the shear zone of a ring "
    .. "shear tester (ASTM D6773)." .. answers .. ".friction (its tangent), .cohesion [Pa], .fraction (solid) and .stress [Pa] at the largest "
    .. "normal stress, .peak (largest ratio of shear and normal stress at first). There is no weight and no wall in it: `gravity` and "
    .. "`wall_friction` are taken so that one table of options can serve all recipes, and change nothing here.",
    options(800, 2, {
      { "stresses", "list", "normal stresses, increasing (default: 0.5, 1 and 2 kPa)", of = "number", above = 0, least = 1, unit = "Pa",
        default = { 500, 1e3, 2e3 } },
      { "strain", "number", "shear strain at each of them; the second half is measured", unit = "1", above = 0.2, max = 1e4, default = 3 },
      { "inertial_number", "number", "I = rate d sqrt(density / stress)", unit = "1", above = 0, max = 10, default = 0.01 },
    }) },
  { "rheometer", "Energy [J] of a blade that screws itself down through a bed after a conditioning cycle, its lower edge from 20 to 70 % "
    .. "of the depth (FT4: Freeman 2007)."
    .. answers .. ".specific [J/kg], .torque [N m], .force [N] (upwards), .depth [m] of the bed.",
    options(3000, 3, {
      { "vessel", "number", "inner diameter (default: the bed is as deep as wide)", unit = "m", above = 0 },
      { "clearance", "number", "gap between the blade's tips and the vessel, in diameters of the largest grain: in about half of one, "
        .. "grains wedge; the blade has at most 0.96 of the vessel", unit = "1", min = 0, max = 1e6, default = 1.5 },
      { "conditioning", "integer", "cycles of the blade down and up, slicing, before the test", min = 0, max = 100, default = 1 },
      { "tip_speed", "number", "speed of the tips", unit = "m/s", above = 0, default = 0.1 },
      { "helix", "number", "angle of the tips' way from the horizontal", unit = "rad", above = 0, max = 1.5, default = math.rad(5) },
    }) },
  { "hopper_flow", "Mass flow [kg/s] out of a flat-bottomed bin or a conical hopper; 0 where an arch ends it." .. answers .. ".beverloo [kg/s], "
    .. "what Beverloo et al. (1961) expect, W = 0.58 rho_b sqrt(g) (D - 1.4 d)^(5/2), .constant (what stands for their 0.58), .bulk_density "
    .. "[kg/m^3] before the gate opens, .arches (share of the runs).",
    options(4000, 3, {
      { "orifice", "number", "diameter of the orifice (default: 6 diameters of a grain)", unit = "m", above = 0 },
      { "bin", "number", "diameter of the bin (default: 2.5 orifices)", unit = "m", above = 0 },
      { "half_angle", "number", "of the cone, from the vertical (default: a flat bottom)", unit = "rad", above = 0, below = math.pi / 2 },
    }) },
}
