-- completion.lua -- `barchan completion bash`, `zsh` and `fish`: what a shell completes after `barchan`, from the commands of cli.lua and the
-- names of the schema.
jit.off(true, true) -- cold: see init.lua
local describe = require "barchan.describe"

local completion = {}

-- name:sub(1, 1) first in bash: a colon or a dot in a name would end the word otherwise.
local function quoted(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

local function options_of(command)
  local words, values = {}, {}
  for _, o in ipairs(command.options) do
    words[#words + 1] = "--" .. o[1]
    if o.choices then values[#values + 1] = { "--" .. o[1], table.concat(o.choices, " ") }
    elseif o[2] then values[#values + 1] = { "--" .. o[1], o[2] == "FILE" and "FILE" or "" } end
  end
  words[#words + 1] = "--help"
  return table.concat(words, " "), values
end

--- commands: { name, usage, text, options, files = pattern of file names or nil, words = list or nil }.
function completion.bash(commands)
  local lines = { "# bash completion for barchan, made by `barchan completion bash`", "_barchan() {",
    "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]} words= files=",
    "  COMPREPLY=()",
    -- bash cuts words at : and =, so that sim:insert is three of them
    "  if declare -F _get_comp_words_by_ref >/dev/null; then _get_comp_words_by_ref -n := cur prev; fi",
    "  if [ \"$COMP_CWORD\" -eq 1 ]; then",
    "    files='*.lua'", }
  local names = {}
  for i, c in ipairs(commands) do names[i] = c.name end
  lines[#lines + 1] = "    words=" .. quoted(table.concat(names, " ") .. " --help --version")
  lines[#lines + 1] = "  else"
  lines[#lines + 1] = "    case $command in"
  for _, c in ipairs(commands) do
    local words, values = options_of(c)
    lines[#lines + 1] = ("    %s)"):format(c.name)
    lines[#lines + 1] = "      case $prev in"
    for _, v in ipairs(values) do
      lines[#lines + 1] = ("      %s) %s;;"):format(v[1], v[2] == "FILE" and "files='*'" or "words=" .. quoted(v[2]))
    end
    local operands = c.words and table.concat(c.words, " ") .. " " or ""
    lines[#lines + 1] = ("      *) words=%s%s;;"):format(quoted(operands .. words), c.files and " files=" .. quoted(c.files) or "")
    lines[#lines + 1] = "      esac;;"
  end
  for _, line in ipairs {
    "    esac",
    "  fi",
    "  mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")",
    "  if [ -n \"$files\" ]; then",
    "    compopt -o filenames 2>/dev/null",
    "    mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -d -- \"$cur\"; compgen -f -X \"!$files\" -- \"$cur\")",
    "  fi",
    "  if declare -F __ltrim_colon_completions >/dev/null; then __ltrim_colon_completions \"$cur\"; fi",
    "}",
    "complete -F _barchan barchan",
  } do lines[#lines + 1] = line end
  return table.concat(lines, "\n") .. "\n"
end

-- In zsh's _describe and _arguments a colon ends the name.
local function zsh_text(text) return (text:gsub("[%[%]:\\]", "\\%0")) end

function completion.zsh(commands)
  local lines = { "#compdef barchan", "# zsh completion for barchan, made by `barchan completion zsh`", "_barchan() {",
    "  local -a commands=(" }
  for _, c in ipairs(commands) do lines[#lines + 1] = "    " .. quoted(c.name .. ":" .. zsh_text(c.text)) end
  lines[#lines + 1] = "  )"
  lines[#lines + 1] = "  if (( CURRENT == 2 )); then"
  lines[#lines + 1] = "    _describe command commands"
  lines[#lines + 1] = "    _files -g '*.lua'"
  lines[#lines + 1] = "    return"
  lines[#lines + 1] = "  fi"
  lines[#lines + 1] = "  case ${words[2]} in"
  for _, c in ipairs(commands) do
    local arguments = {}
    for _, o in ipairs(c.options) do
      local value = o[2] and (":%s:%s"):format(o[2]:lower(), o.choices and "(" .. table.concat(o.choices, " ") .. ")"
        or o[2] == "FILE" and "_files" or "") or ""
      arguments[#arguments + 1] = quoted(("--%s%s[%s]%s"):format(o[1], o[2] and "=" or "", zsh_text(o[3]), value))
    end
    if c.words then
      local words = {}
      for i, w in ipairs(c.words) do words[i] = w:gsub(":", "\\:") end
      arguments[#arguments + 1] = quoted("*:name:(" .. table.concat(words, " ") .. ")")
    elseif c.files then
      arguments[#arguments + 1] = quoted(("*:file:_files -g \"%s\""):format(c.files))
    end
    lines[#lines + 1] = ("  %s) shift words; (( CURRENT-- )); _arguments %s;;"):format(c.name, table.concat(arguments, " "))
  end
  lines[#lines + 1] = "  esac"
  lines[#lines + 1] = "}"
  lines[#lines + 1] = '_barchan "$@"'
  return table.concat(lines, "\n") .. "\n"
end

function completion.fish(commands)
  local lines = { "# fish completion for barchan, made by `barchan completion fish`", "complete -c barchan -f" }
  local function put(condition, ...) lines[#lines + 1] = ("complete -c barchan -n %s "):format(quoted(condition)) .. (...) end
  local first = "__fish_use_subcommand"
  for _, c in ipairs(commands) do put(first, ("-a %s -d %s"):format(c.name, quoted(c.text))) end
  put(first, "-k -a '(__fish_complete_suffix .lua)'")
  for _, c in ipairs(commands) do
    local here = "__fish_seen_subcommand_from " .. c.name
    for _, o in ipairs(c.options) do
      local takes = o.choices and " -x -a " .. quoted(table.concat(o.choices, " ")) or o[2] == "FILE" and " -r -F" or " -x"
      local value = o[2] and takes or ""
      put(here, ("-l %s%s -d %s"):format(o[1], value, quoted(o[3])))
    end
    if c.words then put(here, "-a " .. quoted(table.concat(c.words, " "))) end
    if c.files == "*" then put(here, "-F")
    elseif c.files then put(here, ("-k -a '(__fish_complete_suffix %s)'"):format(c.files:sub(2))) end
  end
  return table.concat(lines, "\n") .. "\n"
end

--- What `barchan describe` takes.
function completion.names() return describe.names() end

return completion
