-- calibrate.lua -- barchan.calibrate{...}: the parameters for which runs give what was measured. Evaluations are the cases of a campaign:
-- first a design that fills the ranges, on all groups of ranks at once, then the points that an optimiser asks for. They are journaled, so a
-- search that was killed is asked again with the values that are known, and goes on.
jit.off(true, true) -- cold: see init.lua
local native = require "barchan.native"
local api = require "barchan.api"
local campaign = require "barchan.campaign"
local cases = require "barchan.cases"
local checks = require "barchan.checks"
local errors = require "barchan.errors"
local handout = require "barchan.handout"
local nlopt = require "barchan.nlopt"
local results = require "barchan.results"
local settings = require "barchan.settings"
local sobol = require "barchan.sobol"
local surface = require "barchan.surface"
local state = require "barchan.campaign_state"
local status = require "barchan.status"
local core = native.core

local WHAT = "barchan.calibrate"
local FAILED = 1e6 -- value of an evaluation that has failed, as long as none has succeeded

-- ---- what is asked for ------------------------------------------------------------------------------------------------------
-- Place in the unit cube of a value in its range.
local function place(range, value)
  local C = native.C
  if range.log then return C.brc_log(value / range.lo) / C.brc_log(range.hi / range.lo) end
  return (value - range.lo) / (range.hi - range.lo)
end

local function read_parameters(given)
  local names, ranges, start = {}, {}, nil
  for name in pairs(given) do
    cases.check_name(WHAT .. ": parameters", name)
    names[#names + 1] = name
  end
  table.sort(names)
  if #names == 0 then errors.raise(WHAT .. ": parameters must name at least one, e.g. { friction = { 0.1, 0.9 } }") end
  if #names > sobol.DIMENSIONS then errors.raise(("%s: at most %d parameters, got %d"):format(WHAT, sobol.DIMENSIONS, #names)) end
  for k, name in ipairs(names) do
    local r = given[name]
    ranges[k] = cases.range(WHAT .. ": parameters", name, r)
    local s = r.start
    if s ~= nil then
      if type(s) ~= "number" or not (s >= r[1] and s <= r[2]) then
        errors.raise(("%s: parameters: %s: start must be between %.10g and %.10g, got %s"):format(WHAT, name, r[1], r[2], checks.show(s)))
      end
      start = start or {}
      start[k] = place(ranges[k], s)
    end
  end
  if start then
    for k in ipairs(names) do start[k] = start[k] or 0.5 end
  end
  return names, ranges, start
end

-- How far results are from the target: sum of squares of relative errors. Answers nil when that is no number; and the targets by name, and
-- their names in order.
local function objective_of(target, weights)
  if target == nil then
    return function(found)
      local y = found.result
      return type(y) == "number" and y - y == 0 and y or nil, "run must return a finite number, or a target must be given"
    end
  end
  local targets = type(target) == "number" and { result = target } or target
  local names = {}
  for name, value in pairs(targets) do
    if type(name) ~= "string" or type(value) ~= "number" or value - value ~= 0 then
      errors.raise(("%s: target must be a number, or a table of numbers by name, got %s"):format(WHAT, checks.show(target)))
    end
    names[#names + 1] = name
  end
  table.sort(names)
  if #names == 0 then errors.raise(WHAT .. ": target names nothing") end
  for name, w in pairs(weights or {}) do
    if not targets[name] then errors.raise(("%s: weights: %s"):format(WHAT, errors.unknown("target", name, names))) end
    if type(w) ~= "number" or not (w > 0) then
      errors.raise(("%s: weights: %s must be > 0, got %s"):format(WHAT, name, checks.show(w)))
    end
  end
  return function(found)
    local sum, all = 0, 0
    for _, name in ipairs(names) do
      local y, t, w = found[name], targets[name], weights and weights[name] or 1
      if type(y) ~= "number" or y - y ~= 0 then
        return nil, ("run must return a finite number%s, got %s"):format(name == "result" and "" or " for " .. name, checks.show(y))
      end
      local e = t ~= 0 and (y - t) / t or y
      sum, all = sum + w * e * e, all + w
    end
    return sum / all
  end, targets, names
end

local function show_ranges(names, ranges, start)
  local parts = {}
  for k, name in ipairs(names) do
    local r = ranges[k]
    parts[k] = ("%s in [%s, %s]%s%s%s"):format(name, results.number(r.lo), results.number(r.hi), r.log and " log" or "",
      r.whole and " whole" or "", start and (" from %.10g"):format(start[k]) or "")
  end
  return table.concat(parts, ", ")
end

-- ---- the search -------------------------------------------------------------------------------------------------------------
local Search = {}
Search.__index = Search

local function parameters_at(self, u)
  local p = {}
  for k, name in ipairs(self.names) do p[name] = cases.at(self.ranges[k], u[k]) end
  return p
end

local function same(names, a, b)
  for _, name in ipairs(names) do
    if a[name] ~= b[name] then return false end
  end
  return true
end

-- The value of an evaluation that has ended.
local function value_of(self, e)
  if e.state == "done" then
    local value = self.objective(e.record.results)
    if value then
      self.worst = math.max(self.worst or value, value)
      return value
    end
  end
  return self.worst and 2 * math.abs(self.worst) + 1 or FAILED
end

-- The case of evaluation `number`, made if it is a new one.
local function case_at(self, number, u)
  local m, p = self.m, parameters_at(self, u)
  local e = m.cases[number]
  if not e then
    e = { number = number, parameters = p, state = "waiting", failures = 0, deaths = 0 }
    m.cases[number] = e
  elseif not same(self.names, e.parameters, p) then
    errors.raise(("%s: evaluation %d in '%s' has other parameters than the search asks for: is it another version of NLopt (%s)?"):format(
      WHAT, number, m.folder, nlopt.version() or "none"))
  end
  return e
end

local function over(self, e) return e.state == "done" or e.state == "failed" and not state.may_retry(self.m, e) end

-- An evaluation that has ended with these parameters.
local function known_at(self, p)
  for number = 1, self.count do
    local e = self.m.cases[number]
    if e and over(self, e) and same(self.names, e.parameters, p) then return e end
  end
end

-- The best evaluation so far: its case and value.
local function best(self)
  local found, least
  for number = 1, self.count do
    local e = self.m.cases[number]
    if e and e.state == "done" then
      local value = self.objective(e.record.results)
      if value and (not least or value < least) then found, least = e, value end
    end
  end
  return found, least
end

-- The next case of the design; "wait" while others run; nil when all have ended.
local function next_of_design(self, running)
  while self.designed < self.o.design do
    self.designed = self.designed + 1
    self.count = self.designed
    local u = sobol.point(self.designed, #self.names)
    self.u[self.designed] = u
    local e = case_at(self, self.designed, u)
    if not over(self, e) then return e end
  end
  return running > 0 and "wait" or nil
end

local function begin_search(self)
  local start = self.start
  if not start then
    local e = best(self)
    start = e and self.u[e.number] or nil
    if self.o.design > 0 and not e then
      self.failure = ("all %d evaluations of the design have failed: barchan campaign report %s"):format(self.o.design, self.m.folder)
      return
    end
  end
  local n = #self.names
  local step = self.o.design > 0 and not self.start and math.min(0.2, 0.5 * self.o.design ^ (-1 / n)) or 0.2
  if not start then
    start = {}
    for k = 1, n do start[k] = 0.5 end
  end
  self.search = { method = self.o.method, start = start, step = step, tolerance = self.o.tolerance, accuracy = self.o.accuracy, seed = 1 }
end

-- The next case that the optimiser wants; nil when it is over.
local function next_of_search(self)
  while not self.why do
    local e, least = best(self)
    if self.o.accuracy > 0 and e and least <= self.o.accuracy ^ 2 then
      self.why = "accuracy"
      return nil
    end
    if self.pending then -- an evaluation that the search has asked for
      if not over(self, self.pending[2]) then return self.pending[2] end
      self.known[#self.known + 1] = { self.pending[1], value_of(self, self.pending[2]) }
      self.pending = nil
    else
      local u, why = nlopt.ask(self.search, self.known)
      if u == false then
        self.failure = why
        return nil
      elseif not u then
        self.why = why
        return nil
      end
      local old = known_at(self, parameters_at(self, u))
      if old then
        self.known[#self.known + 1] = { u, value_of(self, old) }
        self.repeats = (self.repeats or 0) + 1
        if self.repeats > 1000 then self.why = "tolerance" end -- parameters that are whole numbers
      elseif self.count >= self.o.evaluations then
        self.why = "evaluations"
      else
        self.count, self.repeats = self.count + 1, 0
        self.pending = { u, case_at(self, self.count, u) }
      end
    end
  end
end

-- ---- the fit ----------------------------------------------------------------------------------------------------------------
local BATCH = 4                          -- evaluations that are asked for at once, whatever the number of ranks
local WIDTH, SHRINK, LEAST = 0.15, 0.7, 0.08 -- half of the range about the estimate in which they lie: at first, the next ones, at last

-- Where all evaluations so far say that the targets are met.
local function estimate(self)
  local points, found, start, least = {}, {}, nil, nil
  for _, name in ipairs(self.target_names) do found[name] = {} end
  for number = 1, self.count do
    local e = self.m.cases[number]
    local value = e.state == "done" and self.objective(e.record.results)
    if value then
      points[#points + 1] = self.u[number]
      for _, name in ipairs(self.target_names) do found[name][#points] = e.record.results[name] end
      if not least or value < least then start, least = self.u[number], value end
    end
  end
  if not start then return nil end
  return surface.meet(points, found, self.targets, self.o.weights, self.target_names, self.estimate and self.estimate.u or start)
end

-- The next case of a batch about the estimate; "wait" while others run; nil when it is over.
local function next_of_fit(self, running)
  while not self.why do
    while self.batch and self.batch[1] do
      local u = table.remove(self.batch, 1)
      self.count = self.count + 1
      self.u[self.count] = u
      local e = case_at(self, self.count, u)
      if not over(self, e) then return e end
    end
    if running > 0 then return "wait" end
    local u, wrong, values = estimate(self)
    if not u then
      self.failure = ("%d evaluations are too few to fit: give a larger design, or see why some have failed: barchan campaign report %s"):format(
        self.count, self.m.folder)
      return nil
    end
    self.estimate = { u = u, wrong = wrong, values = values }
    local sure = self.width ~= nil
    for d = 1, #u do sure = sure and wrong[d] <= self.o.tolerance end
    local left = self.o.evaluations - self.count
    if sure then self.why = "tolerance" elseif left <= 0 then self.why = "evaluations" end
    self.width = self.width and math.max(LEAST, SHRINK * self.width) or WIDTH
    self.batch = {}
    for k = 1, math.min(BATCH, left) do
      local even, at = sobol.point(self.count - self.o.design + k, #u), {}
      for d = 1, #u do
        at[d] = math.max(0, math.min(1, u[d] + self.width * (#u == 1 and (2 * k - BATCH - 1) / (BATCH - 1) or 2 * even[d] - 1)))
      end
      self.batch[k] = at
    end
  end
end

function Search:pick(running)
  if self.failure then return nil end
  if self.again[1] then return table.remove(self.again, 1) end
  if self.o.method == "fit" then
    local e = not self.batch and next_of_design(self, running)
    return e or next_of_fit(self, running)
  end
  if not self.search then
    local e = next_of_design(self, running)
    if e then return e end
    begin_search(self)
    if self.failure then return nil end
  end
  if running > 0 then return "wait" end
  return (next_of_search(self))
end

-- What the script gets.
local function outcome(self, job)
  local all = job.result()
  local e, least = best(self)
  local out = { best = e and e.parameters, value = least, results = e and e.record.results, case = e and e.number, why = self.why,
    failure = self.failure, failed = all.failed, cases = all.cases, evaluations = all.done + all.failed, stopped = all.stopped,
    count = all.count }
  local fitted = self.estimate
  if not fitted then return out end
  out.best, out.results, out.errors, out.case = parameters_at(self, fitted.u), fitted.values, {}, nil
  out.value = self.objective(fitted.values)
  for k, name in ipairs(self.names) do -- of a range by its logarithm: where it is
    local r = self.ranges[k]
    out.errors[name] = fitted.wrong[k] * (r.log and out.best[name] * native.C.brc_log(r.hi / r.lo) or r.hi - r.lo)
  end
  return out
end

local function default_method(names) return #names > 1 and "bobyqa" or "sbplx" end

--- barchan.calibrate{...}
return function(options, extra)
  if extra ~= nil then errors.raise(WHAT .. " takes one table of options: barchan.calibrate{...}") end
  local o = checks.options(WHAT, api.calls[WHAT].parameters, options)
  local names, ranges, start = read_parameters(o.parameters)
  if o.target ~= nil and type(o.target) ~= "number" and type(o.target) ~= "table" then
    errors.raise(("%s: target must be a number, or a table of numbers by name, got %s"):format(WHAT, checks.show(o.target)))
  end
  local objective, targets, target_names = objective_of(o.target, o.weights)
  if o.accuracy > 0 and o.target == nil then errors.raise(WHAT .. ": accuracy is a relative error of the target, which is missing") end
  o.method = o.method or default_method(names)
  if o.method == "bobyqa" and #names == 1 then
    errors.raise(WHAT .. ": method bobyqa needs two parameters or more; for one: sbplx, cobyla, direct")
  end
  if o.method == "fit" then
    if not targets then errors.raise(WHAT .. ": method fit looks for where a target is met, which is missing") end
    if start then errors.raise(WHAT .. ": method fit begins with a design, and takes no start") end
    for k, name in ipairs(names) do
      if ranges[k].whole then errors.raise(("%s: parameters: %s: method fit takes no whole numbers"):format(WHAT, name)) end
    end
    if o.design < 2 * #names + 2 then
      errors.raise(("%s: method fit needs a design of at least %d evaluations for %d parameters, got design = %d"):format(WHAT, 2 * #names + 2,
        #names, o.design))
    end
  end
  if o.design >= o.evaluations then
    errors.raise(("%s: of %d evaluations the design takes %d, so that none are left to search with"):format(WHAT, o.evaluations, o.design))
  end
  if o.method ~= "fit" then nlopt.needed(WHAT) end
  o.folder = o.folder or campaign.default_folder():gsub("%-campaign$", "-calibration")
  campaign.claim(WHAT, o, errors.where())
  local c = { what = WHAT, folder = o.folder, where = errors.where(), run = function(given)
    local found = o.run(given)
    found = results.check(WHAT .. ": what run returns", found)
    local value, problem = objective(found)
    if not value then error(("%s: %s"):format(WHAT, problem), 0) end
    found.objective = value
    return found
  end }
  if settings.check then
    local p = {}
    for k, name in ipairs(names) do p[name] = cases.at(ranges[k], start and start[k] or 0.5) end
    settings.results = {}
    p.number, p.folder, p.attempt = 1, ".", 1
    o.run(p)
    settings.results = nil
    return { cases = {}, evaluations = 0 }
  end
  campaign.check_ranks(WHAT, o)
  if settings.dry_run then
    print(("%s: a calibration of %s by %s, at most %d evaluations"):format(o.folder, show_ranges(names, ranges, start), o.method, o.evaluations))
    error(settings.finished, 0)
  end
  settings.warn_unread()
  core.catch_signals()
  status.beside(o.folder .. "/journal")
  local self, job
  campaign.on_first(function()
    local m = state.open(WHAT, o, { kind_of = "calibration", names = names, method = o.method, design = o.design,
      ranges = show_ranges(names, ranges, start), target = o.target and require("barchan.plain").encode(o.target, "target"),
      compared = { "ranges", "method", "design", "target" } })
    m.expected, m.changed = o.evaluations, true
    self = setmetatable({ m = m, o = o, names = names, ranges = ranges, start = start, objective = objective,
      targets = targets, target_names = target_names, designed = 0, count = 0, u = {},
      known = {}, again = {} }, Search)
    job = campaign.job(m, c, function(running) return (self:pick(running)) end, function(e)
      if not (self.pending and self.pending[2] == e) then self.again[#self.again + 1] = e end
    end)
    state.show(m)
  end)
  local result = job and job.result
  if job then
    local inner = setmetatable({ result = result }, { __index = job })
    job.result = function() return (outcome(self, inner)) end
  end
  local out = handout.run(job or campaign.hand(c), o.ranks_per_case)
  if self then state.close(self.m) end
  if out.stopped then state.raise_stopped(WHAT, o.folder, out.stopped, out.count) end
  if out.failure then errors.raise(("%s: %s"):format(WHAT, out.failure)) end
  if not out.best then
    errors.raise(("%s: all %d evaluations have failed: barchan campaign report %s"):format(WHAT, out.evaluations, o.folder))
  end
  if settings.show then
    settings.say(("%s: %d evaluations, ended by %s\n"):format(o.folder, out.evaluations, out.why))
  end
  local found = {}
  for name, value in pairs(out.best) do found[name] = value end
  return found, { value = out.value, errors = out.errors, results = out.results, case = out.case, evaluations = out.evaluations,
    failed = out.failed, why = out.why, cases = out.cases }
end
