-- program.lua -- from a graph to a program for the engine's interpreter: what no result needs is left out, operations that the
-- interpreter can do in one go are joined, and values share rows once nothing reads them any more.
jit.off(true, true) -- cold: see init.lua
local graph = require "barchan.law.graph"

local program = {}

-- Operations of the graph that are one instruction.
local single = {
  ["+"] = "ADD", ["-"] = "SUB", ["*"] = "MUL", ["/"] = "DIV", min = "MIN", max = "MAX", negate = "NEG", sqrt = "SQRT", abs = "ABS",
  ["where <"] = "LT", ["where <="] = "LE", ["where =="] = "EQ", exp = "EXP", log = "LOG", sin = "SIN", cos = "COS",
  atan2 = "ATAN2", pow = "POW",
}
-- (x op y) and then another with z: the joined instruction when it comes first, and when it comes second.
local joined = {
  ["+"] = { ["+"] = { "ADD_ADD", "ADD_ADD" }, ["-"] = { "ADD_SUB", "ADD_RSUB" }, ["*"] = { "ADD_MUL", "ADD_MUL" } },
  ["-"] = { ["+"] = { "SUB_ADD", "SUB_ADD" }, ["-"] = { "SUB_SUB", "SUB_RSUB" }, ["*"] = { "SUB_MUL", "SUB_MUL" } },
  ["*"] = { ["+"] = { "MUL_ADD", "MUL_ADD" }, ["-"] = { "MUL_SUB", "MUL_RSUB" }, ["*"] = { "MUL_MUL", "MUL_MUL" },
    ["/"] = { "MUL_DIV", "MUL_RDIV" } },
}

local leaves = { ["in"] = true, history = true, step = true, coefficient = true, constant = true }

-- Instructions { op, node, operands... } in the order of the nodes. A node that is read once may become part of its reader.
local function select_instructions(g, uses)
  local absorbed, list = {}, {}
  local function part(id, op) return uses[id] == 1 and g.op[id] == op and id end
  local function products(id) -- x1 y1 + x2 y2: the two products, when nothing else reads them
    local a, b = g.a[id], g.b[id]
    if a ~= b and part(a, "*") and part(b, "*") then return a, b end
  end
  local function dot(id) -- (x1 y1 + x2 y2) + x3 y3
    if g.op[id] ~= "+" then return end
    for _, order in ipairs { { g.a[id], g.b[id] }, { g.b[id], g.a[id] } } do
      local s, p = order[1], order[2]
      if s ~= p and part(s, "+") and part(p, "*") then
        local q, r = products(s)
        if q then return s, q, r, p end
      end
    end
  end
  local function squares(...)
    for i = 1, select("#", ...) do
      local p = select(i, ...)
      if g.a[p] ~= g.b[p] then return false end
    end
    return true
  end
  local function absorb(...)
    for i = 1, select("#", ...) do absorbed[select(i, ...)] = true end
  end
  for id = g.count, 1, -1 do
    local op, a, b = g.op[id], g.a[id], g.b[id]
    if uses[id] and not absorbed[id] and not leaves[op] then
      local found
      if op == "sqrt" and uses[a] == 1 then
        local s, q, r, p = dot(a)
        if s and squares(q, r, p) then
          absorb(a, s, q, r, p)
          found = { "NORM", id, g.a[q], g.a[r], g.a[p] }
        elseif part(a, "*") then
          absorb(a)
          found = { "MUL_SQRT", id, g.a[a], g.b[a] }
        end
      elseif op == "+" or op == "-" then
        local s, q, r, p = dot(id)
        if s then
          absorb(s, q, r, p)
          found = squares(q, r, p) and { "SQUARES", id, g.a[q], g.a[r], g.a[p] } or { "DOT", id, g.a[q], g.b[q], g.a[r], g.b[r], g.a[p], g.b[p] }
        else
          q, r = products(id)
          if q then
            absorb(q, r)
            found = { op == "+" and "MUL_MUL_ADD" or "MUL_MUL_SUB", id, g.a[q], g.b[q], g.a[r], g.b[r] }
          end
        end
      end
      if not found and b and a ~= b then
        for _, inner in ipairs { "*", "+", "-" } do
          local how = joined[inner][op]
          if how and not found then
            if part(a, inner) then
              absorb(a)
              found = { how[1], id, g.a[a], g.b[a], b }
            elseif part(b, inner) then
              absorb(b)
              found = { how[2], id, g.a[b], g.b[b], a }
            end
          end
        end
      end
      list[#list + 1] = found or { single[op], id, a, b, g.c[id], g.d[id] }
    end
  end
  for i = 1, math.floor(#list / 2) do list[i], list[#list + 1 - i] = list[#list + 1 - i], list[i] end
  return list
end

--- The program of a graph. results: list of { id, "history" or "output", row (from 0) }; rows: { inputs =, history =, outputs =,
-- uniforms =, coefficients = } counts; row_of(kind, name): number (from 0) of an input ("in"), "history", "step" or "coefficient"
-- among its kind. Answers { inputs =, ..., constants = { value, ... }, temporaries =, instructions = { { op, to, from... } } }:
-- rows from 0, ops by their names in barchan.h without BRC_OP_.
function program.make(g, results, rows, row_of)
  local ids = {}
  for i, r in ipairs(results) do ids[i] = r[1] end
  local uses = graph.uses(g, ids)
  local list = select_instructions(g, uses)

  local output = rows.inputs + rows.history
  local step = output + rows.outputs
  local coefficient = step + rows.uniforms
  local base = { ["in"] = 0, history = rows.inputs, output = output, step = step, coefficient = coefficient,
    constant = coefficient + rows.coefficients }

  local constants, place = {}, {} -- place: row of each node
  for id = 1, g.count do
    if uses[id] and leaves[g.op[id]] then
      if g.op[id] == "constant" then
        constants[#constants + 1] = g.value[id]
        place[id] = base.constant + #constants - 1
      else
        place[id] = base[g.op[id]] + row_of(g.op[id], g.name[id])
      end
    end
  end
  local temporary = base.constant + #constants

  local out = {}
  local used, free = 0, {}
  local function take()
    if #free > 0 then return table.remove(free) end
    used = used + 1
    return temporary + used - 1
  end
  local function put(op, to, ...) out[#out + 1] = { op, to, ... } end

  -- A past value that is the new value of another row is set aside first: the rows change as results are written.
  local early = {}
  for _, r in ipairs(results) do
    local id = r[1]
    if g.op[id] == "history" and place[id] ~= base[r[2]] + r[3] and not early[id] then
      early[id] = take()
      put("COPY", early[id], place[id])
    end
  end

  local last = {} -- position of the last reader of each node
  for at, instruction in ipairs(list) do
    for i = 3, 8 do
      if instruction[i] then last[instruction[i]] = at end
    end
  end
  -- Where a result may be written at once: outputs always, history when nothing reads the old value later. A node that is several
  -- results keeps the first such row; the others are copied at the end.
  local reader = {} -- last reader of the past value in each history row
  for id = 1, g.count do
    if uses[id] and g.op[id] == "history" then reader[place[id]] = last[id] or 0 end
  end
  local position = {}
  for at, instruction in ipairs(list) do position[instruction[2]] = at end
  local final, late = {}, {}
  for _, r in ipairs(results) do
    local id, row = r[1], base[r[2]] + r[3]
    if position[id] and not final[id] and (r[2] == "output" or position[id] >= (reader[row] or 0)) then
      final[id] = row
    elseif place[id] ~= row then
      late[#late + 1] = { row, id }
      last[id] = #list + 1
    end
  end
  for at, instruction in ipairs(list) do
    local from = {}
    for i = 3, 8 do
      local id = instruction[i]
      if id then from[#from + 1] = place[id] end
    end
    -- rows of values that end here can take the result: every operation reads element i before it writes element i
    local seen = {}
    for i = 3, 8 do
      local id = instruction[i]
      if id and not seen[id] and last[id] == at and place[id] >= temporary then free[#free + 1] = place[id] end
      seen[id or 0] = true
    end
    local id = instruction[2]
    place[id] = final[id] or take()
    put(instruction[1], place[id], unpack(from))
  end
  for _, copy in ipairs(late) do put("COPY", copy[1], early[copy[2]] or place[copy[2]]) end

  return { inputs = rows.inputs, history = rows.history, outputs = rows.outputs, uniforms = rows.uniforms,
    coefficients = rows.coefficients, constants = constants, temporaries = used, instructions = out }
end

return program
