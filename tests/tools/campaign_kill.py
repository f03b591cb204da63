#!/usr/bin/env python3
"""campaign_kill.py -- kills a campaign on several ranks at random moments and compares its table with an undisturbed one.

campaign_kill.py BARCHAN MPIRUN [--ranks N] [--per-case N] [--kills N] [--seed N] [--work FOLDER] [--fake]: tests/determinism/hoppers.lua,
64 cases of which one fails on purpose, runs once on one rank without a disturbance. Then it runs on N ranks and is killed
K times, each at a random moment, by the end of a random rank or of mpirun itself, and at last runs to its end. But for
the times of the runs, which are the last column, both tables must be the same, as CSV and as HDF5, and so must the files
of each case. --per-case: ranks that share a case. --fake: cases without grains.
"""
import argparse
import csv
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "tests/determinism/hoppers.lua"
FLAGS = ["--oversubscribe", "--bind-to", "none"]


def table(folder):
    with open(folder / "hoppers/results.csv", newline="", encoding="utf-8") as f:
        return [row[:-1] for row in csv.reader(f)]


def same_hdf5(one, other):
    try:
        import h5py
    except ImportError:
        return True
    with h5py.File(one / "hoppers/results.h5") as a, h5py.File(other / "hoppers/results.h5") as b:
        names = [name for name in a if name not in ("seconds", "provenance")]
        return set(a) == set(b) and all(a[name][()].tobytes() == b[name][()].tobytes() for name in names)


def children(pid):
    """The processes below one, by /proc."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError, ValueError):
                continue
            if parent == pid:
                found.append(int(entry.name))
    return found


def end(pids):
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass


def records(folder):
    path = folder / "hoppers/journal"
    return path.read_bytes().count(b"\n") if path.exists() else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("mpirun")
    parser.add_argument("--ranks", type=int, default=4)
    parser.add_argument("--per-case", type=int, default=1)
    parser.add_argument("--kills", type=int, default=2)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    parser.add_argument("--fake", action="store_true")
    parser.add_argument("--limit", type=int, default=1500, help="seconds for a run")
    given = parser.parse_args()
    seed = given.seed if given.seed is not None else random.randrange(10**6)
    draw = random.Random(seed)
    print(f"seed {seed}")
    shutil.rmtree(given.work, ignore_errors=True)
    alone, killed = given.work / "alone", given.work / "killed"
    alone.mkdir(parents=True)
    killed.mkdir()
    words = [given.program, "run", str(SCRIPT), "--quiet"] + (["--set", "fake=1"] if given.fake else [])
    since = time.monotonic()
    done = subprocess.run(words, cwd=alone, capture_output=True, text=True, timeout=given.limit)
    length = time.monotonic() - since
    if done.returncode or done.stdout != "63 done, 1 failed\n":
        print(f"alone: code {done.returncode}\n{done.stdout}{done.stderr}")
        return 1
    print(f"alone: {length:.1f} s")
    ranks = [given.mpirun, *FLAGS, "-n", str(given.ranks), *words, "--set", f"ranks={given.per_case}"]
    for k in range(given.kills):
        process = subprocess.Popen(ranks, cwd=killed, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        first, begun = records(killed), time.monotonic()
        more = draw.randrange(3, max(100 // given.kills, 5))  # records until the kill, of 128 and those of cases again
        while process.poll() is None and records(killed) < first + more and time.monotonic() - begun < given.limit:
            time.sleep(0.005)
        time.sleep(draw.uniform(0, 0.02))
        if process.poll() is not None:
            print(f"kill {k + 1} came too late")
            return 1
        below = children(process.pid)
        one = draw.choice(["mpirun", "rank"])
        end([process.pid] if one == "mpirun" else [draw.choice(below)] if below else [process.pid])
        process.wait()
        for _ in range(100):  # the others end by themselves
            left = [pid for pid in below if pathlib.Path(f"/proc/{pid}").exists()]
            if not left:
                break
            time.sleep(0.05)
        end(left)
        print(f"kill {k + 1} of {one}, after {records(killed) - first} records")
    done = subprocess.run(ranks, cwd=killed, capture_output=True, text=True, timeout=given.limit)
    if done.returncode or done.stdout != "63 done, 1 failed\n":
        print(f"resumed: code {done.returncode}\n{done.stdout}{done.stderr}")
        return 1
    a, b = table(alone), table(killed)
    if a != b:
        for x, y in zip(a, b):
            if x != y:
                print(f"differs:\n  {x}\n  {y}")
        return 1
    failed = [row for row in a[1:] if "failed" in row]
    if len(a) != 65 or len(failed) != 1 or failed[0][0] != "23":
        print("the table is not that of 64 cases of which one fails")
        return 1
    if not same_hdf5(alone, killed):
        print("results.h5 differs")
        return 1
    for path in alone.glob("hoppers/case-*/flow.csv"):
        if path.read_bytes() != (killed / path.relative_to(alone)).read_bytes():
            print(f"{path} differs")
            return 1
    again = sum("going on from" in path.read_text() for path in killed.glob("hoppers/case-*/log.txt"))
    print(f"the same table; {again} cases went on from their checkpoints")
    shutil.rmtree(given.work)
    return 0


if __name__ == "__main__":
    sys.exit(main())
