-- ratchet.lua -- a plate that is shaken sideways at two frequencies carries what slides on it, though it goes nowhere itself: friction
-- pulls with the same force whichever way and however fast the plate slides, so a thing takes the velocity that the plate exceeds half
-- of the time. The motion is a function of time, traced once: its velocity is the exact derivative, and no Lua runs in a step.
--   barchan run examples/ratchet.lua
local barchan = require "barchan"
local mm = barchan.units.mm

local radius, rows, speed, frequency = 2*mm, 10, 0.6, 25 -- [m], triangles, [m/s], [Hz]
local pitch = 8*radius

local sim = barchan.simulation { domain = { lo = {0, 0, -10*mm}, hi = {0.1, rows*pitch, 10*mm}, periodic = "xy" } }
local glass = sim:material { name = "glass", young = 2e6, poisson = 0.25, density = 2500 }
sim:law("hertz_mindlin")
sim:pair(glass, glass, { restitution = 0.5, friction = 0.3 })

-- Triangles of three grains, each turned another way, so that they slide instead of rolling.
local x = {}
for i = 1, rows do
  for k = 0, 2 do
    local angle = 0.2*i + 2*math.pi/3*k
    x[#x + 1] = { 0.05 + 1.1547*radius*math.cos(angle), (i - 0.5)*pitch + 1.1547*radius*math.sin(angle), 0.999*radius }
  end
end
sim:insert { x = x, radius = radius, material = glass }
sim:bond { within = 0.01*radius, young = 1e7, damping = 0.02 }

local plate = sim:plane { point = {0, 0, 0}, normal = {0, 0, 1}, material = glass }
plate:follow {
  motion = function(t, k)
    local w = 2*math.pi*k.frequency
    return vec3(k.speed/w*(sin(w*t) + 0.25*sin(2*w*t)), 0, 0) -- moves with speed (cos(w t) + cos(2 w t)/2)
  end,
  params = { speed = { speed, "m/s" }, frequency = { frequency, "Hz" } },
}
sim:output { file = "ratchet.vtkhdf", every = 0.02 }

local function drift() return sim:sum(sim.v.x)/sim.count end
local log = barchan.csv("ratchet.csv", { "time", "plate", "drift" })
sim:run { time = 1.4, every = 0.01, call = function() log:row(sim.time, plate.velocity.x, drift()) end }
local mean, count = 0, 0
sim:run { time = 8/frequency, every = 1/frequency/50, call = function() mean, count = mean + drift(), count + 1 end }
log:close()

local velocities = {}
for i = 1, 10000 do
  local phase = 2*math.pi*i/10000
  velocities[i] = speed*(math.cos(phase) + 0.5*math.cos(2*phase))
end
table.sort(velocities)
local median = velocities[5000]
print(("drift of the triangles: %.4f m/s; median of the plate's velocity: %.4f m/s"):format(mean/count, median))
assert(math.abs(mean/count/median - 1) < 0.05, "they do not drift as they should")
