-- ondem.lua -- a step of a trajectory with all that the open DEM format (ON-DEM, WG3) calls mandatory, in its VTKHDF form. A trajectory
-- leaves out what follows from the rest: volume, inertia, orientation and clumps of spheres. The format still moves: its names are here.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local errors = require "barchan.errors"
local items = require "barchan.items"
local json = require "barchan.json"
local native = require "barchan.native"
local trajectory = require "barchan.trajectory"
local C, core = native.C, native.core

local ondem = {}
local WHAT = "barchan export"
ondem.VERSION = "0.2-draft"

-- Columns of a trajectory that go as they are, and the types of whole numbers.
local columns = { { "velocity", "m/s" }, { "angular_velocity", "rad/s" }, { "radius", "m" }, { "mass", "kg" } }
local whole = { { "body_id", "body_id", "l" }, { "material_id", "material_id", "i" } }

local function derive(volume, inertia, orientation, clump, r, m, count)
  for i = 0, count - 1 do
    volume[i] = 4 / 3 * math.pi * r[i] ^ 3
    for c = 0, 8 do inertia[9 * i + c] = c % 4 == 0 and 0.4 * m[i] * r[i] ^ 2 or 0 end
    for c = 0, 3 do orientation[4 * i + c] = c == 3 and 1 or 0 end -- a sphere's own axes are anybody's choice
    clump[i] = -1
  end
end
jit.on(derive)

-- How the run was made, of the file.
local function provenance(path)
  local plain = require "barchan.plain"
  local found = core.inspect(path, C.BRC_INSPECT_HDF5, 20)
  local ok, t = pcall(plain.decode, found or "")
  local there = {}
  for _, item in ipairs(ok and t.items or {}) do there[item.path] = item end
  local text = there["barchan/provenance"] and there["barchan/provenance"].text
  return text and json.decode(text) or {}
end

local function add_vtk(out, count)
  out.add("VTKHDF/Version", "l", ffi.new("int64_t[2]", 2, 0), 2, 1, nil, true)
  out.text("VTKHDF/Type", "PolyData", true)
  out.add("VTKHDF/NumberOfPoints", "l", ffi.new("int64_t[1]", count), 1)
  for _, name in ipairs { "Vertices", "Lines", "Polygons", "Strips" } do
    local n = name == "Vertices" and count or 0
    local offsets, ids = ffi.new("int64_t[?]", n + 1), ffi.new("int64_t[?]", n + 1)
    for i = 0, n do offsets[i], ids[i] = i, i end
    out.add("VTKHDF/" .. name .. "/NumberOfCells", "l", ffi.new("int64_t[1]", n), 1)
    out.add("VTKHDF/" .. name .. "/NumberOfConnectivityIds", "l", ffi.new("int64_t[1]", n), 1)
    out.add("VTKHDF/" .. name .. "/Offsets", "l", offsets, n + 1)
    out.add("VTKHDF/" .. name .. "/Connectivity", "l", ids, n)
  end
end

local function add_bodies(out, t, k)
  local x, count = t:read(k, "point", "position")
  add_vtk(out, count)
  out.add("VTKHDF/Points", "d", x, count, 3, "m")
  local function put(name, type, data, width, unit) out.add("VTKHDF/PointData/" .. name, type, data, count, width, unit) end
  put("position", "d", x, 3, "m")
  for _, c in ipairs(columns) do
    local data, _, width = t:read(k, "point", c[1])
    put(c[1], "d", data, width, c[2])
  end
  for _, c in ipairs(whole) do
    local from, to = t:read(k, "point", c[2]), ffi.new(items.ctypes[c[3]], math.max(1, count))
    for i = 0, count - 1 do to[i] = from[i] end
    put(c[1], c[3], to)
  end
  local n = math.max(1, count)
  local volume, inertia = ffi.new("double[?]", n), ffi.new("double[?]", 9 * n)
  local orientation, clump = ffi.new("double[?]", 4 * n), ffi.new("int32_t[?]", n)
  derive(volume, inertia, orientation, clump, (t:read(k, "point", "radius")), (t:read(k, "point", "mass")), count)
  put("volume", "d", volume, 1, "m^3")
  put("inertia", "d", inertia, 9, "kg m^2")
  put("orientation", "d", orientation, 4)
  put("clump_id", "i", clump)
  out.number("ONDEM/Bodies/Sphere/count", "l", count, nil, true)
end

local function add_scene(out, t, k)
  local info = ffi.new("brc_trajectory_info")
  C.brc_trajectory_get(t.handle, info)
  out.number("ONDEM/Scene/time", "d", t.times[k], nil, true)
  out.number("ONDEM/Scene/timestep", "d", t:series "dt"[k - 1], nil, true)
  out.add("ONDEM/Scene/units", "t", "second\0\0meter\0\0\0kilogram", 3, 8)
  out.add("ONDEM/Scene/gravity", "d", ffi.new("double[3]", info.gravity[0], info.gravity[1], info.gravity[2]), 3, 1, "m/s^2")
end

local function add_materials(out, made)
  for i, m in ipairs(type(made.materials) == "table" and made.materials or {}) do
    local at = ("ONDEM/Materials/%d/"):format(i - 1)
    out.number(at .. "id", "i", i - 1)
    if tonumber(m.density) then out.number(at .. "density", "d", m.density, "kg/m^3") end
    if tonumber(m.young) then out.number(at .. "young_modulus", "d", m.young, "Pa") end
    if tonumber(m.poisson) then out.number(at .. "poisson_ratio", "d", m.poisson) end
    if type(m.name) == "string" then out.text(at .. "label", m.name) end
  end
end

-- Contacts between particles. There a normal points from the first to the second, its force is positive in traction, and forces are
-- those on the second.
local function add_interactions(out, t, time, law)
  local q = t:beside "contacts"
  if not q then return end
  local k = q:nearest(time)
  local first, count = q:read(k, "cell", "first")
  local second, bond = q:read(k, "cell", "second"), q:read(k, "cell", "bond")
  local n = 0
  local pick = ffi.new("int32_t[?]", math.max(1, count))
  for i = 0, count - 1 do
    if second[i] > 0 and bond[i] < 0 then pick[n], n = i, n + 1 end
  end
  local at = "ONDEM/Interactions/"
  local function real(name, from, width, sign, unit)
    local data, to = q:read(k, "cell", from), ffi.new("double[?]", math.max(1, n * width))
    for i = 0, n - 1 do
      for c = 0, width - 1 do to[width * i + c] = sign * data[width * pick[i] + c] end
    end
    out.add(at .. name, "d", to, n, width, unit)
  end
  local id1, id2 = ffi.new("int64_t[?]", math.max(1, n)), ffi.new("int64_t[?]", math.max(1, n))
  local models, word = {}, ("%-32s"):format((law or "contact"):sub(1, 32)):gsub(" ", "\0")
  for i = 0, n - 1 do id1[i], id2[i], models[i + 1] = first[pick[i]], second[pick[i]], word end
  out.number(at .. "count", "l", n, nil, true)
  out.add(at .. "id1", "l", id1, n)
  out.add(at .. "id2", "l", id2, n)
  out.add(at .. "model", "t", table.concat(models) .. "\0", n, 32)
  real("normal", "normal", 3, -1)
  real("normal_force", "normal_force", 1, -1, "N")
  real("shear_force", "tangential_force", 3, -1, "N")
  real("contact_point", "point", 3, 1, "m")
  real("overlap", "overlap", 1, 1, "m")
end

--- Writes one step. Returns how many steps went into how many files.
function ondem.run(path, out, o)
  local t = trajectory.open(WHAT, path)
  if t.content ~= "particles" then
    errors.raise(("%s: '%s' holds no particles but %s; export the file that it stands beside"):format(WHAT, path, t.content))
  end
  local steps = t:choose(o, true)
  if #steps > 1 then errors.raise(("%s: an .ondem.vtkhdf file holds one step, and these are %d"):format(WHAT, #steps)) end
  local made = provenance(path)
  local k, l = steps[1], items.list()
  l.text("file_format", "ON-DEM VTKHDF", true)
  l.text("file_format_version", ondem.VERSION, true)
  l.text("source_code", "Barchan " .. ffi.string(C.brc_version()), true)
  add_bodies(l, t, k)
  add_scene(l, t, k)
  add_materials(l, made)
  add_interactions(l, t, t.times[k], made.law)
  native.check(l.write(out), WHAT)
  t:close()
  return 1, 1
end

return ondem
