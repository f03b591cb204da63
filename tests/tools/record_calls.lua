-- record_calls.lua -- what is noted of the names that a test gives (record.lua): a call, its parameters and their choices once the call has
-- come back without an error; a property, a field, a unit, a word of the laws' language when it has been read; a command and its options
-- when the process ends well. What the module does by itself is not noted. Gives back the module that it was put around.
local module, note = ...

local around = {}
function around.barchan(barchan)
  local api = require "barchan.api"
  local errors = require "barchan.errors"
  local environment = require "barchan.law.environment"
  local fields = require "barchan.fields"
  local simulation = require "barchan.simulation"
  local units = require "barchan.units"
  local own = debug.getinfo(1, "S").source

  -- Whether it is the module itself that calls or reads.
  local function internal()
    for level = 2, 40 do
      local info = debug.getinfo(level, "S")
      if not info then return false end
      if info.what ~= "C" and info.source ~= own then return errors.internal(info.source) end
    end
  end

  -- ---- calls ----------------------------------------------------------------------------------------------------------
  local function note_value(call, prefix, p, value)
    note("parameter ", call, ": ", prefix, p.name)
    if p.choices then note("choice ", call, ": ", prefix, p.name, " = ", tostring(value)) end
    if type(value) ~= "table" then return end
    for _, inner in ipairs(p.parameters or {}) do
      if value[inner.name] ~= nil then note_value(call, prefix .. p.name .. ".", inner, value[inner.name]) end
    end
    local sizes = p.type == "sizes" and api.sizes[value.distribution] or {}
    for _, inner in ipairs(sizes) do
      if value[inner.name] ~= nil then note_value("sim:insert", "radius." .. value.distribution .. ".", inner, value[inner.name]) end
    end
  end

  local special = {}
  special["sim:law"] = function(name, options)
    if type(name) == "string" then note("law ", name) end
    for slot, choice in pairs(type(name) == "table" and not getmetatable(name) and name or options or {}) do
      if type(choice) == "string" then note("sub-model ", slot, " = ", choice) end
    end
  end
  special["sim:log"] = function(o)
    for _, column in ipairs(o.columns) do
      if type(column) == "string" then note("property sim.", column) end
    end
  end

  local plain = {} -- calls with so many arguments, none of them a table, that have been noted: sim:particle(id) stands in loops
  local function note_call(call, ...)
    local entry, first, count = api.calls[call], (...), select("#", ...)
    if plain[call] and plain[call][count] and type(first) ~= "table" then return end
    note("call ", call)
    for i, p in ipairs(entry.parameters) do
      local value
      if entry.values then value = select(i, ...) elseif type(first) == "table" then value = first[p.name] end
      if value ~= nil then note_value(call, "", p, value) end
    end
    if special[call] then special[call](...)
    elseif entry.values and count < 2 and type(first) ~= "table" then
      plain[call] = plain[call] or {}
      plain[call][count] = true
    end
  end

  local adopt
  local function done(call, given, n, ...)
    note_call(call, unpack(given, 1, n))
    if api.returns[call] then adopt(api.returns[call], (...)) end
    return ...
  end

  local function wrapped(call, fn)
    return function(...)
      if internal() then return fn(...) end
      return done(call, { ... }, select("#", ...), fn(...))
    end
  end

  -- sim:insert(...) and the like; sim.box{...} with a dot is barchan.region.box.
  local function wrapped_method(call, fn)
    local other = "barchan.region." .. call:match "[%w_]+$"
    return function(self, ...)
      if internal() then return fn(self, ...) end
      if call:find "^sim:" and api.calls[other] and not simulation.state(self) then
        return done(other, { self }, 1, fn(self, ...))
      end
      return done(call, { ... }, select("#", ...), fn(self, ...))
    end
  end

  -- ---- objects --------------------------------------------------------------------------------------------------------
  local members = { sim = api.properties, wall = api.wall_properties }
  for _, object in ipairs(api.objects) do members[object.name] = object.members end

  -- Replaces the __index of a class: what it gives stays what it was.
  local adopted = {}
  local function adopt_class(class, meta)
    adopted[class] = true
    local index, said, known = meta.__index, {}, {}
    local methods = setmetatable({}, { __mode = "k" }) -- a method's function -> that which notes it; objects may have functions of their own
    for _, p in ipairs(members[class]) do known[p.name] = ("property %s.%s"):format(class, p.name) end
    local function first_time(self, key, value)
      local call = class .. ":" .. tostring(key)
      if type(value) == "function" and api.calls[call] then
        methods[value] = wrapped_method(call, value)
        return methods[value]
      end
      local s = class == "sim" and simulation.state(self) or class == "particle" and rawget(self, "_").state
      if s and s.fields[key] and not known[key] then known[key] = "field " .. key end
      -- The field and the method of one name are one object: which is meant is seen at the call. A handle has only the field.
      if class == "sim" and api.calls[call] then known[key] = nil end
      if not known[key] then
        said[key] = true
      elseif not internal() then
        note(known[key])
        said[key] = true
      end
      return value
    end
    function meta.__index(self, key)
      local value
      if type(index) == "table" then value = index[key] else value = index(self, key) end
      if said[key] then return value end
      return methods[value] or first_time(self, key, value)
    end
  end

  -- Members that stand in the object itself are moved behind it: else no read of theirs would be seen.
  local behind = setmetatable({}, { __mode = "k" })
  local function uncover(class, object, meta)
    if not behind[meta] then
      local index = meta.__index
      behind[meta] = true
      function meta.__index(self, key)
        local values = behind[self]
        if values and values[key] ~= nil then return values[key] end
        if type(index) == "table" then return index[key] elseif index then return index(self, key) end
      end
    end
    behind[object] = {}
    for _, p in ipairs(members[class]) do
      behind[object][p.name], object[p.name] = rawget(object, p.name), nil
    end
  end

  function adopt(class, object)
    local meta = type(object) == "table" and debug.getmetatable(object)
    if not meta or not members[class] then return end
    if class == "measurement" then uncover(class, object, meta) end
    if not adopted[class] then adopt_class(class, meta) end
  end

  -- ---- the module -------------------------------------------------------------------------------------------------------
  local function inside(name) -- the table that holds barchan.NAME, and the last word of it
    local t, last = barchan, name
    for part in name:gmatch "([%w_]+)%." do
      t, last = t[part], last:match "%.(.*)$"
    end
    return t, last
  end
  for _, call in ipairs(api.order) do
    local name = call:match "^barchan%.(.*)$"
    if name then
      local t, last = inside(name)
      t[last] = wrapped(call, t[last])
    end
  end
  for method, fn in pairs(fields.methods) do -- called through the view of the field of that name, as sim:material is
    if api.calls["sim:" .. method] then fields.methods[method] = wrapped_method("sim:" .. method, fn) end
  end
  simulation.new = wrapped("barchan.simulation", simulation.new) -- what recipes make reaches the script, too: watch

  local values, index = {}, debug.getmetatable(barchan).__index
  for _, p in ipairs(api.values) do
    values[p.name] = rawget(barchan, p.name) or false
    barchan[p.name] = nil
  end
  debug.getmetatable(barchan).__index = function(t, key)
    if values[key] ~= nil then
      if not internal() then note("property barchan.", key) end
      if values[key] then return values[key] end
    end
    return index(t, key)
  end

  local refuse = debug.getmetatable(units).__index
  barchan.units = setmetatable({}, { __index = function(_, key)
    if rawget(units, key) then
      note("unit ", key)
      return units[key]
    end
    return refuse(units, key)
  end })

  -- ---- the language of laws ---------------------------------------------------------------------------------------------
  local make, words, said = environment.make, {}, {}
  local function answered(word, ...)
    note("word ", word)
    said[word] = true
    return ...
  end
  function environment.make(...)
    local env = make(...)
    local meta = debug.getmetatable(env)
    local get = meta.__index
    function meta.__index(t, key)
      local value = get(t, key)
      if said[key] then return value end -- what is asked millions of times is as fast as it was
      if type(value) ~= "function" then return (answered(key, value)) end
      if key == "error" then note("word error") end -- which does not come back
      words[value] = words[value] or function(...) return answered(key, value(...)) end
      return words[value]
    end
    return env
  end
end

-- The command line: where the process ends well, or by --walltime.
around["barchan.cli"] = function(cli)
  local main = cli.main
  function cli.main(arguments)
    local code = main(arguments)
    if code ~= 0 and code ~= 6 then return code end
    for _, command in ipairs(cli.list()) do
      if command.name == arguments[1] then
        note("command ", command.name)
        local known = {}
        for _, option in ipairs(command.options) do known[option[1]] = true end
        for i = 2, #arguments do
          local option = arguments[i]:match "^%-%-([%w-]+)"
          if arguments[i] == "--" then break end
          if known[option] then note("option ", command.name, " --", option) end
        end
      end
    end
    return code
  end
end

local loaded = require(module)
around[module](loaded)
return loaded
