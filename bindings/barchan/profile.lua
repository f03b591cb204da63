-- profile.lua -- sim:profile() and the table of --profile: where the time of a run goes, what it works on, what bounds it.
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local native = require "barchan.native"
local backend = require "barchan.backend"
local simulation = require "barchan.simulation"
local C = native.C

local profile = {}

local ISA = { "sse2", "avx2", "avx512" }
local SWEEP = { "kick-drift", "contacts", "forces", "kick" } -- the stages that every particle goes through at every step
local NEAR = 0.6 -- of the sweep's time the memory alone would take: from here on it is what bounds

local function quotient(a, b) return b > 0 and a / b or 0 end

-- Shares of the time, largest first; of the sweep those parts that are known. Adds copy_speed, memory_ns, shares, bound to p.
local function find_bound(s, p)
  p.copy_speed = tonumber(C.brc_copy_speed(s.handle, 0.5 * p.step_bytes * quotient(p.particle_steps, p.steps) / p.ranks)) * p.ranks
  p.memory_ns = quotient(p.step_bytes, p.copy_speed) * 1e9
  local sweep = 0
  for _, name in ipairs(SWEEP) do sweep = sweep + p.stages[name] end
  local function share(name, seconds) return { name = name, share = quotient(seconds, p.seconds) } end
  local parts = {
    share("the lists of neighbours", p.stages.neighbours),
    share("what the script does in each step", p.stages.hooks),
    share("walls that move, outlets and insertion", p.stages.motion + p.stages.events),
    share("what ranks tell each other", p.stages.exchange),
    share("the arithmetic of the contact law", p.law_seconds),
    share("the sweep over contacts (distances, gathering, sums, moving particles on)", sweep - p.law_seconds),
  }
  p.memory_share = quotient(p.memory_ns * 1e-9 * p.particle_steps, sweep)
  if p.memory_share > NEAR then
    parts[5], parts[6] = share("the memory's speed in the sweep over contacts", sweep), nil
  end
  table.sort(parts, function(a, b) return a.share > b.share end)
  p.shares, p.bound = parts, parts[1].name
end

--- What sim:profile gives. bound: measures the memory's speed as well.
function profile.of(s, bound)
  local c, r = ffi.new("brc_profile"), ffi.new("brc_profile_ranks")
  native.check(C.brc_profile_share(s.handle, c, r), "sim:profile")
  local p = { stages = {}, order = {}, ns = {}, seconds = c.seconds, steps = tonumber(c.steps), ranks = tonumber(r.ranks),
    particle_steps = tonumber(c.particle_steps), rebuilds = tonumber(c.rebuilds), picks = tonumber(c.picks),
    contacts = tonumber(c.contacts), wall_contacts = tonumber(c.wall_contacts), law_seconds = c.law_seconds,
    law = s.law and s.law.name, law_runs = s.law and backend.name(s), skin = c.skin, near_skin = c.near_skin,
    candidates = c.candidates, step_bytes = c.step_bytes, position_quantum = c.position_quantum, force_quantum = c.force_quantum,
    memory = tonumber(c.memory), device_memory = tonumber(c.device_memory),
    threads = c.threads, isa = ISA[c.isa], precision = c.precision == 1 and "double" or "mixed" }
  for i = 0, c.stage_count - 1 do
    local name = ffi.string(c.stage[i].name)
    p.order[i + 1], p.stages[name] = name, c.stage[i].seconds
    p.ns[name] = quotient(c.stage[i].seconds * 1e9, p.particle_steps)
  end
  p.ns.total, p.ns.law = quotient(p.seconds * 1e9, p.particle_steps), quotient(p.law_seconds * 1e9, p.particle_steps)
  if p.ranks > 1 then
    p.balance, p.communication, p.waiting, p.ghosts = r.balance, r.communication, r.waiting, r.ghosts
    p.bytes, p.messages, p.collectives, p.migrated, p.cuts = r.bytes, r.messages, r.collectives, r.migrated, tonumber(r.cuts)
  end
  if bound then find_bound(s, p) end
  return p
end

simulation.options_method("profile", function(s, o) return profile.of(s, o.bound) end)

local RUNS = { engine = "in the engine's own code", cc = "compiled in the background", interpreter = "by the interpreter" }

-- "2 of 40 000 steps", "every 310 steps"
local function interval(times, steps)
  if times == 0 then return "never" end
  return ("every %.3g steps (%d times)"):format(steps / times, times)
end

--- The table of --profile as lines of text; nil when the simulation has not run.
function profile.lines(s)
  local p = profile.of(s, true)
  if p.particle_steps == 0 or not (p.seconds > 0) then return nil end
  local ranks = p.ranks > 1 and ("%d ranks of "):format(p.ranks) or ""
  local lines = { ("profile: %.0f steps, %.4g particles, %.4g s, %s%d thread%s, %s, %s"):format(p.steps, p.particle_steps / p.steps,
    p.seconds, ranks, p.threads, p.threads == 1 and "" or "s", p.isa, p.precision), "  stage        ns per particle-step   share" }
  local function row(name, ns) lines[#lines + 1] = ("  %-12s %20.2f  %5.1f %%"):format(name, ns, 100 * quotient(ns, p.ns.total)) end
  local function say(name, text, ...) lines[#lines + 1] = ("  %-12s %s"):format(name, text:format(...)) end
  for _, name in ipairs(p.order) do row(name, p.ns[name]) end
  row("total", p.ns.total)
  say("law", "%.2f ns of the forces: %s, %s", p.ns.law, p.law, RUNS[p.law_runs])
  say("contacts", "%.4g per particle, with walls %.4g; a step looks at %.4g pairs per particle", p.contacts / p.particle_steps,
    p.wall_contacts / p.particle_steps, p.candidates)
  if p.ranks > 1 then
    say("ranks", "balance %.3f (the longest of their times of work over the mean), communication %.1f %% of the time, waiting %.1f %%",
      p.balance, 100 * p.communication, 100 * p.waiting)
    say("", "a rank and step: %.4g bytes in %.3g messages, %.3g collective calls; ghosts %.3g per particle", p.bytes, p.messages,
      p.collectives, p.ghosts)
    say("", "%.4g particles change their rank when lists are made; %d cuts", p.migrated, p.cuts)
  end
  say("lists", "made %s, skin %.4g m", interval(p.rebuilds, p.steps), p.skin)
  say("near lists", "made %s, skin %.4g m", interval(p.rebuilds + p.picks, p.steps), p.near_skin)
  say("memory", "%.0f bytes per particle, %.1f MB in all", p.memory / (p.particle_steps / p.steps), p.memory / 1e6)
  if p.device_memory > 0 then
    say("on a device", "%.0f bytes per particle, %.1f MB at most", p.device_memory / (p.particle_steps / p.steps), p.device_memory / 1e6)
  end
  say("traffic", "a step must move %.0f bytes per particle; copies of that size go at %.3g GB/s: %.2f ns, %.0f %% of the sweep's",
    p.step_bytes, p.copy_speed / 1e9, p.memory_ns, 100 * p.memory_share)
  local rest = {}
  for i = 1, #p.shares do rest[i] = ("%s %.0f %%"):format(p.shares[i].name, 100 * p.shares[i].share) end
  say("bound by", "%s", table.concat(rest, ", ", 1, 2))
  return lines
end

return profile
