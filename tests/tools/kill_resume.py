#!/usr/bin/env python3
"""kill_resume.py -- kills a run at random moments, resumes it, and compares its end with that of a run that was left alone.

kill_resume.py BARCHAN... [--count N] [--seed N] [--work FOLDER]: tests/determinism/everything.lua (a stream, an outlet,
a turning mesh, a servo, bonds, a law of its own, callbacks with state, files of each kind) is run once without a
disturbance; then N times it is killed with SIGKILL up to three times, each at a random moment, on a random number of
threads, and resumed, each time with a random one of the given programs. The printed hash of the state, the CSV log and
the data of the trajectories must be those of the first run. Exit code 1 when one is not.
"""
import argparse
import pathlib
import random
import shutil
import subprocess
import sys
import time

import h5py
import numpy

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "tests/determinism/everything.lua"
TRAJECTORIES = ("all.vtkhdf", "all-walls.vtkhdf", "all-contacts.vtkhdf")
TOPOLOGIES = ("Vertices", "Lines", "Polygons", "Strips")


def steps_of(path):
    """What a reader sees of each step: names and arrays."""
    with h5py.File(path, "r") as f:
        data, steps = f["VTKHDF"], f["VTKHDF/Steps"]
        for k in range(int(steps.attrs["NSteps"])):
            seen = {"time": steps["Values"][k]}
            count, first = int(data["NumberOfPoints"][k]), int(steps["PointOffsets"][k])
            seen["points"] = data["Points"][first:first + count]
            for name in data.get("PointData", ()):
                at = int(steps["PointDataOffsets"][name][k])
                seen["point." + name] = data["PointData"][name][at:at + count]
            for column, topology in enumerate(TOPOLOGIES):
                cells = int(data[topology]["NumberOfCells"][k])
                ids = int(data[topology]["NumberOfConnectivityIds"][k])
                at = int(steps["ConnectivityIdOffsets"][k][column])
                seen[topology] = data[topology]["Connectivity"][at:at + ids]
                for name in data.get("CellData", ()) if cells else ():
                    at = int(steps["CellDataOffsets"][name][k])
                    seen["cell." + name] = data["CellData"][name][at:at + cells]
            for name in f["barchan"].get("series", ()):
                seen["series." + name] = f["barchan/series"][name][k]
            if "walls" in f["barchan"]:
                walls = f["barchan/walls"]
                at, count = int(walls["first"][k]), int(walls["count"][k])
                for name in walls:
                    if name not in ("first", "count"):
                        seen["wall." + name] = walls[name][at:at + count]
            yield seen


def difference(one, other):
    """The first thing in which two folders of results differ; None when there is none."""
    if (one / "log.csv").read_bytes() != (other / "log.csv").read_bytes():
        return "log.csv"
    for name in TRAJECTORIES:
        a, b = list(steps_of(one / name)), list(steps_of(other / name))
        if len(a) != len(b):
            return f"{name}: {len(a)} and {len(b)} steps"
        for k, (x, y) in enumerate(zip(a, b)):
            if x.keys() != y.keys():
                return f"{name}: step {k} has {sorted(x)} and {sorted(y)}"
            for key, value in x.items():
                if not numpy.array_equal(numpy.asarray(value), numpy.asarray(y[key]), equal_nan=True):
                    return f"{name}: step {k}: {key}"
    return None


def run(program, folder, threads, resume, seconds=None):
    """Output of a run; None when it was killed after `seconds`."""
    words = [program, "run", "../everything.lua", "--quiet", "--threads", str(threads)] + (["--resume"] if resume else [])
    process = subprocess.Popen(words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        out, err = process.communicate(timeout=seconds or 300)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return None
    if process.returncode != 0:
        raise RuntimeError(f"exit code {process.returncode}: {err}")
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("programs", nargs="+")
    parser.add_argument("--count", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("kill_resume"))
    args = parser.parse_args()
    draw = random.Random(args.seed)
    shutil.rmtree(args.work, ignore_errors=True)
    whole, cut = args.work / "whole", args.work / "cut"
    whole.mkdir(parents=True)
    shutil.copy(SCRIPT, args.work)
    since = time.monotonic()
    wanted = run(args.programs[0], whole, 2, False)
    length = time.monotonic() - since
    bad = kills = 0
    for number in range(args.count):
        shutil.rmtree(cut, ignore_errors=True)
        cut.mkdir()
        killed = 0
        try:
            for attempt in range(4):
                limit = draw.uniform(0.05, 1.1) * length if attempt < 3 else None
                out = run(draw.choice(args.programs), cut, draw.choice((1, 2, 4)), attempt > 0, limit)
                if out is not None:
                    break
                killed += 1
            wrong = None if out == wanted else f"the end is\n{out}and not\n{wanted}"
            wrong = wrong or difference(whole, cut)
        except (RuntimeError, OSError, KeyError) as error:
            wrong = str(error)
        kills += killed
        if wrong:
            bad += 1
            kept = args.work / f"bad{number}"
            shutil.rmtree(kept, ignore_errors=True)
            cut.rename(kept)
            print(f"run {number}, killed {killed} times: {wrong}", flush=True)
    print(f"{args.count} runs of {length:.1f} s, killed {kills} times: {bad} ended in another way", flush=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
