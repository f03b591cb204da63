#!/usr/bin/env python3
"""check_layers.py -- the rules of the source tree that no compiler looks after.

A library's header is included in one place only, the engine neither prints nor exits, cold Lua is not compiled, and every
source file says in its first line what it is for. Exit code 1 and a line for each breach.
"""
import fnmatch
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# header: where it may be included (a prefix of the path from the root)
HOMES = {
    "hdf5.h": ("engine/output_file.",),
    "mpi.h": ("engine/comm_mpi.c", "engine/cut_zoltan.c"),
    "zoltan.h": ("engine/cut_zoltan.c",),
    "vulkan": ("engine/compute_vulkan", "tests/tools/faulty_vulkan.c"),
    "assimp": ("engine/mesh",),
    "embree": ("engine/render_embree.c",),
    "lua.h": ("bindings/",),
    "lauxlib.h": ("bindings/",),
    "lualib.h": ("bindings/",),
}
# what would let the engine talk, stop the process, or round differently from machine to machine
FORBIDDEN = re.compile(r"(?<![\w.>])((?:v?f?printf|f?puts|f?putc|putchar|perror|exit|_exit|_Exit|abort|system)"
                       r"|(?:fma|a?sinh?|a?cosh?|a?tanh?|atan2|exp|exp2|expm1|log|log2|log10|log1p|pow|cbrt|hypot|[lt]gamma|erfc?)[fl]?)\(")
# Modules whose functions stand in a script's own loops over particles; no other is left to LuaJIT's compiler: bindings/barchan/init.lua.
COMPILED = {f"bindings/barchan/{name}.lua" for name in (
    "cdef", "errors", "fields", "init", "native", "network", "particle", "random", "units", "vector",
    "law/environment", "law/generate", "law/mechanics", "law/restitution", "law/vector")}
TOP = {".busted", ".ci", ".clang-format", ".gitignore", ".luacheckrc", "ARCHITECTURE.md", "CHANGELOG.md", "CMakeLists.txt",
       "CMakePresets.json", "CONTRIBUTING.md", "LICENSE", "README.md", "barchan-scm-1.rockspec", "bindings", "engine", "examples",
       "scripts", "shaders", "tests"}
ALLOWED = {("engine/base.c", "fprintf"), ("engine/base.c", "abort"), # BRC_ASSERT: our own mistakes
           ("engine/apart.c", "_exit")} # a child process


def sources():
    for folder in ("engine", "bindings", "shaders", "tests", "scripts", "examples"):
        for path in sorted((ROOT / folder).rglob("*")):
            if "peers" in path.parts:  # decks of other codes, in their habits
                continue
            if path.is_file() and path.suffix in (".c", ".h", ".def", ".lua", ".py", ".comp", ".glsl"):
                yield path, path.relative_to(ROOT).as_posix()


def without_comments(text):
    text = re.sub(r'"(\\.|[^"\\\n])*"', '""', text)  # strings first: they may hold //
    text = re.sub(r"/\*.*?\*/", lambda m: "\n" * m.group().count("\n"), text, flags=re.S)
    return re.sub(r"//[^\n]*", "", text)


def unmapped():
    """Sources that the map of files in ARCHITECTURE.md leaves out; its names may be patterns."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").split("## Which file has what", 1)[1].split("\n## ", 1)[0]
    engine, bindings = text.split("In `bindings/`", 1)
    for folder, suffix, names in (("engine", "*.c", engine), ("engine", "*.def", engine), ("bindings", "*.*", bindings),
                                  ("bindings/barchan", "*.lua", bindings), ("bindings/barchan/law", "*.lua", bindings)):
        patterns = re.findall(r"`([\w/*.-]+)`", names)
        below = "law/" if folder.endswith("/law") else ""
        for path in sorted((ROOT / folder).glob(suffix)):
            if not any(fnmatch.fnmatch(below + path.name, pattern) for pattern in patterns):
                yield path.relative_to(ROOT).as_posix()


def misplaced():
    """What git tracks at the top level and nobody put there on purpose: what a test or an example left behind."""
    listed = subprocess.run(["git", "-C", ROOT, "ls-files"], capture_output=True, text=True)
    if listed.returncode == 0:  # it is a checkout, and git is there
        yield from sorted({name.split("/")[0] for name in listed.stdout.splitlines()} - TOP)


def main():
    breaches = []
    for path, name in sources():
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines()
        first = lines[1] if lines and lines[0].startswith("#!") else lines[0] if lines else ""
        if not re.match(r'(//|--|""")\s*\w.{15}', first):
            breaches.append(f"{name}:1: the first line must be a comment that says what the file is for")
        if name.startswith("bindings/barchan/") and name not in COMPILED and "\njit.off(true, true)" not in text:
            breaches.append(f"{name}:1: jit.off(true, true) is missing: init.lua says why")
        if path.suffix in (".c", ".h"):
            for number, line in enumerate(lines, 1):
                include = re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line)
                if not include:
                    continue
                for header, homes in HOMES.items():
                    if include.group(1).startswith(header) and not name.startswith(homes):
                        breaches.append(f"{name}:{number}: {include.group(1)} belongs in {' or '.join(homes)} only")
        if path.suffix == ".c" and name.startswith("engine/") and name != "engine/render_embree.c":  # pictures may round
            for number, line in enumerate(without_comments(text).splitlines(), 1):
                for call in FORBIDDEN.findall(line):
                    if (name, call) not in ALLOWED:
                        breaches.append(f"{name}:{number}: {call}() has no place in the engine")
    for name in unmapped():
        breaches.append(f"{name}:1: ARCHITECTURE.md does not name it")
    for name in misplaced():
        breaches.append(f"{name}:1: has no place at the top of the repository")
    for breach in breaches:
        print(breach)
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
