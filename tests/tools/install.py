#!/usr/bin/env python3
"""install.py -- installs Barchan in the ways that README.md names, each into an empty folder, and uses what came out.

    install.py tree BUILD FOLDER     cmake --install with a prefix: program, module, C library
    install.py deb BUILD FOLDER      the Debian package: its content, and the same uses of what it unpacks to
    install.py rock SOURCE FOLDER    the commands of README.md for LuaRocks, without a network and, once packed, without the
                                     checkout; then pack, remove, install, remove
"""
import fcntl
import os
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parents[2]
LIMIT = 1500  # [s] of one command: a build on a busy machine
# A few steps of a few grains, by however many ranks.
RANKS = """local b = require [[barchan]]
local sim = b.simulation { domain = { lo = {0, 0, 0}, hi = {1, 1, 1} } }
local m = sim:material { name = [[glass]], young = 1e7, poisson = 0.2, density = 2500 }
sim:law [[hertz_mindlin]]
sim:pair(m, m, { restitution = 0.5, friction = 0.5 })
sim:insert { region = sim.box { lo = {0, 0, 0}, hi = {1, 1, 1} }, material = m, radius = 0.01, count = 100 }
sim:run { steps = 20 }
local hash = sim:hash()
print(b.ranks .. [[ ranks]], hash)"""


def run(command, cwd, environment, expect=0):
    print("$", command, flush=True)
    done = subprocess.run(["bash", "-c", command], cwd=cwd, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=LIMIT)
    if done.returncode != expect:
        sys.exit(f"code {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
    return done.stdout + done.stderr


def need(text, wanted):
    if not re.search(wanted, text):
        sys.exit(f"'{wanted}' is not in:\n{text[-4000:]}")


def clean(home):
    """An environment like that of a fresh login: no paths of this build."""
    home.mkdir(parents=True)
    known = ("CCACHE", "CMAKE_C_COMPILER", "OMPI_", "BARCHAN_MPIEXEC", "LP_NATIVE_VECTOR_WIDTH", "MESA_SHADER_CACHE_DIR")
    kept = {name: value for name, value in os.environ.items() if name.startswith(known)}
    return {"PATH": os.environ["PATH"], "HOME": str(home), "OMP_WAIT_POLICY": "passive", **kept}


def alone(command):
    """In a network namespace of our own, with the loopback that Open MPI's compiler wants: `install.py alone COMMAND`."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, 0x8914, struct.pack("16sH14s", b"lo", 1, b""))  # SIOCSIFFLAGS, IFF_UP
    os.execvp("bash", ["bash", "-c", command])


def use(prefix, library, environment, folder, with_c=True):
    """The program, the module in luajit, also on two ranks, and a C program, all from another folder."""
    away = folder / "away"
    away.mkdir()
    environment = {**environment, "LUA_PATH": f"{prefix}/share/lua/5.1/?.lua;{prefix}/share/lua/5.1/?/init.lua;;",
                   "LUA_CPATH": f"{library}/lua/5.1/?.so;;"}
    need(run(f"{prefix}/bin/barchan --version", away, environment), r"barchan \d+\.\d+\.\d+")
    use_luajit(environment, away)
    if with_c:
        environment["PKG_CONFIG_PATH"] = f"{library}/pkgconfig"
        run(f"cc -std=c17 -Wall -Wextra -Wpedantic -Werror {SOURCE}/examples/from_c.c -o from_c "
            "$(pkg-config --cflags --libs barchan) -lm", away, environment)
        need(run("./from_c", away, {**environment, "LD_LIBRARY_PATH": str(library)}), r"the box carries 0\.008218 N of 0\.008218 N")
        mpi = run("pkg-config --variable=mpi barchan", away, environment).strip()
        if (library / "lua/5.1/barchan/mpi.so").exists() and not pathlib.Path(mpi).exists():
            sys.exit(f"barchan.pc names {mpi}, which is not there")


def use_luajit(environment, away):
    need(run(f"luajit {SOURCE}/examples/bounce.lua", away, environment), "bounce 2: apex")
    launcher = environment.get("BARCHAN_MPIEXEC")
    if launcher:
        need(run(f"{launcher} --oversubscribe --bind-to none -n 2 luajit -e "
                 f"'{RANKS}'", away, environment), "2 ranks")


def names_no_place(root, *places):
    """Nothing installed holds the name of a folder that it was built from or in."""
    for path in root.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            for place in places:
                if str(place).encode() in data:
                    sys.exit(f"{path} holds '{place}'")


def tree(build, folder):
    environment = clean(folder / "home")
    prefix = folder / "prefix"
    run(f"cmake --install {build} --prefix {prefix}", folder, environment)
    moved = folder / "elsewhere"  # nothing in the tree knows where it was
    prefix.rename(moved)
    names_no_place(moved, SOURCE, pathlib.Path(build).resolve())
    use(moved, moved / "lib", environment, folder)
    # What is not found is told.
    said = run(f"cmake -S {SOURCE} -B {folder}/without -G Ninja -DBRC_TESTS=OFF -DBRC_VULKAN=OFF -DCMAKE_DISABLE_FIND_PACKAGE_HDF5=ON "
               "-DCMAKE_DISABLE_FIND_PACKAGE_MPI=ON", folder, environment)
    need(said, r"WITHOUT HDF5, so no trajectories and checkpoints \(Debian: libhdf5-dev\)")
    need(said, r"WITHOUT MPI, so no several ranks")
    need(said, r"with assimp: mesh files|WITHOUT assimp")


def deb(build, folder):
    environment = clean(folder / "home")
    run(f"cpack -G DEB --config {build}/CPackConfig.cmake -B {folder}/made", folder, environment)
    package, = (folder / "made").glob("barchan_*.deb")
    control = run(f"dpkg-deb -f {package}", folder, environment)
    for wanted in ("Package: barchan", "Depends: .*libc6", "libluajit", "libxxhash0", "Recommends: luajit, gcc", "Section: science"):
        need(control, wanted)
    run(f"dpkg-deb -x {package} unpacked && dpkg-deb -e {package} control", folder, environment)
    need((folder / "control/triggers").read_text(), "activate-noawait ldconfig")
    unpacked = folder / "unpacked"
    names = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if not path.is_dir()}
    library, = unpacked.glob("usr/lib/*-linux-gnu*")
    place = library.relative_to(unpacked).as_posix()
    wanted = {"usr/bin/barchan", "usr/include/barchan.h", f"{place}/lua/5.1/barchan/core.so", f"{place}/pkgconfig/barchan.pc",
              f"{place}/libbarchan.so", "usr/share/lua/5.1/barchan/init.lua", "usr/share/lua/5.1/barchan/cdef.lua",
              "usr/share/lua/5.1/barchan/laws/hertz_mindlin.lua", "usr/share/lua/5.1/barchan/recipes/bulk_density.lua", "usr/share/doc/barchan/copyright",
              "usr/share/doc/barchan/examples/hopper.stl", "usr/share/doc/barchan/manual.html", "usr/share/doc/barchan/editor/barchan.lua",
              "usr/share/bash-completion/completions/barchan", "usr/share/zsh/site-functions/_barchan",
              "usr/share/fish/vendor_completions.d/barchan.fish"}
    if wanted - names:
        sys.exit(f"the package lacks {sorted(wanted - names)}")
    known = re.compile(rf"usr/(bin/barchan|include/barchan\.h|{re.escape(place[4:])}/(lua/5\.1/barchan/(core|mpi|render)\.so|pkgconfig/barchan\.pc|"
                       r"libbarchan\.so[.\d]*)|share/(lua/5\.1/barchan|doc/barchan)/.*|"
                       r"share/bash-completion/completions/barchan|share/zsh/site-functions/_barchan|share/fish/vendor_completions\.d/barchan\.fish)$")
    strange = sorted(name for name in names if not known.match(name))
    if strange:
        sys.exit(f"the package has what nobody put there: {strange}")
    names_no_place(unpacked, SOURCE, pathlib.Path(build).resolve())
    use(unpacked / "usr", library, environment, folder)


def rock(_, folder):
    environment = clean(folder / "home")
    listed = subprocess.run(["git", "-C", SOURCE, "ls-files", "-co", "--exclude-standard", "-z"], capture_output=True, text=True)
    clone = folder / "clone"
    if listed.returncode == 0:
        for name in filter(None, listed.stdout.split("\0")):
            if (SOURCE / name).is_file():
                (clone / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(SOURCE / name, clone / name)
    else:
        shutil.copytree(SOURCE, clone, ignore=shutil.ignore_patterns("build", ".git"))
    namespace = subprocess.run("unshare -rn true", shell=True, stderr=subprocess.DEVNULL).returncode == 0
    quiet = f"unshare -rn {sys.executable} {__file__} alone " if namespace else "bash -c "
    text = (SOURCE / "README.md").read_text()
    block = re.search(r"## Other ways to install.*?```sh\n(.*?)```", text, re.S).group(1).replace("scripts/setup\n", "")
    packing, line, installing = block.partition("scripts/pack ")
    if packing or not line:
        sys.exit(f"README.md does not begin with scripts/setup and scripts/pack:\n{block}")
    # scripts/pack takes what git knows, and this copy may come from a checkout without git's folder.
    run("git init -q && git add -A && scripts/pack", clone, environment)
    away = folder / "away"
    away.mkdir()
    source, = clone.glob("barchan-*.src.rock")
    source.rename(away / source.name)
    clone.rename(folder / "gone")
    (folder / "commands.sh").write_text("set -e\n: " + installing)
    said = run(f"{quiet}'bash {folder}/commands.sh'", away, environment)
    need(said, "Barchan .* will be built")
    if environment.get("BARCHAN_MPIEXEC"):
        need(said, "with MPI")
    names_no_place(folder / "home/rocks", folder, "luarocks_barchan")  # luarocks builds in a folder of such a name
    need(said, "bounce 2: apex")
    need(said, r"processor +\w+")  # barchan doctor
    rocks = f"luarocks --lua-version=5.1 --tree={folder}/home/rocks"
    with_path = f'eval "$({rocks} path)" && '
    script = "luajit -e 'local b = require[[barchan]]; print([[have]], b.version)'"
    need(run(with_path + script, away, environment), r"have\s+\d")
    launcher = environment.get("BARCHAN_MPIEXEC")
    if launcher:
        need(run(f"{with_path} {launcher} --oversubscribe --bind-to none -n 2 luajit -e '{RANKS}'", away, environment), "2 ranks")
    run(f"{rocks} pack barchan", away, environment)
    package, = (path for path in away.glob("barchan-*.rock") if path.name != source.name)
    removed(rocks, folder, environment)
    run(f"{quiet}'{rocks} install {package}'", away, environment)
    need(run(with_path + script + " && barchan --version", away, environment), r"have\s+\d")
    removed(rocks, folder, environment)
    run(with_path + script, away, environment, expect=1)


def removed(rocks, folder, environment):
    """luarocks remove leaves its own list of rocks, which is empty then."""
    run(f"{rocks} remove barchan", folder, environment)
    left = [path.relative_to(folder).as_posix() for path in (folder / "home/rocks").rglob("*") if not path.is_dir()]
    if left != ["home/rocks/lib/luarocks/rocks-5.1/manifest"]:
        sys.exit(f"left behind: {left}")


def main():
    if sys.argv[1] == "alone":
        alone(sys.argv[2])
    kind, what, folder = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    {"tree": tree, "deb": deb, "rock": rock}[kind](what, folder)
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
