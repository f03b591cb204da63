-- precheck.lua -- `barchan check`: everything but the run. The script runs up to its first sim:run, then this looks at what it
-- has set up, prints it, times a few steps for an estimate, and the script ends there.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local native = require "barchan.native"
local materials = require "barchan.materials"
local simulation = require "barchan.simulation"
local status = require "barchan.status"
local C, core = native.C, native.core

local precheck = { finished = {} } -- `finished` is raised, or yielded, when the report is made

local WARM, TIMED = 0.5, 1.5 -- [s] of steps to get lists and caches going, and to time

local function line(key, text, ...)
  print(("  %-12s %s"):format(key, select("#", ...) > 0 and text:format(...) or text))
end

local function materials_lines(s)
  for _, m in ipairs(s.materials) do
    local u = s.used[m.index]
    line("material", "%s: %s", m.name, u and (u.min == u.max and ("particles of radius %.4g m"):format(u.min)
      or ("particles of radius %.4g to %.4g m"):format(u.min, u.max)) or s.on_walls[m.index] and "walls" or "not used")
  end
end

local function time_step_lines(s)
  local b = s.bounds
  if b.rayleigh then line("", "%s: %.4g s", b.rayleigh.text, b.rayleigh.value) end
  if b.contact then line("", "%s: %.4g s", b.contact.text, b.contact.value) end
  if b.damping then line("", "%s: %.4g s", b.damping.text, b.damping.value) end
  if s.options.dt then
    line("time step", "%.4g s, from the script%s%s%s", s.dt,
      b.rayleigh and (" = %.3g of the Rayleigh time"):format(s.dt / b.rayleigh.value) or "",
      b.contact and ("%s%.3g of the half period"):format(b.rayleigh and ", " or " = ", s.dt / b.contact.value) or "",
      b.default and ("; the default would be %.4g s"):format(b.default) or "")
  else
    line("time step", "%.4g s = %s; this bound holds", s.dt, b.holds)
  end
end

-- Problems found; the report goes on, the exit code is 1.
local function overlap_problem(s)
  local overlap, first, second = ffi.new("double[1]"), ffi.new("int64_t[1]"), ffi.new("int64_t[1]")
  native.check(C.brc_overlap_find(s.handle, overlap, first, second), "barchan check")
  if not (overlap[0] > 0) then
    line("overlaps", "none")
    return nil
  end
  local other = tonumber(second[0])
  line("overlaps", "largest %.3g of the smaller radius: particle id %d and %s", overlap[0], tonumber(first[0]),
    other < 0 and tostring(s.walls[-other]) or "particle id " .. other)
  if overlap[0] > s.options.overlap_limit then
    return ("the overlap is above overlap_limit = %.3g: the run would stop at once"):format(s.options.overlap_limit)
  elseif overlap[0] > s.options.overlap_warn then
    return ("the overlap is above overlap_warn = %.3g"):format(s.options.overlap_warn)
  end
end

local function estimate(s, o)
  local profile, done = ffi.new("brc_profile"), ffi.new("int64_t[1]")
  local steps = o.steps or math.ceil(o.time / s.dt - 1e-6)
  local run, problem = 0, nil
  local function time_steps(seconds)
    local begun, first, chunk, now = core.clock(), run, 1, core.clock()
    while now - begun < seconds and run < steps and not problem do
      local code = tonumber(C.brc_sim_steps(s.handle, math.min(chunk, steps - run), done))
      if code ~= 0 then problem = ffi.string(C.brc_last_error()) end
      local before = now
      now = core.clock()
      run, chunk = run + tonumber(done[0]), now - before < 0.1 * seconds and chunk * 2 or chunk
    end
    return now - begun, run - first
  end
  local spent, timed = time_steps(WARM)
  local particle_steps = 0
  if not problem and run < steps then
    native.check(C.brc_profile_get(s.handle, profile), "barchan check")
    particle_steps = tonumber(profile.particle_steps)
    spent, timed = time_steps(TIMED)
  end
  if problem then return problem end
  native.check(C.brc_profile_get(s.handle, profile), "barchan check")
  particle_steps = tonumber(profile.particle_steps) - particle_steps
  line("memory", "%.1f MB", tonumber(profile.memory) / 1e6)
  if profile.device_memory > 0 then
    line("on a device", "%.1f MB, %.0f bytes per particle", tonumber(profile.device_memory) / 1e6,
      tonumber(profile.device_memory) / tonumber(simulation.property(s, "count")))
  end
  line("first run", "%.6g s = %s steps: about %s (%.3g million particle-steps per second, timed over %d steps%s)", steps * s.dt,
    status.grouped(steps), status.duration(spent / math.max(1, timed) * steps), particle_steps / spent / 1e6, timed,
    o.each_step and ", without each_step" or "")
end

--- Reports on the first run of a script: settings.check of run.lua. Does not return.
function precheck.run(s, o)
  local problems = {}
  print("scene")
  local d = s.options.domain
  line("domain", "(%.6g, %.6g, %.6g) to (%.6g, %.6g, %.6g) m%s", d.lo[1], d.lo[2], d.lo[3], d.hi[1], d.hi[2], d.hi[3],
    d.periodic ~= "" and ", periodic along " .. d.periodic or "")
  materials_lines(s)
  local walls = 0
  for _, wall in pairs(s.walls) do walls = walls + (wall._.removed and 0 or 1) end
  line("particles", "%s, %.6g kg", status.grouped(simulation.property(s, "count")), simulation.property(s, "total_mass"))
  line("walls", "%d", walls)
  if s.law then
    line("law", "%s", s.law.name)
    local names, call = materials.missing(s)
    if #names > 0 then
      problems[#problems + 1] = ("no values for the pairs %s; write %s"):format(table.concat(names, ", "), call)
      line("pairs", "missing: %s", table.concat(names, ", "))
    else
      line("pairs", "complete")
    end
  end
  problems[#problems + 1] = overlap_problem(s)
  if #problems == 0 or not problems[1]:find("^no values") then
    materials.prepare(s, "barchan check")
    time_step_lines(s)
    problems[#problems + 1] = estimate(s, o)
    local text = C.brc_warning(s.handle)
    while text ~= nil do
      problems[#problems + 1] = ffi.string(text)
      text = C.brc_warning(s.handle)
    end
  end
  for _, text in ipairs(problems) do print("problem: " .. text) end
  precheck.problems = #problems
  if #problems == 0 then print("nothing is wrong") end
  if coroutine.running() == precheck.thread then coroutine.yield(precheck.finished) end
  error(precheck.finished, 0)
end

--- Runs a script up to its first sim:run. Returns true and how many problems were found (nil: it came to no sim:run), or false, the
-- message and the coroutine in which it was raised.
function precheck.script(chunk, ...)
  precheck.thread = coroutine.create(chunk)
  local ok, result = coroutine.resume(precheck.thread, ...)
  if not ok and result ~= precheck.finished then return false, result, precheck.thread end
  return true, precheck.problems
end

return precheck
