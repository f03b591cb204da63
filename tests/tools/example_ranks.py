#!/usr/bin/env python3
"""example_ranks.py -- runs an example on one rank and on several: what it prints, and every file that it leaves, must be the same.

    example_ranks.py FOLDER BARCHAN MPIRUN RANKS SCRIPT [options of barchan run]
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys

import same_hdf5

# What tells of this run and of no result: how it went, and the place of a campaign's cases in the queue.
OF_THE_RUN = ("status.json", "journal", "log.txt")


def run(folder, command):
    folder.mkdir()
    done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\nended with code {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def same_file(one, other):
    if one.suffix in (".vtkhdf", ".h5"):
        return not same_hdf5.differences(one, other)
    if one.name == "result.json":  # says when it was written
        a, b = (json.loads(path.read_text()) for path in (one, other))
        del a["date"], b["date"]
        return a == b
    return one.read_bytes() == other.read_bytes()


def files(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file() and path.name not in OF_THE_RUN}


def main():
    folder, program, mpirun, ranks, script, *options = sys.argv[1:]
    folder = pathlib.Path(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    one, other = folder / "one", folder / "several"
    command = [program, "run", script, "--quiet", *options]
    os.environ.update(OMPI_ALLOW_RUN_AS_ROOT="1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM="1")
    alone = run(one, command)
    together = run(other, [mpirun, "--oversubscribe", "--bind-to", "none", "-n", ranks, *command])
    worse = []
    for a, b in zip(alone.splitlines() + ["(the end)"], together.splitlines() + ["(the end)"]):
        if a != b:
            worse.append(f"prints on one rank:  {a}\nprints on {ranks} ranks: {b}")
            break
    worse += [f"{name}: left by one of the runs only" for name in sorted(files(one) ^ files(other))]
    common = sorted(files(one) & files(other))
    worse += [f"{name}: differs" for name in common if not same_file(one / name, other / name)]
    print(f"{len(alone.splitlines())} lines and {len(common)} files are {'NOT ' if worse else ''}the same on one rank and on {ranks}")
    for text in worse:
        print(text)
    if not worse:
        shutil.rmtree(folder)
    return bool(worse)


if __name__ == "__main__":
    sys.exit(main())
