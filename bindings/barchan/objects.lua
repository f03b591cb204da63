-- objects.lua -- the part of the schema (api.lua) that says what calls answer: which class, and what the members of each class are.
jit.off(true, true) -- cold: see init.lua
local objects = {}

--- The class of what a call answers; nothing: it answers nothing, or a plain table that its text describes.
objects.returns = {
  ["barchan.simulation"] = "sim", ["barchan.load"] = "sim", ["sim:material"] = "material", ["sim:insert"] = "inserter",
  ["sim:outlet"] = "outlet", ["sim:meter"] = "meter", ["sim:bond"] = "bonds", ["sim:particle"] = "particle", ["inserter:particle"] = "particle",
  ["sim:kernel"] = "kernel", ["sim:output"] = "output", ["sim:log"] = "log", ["barchan.csv"] = "log", ["sim:contact_network"] = "network",
  ["sim:coarse_grain"] = "fields", ["barchan.contact_law"] = "law", ["barchan.vector"] = "vector", ["fields:place"] = "vector",
  ["fields:index"] = "number", ["sim:hash"] = "string", ["barchan.clock"] = "number",
  ["network:wall_of"] = "wall", ["network:bonds_of"] = "bonds",
}
for _, name in ipairs { "plane", "box", "cylinder", "cone", "sphere", "disc", "mesh" } do objects.returns["sim:" .. name] = "wall" end
for _, name in ipairs { "box", "cylinder", "cone", "sphere" } do objects.returns["barchan.region." .. name] = "region" end
for _, recipe in ipairs(require "barchan.lab_api") do objects.returns["barchan.lab." .. recipe[1]] = "measurement" end
for _, name in ipairs { "grid", "list", "latin_hypercube", "sobol", "table" } do objects.returns["barchan.cases." .. name] = "cases" end

--- The classes besides sim and wall: what they are, and their members { name, unit, text }.
objects.classes = {
  { "material", "A material: what sim:material answers.", { { "name", "", "its name" } } },
  { "region", "A part of space: sim.box{...}, sim.cylinder{...}, sim.cone{...}, sim.sphere{...} with a dot.", {} },
  { "inserter", "What sim:insert answers.", {
    { "count", "1", "particles inserted so far" }, { "mass", "kg", "their mass" }, { "first_id", "1", "id of the first; the others follow it" },
    { "blocked", "1", "of a stream: particles that found no room in time" } } },
  { "outlet", "What sim:outlet answers.", { { "count", "1", "particles taken so far" }, { "mass", "kg", "their mass" } } },
  { "meter", "What sim:meter answers.", {
    { "count", "1", "particles that crossed along the normal" }, { "mass", "kg", "their mass" }, { "momentum", "kg m/s", "their momentum" },
    { "count_back", "1", "against it" }, { "mass_back", "kg", "against it" }, { "momentum_back", "kg m/s", "against it" } } },
  { "bonds", "What sim:bond answers.", { { "count", "1", "bonds that hold" }, { "made", "1", "bonds made" }, { "broken", "1", "that broke" },
    { "removed", "1", "that went with a particle" } } },
  { "particle", "A handle to one particle; besides these it has the fields: particle.x, .v, .radius, ...", {
    { "id", "1", "its identity" }, { "index", "1", "where it is in the fields now: sim.x[particle.index]" },
    { "exists", "", "false once it is gone" } } },
  { "kernel", "What sim:kernel answers.", { { "name", "", "its name" } } },
  { "law", "What barchan.contact_law answers.", { { "name", "", "its name" } } },
  { "output", "What sim:output answers.", {} },
  { "log", "What sim:log and barchan.csv answer.", {} },
  { "cases", "What barchan.cases.* answer, for barchan.campaign.", {} },
  { "measurement", "What the recipes of barchan.lab answer; tostring writes the value with its uncertainty, angles in degrees. It also has "
    .. "what the recipe's text names, and the uncertainty of each of those in .errors (nothing where a single run cannot say it).", {
    { "value", "", "mean over the runs" }, { "uncertainty", "", "its standard error: over the runs, or within them where that is larger" },
    { "unit", "", "unit of both" },
    { "still", "", "whether the grains of all runs were at rest where the recipe waits for it: less than 1e-6 m g d of kinetic energy each; "
      .. "a warning says where they were not" }, { "samples", "", "list of the values of the runs" },
    { "runs", "", "list of all that each run has found, curves too" }, { "errors", "", "uncertainties of the other numbers, by name" } } },
  { "network", "What sim:contact_network answers; its columns are views: network.force[i].", {
    { "count", "1", "rows: contacts and bonds" }, { "pairs", "1", "of these, contacts between particles" }, { "bonds", "1", "of these, bonds" },
    { "step", "1", "the step they belong to" }, { "time", "s", "its time" } } },
  { "fields", "What sim:coarse_grain answers; its columns are views: fields.density[i].", {
    { "count", "1", "cells" }, { "samples", "1", "states averaged" } } },
  { "vector", "Three numbers that cannot be assigned.", { { "x", "", "along x" }, { "y", "", "along y" }, { "z", "", "along z" } } },
}
for _, object in ipairs(objects.classes) do
  object.name, object.text, object.members = object[1], object[2], object[3]
  for _, p in ipairs(object.members) do p.name, p.unit, p.text = p[1], p[2], p[3] end
end

return objects
