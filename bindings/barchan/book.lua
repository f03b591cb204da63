-- book.lua -- the energy book: what each part of the contact law, gravity, walls and callbacks have done to the energy of the
-- particles. The parts' powers and energies are traced from the law's own files and run beside it (engine/book.c).
jit.off(true, true) -- cold: see init.lua
local ffi = require "ffi"
local native = require "barchan.native"
local errors = require "barchan.errors"
local law = require "barchan.law"
local code = require "barchan.law.code"
local program = require "barchan.law.program"
local simulation = require "barchan.simulation"
local C = native.C

local book = {}

-- Where a program finds what the graph of a law reads; measured: with its coefficients.
local function rows_of(l, measured)
  local coefficient, history = {}, {}
  for i, name in ipairs((measured or l).coefficients) do coefficient[name] = i - 1 end
  for i, name in ipairs(l.history) do history[name] = i - 1 end
  return function(kind, name)
    if kind == "in" then return (C[name]) end
    if kind == "history" then return history[name] end
    if kind == "coefficient" then return coefficient[name] end
    return (C["BRC_UNIFORM_" .. name:upper()])
  end
end

-- The programs of the forces and moments of a resolved law's parts (force) and of what they store (energy), made once.
local known = setmetatable({}, { __mode = "k" })
local function programs(l)
  if known[l] then return known[l] end
  local traced = law.trace_measure(l)
  local measured = l.measured
  local count = #traced.names
  local rows = { inputs = C.BRC_IN_COUNT, history = #l.history, outputs = 6 * count, uniforms = C.BRC_UNIFORM_COUNT,
    coefficients = #measured.coefficients }
  local row_of = rows_of(l, measured)
  local forces, energies = {}, {}
  for i = 1, 6 * count do forces[i] = { traced.results[2 * count + i], "output", i - 1 } end
  for i = 1, count do energies[i] = { traced.results[2 * i], "output", i - 1 } end
  local out = { names = traced.names }
  out.force, out.keep_force = code.pack(program.make(traced.graph, forces, rows, row_of))
  rows.outputs = count
  out.energy, out.keep_energy = code.pack(program.make(traced.graph, energies, rows, row_of))
  known[l] = out
  return out
end

-- The program of the energy that a bond stores.
local bonds
local function bond_program()
  if not bonds then
    local l = law.bond()
    local traced = law.trace_measure(l)
    local rows = { inputs = C.BRC_IN_COUNT, history = #l.history, outputs = 1, uniforms = C.BRC_UNIFORM_COUNT,
      coefficients = #l.coefficients }
    bonds = {}
    bonds.program, bonds.keep = code.pack(program.make(traced.graph, { { traced.results[2], "output", 0 } }, rows, rows_of(l)))
  end
  return bonds.program
end

local function energies(s, what)
  local q = ffi.new("brc_energies")
  native.check(C.brc_energies_get(s.handle, q), what)
  return q
end

--- Follows a change of the law or of its coefficients. derived: of materials.derive, with the pairs' and materials' values.
function book.prepare(s, what, derived)
  if not s.options.energy_book then return end
  s.book = s.book or { before = {}, order = {}, released = {} }
  local b, measured, M = s.book, s.law.measured, #s.materials
  local p = programs(s.law)
  if #p.names > C.BRC_BOOK_PARTS then
    errors.raise(("%s: the law %s has %d parts; the energy book can hold %d"):format(what, s.law.name, #p.names, C.BRC_BOOK_PARTS))
  end
  local coefficients = ffi.new("double[?]", math.max(#measured.coefficients * M * M, 1))
  for _, d in ipairs(derived) do
    local k = measured == s.law and d.k or measured.derive(d.values_a, d.values_b, d.pair)
    for i, name in ipairs(measured.coefficients) do
      local at = (i - 1) * M * M
      coefficients[at + d.a * M + d.b], coefficients[at + d.b * M + d.a] = k[name], k[name]
    end
  end
  local q, same = b.at_change, b.law == s.law
  if q and not same then
    for i, name in ipairs(b.names) do
      b.before[name] = b.before[name] + q.work[i - 1] + q.pending[i - 1]
      b.released[name] = b.released[name] + q.stored[i - 1]
    end
  end
  native.check(C.brc_book_parts(s.handle, #p.names, p.force, p.energy, M, coefficients, same and 1 or 0,
    #s.bonds > 0 and bond_program() or nil), what)
  b.law, b.names = s.law, p.names
  for _, name in ipairs(p.names) do
    if not b.before[name] then b.before[name], b.released[name], b.order[#b.order + 1] = 0, 0, name end
  end
  if not same then -- what contacts store at the start, or under another law, is nobody's work
    q = energies(s, what)
    for i, name in ipairs(b.names) do b.released[name] = b.released[name] - q.stored[i - 1] end
  end
end

--- Before the law changes: what its parts have done and store.
function book.before_change(s, what)
  local b = s.book
  if b then b.at_change = b.law and b.law ~= s.law and energies(s, what) or nil end
end

--- The book as a table; nil values where it is not kept.
function book.read(s, what)
  local q = energies(s, what)
  local out = { kinetic = q.kinetic, rotational = q.rotational, gravitational = q.gravitational }
  local b = s.book
  if not (b and b.names) then return out end
  local parts, now = {}, {}
  for i, name in ipairs(b.names) do now[name] = i - 1 end
  out.parts, out.elastic, out.dissipated, out.contact_work = parts, 0, 0, 0
  for _, name in ipairs(b.order) do
    local stored = now[name] and q.stored[now[name]] or 0
    local work = b.before[name] + (now[name] and q.work[now[name]] or 0)
    local part = { stored = stored, work = work, dissipated = 0 - work - stored - b.released[name] } -- 0, not -0
    parts[name] = part
    out.elastic, out.dissipated, out.contact_work = out.elastic + stored, out.dissipated + part.dissipated, out.contact_work + work
  end
  out.gravity_work, out.wall_work, out.hook_work, out.bond_work = q.gravity, q.walls, q.hooks, q.bonds
  out.bonds = { work = q.bonds, stored = q.bond_stored, dissipated = 0 - q.bonds - q.bond_stored, broken = q.bond_broken }
  out.elastic, out.dissipated = out.elastic + q.bond_stored, out.dissipated + out.bonds.dissipated
  out.inserted, out.removed, out.script = q.inserted, q.removed, q.script
  out.residual = out.kinetic + out.rotational - (out.inserted - out.removed + out.script + out.contact_work + out.gravity_work
    + out.wall_work + out.hook_work + out.bond_work)
  return out
end

for name, key in pairs { elastic_energy = "elastic", dissipated_energy = "dissipated", gravitational_energy = "gravitational",
  energy_residual = "residual" } do
  simulation.register_property(name, function(s)
    local what = "sim." .. name
    if key ~= "gravitational" and not s.options.energy_book then
      errors.raise(what .. " is known where the book is kept: barchan.simulation { energy_book = true }")
    end
    if s.in_hook then errors.raise(what .. ": not in the middle of a step (each_step); use call") end
    return book.read(s, what)[key] or 0
  end)
end

simulation.method("energies", function(s)
  if s.in_hook then errors.raise("sim:energies: not in the middle of a step (each_step); use call") end
  if s.options.energy_book then require("barchan.materials").prepare(s, "sim:energies") end
  return (book.read(s, "sim:energies"))
end)

return book
