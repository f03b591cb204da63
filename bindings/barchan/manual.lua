-- manual.lua -- the reference manual as one page of HTML or Markdown, from the tables that check the arguments: the commands, every call
-- with its parameters, objects, fields, laws, the language of laws, units. `barchan describe --html FILE`.
jit.off(true, true) -- cold: see init.lua
local api = require "barchan.api"
local describe = require "barchan.describe"
local environment = require "barchan.law.environment"
local ffi = require "ffi"
local law = require "barchan.law"
local materials = require "barchan.materials"
local native = require "barchan.native"
local trace = require "barchan.law.trace"
local units = require "barchan.units"

local manual = {}

-- ---- content: a list of { "heading", level, text, id }, { "text", text }, { "code", text }, { "table", heads, rows } ---------------
-- A cell that is a table { text } is code.
local function parameter_rows(rows, parameters, prefix)
  for _, p in ipairs(parameters) do
    rows[#rows + 1] = { { prefix .. p.name }, p.text, table.concat(describe.notes(p), ", ") }
    if p.parameters then parameter_rows(rows, p.parameters, prefix .. p.name .. ".") end
  end
  return rows
end

local function parameter_table(out, parameters)
  if #parameters > 0 then out[#out + 1] = { "table", { "parameter", "what it is", "value" }, parameter_rows({}, parameters, "") } end
end

local function member_table(out, members, prefix)
  local rows = {}
  for i, p in ipairs(members) do rows[i] = { { prefix .. p.name }, p.text, p.unit ~= "" and "[" .. p.unit .. "]" or "" } end
  if #rows > 0 then out[#out + 1] = { "table", { "name", "what it is", "unit" }, rows } end
end

-- How a call is written: what must be given stands in it.
local function signature(name, entry)
  local words = {}
  for _, p in ipairs(entry.parameters) do
    if entry.values then words[#words + 1] = p.name
    elseif p.required then words[#words + 1] = p.name .. " = ..." end
  end
  local text
  if entry.values then
    text = ("%s(%s)"):format(name, table.concat(words, ", "))
  else
    if #words < #entry.parameters or entry.open or entry.ranges or #words == 0 then words[#words + 1] = "..." end
    text = ("%s { %s }"):format(name, table.concat(words, ", "))
  end
  local class = api.returns[name]
  return class and ("local %s = %s"):format(class, text) or text
end

local function call_part(out, name)
  local entry = api.calls[name]
  out[#out + 1] = { "heading", 3, name, name }
  out[#out + 1] = { "code", signature(name, entry) }
  out[#out + 1] = { "text", entry.text }
  parameter_table(out, entry.parameters)
  if name == "sim:insert" then
    local kinds = {}
    for kind in pairs(api.sizes) do kinds[#kinds + 1] = kind end
    table.sort(kinds)
    for _, kind in ipairs(kinds) do
      out[#out + 1] = { "text", ('`radius = { distribution = "%s", ... }`'):format(kind) }
      parameter_table(out, { unpack(api.sizes[kind], 2) })
    end
  elseif entry.ranges then
    out[#out + 1] = { "text", "The parameters of the cases: `" .. entry.ranges .. "`." }
  elseif entry.open then
    out[#out + 1] = { "text", "And what the law asks for: see the laws below." }
  end
end

local function law_part(out, m)
  for _, kind in ipairs { "material", "pair" } do
    local list = materials.parameters(m, kind)
    if #list > 0 then
      out[#out + 1] = { "text", kind == "material" and "In `sim:material { ... }`:" or "In `sim:pair(a, b, { ... })`:" }
      parameter_table(out, list)
    end
  end
  for _, f in ipairs(m.fields) do out[#out + 1] = { "text", ("Reads the field `%s` [%s] of particles."):format(f.name, f.unit) } end
end

local function option_table(out, options)
  local rows = {}
  for i, o in ipairs(options) do rows[i] = { { "--" .. o[1] .. (o[2] and " " .. o[2] or "") }, o[3] } end
  if #rows > 0 then out[#out + 1] = { "table", { "option", "what it does" }, rows } end
end

--- commands: of cli.lua, in its order: { name, usage, text, options }.
local function content(commands)
  local out = {}
  local function heading(level, text, id) out[#out + 1] = { "heading", level, text, id or text } end
  local function say(text, ...) out[#out + 1] = { "text", select("#", ...) > 0 and text:format(...) or text } end
  heading(1, "Barchan " .. ffi.string(native.C.brc_version()) .. ": reference manual")
  say("Everything that a script can call and set. All values are SI, angles are radians; `barchan.units` has factors. `barchan describe NAME` "
    .. "shows the same for one name. This page is made from the tables that check the arguments: what is not here does not exist.")
  heading(2, "Command line")
  for _, c in ipairs(commands) do
    heading(3, "barchan " .. c.name)
    out[#out + 1] = { "code", "barchan " .. c.usage }
    say(c.text:sub(1, 1):upper() .. c.text:sub(2) .. ".")
    option_table(out, c.options)
  end
  say("Exit codes: 0 done, 1 error in the script, 2 wrong use, 3 a physics guard tripped, 4 file error, 5 a missing part, 6 stopped by "
    .. "`--walltime`, 130 and 143 stopped by a signal with the files closed.")
  for _, section in ipairs(api.sections) do
    heading(2, section.title)
    for _, name in ipairs(section.calls) do call_part(out, name) end
  end

  heading(2, "Properties")
  heading(3, "Of the simulation: sim.NAME", "sim")
  member_table(out, api.properties, "sim.")
  heading(3, "Of a wall: wall.NAME", "wall")
  member_table(out, api.wall_properties, "wall.")
  for _, object in ipairs(api.objects) do
    heading(3, object.name .. ".NAME", "class " .. object.name)
    say(object.text)
    member_table(out, object.members, object.name .. ".")
  end
  heading(3, "Of the module: barchan.NAME", "barchan")
  member_table(out, api.values, "barchan.")

  heading(2, "Fields of particles")
  say("`sim.NAME[i]`, i from 1 to `sim.count`; the components of vectors as views: `sim.v.x[i]`.")
  local rows = {}
  for i, f in ipairs(describe.fields()) do
    rows[i] = { { f.name }, f.text .. (f.writable and "" or " (read only)"), "[" .. f.unit .. "]" }
  end
  out[#out + 1] = { "table", { "field", "what it is", "unit" }, rows }

  heading(2, "Contact laws")
  say('`sim:law(name, { slot = "sub-model" })`, or `sim:law { normal = ..., tangential = ..., ... }`.')
  for _, name in ipairs(law.names()) do
    local l = law.resolve(name)
    heading(3, "law " .. name)
    say(l.about or "")
    law_part(out, l)
  end
  for _, slot in ipairs(law.slot()) do
    heading(3, "slot " .. slot)
    say(law.slot_text(slot) .. ".")
    for _, choice in ipairs(law.slot(slot)) do
      if choice ~= "none" then
        local m = law.sub_model(slot, choice)
        heading(4, ('%s = "%s"'):format(slot, choice))
        say((m.about or "") .. (#m.needs > 0 and "; needs " .. table.concat(m.needs, ", ") or "") .. ".")
        law_part(out, m)
      end
    end
  end

  heading(2, "The language of laws")
  say("What the functions of `barchan.contact_law` see: `force(c, k, h)`: k holds the coefficients, h the history of the contact (set it anew), "
    .. "c what follows. A law must give the same bits everywhere, so `math` and `_G` are others.")
  rows = {}
  for i, input in ipairs(trace.inputs) do rows[i] = { { "c." .. input.name }, input.text, "[" .. input.unit .. "]" } end
  out[#out + 1] = { "table", { "input", "what it is", "unit" }, rows }
  rows = {}
  for i, word in ipairs(environment.words) do rows[i] = { { word[1] }, word[2] } end
  out[#out + 1] = { "table", { "words", "what they are" }, rows }

  heading(2, "Units")
  local names = {}
  for name in pairs(units) do names[#names + 1] = name end
  table.sort(names)
  rows = {}
  for i, name in ipairs(names) do rows[i] = { { "barchan.units." .. name }, ("%.10g"):format(units[name]) } end
  out[#out + 1] = { "table", { "name", "factor to SI" }, rows }
  return out
end

-- ---- Markdown ---------------------------------------------------------------------------------------------------------------------
local function marked(text)
  local parts, code = {}, false
  for piece, tick in text:gmatch "([^`]*)(`?)" do
    parts[#parts + 1] = code and piece or piece:gsub("[\\*_<|]", "\\%0")
    if tick ~= "" then
      parts[#parts + 1] = "`"
      code = not code
    end
  end
  return table.concat(parts)
end

local function markdown_cell(cell)
  if type(cell) == "table" then return "`" .. cell[1]:gsub("|", "\\|") .. "`" end
  return marked(cell)
end

function manual.markdown(commands)
  local lines = {}
  local function put(text) lines[#lines + 1] = text end
  for _, block in ipairs(content(commands)) do
    local kind = block[1]
    if kind == "heading" then put(("#"):rep(block[2]) .. " " .. marked(block[3]))
    elseif kind == "text" then put(marked(block[2]))
    elseif kind == "code" then put("    " .. block[2])
    else
      put("| " .. table.concat(block[2], " | ") .. " |\n" .. ("|---"):rep(#block[2]) .. "|")
      for _, row in ipairs(block[3]) do
        local cells = {}
        for i, cell in ipairs(row) do cells[i] = markdown_cell(cell) end
        lines[#lines] = lines[#lines] .. "\n| " .. table.concat(cells, " | ") .. " |"
      end
    end
    put ""
  end
  return table.concat(lines, "\n")
end

-- ---- HTML -------------------------------------------------------------------------------------------------------------------------
local entities = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }
local function escaped(text) return (text:gsub('[&<>"]', entities)) end
local function html_text(text) return (escaped(text):gsub("`([^`]*)`", "<code>%1</code>")) end
local function identifier(text) return (text:gsub("[^%w_.:-]+", "-")) end

local style = [[
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --link: light-dark(#8a4b08, #f0b060); }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; display: grid; grid-template-columns: 17rem minmax(0, 1fr); }
nav { position: sticky; top: 0; height: 100vh; overflow: auto; box-sizing: border-box; padding: 1rem; border-right: 1px solid var(--line);
  font-size: 0.85rem; }
nav input { width: 100%; box-sizing: border-box; padding: 0.4rem; margin-bottom: 0.6rem; font: inherit; }
nav a { display: block; text-decoration: none; color: inherit; overflow-wrap: anywhere; }
nav a.l2 { font-weight: 600; margin-top: 0.6rem; } nav a.l3 { padding-left: 0.8rem; } nav a:hover { color: var(--link); }
main { padding: 1rem 2.5rem 6rem; max-width: 60rem; }
h2 { margin-top: 3rem; border-bottom: 1px solid var(--line); } h3 { margin-top: 2.2rem; } h4 { margin: 1.4rem 0 0; }
h1 a, h2 a, h3 a, h4 a { color: inherit; text-decoration: none; }
code, pre { font: 0.88em ui-monospace, monospace; } pre { background: var(--soft); padding: 0.6rem 0.8rem; overflow: auto; }
table { border-collapse: collapse; width: 100%; margin: 0.6rem 0; } th { text-align: left; font-weight: 600; }
th, td { border-bottom: 1px solid var(--line); padding: 0.25rem 0.8rem 0.25rem 0; vertical-align: top; }
td:first-child { white-space: nowrap; } td:nth-child(3) { color: #888; font-size: 0.88em; }
@media (max-width: 50rem) { body { display: block; } nav { position: static; height: auto; max-height: 40vh; }
  main { padding: 1rem 1rem 4rem; } table { display: block; overflow-x: auto; } td:first-child { white-space: normal; } }
@media print { nav { display: none; } body { display: block; } }
]]

local script = [[
const box = document.querySelector("nav input"), links = [...document.querySelectorAll("nav a")];
box.addEventListener("input", () => {
  const wanted = box.value.toLowerCase();
  for (const a of links) a.style.display = a.textContent.toLowerCase().includes(wanted) ? "" : "none";
});
]]

local function html_cell(cell) return type(cell) == "table" and "<code>" .. escaped(cell[1]) .. "</code>" or html_text(cell) end

function manual.html(commands)
  local blocks, seen = content(commands), {}
  local title, links, body = blocks[1][3], {}, {}
  local function put(text, ...) body[#body + 1] = select("#", ...) > 0 and text:format(...) or text end
  for _, block in ipairs(blocks) do
    local kind = block[1]
    if kind == "heading" then
      local level, text, id = block[2], escaped(block[3]), identifier(block[4])
      assert(not seen[id], "two headings of the manual are called " .. id)
      seen[id] = true
      if level > 1 and level < 4 then links[#links + 1] = ('<a class="l%d" href="#%s">%s</a>'):format(level, id, text) end
      put('<h%d id="%s"><a href="#%s">%s</a></h%d>', level, id, id, text, level)
    elseif kind == "text" then put("<p>%s</p>", html_text(block[2]))
    elseif kind == "code" then put("<pre>%s</pre>", escaped(block[2]))
    else
      put "<table><thead><tr>"
      for _, head in ipairs(block[2]) do put("<th>%s</th>", head) end
      put "</tr></thead><tbody>"
      for _, row in ipairs(block[3]) do
        local cells = {}
        for i, cell in ipairs(row) do cells[i] = "<td>" .. html_cell(cell) .. "</td>" end
        put("<tr>" .. table.concat(cells) .. "</tr>")
      end
      put "</tbody></table>"
    end
  end
  return ('<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
    .. '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    .. "<title>%s</title>\n<style>\n%s</style></head>\n"
    .. '<body><nav><label>Filter <input type="search"></label>\n%s</nav>\n'
    .. "<main>\n%s\n</main>\n<script>\n%s</script></body></html>\n"):format(escaped(title), style, table.concat(links, "\n"),
    table.concat(body, "\n"), script)
end

return manual
