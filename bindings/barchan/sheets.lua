-- sheets.lua -- the walls of a step for pictures: bodies, which are drawn as they are, and sheets, which are not. A plane has no
-- end; in files it ends where the domain does, which may be far from all that happens. So it is drawn as far as a box reaches.
jit.off(true, true) -- cold: see init.lua
local bit = require "bit"
local ffi = require "ffi"

local sheets = {}

-- side[i]: the faces of the domain on which a vertex lies, as bits.
local function faces(side, x, count, lo, hi, near)
  for i = 0, count - 1 do
    local bits = 0
    for c = 0, 2 do
      if math.abs(x[3 * i + c] - lo[c]) <= near then bits = bits + 2 ^ (2 * c) end
      if math.abs(x[3 * i + c] - hi[c]) <= near then bits = bits + 2 ^ (2 * c + 1) end
    end
    side[i] = bits
  end
end
jit.on(faces)

-- flat[wall] becomes 0 where a vertex of the wall is within the domain or two triangles face two ways. normal: of its first triangle.
local function judge(flat, normal, x, side, corners, wall, count)
  for i = 0, count - 1 do
    local w, a, b, c = wall[i], tonumber(corners[3 * i]), tonumber(corners[3 * i + 1]), tonumber(corners[3 * i + 2])
    if side[a] == 0 or side[b] == 0 or side[c] == 0 then flat[w] = 0 end
    if flat[w] ~= 0 then
      local ux, uy, uz = x[3 * b] - x[3 * a], x[3 * b + 1] - x[3 * a + 1], x[3 * b + 2] - x[3 * a + 2]
      local vx, vy, vz = x[3 * c] - x[3 * a], x[3 * c + 1] - x[3 * a + 1], x[3 * c + 2] - x[3 * a + 2]
      local nx, ny, nz = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
      local size = math.sqrt(nx * nx + ny * ny + nz * nz)
      if size > 0 then
        nx, ny, nz = nx / size, ny / size, nz / size
        if flat[w] == 1 then flat[w], normal[3 * w], normal[3 * w + 1], normal[3 * w + 2] = 2, nx, ny, nz
        elseif nx * normal[3 * w] + ny * normal[3 * w + 1] + nz * normal[3 * w + 2] < 1 - 1e-9 then flat[w] = 0 end
      end
    end
  end
end
jit.on(judge)

-- A body may also be flat and begin and end at faces of the domain: flat[wall] becomes 0 where an edge with a triangle on one side only
-- does not lie in a face.
local function judge_edges(flat, x, side, corners, wall, count)
  local edges = {}
  local function place(v) return ("%.17g,%.17g,%.17g"):format(x[3 * v], x[3 * v + 1], x[3 * v + 2]) end
  for i = 0, count - 1 do
    if flat[wall[i]] ~= 0 then
      for e = 0, 2 do
        local a, b = tonumber(corners[3 * i + e]), tonumber(corners[3 * i + (e + 1) % 3])
        local p, q = place(a), place(b)
        local key = tonumber(wall[i]) .. ":" .. (p < q and p .. ";" .. q or q .. ";" .. p)
        edges[key] = not edges[key] and { wall[i], bit.band(side[a], side[b]) ~= 0 } or { wall[i], true }
      end
    end
  end
  for _, edge in pairs(edges) do
    if not edge[2] then flat[edge[1]] = 0 end
  end
end

--- The walls of step k of their trajectory, where the domain is from at.lo to at.hi: { x, vertices, corners, count, flat[wall],
-- wall[triangle], bodies, body_vertices: the places of the corners of what is no sheet }.
function sheets.read(t, k, at)
  local w = {}
  w.x, w.vertices = t:read(k, "point", "position")
  w.corners, w.count = t:cells(k)
  w.wall = t:read(k, "cell", "wall")
  local most = 0
  for i = 0, w.count - 1 do most = math.max(most, w.wall[i]) end
  w.flat = ffi.new("unsigned char[?]", most + 1)
  ffi.fill(w.flat, most + 1, 1)
  local side = ffi.new("unsigned char[?]", math.max(1, w.vertices))
  local lo, hi, size = {}, {}, 0
  for c = 0, 2 do
    lo[c], hi[c] = at.lo[c + 1], at.hi[c + 1]
    size = math.max(size, hi[c] - lo[c])
  end
  faces(side, w.x, w.vertices, lo, hi, 1e-9 * size)
  judge(w.flat, ffi.new("double[?]", 3 * (most + 1)), w.x, side, w.corners, w.wall, w.count)
  judge_edges(w.flat, w.x, side, w.corners, w.wall, w.count)
  w.bodies, w.body_vertices = ffi.new("double[?]", math.max(1, 9 * w.count)), 0
  for i = 0, w.count - 1 do
    if w.flat[w.wall[i]] == 0 then
      for e = 0, 2 do
        for c = 0, 2 do w.bodies[3 * w.body_vertices + c] = w.x[3 * tonumber(w.corners[3 * i + e]) + c] end
        w.body_vertices = w.body_vertices + 1
      end
    end
  end
  return w
end

-- The part of a polygon (a list of places) within a box, side by side (Sutherland and Hodgman).
local function clipped(polygon, box)
  for c = 1, 3 do
    for sign = 1, -1, -2 do
      local limit, kept = sign == 1 and box.lo[c - 1] or box.hi[c - 1], {}
      for i, p in ipairs(polygon) do
        local q = polygon[i % #polygon + 1]
        local dp, dq = sign * (p[c] - limit), sign * (q[c] - limit)
        if dp >= 0 then kept[#kept + 1] = p end
        if dp > 0 and dq < 0 or dp < 0 and dq > 0 then
          local part, cut = dp / (dp - dq), {}
          for e = 1, 3 do cut[e] = p[e] + part * (q[e] - p[e]) end
          cut[c] = limit
          kept[#kept + 1] = cut
        end
      end
      polygon = kept
    end
  end
  return polygon
end

--- How far sheets are drawn where all the rest lies in a box, from box.lo[0] on: a tenth of its size further.
function sheets.about(box)
  local size, out = 0, { lo = ffi.new("double[3]"), hi = ffi.new("double[3]") }
  for c = 0, 2 do size = math.max(size, box.hi[c] - box.lo[c]) end
  for c = 0, 2 do out.lo[c], out.hi[c] = box.lo[c] - 0.1 * size, box.hi[c] + 0.1 * size end
  return out
end

--- What a box leaves of the sheets: places of corners, how many; from 0, three in a row for each triangle.
function sheets.within(w, box)
  local list = {}
  for i = 0, w.count - 1 do
    if w.flat[w.wall[i]] ~= 0 then
      local polygon = {}
      for e = 0, 2 do
        local v = 3 * tonumber(w.corners[3 * i + e])
        polygon[e + 1] = { w.x[v], w.x[v + 1], w.x[v + 2] }
      end
      polygon = clipped(polygon, box)
      for e = 3, #polygon do
        for _, p in ipairs { polygon[1], polygon[e - 1], polygon[e] } do
          for c = 1, 3 do list[#list + 1] = p[c] end
        end
      end
    end
  end
  return ffi.new("double[?]", math.max(1, #list), list), #list / 3
end

--- Bodies, and of the sheets what lies in the box, as triangles: places, how many, corners of the triangles from 0, how many.
function sheets.all(w, box)
  local more, added = sheets.within(w, box)
  local x, corners = ffi.new("double[?]", math.max(1, 3 * (w.vertices + added))), ffi.new("int32_t[?]", math.max(1, 3 * w.count + added))
  ffi.copy(x, w.x, 8 * 3 * w.vertices)
  ffi.copy(x + 3 * w.vertices, more, 8 * 3 * added)
  local count = 0
  for i = 0, w.count - 1 do
    if w.flat[w.wall[i]] == 0 then
      for e = 0, 2 do corners[3 * count + e] = tonumber(w.corners[3 * i + e]) end
      count = count + 1
    end
  end
  for i = 0, added - 1 do corners[3 * count + i] = w.vertices + i end
  return x, w.vertices + added, corners, count + added / 3
end

return sheets
