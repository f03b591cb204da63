-- chain.lua -- a steel ball hits a row of balls that just touch: the blow runs through them as one wave, five balls long, and keeps its shape.
--
-- What to look at: each ball moves for a moment and stops; the last one flies off with nearly all of the speed, as in Newton's cradle.
-- chain.csv has the force between the balls at three places: the same pulse, later. There is no sound in a row that is not pressed: the
-- speed of the wave goes with the sixth root of its force, V^2 = 16/5 R^2 k^(2/3) F^(1/3) / m, k that of Hertz's F = k overlap^(3/2)
-- (Nesterenko 1983; Coste, Falcon and Fauve, Phys. Rev. E 56 (1997) 6104, measured it with such balls). The law is that of a continuum;
-- a pulse of five balls runs 1 % faster.
local barchan = require "barchan"
local mm = barchan.units.mm

local count = barchan.set.short and 30 or 60
local R, young, poisson, density = 4*mm, 2.06e11, 0.3, 7780
local k = 4/3*young/(1 - poisson^2)/2*math.sqrt(R/2) -- of two equal balls [N/m^(3/2)]
local mass = density*4/3*math.pi*R^3
local function nesterenko(force) return math.sqrt(16/5*R^2*k^(2/3)*force^(1/3)/mass) end

-- Speed of the wave [m/s] and its largest force [N] for a first ball of `speed`.
local function knock(speed, file)
  local sim = barchan.simulation { domain = { lo = {-20*mm, -20*mm, -20*mm}, hi = {(2*count + 40)*R, 20*mm, 20*mm} }, gravity = {0, 0, 0} }
  local steel = sim:material { name = "steel", young = young, poisson = poisson, density = density }
  sim:law "hertz_mindlin"
  sim:pair(steel, steel, { restitution = 1, friction = 0 })
  local x, velocity = {}, {}
  for i = 1, count do x[i], velocity[i] = { 2*R*i, 0, 0 }, { i == 1 and speed or 0, 0, 0 } end
  sim:insert { x = x, radius = R, velocity = velocity, material = steel }

  local function force(i) -- between balls i and i + 1, by Hertz
    local overlap = 2*R - (sim:particle(i + 1).x.x - sim:particle(i).x.x)
    return overlap > 0 and k*overlap^1.5 or 0
  end
  local about = nesterenko(k*(mass*speed^2/k)^(3/5)) -- [m/s]: the force of an impact, roughly
  local near, far = math.floor(count/3), math.floor(2*count/3)
  local peak, at = {}, {}
  local log = file and barchan.csv(file .. ".csv", { "time_us", "force_a", "force_b", "force_c" })
  if file then sim:output { file = file .. ".vtkhdf", every = R/about } end
  sim:run { time = 2.5*R*count/about, every = 0.02*R/about, call = function(s)
    local now = { force(5), force(near), force(far) }
    for i, f in ipairs(now) do
      if f > (peak[i] or 0) then peak[i], at[i] = f, s.time end
    end
    if log then log:row(s.time*1e6, now[1], now[2], now[3]) end
  end }
  if log then log:close() end
  local last, kept = sim:particle(count).v.x, peak[3]/peak[2]
  local wave = 2*R*(far - near)/(at[3] - at[2])
  local law = nesterenko(peak[2])
  print(("%.2f m/s: the wave runs at %.1f m/s with %.1f N, the law says %.1f m/s; the last ball leaves with %.1f %% of the speed"):format(speed,
    wave, peak[2], law, 100*last/speed))
  assert(math.abs(wave/law - 1) < 0.02, "the wave does not run as Nesterenko's does")
  assert(math.abs(kept - 1) < 0.01, "the wave has lost its shape")
  sim:close()
  return wave
end

local slow, fast = knock(0.1), knock(1, "chain")
print(("ten times the speed: a wave %.3f times as fast, 10^(1/5) is %.3f"):format(fast/slow, 10^0.2)) -- F goes with speed^(6/5)
assert(math.abs(fast/slow/10^0.2 - 1) < 0.005, "the wave's speed does not go with the fifth root of the blow's")
