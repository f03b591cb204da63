-- mesh.lua -- triangles for walls and outlets: from a file or from tables, scaled, turned, shifted.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local native = require "barchan.native"
local errors = require "barchan.errors"
local files = require "barchan.files"
local checks = require "barchan.checks"
local meet = require "barchan.meet"
local ranks = require "barchan.ranks"
local C = native.C

local mesh = {}

--- Quaternion x, y, z, w of a rotation vector (axis * angle), with the engine's fixed sine and cosine.
function mesh.quaternion(x, y, z)
  local angle = math.sqrt(x * x + y * y + z * z)
  if angle == 0 then return 0, 0, 0, 1 end
  local s = C.brc_sin(0.5 * angle) / angle
  return s * x, s * y, s * z, C.brc_cos(0.5 * angle)
end

-- Turns points about an axis through an origin, in place.
local function turn(p, count, axis, angle, origin)
  local n = math.sqrt(axis[1] * axis[1] + axis[2] * axis[2] + axis[3] * axis[3])
  local a, b, c = axis[1] / n, axis[2] / n, axis[3] / n
  local cosine, sine = C.brc_cos(angle), C.brc_sin(angle)
  for i = 0, count - 1 do
    local x, y, z = p[3 * i] - origin[1], p[3 * i + 1] - origin[2], p[3 * i + 2] - origin[3]
    local along = (a * x + b * y + c * z) * (1 - cosine) -- Rodrigues' formula
    p[3 * i] = origin[1] + x * cosine + (b * z - c * y) * sine + a * along
    p[3 * i + 1] = origin[2] + y * cosine + (c * x - a * z) * sine + b * along
    p[3 * i + 2] = origin[3] + z * cosine + (a * y - b * x) * sine + c * along
  end
end

local function from_tables(what, o)
  if not o.triangles then errors.raise(what .. ": triangles are missing: three vertex numbers for each triangle") end
  local count = #o.vertices
  local vertices, triangles = checks.vectors(o.vertices), ffi.new("int32_t[?]", 3 * #o.triangles)
  for i = 0, 3 * count - 1 do vertices[i] = vertices[i] * o.scale end
  for i, t in ipairs(o.triangles) do
    for k = 1, 3 do
      local v = t[k]
      if not (v == math.floor(v) and v >= 1 and v <= count) then
        errors.raise(("%s: triangles[%d][%d] must be the number of a vertex, 1 to %d, got %s"):format(what, i, k, count,
          checks.show(v)))
      end
      triangles[3 * (i - 1) + k - 1] = v - 1
    end
  end
  return vertices, count, triangles, #o.triangles
end

--- Puts the mesh of checked options o into a definition (brc_wall_def or brc_outlet_def) and calls use(), while the arrays live.
function mesh.with(what, o, def, use)
  checks.one_of(what, o, { "file", "vertices" }, true)
  local vertices, count, triangles, triangle_count, file
  if o.file then
    if o.triangles then errors.raise(what .. ": file and triangles exclude each other") end
    file = ffi.new("brc_mesh_file")
    meet.all(ranks.meeting(), function() native.check(C.brc_mesh_read(files.find(o.file), o.scale, file), what) end)
    vertices, count, triangles, triangle_count = file.vertices, tonumber(file.vertex_count), file.triangles, file.triangle_count
  else
    vertices, count, triangles, triangle_count = from_tables(what, o)
  end
  if o.rotate then turn(vertices, count, o.rotate.axis, o.rotate.angle, o.rotate.origin) end
  if o.translate then
    for i = 0, count - 1 do
      for k = 0, 2 do vertices[3 * i + k] = vertices[3 * i + k] + o.translate[k + 1] end
    end
  end
  def.vertices, def.vertex_count, def.triangles, def.triangle_count = vertices, count, triangles, triangle_count
  local status = use()
  if file then C.brc_mesh_file_free(file) end
  native.check(status, what)
end

return mesh
