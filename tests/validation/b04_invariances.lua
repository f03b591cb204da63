-- b04_invariances.lua -- colliding grains do not know how fast the observer moves, which way is up, nor what they are called.
--
-- Case: B4. 150 grains of 1.2 to 2.4 mm fly together and apart for 1000 steps, with friction and rolling friction, seen by a moving
-- observer, turned by 1 rad about (1, 2, 3), mirrored, shifted through periodic faces, with other ids, on other numbers of threads.
-- Places differ by parts of a radius, velocities by parts of the speed of sound sqrt(young / density), which is what an error of a
-- radius in a place makes in a collision time.
local barchan = require "barchan"
local lab = require "lab"
local test = require "case" { id = "B4", title = "invariances", source = "[F] symmetry", precision = "double" }

local STEPS, DT, RADIUS, SPEED, YOUNG, DENSITY = 1000, 5e-6, 2e-3, 0.25, 1e6, 2500
local SOUND = math.sqrt(YOUNG / DENSITY)

local function identity(a) return { a[1], a[2], a[3] } end

-- Grains in a cube of 24 mm that fly inwards: lists of places, velocities, angular velocities, radii.
local function cloud(count)
  local sim = barchan.simulation { domain = { lo = { 0, 0, 0 }, hi = { 0.024, 0.024, 0.024 }, periodic = "xyz" }, seed = 9, threads = 1 }
  local glass = sim:material { name = "glass", young = YOUNG, poisson = 0.25, density = DENSITY }
  sim:insert { region = sim.box { lo = { 0, 0, 0 }, hi = { 0.024, 0.024, 0.024 } }, material = glass, radius = { 1.2e-3, 2.4e-3 },
    count = count }
  local draw, c = lab.between(3), { x = {}, v = {}, w = {}, radius = {} }
  for i = 1, count do
    local x, y, z = sim.x:get(i)
    c.x[i], c.radius[i] = { x - 0.012, y - 0.012, z - 0.012 }, sim.radius[i]
    c.v[i] = { -20 * c.x[i][1] + draw(-SPEED, SPEED), -20 * c.x[i][2] + draw(-SPEED, SPEED), -20 * c.x[i][3] + draw(-SPEED, SPEED) }
    c.w[i] = { draw(-50, 50), draw(-50, 50), draw(-50, 50) }
  end
  sim:close()
  return c
end

-- Runs the cloud seen through place, velocity and spin (functions of vectors); gives places, velocities and spins by number.
local function run(c, how)
  local place, velocity, spin = how.place or identity, how.velocity or identity, how.spin or identity
  local size = how.size or 0.03
  local sim = barchan.simulation { domain = { lo = { -size, -size, -size }, hi = { size, size, size }, periodic = how.periodic or "" },
    gravity = { 0, 0, 0 }, precision = test.precision, threads = how.threads or 1, overlap_warn = 0.9, overlap_limit = 0.9, dt = DT }
  local glass = sim:material { name = "glass", young = YOUNG, poisson = 0.25, density = DENSITY }
  sim:law("hertz_mindlin", { rolling = "epsd" })
  sim:pair(glass, glass, { restitution = 0.7, friction = 0.4, rolling_friction = 0.05 })
  local x, v, w, radius, id = {}, {}, {}, {}, {}
  for i = 1, #c.x do
    x[i], v[i], w[i], radius[i], id[i] = place(c.x[i]), velocity(c.v[i]), spin(c.w[i]), c.radius[i], how.id and how.id(i) or i
  end
  sim:insert { x = x, velocity = v, angular_velocity = w, radius = radius, id = id, material = glass }
  local contacts = 0
  sim:run { steps = STEPS, every = 5 * DT, call = function(s) contacts = contacts + s.contacts end }
  local out = { x = {}, v = {}, w = {}, contacts = contacts, time = sim.time, hash = sim:hash() }
  for i = 1, #c.x do
    local p = sim:particle(id[i])
    local a, b, d = p.x, p.v, p.angular_velocity
    out.x[i], out.v[i], out.w[i] = { a.x, a.y, a.z }, { b.x, b.y, b.z }, { d.x, d.y, d.z }
  end
  sim:close()
  return out
end

-- Largest differences from the reference, with the result seen back through place, velocity, spin. Places are equal, too, when they
-- are a period apart.
local function compare(name, reference, result, place, velocity, spin, period)
  local off = { x = 0, v = 0, w = 0 }
  for i = 1, #reference.x do
    local back = { x = (place or identity)(result.x[i]), v = (velocity or identity)(result.v[i]), w = (spin or identity)(result.w[i]) }
    for key, a in pairs(back) do
      for k = 1, 3 do
        local d = a[k] - reference[key][i][k]
        if period and key == "x" then d = d - period * math.floor(d / period + 0.5) end
        off[key] = math.max(off[key], math.abs(d))
      end
    end
  end
  local worst = test:worst(name .. ", largest difference", 1e-10)
  worst:absolute("places / R", off.x / RADIUS, 0)
  worst:absolute("velocities / c", off.v / SOUND, 0)
  worst:absolute("spins R / c", off.w * RADIUS / SOUND, 0)
  worst:done()
end

local c = cloud(150)
local reference = run(c, {})
test:must("there are collisions: over 2000 contacts at 200 looks", reference.contacts > 2000)

local u = { SPEED, 2 * SPEED, 3 * SPEED }
local moved = run(c, { velocity = function(a) return { a[1] + u[1], a[2] + u[2], a[3] + u[3] } end })
compare("observer moves with -(1, 2, 3) v", reference, moved,
  function(a) return { a[1] - u[1] * moved.time, a[2] - u[2] * moved.time, a[3] - u[3] * moved.time } end,
  function(a) return { a[1] - u[1], a[2] - u[2], a[3] - u[3] } end)

-- by 1 rad about (1, 2, 3) / sqrt(14), by Rodrigues' formula
local n, cosine, sine = { 1 / math.sqrt(14), 2 / math.sqrt(14), 3 / math.sqrt(14) }, math.cos(1), math.sin(1)
local function turn(s)
  return function(a)
    local dot = n[1] * a[1] + n[2] * a[2] + n[3] * a[3]
    local cross = { n[2] * a[3] - n[3] * a[2], n[3] * a[1] - n[1] * a[3], n[1] * a[2] - n[2] * a[1] }
    local out = {}
    for k = 1, 3 do out[k] = a[k] * cosine + s * cross[k] * sine + n[k] * dot * (1 - cosine) end
    return out
  end
end
compare("turned by 1 rad", reference, run(c, { place = turn(1), velocity = turn(1), spin = turn(1) }), turn(-1), turn(-1), turn(-1))
local function quarter(a) return { -a[2], a[1], a[3] } end
local function back(a) return { a[2], -a[1], a[3] } end
compare("turned by a quarter", reference, run(c, { place = quarter, velocity = quarter, spin = quarter }), back, back, back)

local function flip(a) return { -a[1], a[2], a[3] } end
local function flip_axial(a) return { a[1], -a[2], -a[3] } end -- spins are axial vectors
compare("mirrored", reference, run(c, { place = flip, velocity = flip, spin = flip_axial }), flip, flip, flip_axial)

local size, shift = 0.02, { 0.0195, 0.0171, -0.0198 } -- the cloud of 24 mm in a cell of 40 mm, put across all faces
local function wrap(a) return a >= size and a - 2 * size or a < -size and a + 2 * size or a end
local function there(a) return { wrap(a[1] + shift[1]), wrap(a[2] + shift[2]), wrap(a[3] + shift[3]) } end
local function home(a) return { a[1] - shift[1], a[2] - shift[2], a[3] - shift[3] } end
compare("shifted through periodic faces", run(c, { size = size, periodic = "xyz" }),
  run(c, { size = size, periodic = "xyz", place = there }), home, nil, nil, 2 * size)
compare("periodic, with nothing near the faces", reference, run(c, { periodic = "xyz" }))

compare("ids reversed", reference, run(c, { id = function(i) return #c.x + 1 - i end }))
compare("ids spread", reference, run(c, { id = function(i) return (i * 89) % 151 end }))
local threads = true
for _, count in ipairs { 2, 3, 5 } do threads = threads and run(c, { threads = count }).hash == reference.hash end
test:must("2, 3 and 5 threads give the bits of one", threads)
return test:done()
