-- api.lua -- the API that scripts see, once: every call with its parameters, types, units, ranges, defaults and texts. It
-- drives the argument checks, the error texts, `barchan describe`, the reference manual (manual.lua), completion in editors
-- (stubs.lua) and in shells (completion.lua).
--
-- A parameter: { name, type, text, unit =, min = (>=), max = (<=), above = (>), below = (<), required =, default =, ... }.
-- Types are those of checks.lua and of the modules that make objects (material, region, wall).
jit.off(true, true) -- cold: see init.lua

local function parameter(p)
  p.name, p.type, p.text = p[1], p[2], p[3]
  return p
end

local api = { calls = {}, order = {}, sections = {} }

-- The chapters of the manual: what follows belongs to this one.
local function section(title) api.sections[#api.sections + 1] = { title = title, calls = {} } end

-- name: as scripts write it; kind "options" (one table) or "values" (in order).
local function call(name, text, parameters, more)
  local entry = more or {}
  entry.name, entry.text, entry.parameters = name, text, parameters
  for _, p in ipairs(parameters) do
    parameter(p)
    for _, inner in ipairs(p.parameters or {}) do parameter(inner) end
  end
  api.calls[name] = entry
  api.order[#api.order + 1] = name
  table.insert(api.sections[#api.sections].calls, name)
end

-- ---- simulation -----------------------------------------------------------------------------------------------------
section "The simulation, materials and laws"
call("barchan.simulation", "Make a simulation.", {
  { "domain", "table", "where particles may be", required = true, parameters = {
    { "lo", "vector", "lower corner", unit = "m", required = true },
    { "hi", "vector", "upper corner", unit = "m", required = true },
    { "periodic", "axes", "the periodic axes: \"\", \"x\", \"xy\", ...", default = "" },
    { "tilt", "vector", "xy, xz, yz of the periodic cell: its edges are (lx, 0, 0), (xy, ly, 0), (xz, yz, lz)", unit = "m",
      default = { 0, 0, 0 } },
  } },
  { "gravity", "vector", "acceleration of everything", unit = "m/s^2", default = { 0, 0, -9.81 } },
  { "seed", "integer", "of all random numbers", min = 0, max = 2^53, default = 1 },
  { "backend", "choice", "what runs the steps: the processor, or a GPU with the same bits (barchan doctor lists them)",
    choices = { "cpu", "vulkan" }, default = "cpu" },
  { "device", "integer", "number of the GPU, as barchan doctor lists them (default: the best; of several ranks each "
    .. "takes the next one)", min = 1, max = 16 },
  { "precision", "choice", "of the contact law; geometry and sums are double in both", choices = { "mixed", "double" },
    default = "mixed" },
  { "threads", "integer", "processor cores to use; the result does not depend on it (default: all)", min = 1, max = 1024 },
  { "dt", "number", "time step (default: from the stiffness of the law, see `barchan check`)", unit = "s", above = 0 },
  { "on_exit", "choice", "what a particle that leaves the domain does to the run", choices = { "stop", "remove", "warn" },
    default = "stop" },
  { "overlap_warn", "number", "overlap / smaller radius that warns once", unit = "1", above = 0, max = 2, default = 0.2 },
  { "overlap_limit", "number", "overlap / smaller radius that stops the run", unit = "1", above = 0, max = 2, default = 0.5 },
  { "force_scale", "number", "largest force of one contact, which fixes the quantum of the force sums (default: twice the "
    .. "law's at an overlap of overlap_limit radii of the largest particles)", unit = "N", above = 0 },
  { "decomposition", "choice", "how several ranks share the domain: boxes of equal cost, cut in two again and again, or slabs along "
    .. "its longest side; the result does not depend on it", choices = { "rcb", "slabs" }, default = "rcb" },
  { "rebalance", "choice", "when ranks share out the particles anew: where the measured times are too unequal, at every rebuild of the "
    .. "neighbour lists, or never after the first time", choices = { "measured", "always", "never" }, default = "measured" },
  { "skin", "number", "margin of the neighbour lists; the result does not depend on it (default: chosen and adapted)",
    unit = "m", min = 0 },
  { "laws", "choice", "what runs kernels of particles, and a law that is not one of the build's: the interpreter, replaced as soon as the C "
    .. "compiler has made code of it (auto), only the interpreter, or only compiled code; the result does not depend on it",
    choices = { "auto", "interpreter", "cc" }, default = "auto" },
  { "energy_book", "boolean", "measure what each part of the contact law does in every step, so that sim:energies() closes; costs time, "
    .. "and with backend = \"vulkan\" memory of the device for the forces of the parts: two to three times as much in all",
    default = false },
  { "isa", "choice", "vector instructions; the result does not depend on it", choices = { "auto", "sse2", "avx2", "avx512" },
    default = "auto" },
})
call("barchan.load", "Go on from a checkpoint in another way than its script does: local sim, scene = barchan.load(file, options). All of the "
  .. "state is there; scene.materials, .walls, .streams, .outlets, .meters, .bonds (by number in the order of their making, and by the names "
  .. "that the script gave them), scene.pairs[\"glass-steel\"], scene.law. Outputs, logs and callbacks are those that this script makes.", {
  { "file", "string", "the checkpoint, e.g. \"run.chk.1\"", required = true },
  { "options", "table", "what a file cannot hold", parameters = {
    { "laws", "table", "the law of the script's own, made as then with barchan.contact_law: { my_law }" },
    { "kernels", "table", "the script's kernels: a list of what sim:kernel took" },
    { "threads", "integer", "processor cores to use; the result does not depend on it (default: all)", min = 1, max = 1024 },
  } },
}, { values = true })
call("sim:material", "Name a material. Besides density it takes what the contact law asks for (young, poisson, ...).", {
  { "name", "string", "name in messages and files", required = true },
  { "density", "number", "mass density", unit = "kg/m^3", above = 0, required = true },
  { "capacity", "table", "capacity for fields into which the law gives fluxes: { temperature = 840 }; math.huge: the value stays" },
}, { open = "material" })
call("sim:field", "Add a number to every particle and wall: sim.NAME[i], sim:insert{ NAME = ... }, wall.NAME. The law may read it and "
  .. "give fluxes into it: NAME' = flux / (mass * capacity). sim.NAME_flux[i] and wall.NAME_flux tell the sum of the last step; "
  .. "each_step may add to sim.NAME_flux.", {
  { "name", "string", "name, of small letters and _", required = true },
  { "unit", "string", "unit", default = "1" },
  { "default", "number", "value of walls and particles that are given none", default = 0 },
  { "flux_unit", "string", "unit of the fluxes (default: the law's, else unit kg/s)" },
  { "flux_scale", "number", "largest flux through one contact, which fixes the quantum of the sums (default: a thousand times the law's "
    .. "between the extreme values given)", above = 0 },
})
call("sim:law", "Choose the contact law: sim:law(name, { slot = choice, ... }), or sim:law { normal = ..., tangential = ..., ... }.", {
  { "name", "string", "hertz_mindlin, linear, ..., a table of sub-models by slot (barchan describe laws), or a law of the script's "
    .. "own, made with barchan.contact_law", required = true },
  { "options", "table", "choices for the slots of the law, e.g. { rolling = \"epsd\" }" },
}, { values = true })
call("sim:pair", "Set what the law asks for between two materials: sim:pair(a, b, { restitution = 0.7, ... }).", {
  { "a", "material", "first material", required = true },
  { "b", "material", "second material, may be the same", required = true },
  { "values", "table", "the law's values for the pair", required = true },
}, { values = true, open = "pair" })

-- ---- walls ----------------------------------------------------------------------------------------------------------
section "Walls"
local material = { "material", "material", "what it is made of", required = true }
local function copy(p)
  local out = {}
  for k, v in pairs(p) do out[k] = v end
  return out
end
local function side(text)
  return { "side", "choice", text, choices = { "inside", "outside", "both" }, default = "both" }
end
local sides = { "sides", "choice", "\"two\": touches on both faces, \"one\": on the face that the normal looks from",
  choices = { "two", "one" }, default = "two" }

call("sim:plane", "An infinite plane; particles are on the side that the normal points to.", {
  { "point", "vector", "a point of the plane", unit = "m", required = true },
  { "normal", "vector", "direction towards the particles", required = true, nonzero = true },
  copy(material),
})
call("sim:box", "A box made of six walls. (With a dot, sim.box{lo=, hi=} is a region for sim:insert.)", {
  { "lo", "vector", "lower corner", unit = "m", required = true },
  { "hi", "vector", "upper corner", unit = "m", required = true },
  side "where the particles are",
  copy(material),
})
call("sim:cylinder", "A cylinder between two points. (With a dot, sim.cylinder{...} is a region for sim:insert.)", {
  { "from", "vector", "first end of the axis", unit = "m", required = true },
  { "to", "vector", "second end of the axis", unit = "m", required = true },
  { "radius", "number", "radius", unit = "m", above = 0, required = true },
  { "open", "boolean", "true: without end caps", default = false },
  side "where the particles are",
  copy(material),
})
call("sim:cone", "A cone or funnel between two points. (With a dot, sim.cone{...} is a region for sim:insert.)", {
  { "from", "vector", "first end of the axis", unit = "m", required = true },
  { "to", "vector", "second end of the axis", unit = "m", required = true },
  { "radius_from", "number", "radius at the first end", unit = "m", min = 0, required = true },
  { "radius_to", "number", "radius at the second end", unit = "m", min = 0, required = true },
  { "open", "boolean", "true: without end caps", default = false },
  side "where the particles are",
  copy(material),
})
call("sim:sphere", "A sphere as a wall. (With a dot, sim.sphere{...} is a region for sim:insert.)", {
  { "center", "vector", "centre", unit = "m", required = true },
  { "radius", "number", "radius", unit = "m", above = 0, required = true },
  side "where the particles are",
  copy(material),
})
call("sim:disc", "A flat round plate.", {
  { "center", "vector", "centre", unit = "m", required = true },
  { "normal", "vector", "direction of its axis", required = true, nonzero = true },
  { "radius", "number", "radius", unit = "m", above = 0, required = true },
  copy(sides),
  copy(material),
})
local turned = { "rotate", "table", "turn it after scaling, before translating", parameters = {
  { "axis", "vector", "direction of the axis", required = true, nonzero = true },
  { "angle", "number", "angle", unit = "rad", required = true },
  { "origin", "vector", "a point of the axis", unit = "m", default = { 0, 0, 0 } },
} }
call("sim:mesh", "Triangles from a file (STL, OBJ, PLY) or from tables.", {
  { "file", "string", "path of the file" },
  { "vertices", "list", "corner points, instead of a file", of = "vector", unit = "m", least = 3 },
  { "triangles", "list", "three vertex numbers (from 1) for each triangle", of = "vector", least = 1 },
  { "scale", "number", "factor to metres, e.g. units.mm", unit = "1", above = 0, default = 1 },
  copy(turned),
  { "translate", "vector", "shift after scaling and turning", unit = "m" },
  copy(sides),
  copy(material),
})
call("wall:move", "Move at constant velocity.", {
  { "velocity", "vector", "velocity", unit = "m/s", required = true },
  { "start", "number", "when it begins (default: now)", unit = "s", min = 0 },
  { "stop", "number", "when it ends (default: never)", unit = "s", min = 0 },
})
call("wall:rotate", "Turn at constant rate.", {
  { "axis", "vector", "direction of the axis", required = true, nonzero = true },
  { "origin", "vector", "a point of the axis (default: the wall's reference point)", unit = "m" },
  { "rate", "number", "rate, positive by the right hand", unit = "rad/s", required = true },
  { "start", "number", "when it begins (default: now)", unit = "s", min = 0 },
  { "stop", "number", "when it ends (default: never)", unit = "s", min = 0 },
})
call("wall:oscillate", "Swing: amplitude * sin(2 pi (t - start) / period + phase), along or about the axis.", {
  { "axis", "vector", "direction of the motion, or of the axis when rotating", required = true, nonzero = true },
  { "amplitude", "number", "amplitude; an angle when rotating", unit = "m (rad)", required = true },
  { "period", "number", "period", unit = "s", above = 0, required = true },
  { "phase", "number", "phase at the start", unit = "rad", default = 0 },
  { "rotating", "boolean", "true: turns about the axis", default = false },
  { "origin", "vector", "a point of the axis when rotating (default: the wall's reference point)", unit = "m" },
  { "start", "number", "when it begins (default: now)", unit = "s", min = 0 },
  { "stop", "number", "when it ends (default: never)", unit = "s", min = 0 },
})
call("wall:follow", "Follow a table or a function of time. A motion is traced once and then costs a run nothing; call is asked in every step.", {
  { "motion", "function", "motion(t, k) -> displacement vec3 [m], rotation vector vec3 [rad] about origin; nil: none; in the language of "
    .. "laws, t [s] since start, k the params. The velocities are its exact derivatives" },
  { "params", "table", "motion: numbers and vectors with units: name = { value, unit }, e.g. { A = { 1e-3, \"m\" } }" },
  { "units", "boolean", "motion: false: units are not checked, plain numbers will do", default = true },
  { "table", "table", "rows {t, x, y, z} of displacements, or {t, angle} with an axis; linear in between" },
  { "call", "function", "function(t) -> displacement {x, y, z} [m], rotation vector {rx, ry, rz} [rad] or quaternion"
    .. " {x, y, z, w} about the reference point, both relative to the first pose; nil: none" },
  { "axis", "vector", "table of angles: direction of the axis", nonzero = true },
  { "origin", "vector", "table of angles: a point of the axis; motion: what it turns about (default: the wall's reference point)", unit = "m" },
  { "start", "number", "motion: when it begins (default: now)", unit = "s", min = 0 },
  { "stop", "number", "motion: when it ends (default: never)", unit = "s", min = 0 },
})
call("wall:servo", "Let the particles' force on the wall drive it along an axis (or their torque about it) until it is as asked: the "
  .. "wall moves with mass dv/dt + damping v = force - target. On the axis of a servo that the wall has, it takes that one's place.", {
  { "axis", "vector", "direction; the force is counted along it. Needed unless radial", nonzero = true },
  { "radial", "boolean", "true: the servo drives the radius of an open cylinder; the force is that on its side away from the axis, and a "
    .. "pressure acts on the side as it is then, from where the particles are", default = false },
  { "force", "target", "what the particles shall push with along the axis: a number, rows {t, force}, or function(t)", unit = "N" },
  { "pressure", "target", "the same divided by area", unit = "Pa" },
  { "area", "number", "what the pressure acts on; not with radial", unit = "m^2", above = 0 },
  { "torque", "target", "what they shall turn it with about the axis; the wall turns", unit = "N m" },
  { "origin", "vector", "with torque: a point of the axis (default: the wall's reference point)", unit = "m" },
  { "gain", "number", "divides mass and damping when they follow the contacts: those of as many grains as touch the wall, and half "
    .. "their critical damping", unit = "1", above = 0, max = 10 },
  { "mass", "number", "of the wall along the axis, in place of that of the contacts; with torque: moment of inertia",
    unit = "kg (kg m^2)", above = 0 },
  { "damping", "number", "force per velocity (torque per rate), in place of that of the contacts", unit = "N s/m (N m s/rad)", min = 0 },
  { "max_velocity", "number", "largest velocity (default: an impact at it would press the smallest grains in by 1 % of their radius; "
    .. "unlimited with mass or damping)", unit = "m/s (rad/s)", above = 0 },
  { "lower", "number", "lower limit of travel from here (default: none)", unit = "m (rad)", max = 0 },
  { "upper", "number", "upper limit of travel from here (default: none)", unit = "m (rad)", min = 0 },
  { "start", "number", "when it begins (default: now)", unit = "s", min = 0 },
  { "stop", "number", "when it ends (default: never)", unit = "s", min = 0 },
})
call("wall:free", "Let the wall go: a rigid body in six degrees of freedom that moves by the particles, gravity and what is given here. Bodies "
  .. "do not touch each other nor other walls.", {
  { "density", "number", "of the closed wall, filled evenly (default: that of its material)", unit = "kg/m^3", above = 0 },
  { "mass", "number", "mass (default: density times volume)", unit = "kg", above = 0 },
  { "center", "vector", "centre of mass, where it is now (default: of the volume)", unit = "m" },
  { "inertia", "list", "{Ixx, Iyy, Izz} or {Ixx, Iyy, Izz, Ixy, Ixz, Iyz} of the tensor about the centre, in the world's axes now "
    .. "(default: of the volume)", of = "number", unit = "kg m^2", least = 3 },
  { "velocity", "vector", "velocity of the centre (default: as it moves now)", unit = "m/s" },
  { "angular_velocity", "vector", "angular velocity (default: as it turns now)", unit = "rad/s" },
  { "gravity", "boolean", "false: it does not fall", default = true },
  { "fix", "axes", "axes along which it keeps its velocity: \"xy\" slides along z", default = "" },
  { "fix_rotation", "axes", "axes about which it does not turn: none, two (\"xy\": a hinge about z) or all", default = "" },
  { "force", "load", "force at its centre besides all others: a vector, or function(t) that returns one", unit = "N" },
  { "torque", "load", "torque besides all others: a vector, or function(t) that returns one", unit = "N m" },
})
call("wall:solid", "What a closed wall encloses, where it is now: { volume [m^3], center [m], inertia = {Ixx, Iyy, Izz, Ixy, Ixz, Iyz} [m^5] "
  .. "about it for a density of 1 }.", {}, { values = true })
call("wall:halt", "End all motions of the wall: it stays where it is.", {}, { values = true })
call("wall:surface_velocity", "Move the surface but not the wall: a conveyor belt.", {
  { "velocity", "vector", "velocity of the surface, projected on it", unit = "m/s", required = true },
})
call("wall:remove", "Take the wall away.", {}, { values = true })

-- ---- the periodic cell ----------------------------------------------------------------------------------------------
section "The periodic cell"
local function components(prefix, unit, what)
  local out = {}
  for i, name in ipairs { "xx", "yy", "zz", "xy", "xz", "yz" } do
    out[i] = { prefix .. name, "number", what:format(name:sub(1, 1), name:sub(2)), unit = unit }
  end
  return out
end
call("sim:deform", "Deform the periodic cell from now on, by rates of strain, towards stresses, or both; components that are not "
  .. "named rest. sim:deform{} stops it. All particles share in the motion.", {
  { "rate", "table", "velocity gradient: exx lengthens x by itself (exponentially), exy is the simple shear dvx/dy",
    parameters = components("e", "1/s", "d v%s / d %s") },
  { "stress", "table", "stresses to be reached and held, positive in compression, contacts and motion together",
    parameters = components("s", "Pa", "force along %s through the face across %s") },
  { "pressure", "number", "mean stress of the periodic axes to be reached and held, all of them at the same rate", unit = "Pa" },
  { "max_rate", "number", "largest rate of the components with a stress (default: that of an inertial number of 0.01 at the "
    .. "largest stress)", unit = "1/s", above = 0 },
  { "band", "number", "error of the stress from which on the rate is max_rate; below, it is in proportion (default: the largest "
    .. "stress asked for)", unit = "Pa", above = 0 },
})

-- ---- regions and particles ------------------------------------------------------------------------------------------
section "Regions and particles"
call("barchan.region.box", "A box to insert into; sim.box{...} with a dot is the same.", {
  { "lo", "vector", "lower corner", unit = "m", required = true },
  { "hi", "vector", "upper corner", unit = "m", required = true },
})
call("barchan.region.cylinder", "A cylinder to insert into.", {
  { "from", "vector", "first end of the axis", unit = "m", required = true },
  { "to", "vector", "second end of the axis", unit = "m", required = true },
  { "radius", "number", "radius", unit = "m", above = 0, required = true },
})
call("barchan.region.cone", "A cone to insert into.", {
  { "from", "vector", "first end of the axis", unit = "m", required = true },
  { "to", "vector", "second end of the axis", unit = "m", required = true },
  { "radius_from", "number", "radius at the first end", unit = "m", min = 0, required = true },
  { "radius_to", "number", "radius at the second end", unit = "m", min = 0, required = true },
})
call("barchan.region.sphere", "A sphere to insert into.", {
  { "center", "vector", "centre", unit = "m", required = true },
  { "radius", "number", "radius", unit = "m", above = 0, required = true },
})
call("sim:insert", "Insert particles: fill a region (count or mass), put a lattice, let a stream run (rate or mass_rate), "
  .. "or give the particles (x or file).", {
  { "material", "material", "what they are made of", required = true },
  { "region", "region", "where: sim.box{...}, sim.cylinder{...}, sim.cone{...}, sim.sphere{...}" },
  { "radius", "sizes", "a number; {min, max}; { distribution = \"uniform\" | \"normal\" | \"lognormal\" | \"discrete\" | "
    .. "\"table\", ... }; with x: a number or one for each particle", unit = "m" },
  { "count", "integer", "number of particles; of a stream: in all", min = 1, max = 2^31 - 1 },
  { "mass", "number", "mass; of a stream: in all", unit = "kg", above = 0 },
  { "rate", "number", "of a stream: particles per second", unit = "1/s", above = 0 },
  { "mass_rate", "number", "of a stream: mass per second", unit = "kg/s", above = 0 },
  { "start", "number", "of a stream: when it begins (default: now)", unit = "s", min = 0 },
  { "stop", "number", "of a stream: when it ends (default: never)", unit = "s", min = 0 },
  { "lattice", "choice", "put them on a lattice", choices = { "cubic", "hexagonal" } },
  { "spacing", "number", "of a lattice: distance of neighbours (default: the largest diameter)", unit = "m", above = 0 },
  { "x", "vector or list", "one position or a list of them", unit = "m" },
  { "file", "string", "CSV file with columns x, y, z, radius and perhaps id, vx, vy, vz, wx, wy, wz; a dump or a data file of LAMMPS or "
    .. "LIGGGHTS; or lines x y z r, as YADE writes them" },
  { "types", "list", "of LAMMPS' and LIGGGHTS' files: the material of each type (default: all are of material)", of = "material" },
  { "step", "integer", "of a dump: which of its time steps, from 1 (default: the last)", min = 1, max = 2^53 },
  { "scale", "number", "of a file: factor of its lengths to metres", unit = "1", above = 0, default = 1 },
  { "velocity", "vector or list", "velocity of the new particles; with x also one for each", unit = "m/s",
    default = { 0, 0, 0 } },
  { "angular_velocity", "vector or list", "angular velocity of the new particles; with x also one for each", unit = "rad/s",
    default = { 0, 0, 0 } },
  { "id", "list", "with x: the ids, each new", of = "integer", min = 1, max = 2^53 },
  { "allowed_overlap", "number", "with x or file: overlap / smaller radius that is accepted", unit = "1", min = 0, max = 1,
    default = 0.02 },
  { "seed", "integer", "of this insertion's random numbers, combined with the simulation's (default: one for each insertion)", min = 0,
    max = 2^53, default = 0 },
  { "attempts", "integer", "tries to find room for each particle (default: chosen)", min = 1, max = 1000000 },
})
-- The tables that sim:insert takes as a radius, by distribution.
api.sizes = {
  uniform = { { "min", "number", "smallest radius", unit = "m", above = 0, required = true },
    { "max", "number", "largest radius", unit = "m", above = 0, required = true } },
  normal = { { "mean", "number", "mean radius", unit = "m", above = 0, required = true },
    { "sd", "number", "standard deviation", unit = "m", above = 0, required = true },
    { "min", "number", "smallest radius", unit = "m", above = 0, required = true },
    { "max", "number", "largest radius", unit = "m", above = 0, required = true } },
  lognormal = { { "median", "number", "median radius", unit = "m", above = 0, required = true },
    { "gsd", "number", "geometric standard deviation", unit = "1", above = 1, required = true },
    { "min", "number", "smallest radius", unit = "m", above = 0, required = true },
    { "max", "number", "largest radius", unit = "m", above = 0, required = true } },
  discrete = { { "radii", "list", "the radii", of = "number", unit = "m", above = 0, least = 1, required = true },
    { "weights", "list", "share of each", of = "number", min = 0, least = 1, required = true },
    { "by", "choice", "what the shares count", choices = { "number", "mass" }, default = "number" } },
  table = { { "radii", "list", "increasing radii", of = "number", unit = "m", above = 0, least = 2, required = true },
    { "cumulative", "list", "share below each radius, from 0 to 1", of = "number", min = 0, max = 1, least = 2, required = true },
    { "by", "choice", "what the shares count", choices = { "number", "mass" }, default = "number" } },
}
for _, parameters in pairs(api.sizes) do
  for _, p in ipairs(parameters) do parameter(p) end
  table.insert(parameters, 1, parameter { "distribution", "string", "kind of distribution" })
end
call("inserter:remove", "Stop a stream; its particles stay.", {}, { values = true })
call("sim:remove", "Remove particles: sim:remove(id) or sim:remove{id, id, ...}.", {
  { "ids", "any", "one id or a list of ids", required = true },
}, { values = true })
call("sim:particle", "A handle to one particle: sim:particle(id).x, .v, .radius, ...", {
  { "id", "integer", "id of the particle", min = 1, max = 2^53, required = true },
}, { values = true })
call("sim:kernel", "Add a force or torque on every particle as a function that is traced: it runs on all cores, within the step, without "
  .. "a callback, interpreted or compiled as laws are. kernel:explain() and kernel:explain \"c\" show what became of it, kernel:remove() "
  .. "takes it away.", {
  { "name", "string", "name in messages", default = "kernel" },
  { "reads", "table", "what the function reads of a particle: a list of x [m], v [m/s], angular_velocity [rad/s], radius [m], mass [kg], "
    .. "time [s], dt [s]",
    required = true },
  { "adds", "choice", "what it returns, as a vector", choices = { "force", "torque" }, default = "force" },
  { "params", "table", "numbers and vectors with units: name = { value, unit }, e.g. { eta = { 1e-3, \"Pa s\" } }" },
  { "body", "function", "body(p, k): vec3 [N] or [N m] from a particle p and the parameters k, in the language of laws", required = true },
})
call("sim:outlet", "Count and remove what crosses a plane or a mesh, or has its centre in a box.", {
  { "plane", "table", "removes what crosses it against the normal", parameters = {
    { "point", "vector", "a point of the plane", unit = "m", required = true },
    { "normal", "vector", "towards the particles that stay", required = true, nonzero = true },
    { "radius", "number", "only within this distance of the point (default: everywhere)", unit = "m", above = 0 },
  } },
  { "box", "table", "removes what has its centre inside", parameters = {
    { "lo", "vector", "lower corner", unit = "m", required = true },
    { "hi", "vector", "upper corner", unit = "m", required = true },
  } },
  { "mesh", "table", "removes what crosses it", parameters = {
    { "file", "string", "path of the file" },
    { "vertices", "list", "corner points, instead of a file", of = "vector", unit = "m", least = 3 },
    { "triangles", "list", "three vertex numbers (from 1) for each triangle", of = "vector", least = 1 },
    { "scale", "number", "factor to metres", unit = "1", above = 0, default = 1 },
    { "translate", "vector", "shift after scaling", unit = "m" },
  } },
})
call("outlet:remove", "Close the outlet.", {}, { values = true })

for _, name in ipairs { "plane", "box", "cylinder", "cone", "sphere", "disc", "mesh" } do api.calls["sim:" .. name].fields = "number" end
api.calls["sim:insert"].fields = "number or list"

call("sim:bond", "Bond particles with elastic beams that carry tension, shear, bending and torsion until they break: pairs of ids, or all "
  .. "that are near. The particles' places now are free of stress.", {
  { "pairs", "list", "pairs of ids: { {1, 2}, {2, 3} }", of = "any" },
  { "within", "number", "bonds all pairs whose surfaces are no further apart", unit = "m", min = 0 },
  { "between", "list", "with within: two materials, the same twice or not (default: all)", of = "material" },
  { "contact", "boolean", "true: bonded particles also touch each other by the contact law, false: not as long as the bond holds",
    default = false },
})
call("bonds:pairs", "The pairs of ids that are bonded now.", {}, { values = true })
call("bonds:ends", "What has broken or gone with a particle, oldest first: { id, id, step =, removed = }.", {}, { values = true })

-- ---- files ----------------------------------------------------------------------------------------------------------
section "Files"
call("sim:output", "Write a VTKHDF file (ParaView, h5py) in the course of the runs; walls go to FILE-walls.vtkhdf.", {
  { "file", "string", "path, ending in .vtkhdf", required = true },
  { "every", "number", "time between two steps of the file", unit = "s", above = 0, required = true },
  { "walls", "boolean", "write the walls into a second file", default = true },
  { "contacts", "boolean", "write the contacts, as lines with their forces, into FILE-contacts.vtkhdf", default = false },
  { "single", "boolean", "positions as 4-byte floats", default = false },
  { "compress", "integer", "deflate level", min = 0, max = 9, default = 4 },
})
call("sim:checkpoint", "Write the whole simulation every so often, to FILE.1 and FILE.2 in turn; `barchan run script.lua --resume` goes on from "
  .. "the newest that is whole. A signal (SIGINT, SIGTERM; SIGUSR1: and goes on) and --walltime write one too. Before the first sim:run.", {
  { "file", "string", "path", required = true },
  { "every", "number", "simulated time between two (default: none by it)", unit = "s", above = 0 },
  { "minutes", "number", "time on the clock between two (default: none by it)", unit = "min", above = 0 },
  { "on_error", "choice", "what a checkpoint that cannot be written (disk full) does", choices = { "warn", "stop" }, default = "warn" },
  { "compress", "integer", "deflate level", min = 0, max = 9, default = 0 },
})
call("sim:export", "Write the state now, by the ending of the name: .vtk, .vtp, .csv, or .dump for LAMMPS and OVITO. `barchan export` does "
  .. "the same with the steps of a trajectory.", {
  { "file", "string", "path, ending in .vtk, .vtp, .csv or .dump", required = true },
}, { values = true })
call("sim:series", "Write a file every so often: .vtp files and a .pvd file that lists them; or, for a name with a * in it, where the "
  .. "number of the step comes, files of that ending.", {
  { "file", "string", "path, ending in .pvd; or with a *, ending in .dump, .csv or .vtp", required = true },
  { "every", "number", "time between two files", unit = "s", above = 0, required = true },
})
call("sim:render", "Draw the state now, or every so often: grains, walls and force chains, ray-traced (Embree), with a bar of colours. "
  .. "`barchan render` draws the steps of a trajectory, also as a film.", {
  { "file", "string", "path, ending in .png; with every it has a *, where the number of the step comes", required = true },
  { "every", "number", "time between two pictures (default: one, now)", unit = "s", above = 0 },
  { "field", "string", "colour by velocity, velocity_x, angular_velocity, force, radius, mass, material_id, a field of the script",
    default = "velocity" },
  { "range", "list", "{ low, high } of the colours (default: that of the field)", of = "number", least = 2 },
  { "map", "choice", "scale of colours (default: viridis; of chains: force)",
    choices = { "viridis", "plasma", "coolwarm", "heat", "force", "grey" } },
  { "camera", "choice", "from where", choices = { "iso", "front", "back", "left", "right", "top", "bottom" }, default = "iso" },
  { "eye", "vector", "from here instead", unit = "m" },
  { "target", "vector", "what is in the middle of the picture (default: the middle of the scene)", unit = "m" },
  { "cut", "list", "up to three planes of which one side is cut away: { \"y<0\", \"z>0.1\" }", of = "string" },
  { "walls", "number", "opacity of the walls; 0: none", unit = "1", min = 0, max = 1, default = 0.16 },
  { "chains", "boolean", "forces between grains as rods", default = false },
  { "grains", "number", "factor of the radii (default: 1; with chains 0)", unit = "1", min = 0 },
  { "width", "integer", "pixels", min = 16, max = 16384, default = 1200 },
  { "height", "integer", "pixels", min = 16, max = 16384, default = 900 },
  { "samples", "integer", "rays through each pixel", min = 1, max = 4096, default = 24 },
  { "shades", "integer", "of red, green and blue each; 24 make a file half as large", min = 2, max = 256, default = 256 },
  { "legend", "boolean", "bar of colours and time", default = true },
  { "ground", "boolean", "a floor that takes shadows", default = true },
})
call("sim:log", "Write a CSV time series in the course of the runs.", {
  { "file", "string", "path", required = true },
  { "every", "number", "time between two rows", unit = "s", above = 0, required = true },
  { "columns", "table", "names of properties of the simulation (\"kinetic_energy\"), or { \"name\", function(sim) -> number }",
    required = true },
})
call("barchan.contact_law", "Make a contact law: sim:law(my_law); my_law:explain() shows what became of it. Its functions see only the "
  .. "language of laws (sqrt, exp, dot, norm, where, ...); units are checked when a simulation takes it: barchan describe language.", {
  { "name", "string", "name in messages and files", required = true },
  { "about", "string", "what it is, in a sentence" },
  { "material", "table", "values that materials must have: name = \"Pa\" or { \"Pa\", min, max, default =, choices =, text = }" },
  { "pair", "table", "values that pairs of materials must have, in the same form" },
  { "derive", "function", "derive(a, b, pair): coefficients of a pair of materials, in plain Lua (default: the numbers of pair)" },
  { "coefficients", "table", "units of what derive answers: name = unit" },
  { "history", "table", "what a contact remembers: name = unit or barchan.vec3(unit); zero at first touch" },
  { "force", "function", "force(c, k, h): force on the first particle [N], and perhaps a moment [N m]; c.overlap, c.n, c.v, c.R, ...; "
    .. "k: coefficients; h: history, to be set anew", required = true },
  { "offers", "table", "what it hands to sub-models by setting fields of c: name = unit" },
  { "fields", "table", "numbers of particles that it reads: name = unit" },
  { "flux", "table", "what flows into those fields: name = unit; third result of force" },
  { "reach", "function", "reach(k, R): largest gap [m] at which it acts; beyond touching c.overlap is negative" },
  { "birth", "string", "\"contact\": acts beyond touching once the two have touched; \"reach\": as soon as within reach" },
  { "energy", "function", "energy(c, k, h): elastic energy stored now [J]" },
  { "same_as", "table", "the sub-models of which it is made, for the energy book" },
  { "units", "boolean", "false: units are not checked" },
})
call("barchan.csv", "Open a CSV file: log:row(value, ...), log:close().", {
  { "file", "string", "path", required = true },
  { "columns", "table", "names of the columns", required = true },
}, { values = true })

-- ---- campaigns ------------------------------------------------------------------------------------------------------
section "Campaigns and calibration"
call("barchan.cases.grid", "Cases of a campaign: all combinations of values, "
  .. "barchan.cases.grid { friction = { 0.1, 0.5 }, mass = { 1, 2 } }.",
  {}, { ranges = "name = list of values" })
call("barchan.cases.list", "Cases of a campaign, one by one: "
  .. "barchan.cases.list { { friction = 0.1 }, { friction = 0.5 } }.", {}, { values = true })
call("barchan.cases.latin_hypercube", "Cases of a campaign: a Latin hypercube, "
  .. "barchan.cases.latin_hypercube { n = 64, friction = { 0.1, 0.9 }, "
  .. "young = { 1e6, 1e8, log = true } }. Of each range every n-th part holds one case.", {
  { "n", "integer", "number of cases", min = 1, max = 1e6, required = true },
  { "seed", "integer", "of the random numbers", min = 0, max = 2^53, default = 1 },
}, { ranges = "name = { lo, hi, log =, whole = }" })
call("barchan.cases.sobol", "Cases of a campaign: points of a Sobol sequence, which fill the ranges evenly, "
  .. "barchan.cases.sobol { n = 64, friction = "
  .. "{ 0.1, 0.9 } }. More points later: skip those that have been.", {
  { "n", "integer", "number of cases", min = 1, max = 1e6, required = true },
  { "skip", "integer", "points of the sequence that are left out; the first is the corner of all lower ends", min = 0, max = 1e9, default = 1 },
}, { ranges = "name = { lo, hi, log =, whole = }" })
call("barchan.cases.table", "Cases of a campaign: the rows of a CSV file, whose first line names the parameters.", {
  { "file", "string", "path", required = true },
})
call("barchan.campaign", "Run many cases, on as many groups of ranks as there are (mpirun -n N), and gather their results in FOLDER/results.csv "
  .. "and .h5. Killed, it goes on with the same command. Each case has a folder, FOLDER/case-0001, where its files go and log.txt is what it "
  .. "printed. Answers { cases = { { number =, folder =, "
  .. "state = \"done\" or \"failed\", parameters =, results =, reason =, error =, seconds = }, "
  .. "... }, done =, failed = }.", {
  { "cases", "cases", "barchan.cases.grid{...}, .list, .latin_hypercube, .sobol or .table; or a list of tables", required = true },
  { "run", "function", "function(case) -> results, a table of numbers, texts, booleans by name, or a number; case.NAME are the parameters, "
    .. "case.number, case.folder, case.attempt. Called on each rank of the case's group" },
  { "script", "string", "instead of run: a script that finds the parameters in barchan.set and gives its results to barchan.result{...}" },
  { "folder", "string", "where the campaign is kept (default: the script's name and -campaign)" },
  { "ranks_per_case", "integer", "ranks that share a case", min = 1, max = 1e6, default = 1 },
  { "retries", "integer", "how often a case that has failed is tried again", min = 0, max = 1000, default = 0 },
})
call("barchan.calibrate", "Find the parameters for which runs give what was measured: "
  .. "local found, how = barchan.calibrate{...}; found.NAME are the "
  .. "parameters, how.value what is left of the objective, how.results, how.evaluations, how.why it ended. First a design that fills the "
  .. "ranges, on all groups of ranks at once, then a search by NLopt; or, for results with noise, fits to all of them, which also "
  .. "tell how.errors, the standard error of each parameter. Killed, it goes on with the same command.", {
  { "parameters", "table", "name = { lo, hi, start =, log =, whole = }", required = true },
  { "run", "function", "function(p) -> a number, or a table of numbers by name; p.NAME are the parameters, p.number, p.folder, p.attempt",
    required = true },
  { "target", "any", "what run is to return: a number, or a table of numbers by name; the objective is the mean square of the relative errors "
    .. "(default: the number that run returns is made small)" },
  { "weights", "table", "of the targets, by name (default: 1 each)" },
  { "method", "choice", "sbplx, nelder_mead, cobyla, bobyqa search near the start; direct, direct_l, crs search everywhere (default: bobyqa; "
    .. "sbplx for one parameter). fit: results are the target's plus noise, which it averages; four evaluations at once",
    choices = { "bobyqa", "cobyla", "sbplx", "nelder_mead", "direct", "direct_l", "crs", "fit" } },
  { "evaluations", "integer", "at most", min = 1, max = 1e6, default = 50 },
  { "design", "integer", "of them fill the ranges (Sobol) before the search, which begins at the best of them unless there is a start",
    min = 0, max = 1e6, default = 0 },
  { "tolerance", "number", "change of the parameters, as part of their ranges, that ends the search; of fit: their standard errors",
    unit = "1", above = 0, below = 1, default = 0.002 },
  { "accuracy", "number", "relative error of the target that ends it; 0: none", unit = "1", min = 0, below = 1, default = 0 },
  { "folder", "string", "where it is kept (default: the script's name and -calibration)" },
  { "ranks_per_case", "integer", "ranks that share an evaluation", min = 1, max = 1e6, default = 1 },
  { "retries", "integer", "how often an evaluation that has failed is tried again", min = 0, max = 1000, default = 0 },
})
call("barchan.result", "Hand the results of this run to who drives it: they are written to result.json, or belong to the case of "
  .. "the campaign that is running.", {
  { "values", "table", "numbers, texts, booleans by name", required = true },
  { "file", "string", "path", default = "result.json" },
}, { values = true })

-- ---- the virtual laboratory -------------------------------------------------------------------------------------------
section "The virtual laboratory"
for _, recipe in ipairs(require "barchan.lab_api") do call("barchan.lab." .. recipe[1], recipe[2], recipe[3]) end
call("barchan.lab.average", "Mean of a time series of a steady state: .value, its standard error .uncertainty, for which neighbours "
  .. "resemble each other, the integrated .correlation time in samples (1/2: none), and .count.", {
  { "list", "list", "the numbers, at equal distances in time", of = "number", least = 1, required = true },
}, { values = true })

-- ---- measures -------------------------------------------------------------------------------------------------------
section "Measures"
call("sim:contact_network", "The contacts and bonds of this moment, in the order of ids: network.count, .pairs (contacts between particles, "
  .. "which come first), .bonds (which come last), .step, .time, and the columns first, second, wall, bond, feature, point, normal, overlap, "
  .. "force, normal_force, tangential_force, moment, branch and the contact law's histories, each as network.NAME[i]. It ends with the next "
  .. "step. On several ranks .count, .pairs and .bonds are those of all, and the columns, #network.first rows of them, the contacts whose first "
  .. "particle is this rank's.", {}, { values = true })
call("network:export", "Write the contacts as CSV, on several ranks those of all.", {
  { "file", "string", "path, ending in .csv", required = true },
}, { values = true })
call("network:bonds_of", "What sim:bond has returned of a bond; nil when it is a contact.", {
  { "i", "integer", "number of the row", min = 1, required = true },
}, { values = true })
call("network:wall_of", "The wall of a contact; nil when it is one between particles.", {
  { "i", "integer", "number of the contact", min = 1, required = true },
}, { values = true })
local function rows(value) -- the parameters of sums
  return { { "value", "function or field", value, required = true },
    { "by", "function or field", "gives a number for the same index: those of one number go together, and the answer is a table by it" } },
    { values = true }
end
call("network:sum", "The sum over all contacts and bonds, on several ranks those of all, as sim:sum: network:sum(function(i) ... end), i the "
  .. "number of a row.", rows "function of the row's number, gives one to eight numbers, or nil; or a column: network.overlap")
call("network:max", "The largest over all contacts and bonds, as sim:max, and the two ids: local f, a, b = network:max(network.normal_force).",
  rows "function of the row's number, gives a number or nil; or a column")
call("network:min", "The smallest over all contacts and bonds, and the two ids, as network:max.",
  rows "function of the row's number, gives a number or nil; or a column")
call("sim:sum", "The sum over all particles of what a function gives: local m, mz = sim:sum(function(i) return mass[i], mass[i]*z[i] end), i "
  .. "its index: sim.x[i]. On several ranks each asks it of its own particles, and all get the sum over all. The sum is exact, "
  .. "rounded once to the nearest double (infinite beyond the largest): the same bits on any ranks and threads, in any order, whatever other "
  .. "groups there are. Each particle is asked once, in order. With a second function, sums by groups: local n = sim:sum(function() return 1 "
  .. "end, function(i) return math.floor(z[i]/d) end), n[k] for each number k that it gave. 0 where there is nothing.",
  rows "function of the index, gives one to eight numbers, or nil to leave a particle out; or a field: sim.mass, sim.x.z")
call("sim:max", "The largest over all particles of what a function gives, and the id of the particle that has it, the least of several: "
  .. "local top, id = sim:max(sim.x.z). On several ranks, and with a second function, as sim:sum; nil where there is nothing.",
  rows "function of the index, gives a number, or nil to leave a particle out; or a field: sim.x.z")
call("sim:min", "The smallest over all particles, and its id, as sim:max.",
  rows "function of the index, gives a number, or nil to leave a particle out; or a field: sim.x.z")
local region = { "region", "region", "where: sim.box{...}, sim.cylinder{...}, sim.cone{...}, sim.sphere{...} (default: the whole domain)" }
call("sim:stress", "Stress now, compression positive: .contact, .kinetic, .total [Pa] as tables of 3 rows (components of force) of 3 "
  .. "numbers (of the branch), .pressure, .deviator, .fabric, .velocity, .mass, .volume, .particles, .contacts.", {
  copy(region),
})
call("sim:packing", "Packing now: .fraction, .solid and .volume [m^3], .particles, .coordination (contacts with particles and walls for each "
  .. "particle; a bond is one too), .rattlers, .backbone_coordination (without them).", {
  copy(region),
  { "least", "integer", "rattlers are what is left with fewer contacts than this, repeatedly; 4 suits grains without friction, 2 grains "
    .. "with", min = 1, max = 12, default = 4 },
})
call("sim:coarse_grain", "Fields on a grid by coarse graining, averaged over samples: fields.density[i], .fraction, .momentum, .velocity, "
  .. ".temperature [m^2/s^2], .pressure, .kinetic_stress_xx ..., .contact_stress_xx ..., cell i = fields:index(ix, iy, iz); .count, .samples.", {
  { "lo", "vector", "lower corner of the grid", unit = "m", required = true },
  { "hi", "vector", "upper corner of the grid", unit = "m", required = true },
  { "cells", "vector", "number of cells along each axis", required = true },
  { "width", "number", "of the kernel: lucy ends at 2 width, gaussian (standard deviation width) at 3 width", unit = "m", above = 0,
    required = true },
  { "kernel", "choice", "shape of the kernel", choices = { "lucy", "gaussian" }, default = "lucy" },
  { "every", "number", "sample in the course of the runs, also now (default: only by fields:sample())", unit = "s", above = 0 },
})
call("fields:sample", "Add the state of now to the averages.", {}, { values = true })
call("fields:reset", "Forget all samples.", {}, { values = true })
call("fields:write", "Write the averages as a VTK image (ParaView).", {
  { "file", "string", "path, ending in .vti", required = true },
}, { values = true })
call("fields:index", "Number of a cell from its numbers along x, y and z, all from 1.", {
  { "ix", "integer", "along x", min = 1, required = true },
  { "iy", "integer", "along y", min = 1, required = true },
  { "iz", "integer", "along z", min = 1, required = true },
}, { values = true })
call("fields:place", "Middle of a cell.", {
  { "i", "integer", "number of the cell", min = 1, required = true },
}, { values = true })
call("sim:meter", "Count what crosses a plane: meter.count, .mass, .momentum along the normal; .count_back, .mass_back, .momentum_back "
  .. "against it.", {
  { "point", "vector", "a point of the plane", unit = "m", required = true },
  { "normal", "vector", "direction that counts as forward", required = true, nonzero = true },
  { "radius", "number", "only within this distance of the point (default: everywhere)", unit = "m", above = 0 },
})
call("meter:remove", "Stop counting; what was counted stays.", {}, { values = true })
call("sim:energies", "Energies now [J]: .kinetic, .rotational, .gravitational; with energy_book also .elastic, .dissipated, .parts (by the "
  .. "slot of the law: .work done on the particles, .stored, .dissipated), .contact_work, .gravity_work, .wall_work, .hook_work (of "
  .. "each_step and of kernels), .bond_work (of bonds' springs and dampers), .bonds (.work, .stored, .dissipated and, of this, .broken: "
  .. "what bonds held when they broke), .inserted, .removed, .script (what sim.v[i] = ... changed), .residual (what the book is "
  .. "off by).", {}, { values = true })

-- ---- running --------------------------------------------------------------------------------------------------------
section "Running"
call("sim:run", "Advance the simulation by a time or a number of steps.", {
  { "time", "number", "how long", unit = "s", above = 0 },
  { "steps", "integer", "how many steps", min = 0, max = 2^53 },
  { "every", "number", "time between two calls of `call` (and looks at `until_`)", unit = "s", above = 0 },
  { "call", "function", "function(sim), called every `every` seconds, between steps" },
  { "until_", "function", "function(sim): true ends the run; looked at every `every` seconds, or every 100 steps" },
  { "each_step", "function", "function(sim), called in the middle of every step, when the contact forces are summed: add to "
    .. "sim.force and sim.torque there. On a device the columns that it reads (sim.x, sim.v, sim.angular_velocity, sim.force, "
    .. "sim.torque, fields) are fetched when it first reads them in a step, and those it writes are sent; anything else it asks of the "
    .. "simulation (a sum, a measure) fetches the whole state. The same holds for `call` and `until_`" },
})
call("sim:profile", "Where the time went since the start: seconds by stage (`stages`; `order` their names), the same in nanoseconds "
  .. "per particle-step (`ns`, with total and law), `law_seconds` of them in the contact law, `law` and what runs it (`law_runs`: "
  .. "engine, cc, interpreter), sums over the steps (`steps`, `particle_steps`, `contacts`, `wall_contacts`), how often lists were "
  .. "made (`rebuilds`) and near lists picked from them (`picks`), their skins, `memory` [B], `device_memory` [B] of a GPU at most, "
  .. "`step_bytes` that a step must move per "
  .. "particle, `isa`, `threads`, `precision`. Of several ranks (`ranks`) sums, and mean times; then also `balance`, the longest of "
  .. "their times of work over the mean, `communication`, the share of the time for packing, messages and waiting, `waiting`, the "
  .. "part of it that comes of work unequally shared, of a rank in a step `bytes`, `messages` and `collectives`, `ghosts` per "
  .. "particle, `migrated` particles each time lists are made, `cuts`.", {
  { "bound", "boolean", "also measure how fast memory of this size is (`copy_speed` [B/s], 0.05 s), what that leaves for a "
    .. "particle-step (`memory_ns`), and what bounds the run (`bound`, `shares`)", default = false },
}, { values = true })
call("sim:hash", "A text of 16 hexadecimal digits that stands for the whole state.", {}, { values = true })
call("sim:overlap", "The largest overlap / smaller radius now, and the two ids (a wall for the second, perhaps).", {},
  { values = true })
call("sim:close", "Close the files and free the memory. Ending the script does the same.", {}, { values = true })

-- ---- odds and ends --------------------------------------------------------------------------------------------------
section "Objects and helpers"
call("inserter:particle", "A handle to one of the particles of an insertion, as sim:particle(id) gives it.", {
  { "number", "integer", "which of them, from 1 to inserter.count", min = 1, required = true },
}, { values = true })
call("output:write", "Write the state now, besides the regular times.", {}, { values = true })
call("output:close", "Close the file before the simulation is closed.", {}, { values = true })
call("log:row", "Write a row: a number or a text for each column.", {
  { "...", "any", "the values", required = true },
}, { values = true })
call("log:close", "Close the file. Ending the script does the same.", {}, { values = true })
call("kernel:explain", "Print what the function became: operations, units, what runs it; with \"c\" its C.", {
  { "what", "choice", "\"c\": as C", choices = { "c" } },
}, { values = true })
call("kernel:remove", "Take the kernel away.", {}, { values = true })
call("law:explain", "Print what the law became: operations, branches, coefficients, stiffness; with \"c\" its C.", {
  { "what", "choice", "\"c\": as C", choices = { "c" } },
}, { values = true })
call("barchan.vector", "A vector of three numbers, as sim.x[i] gives them: v.x, v.y, v.z, + - * /, v:norm(), v:dot(u), v:cross(u), "
  .. "v:unpack().", {
  { "x", "number", "along x", required = true },
  { "y", "number", "along y", required = true },
  { "z", "number", "along z", required = true },
}, { values = true })
call("barchan.vec3", "In the tables of a law: a vector with this unit, e.g. history = { slip = barchan.vec3 \"m\" }.", {
  { "unit", "string", "unit", required = true },
}, { values = true })
call("barchan.error_kind", "What kind of error a message that pcall returned is: \"argument\", \"guard\", \"file\", ...; nil when it is "
  .. "not Barchan's.", {
  { "message", "any", "what pcall returned", required = true },
}, { values = true })
call("barchan.clock", "Seconds of a clock that never jumps.", {}, { values = true })
for _, slot in ipairs { "normal", "damping", "cohesion", "far", "tangential", "rolling", "twisting", "heat" } do
  call(("barchan.%s_model"):format(slot), ("Make a sub-model for the slot `%s` of a law, in the form of scripts/laws/%s_*.lua; "
    .. "barchan describe language."):format(slot, slot), {
    { "model", "table", "name, about, material, pair, derive, coefficients, history, fields, energy and the slot's own function",
      required = true },
  }, { values = true })
end

--- What sim.NAME gives besides calls and fields: name, unit, text, and the member of the summary.
-- What a checkpoint's scene is found by.
for _, name in ipairs { "plane", "box", "cylinder", "cone", "sphere", "disc", "mesh", "outlet", "meter", "insert" } do
  table.insert(api.calls["sim:" .. name].parameters, parameter { "name", "string", name == "insert" and "of a stream: name by which "
    .. "barchan.load finds it" or "name by which barchan.load finds it" })
end

local function name_columns(list)
  for _, p in ipairs(list) do p.name, p.unit, p.text, p.member = p[1], p[2], p[3], p[4] end
end

api.properties = {
  { "time", "s", "time" },
  { "step", "1", "number of steps done" },
  { "dt", "s", "time step; nil before it is known" },
  { "state", "", "a table of the script's own: numbers, texts, booleans, tables of them; checkpoints keep it" },
  { "count", "1", "particles present", "particles" },
  { "contacts", "1", "contacts between particles in the last step", "contacts" },
  { "wall_contacts", "1", "contacts with walls in the last step", "wall_contacts" },
  { "inserted", "1", "particles inserted so far = count + removed + lost", "inserted" },
  { "removed", "1", "particles removed by outlets, by the script or at the border", "removed" },
  { "lost", "1", "particles that left the domain unasked", "lost" },
  { "total_mass", "kg", "mass present", "mass" },
  { "kinetic_energy", "J", "of the motion of the centres", "kinetic_energy" },
  { "rotational_energy", "J", "of the turning", "rotational_energy" },
  { "momentum", "kg m/s", "sum of mass * velocity", "momentum" },
  { "max_speed", "m/s", "largest speed", "max_speed" },
  { "max_overlap", "1", "largest overlap / smaller radius in the last step", "max_overlap" },
  { "coordination", "1", "mean number of particle contacts of a particle", "coordination" },
  { "gravitational_energy", "J", "of the particles' places, 0 at the origin" },
  { "elastic_energy", "J", "stored in contacts; with energy_book" },
  { "dissipated_energy", "J", "lost in contacts since the start; with energy_book" },
  { "energy_residual", "J", "what the energy book is off by; with energy_book" },
  { "radius_min", "m", "smallest radius present", "radius_min" },
  { "radius_max", "m", "largest radius present", "radius_max" },
  { "gravity", "m/s^2", "gravity; can be assigned" },
  { "precision", "", "\"mixed\" or \"double\"" },
  { "threads", "1", "processor cores in use" },
  { "seed", "1", "seed of the random numbers" },
  { "cell", "", "the domain now: lo, hi, a, b, c (edges), tilt, volume; max_rate; rate and strain by component (exx, ..., eyz) and "
    .. "stress (sxx, ..., syz; while it deforms); velocity(x, y, z) of the homogeneous flow" },
  { "closed", "", "true after sim:close()" },
}
name_columns(api.properties)

--- What wall.NAME gives.
api.wall_properties = {
  { "force", "N", "force by the particles on the wall in the last step" },
  { "torque", "N m", "torque by the particles about `position`" },
  { "mass", "kg", "of a free body, else nil" },
  { "kinetic_energy", "J", "of a free body, moving and turning, else nil" },
  { "angular_momentum", "kg m^2/s", "of a free body about its centre, else nil" },
  { "work", "J", "work done by the wall on the particles since the start" },
  { "radius", "m", "radius now, of a cylinder, sphere or disc, else nil" },
  { "radial_force", "N", "force by the particles on the side of a cylinder, outwards, in the last step, if a servo drives its radius; else 0" },
  { "position", "m", "reference point now; of a free body its centre of mass" },
  { "rotation", "1", "quaternion {x, y, z, w} since the first pose" },
  { "velocity", "m/s", "velocity of the reference point" },
  { "angular_velocity", "rad/s", "angular velocity" },
  { "contacts", "1", "contacts in the last step" },
}
name_columns(api.wall_properties)

--- What barchan.NAME gives, besides calls.
api.values = {
  { "rank", "1", "number of this process among those that mpirun has started and that share a simulation made now, from 0" },
  { "ranks", "1", "how many these are; 1 without mpirun" },
  { "set", "", "values of --set name=value, by name; also of luajit script.lua --set name=value" },
  { "args", "", "list of the words behind -- on the command line" },
  { "version", "", "of Barchan" },
}
name_columns(api.values)

local objects = require "barchan.objects"
api.returns, api.objects = objects.returns, objects.classes

--- The names of a list of entries.
function api.names(list)
  local names = {}
  for i, entry in ipairs(list) do names[i] = entry.name end
  return names
end

return api
