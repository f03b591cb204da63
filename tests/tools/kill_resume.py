#!/usr/bin/env python3
"""kill_resume.py -- kills a run at random moments, resumes it, and compares its end with that of a run that was left alone.

kill_resume.py BARCHAN... [--count N] [--seed N] [--work FOLDER] [--inside] [--ranks N,N,...] [--set NAME=VALUE]: tests/determinism/everything.lua (a stream,
an outlet, a turning mesh, a servo, bonds, a law of its own, callbacks with state, files of each kind) is run once
without a disturbance; then N times it is killed with SIGKILL up to three times, each at a random moment, on a random
number of threads, with random vector instructions, and resumed, each time with a random one of the given programs. The
printed hash of the state, the CSV log and the data of the trajectories must be those of the first run. Moments are
counted in processor time, which a busy machine does not stretch, and a little of the wall's, for waits for the disk. A
run that is over before its first kill must end as the first one did, too, and is done again: each of the N was killed.

--ranks: each time also on a random one of these numbers of ranks, 1: without mpirun.

--inside: with some thousand particles more and a checkpoint every few steps the run is killed while a checkpoint is
being written: a random time after its temporary file has appeared. Each of N kills must leave a checkpoint from which
the run goes on; the run is killed and resumed until it is over, its end must be that of the first, and it begins anew.

Exit code 1 when a run ends in another way.
"""
import argparse
import collections
import os
import pathlib
import random
import shutil
import subprocess
import sys
import time

import h5py
import numpy

import campaign_kill

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


killed_with, resumed_with = collections.Counter(), collections.Counter()  # by program, threads, vector instructions
killed_at, resumed_at = collections.Counter(), collections.Counter()  # by quarter of the run; by what there is to go on from


def empty(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()


def tally(programs, program, threads, isa):
    """How a run was made, in words."""
    name = "/".join(pathlib.Path(program).parts[-4:-1]) if len(programs) > 1 else pathlib.Path(program).name
    return (name, f"{threads} threads", isa)


def show_tallies():
    for what, counter in (("killed", killed_with), ("resumed", resumed_with)):
        for column in range(3):
            sums = collections.Counter()
            for key, number in counter.items():
                sums[key[column]] += number
            print(f"  {what}: " + ", ".join(f"{number} {name}" for name, number in sorted(sums.items())), flush=True)


INSIDE = {"every": 2e-5, "fill": 9000, "before": 0.0004, "time": 0.0008, "compress": 0}


def instructions():
    """The vector instructions of this machine."""
    flags = pathlib.Path("/proc/cpuinfo").read_text().split("flags", 1)[-1].split("\n", 1)[0].split()
    return ["sse2"] + ["avx2"] * ("avx2" in flags) + ["avx512"] * ("avx512bw" in flags and "avx512vl" in flags)


MPIRUN = ["mpirun", *campaign_kill.FLAGS, "-n"]


def start(program, folder, threads, resume, settings, ranks=1):
    words = ([*MPIRUN, str(ranks)] if ranks > 1 else []) + [program, "run", "../everything.lua", "--quiet", "--threads", str(threads)] + ["--resume"] * resume
    for name, value in settings.items():
        words += ["--set", f"{name}={value}"]
    return subprocess.Popen(words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def spent(pid, ranks):
    """Processor time of a run [s]: of the process, or of those that mpirun has started."""
    ticks = 0
    for one in [pid] if ranks == 1 else campaign_kill.children(pid):
        try:
            ticks += sum(int(n) for n in pathlib.Path(f"/proc/{one}/stat").read_text().rsplit(")", 1)[1].split()[11:13])
        except (OSError, IndexError, ValueError):
            continue  # it is over
    return ticks / os.sysconf("SC_CLK_TCK")


def run(program, folder, threads, resume, settings, moment=None, ranks=1):
    """Output of a run, None when it was killed, and the processor time that it has used. moment: when to kill it:
    processor time, and time of the wall after that."""
    process, used, since = start(program, folder, threads, resume, settings, ranks), 0.0, time.monotonic()
    late = killed = False
    while process.poll() is None and not killed:
        used, late = max(used, spent(process.pid, ranks)), time.monotonic() - since > 600
        if late or moment and used >= moment[0]:
            time.sleep(moment[1] if moment else 0)
            below = campaign_kill.children(process.pid)
            killed = process.poll() is None
            campaign_kill.end(below)
            process.kill()
        time.sleep(0.002 if ranks == 1 else 0.02)
    out, err = process.communicate()
    if late:
        raise RuntimeError("it does not end")
    if killed and process.returncode != 0:
        return None, used
    if process.returncode != 0:
        raise RuntimeError(f"exit code {process.returncode}: {err}")
    return out, used


def being_written(folder):
    """The checkpoint that is being written: its temporary name, or None."""
    for path in folder.glob("all.chk.*.part"):
        return path
    return None


def kill_inside(program, folder, threads, resume, isa, draw, length):
    """Kills a run while it writes its k-th checkpoint from now, after a random part of the time that this takes, `length`.
    Answers its output when it was over before; None and whether the file was still unfinished when it was killed."""
    process = start(program, folder, threads, resume, {**INSIDE, "isa": isa})
    wanted, seen, count = draw.randint(1, 6), None, 0
    while process.poll() is None:
        path = being_written(folder)
        if path != seen:
            seen = path
            count += path is not None
            if count == wanted:
                time.sleep(draw.uniform(0, length))
                process.kill()
                process.communicate()
                return None, being_written(folder) is not None
        time.sleep(2e-4)
    out, err = process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"exit code {process.returncode}: {err}")
    return out, False


def inside(args, draw):
    """The mode --inside: kills until N of them have met an unfinished file."""
    whole, cut = args.work / "whole", args.work / "cut"
    wanted, _ = run(args.programs[0], whole, 2, False, INSIDE)
    met = kills = ends = bad = 0
    fresh = True
    while met < args.count and not bad:
        if fresh:
            empty(cut)
        try:
            had = any(cut.glob("all.chk.[12]"))
            program, threads, isa = draw.choice(args.programs), draw.choice((1, 2, 4)), draw.choice(instructions())
            out, unfinished = kill_inside(program, cut, threads, not fresh, isa, draw, 0.03)
            kills += out is None
            killed_with[tally(args.programs, program, threads, isa)] += out is None
            resumed_with[tally(args.programs, program, threads, isa)] += not fresh
            met += unfinished
            for path in cut.glob("all.chk.*.part"):
                path.unlink()
            valid = [subprocess.run([args.programs[0], "info", path.name], cwd=cut, stdout=subprocess.DEVNULL).returncode == 0
                     for path in cut.glob("all.chk.[12]")]
            if out is None and had and not any(valid):
                raise RuntimeError("no valid checkpoint is left")
            if not all(valid):
                raise RuntimeError("a file under its final name is not whole")
            fresh = out is not None
            if fresh:
                ends += 1
                wrong = None if out == wanted else f"the end is\n{out}and not\n{wanted}"
                wrong = wrong or difference(whole, cut)
                if wrong:
                    raise RuntimeError(wrong)
        except (RuntimeError, OSError, KeyError) as error:
            bad += 1
            print(f"after {kills} kills: {error}", flush=True)
    if not bad and not fresh:  # the last one goes on to its end
        out, _ = run(args.programs[-1], cut, 2, True, INSIDE)
        ends += 1
        bad += out != wanted or difference(whole, cut) is not None
    print(f"{kills} kills, {met} while a checkpoint was unfinished; {ends} runs came to their end: {bad} in another way", flush=True)
    show_tallies()
    return 1 if bad else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("programs", nargs="+")
    parser.add_argument("--count", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--inside", action="store_true")
    parser.add_argument("--ranks", type=lambda text: [int(n) for n in text.split(",")], default=[1])
    parser.add_argument("--mpirun", default="mpirun")
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path("kill_resume"))
    args = parser.parse_args()
    MPIRUN[0] = args.mpirun
    settings = dict(pair.split("=", 1) for pair in args.set)
    draw = random.Random(args.seed)
    shutil.rmtree(args.work, ignore_errors=True)
    whole, cut = args.work / "whole", args.work / "cut"
    whole.mkdir(parents=True)
    shutil.copy(SCRIPT, args.work)
    if args.inside:
        return inside(args, draw)
    wanted, used = run(args.programs[0], whole, 2, False, settings)
    length, begun = {1: used}, time.monotonic()
    for ranks in args.ranks:
        if ranks not in length:  # undisturbed it is the same run, and tells how long it takes
            empty(cut)
            out, length[ranks] = run(args.programs[0], cut, 1, False, settings, None, ranks)
            if out != wanted or difference(whole, cut):
                print(f"on {ranks} ranks it is another run")
                return 1
    met = early = bad = kills = 0
    while met < args.count and bad < 20:
        if early > 5 * args.count + 20:
            print("runs end before they can be killed")
            bad += 1
            break
        empty(cut)
        killed, out = 0, None
        try:
            for attempt in range(4):
                ranks = draw.choice(args.ranks)
                moment = draw.uniform(0.02, 1 if attempt == 0 else 1.1) * length[ranks], draw.uniform(0, 0.03)
                threads = draw.choice((1, 2, 4) if ranks == 1 else (1, 2))
                program, isa = draw.choice(args.programs), draw.choice(instructions())
                resumed_with[tally(args.programs, program, threads, isa)] += attempt > 0
                resumed_at["with a checkpoint" if any(cut.glob("all.chk.[12]")) else "before the first one"] += attempt > 0
                out, used = run(program, cut, threads, attempt > 0, {**settings, "isa": isa}, moment if attempt < 3 else None, ranks)
                if out is not None:
                    break
                killed_with[tally(args.programs, program, threads, isa)] += 1
                killed_at[min(int(4 * used / length[ranks]), 3)] += attempt == 0
                killed += 1
            if attempt == 0:
                length[ranks] = used  # as the machine is now
            wrong = None if out == wanted else f"the end is\n{out}and not\n{wanted}"
            wrong = wrong or difference(whole, cut)
        except (RuntimeError, OSError, KeyError) as error:
            wrong = str(error)
        kills += killed
        met += killed > 0
        early += killed == 0
        if wrong:
            bad += 1
            kept = args.work / f"bad{bad}"
            shutil.rmtree(kept, ignore_errors=True)
            cut.rename(kept)
            print(f"run {met + early}, killed {killed} times: {wrong}", flush=True)
    print(f"{met} runs of {length[1]:.2f} s of the processor, all killed, {kills} times in all, in {time.monotonic() - begun:.0f} s; "
          f"{early} more were over before: {bad} ended in another way", flush=True)
    print("  first killed in the quarters of the run: " + ", ".join(str(killed_at[k]) for k in range(4)))
    print("  resumed: " + ", ".join(f"{number} {name}" for name, number in sorted(resumed_at.items())))
    show_tallies()
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
