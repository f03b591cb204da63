#!/usr/bin/env python3
"""rank_ways.py -- runs a scene on one rank, and shared by several in the ways that must not matter: all print the same.

rank_ways.py BARCHAN SCENE [--all] [--resume] [--set NAME=VALUE ...]: --all: 1 to 8 ranks, 1 and 2 threads, both cuts, balanced always
and never. --resume instead: checkpoints written on 1, 2, 3, 4, 8 ranks, each gone on from by 1, 2, 3, 4, 8.
--stop K:M,... --at N,...: the scene, with --set stop=N, ends with a checkpoint on K ranks, as after SIGTERM, and goes on on M ranks.
"""
import argparse
import itertools
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

TERMINATED = 143


def run(command, limit, folder=None, said=(), code=0, **environment):
    done = subprocess.run(command, capture_output=True, text=True, timeout=limit, cwd=folder, env={**os.environ, **environment})
    lines = [line for line in done.stdout.splitlines() if line.startswith(("STEP", "END"))]
    if done.returncode != code or not lines or not all(words in done.stderr for words in said):
        sys.exit(f"{' '.join(command)}\nended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return lines


def resumed(command, alone, limit):
    """Checkpoints of two fifths of the steps, written by so many ranks and gone on from by so many: how many ended in another way."""
    worse = 0
    with tempfile.TemporaryDirectory() as name:
        written, folder = pathlib.Path(name, "written"), pathlib.Path(name, "resumed")
        for writers in (1, 2, 3, 4, 8):
            shutil.rmtree(written, ignore_errors=True)
            written.mkdir()
            worse += run(command(writers), limit, written) != alone
            for newest in ("box.chk.2", "cell.chk.2"):
                (written / newest).unlink()
            for readers in (1, 2, 3, 4, 8):
                shutil.rmtree(folder, ignore_errors=True)
                shutil.copytree(written, folder)
                said = ["going on from 'box.chk.1'", "going on from 'cell.chk.1'"]
                same = run(command(readers) + ["--resume"], limit, folder, said) == alone
                print(f"written by {writers}, gone on from by {readers}: {'same' if same else 'DIFFERENT'}", flush=True)
                worse += not same
    return worse


def ways(args, on, folder):
    """All that is asked for: how many ended in another way than one rank."""
    alone = run(on(0, "--threads", "1"), args.limit, folder)
    if args.resume:
        return resumed(lambda ranks: on(ranks, "--set", "checkpoint=true"), alone, args.limit) > 0
    kinds = [(2, 1, "rcb", "measured"), (3, 2, "slabs", "always")]
    if args.all:
        kinds = list(itertools.product((1, 2, 3, 4, 6, 8), (1, 2), ("rcb", "slabs"), ("always", "never")))
    worse = 0
    for ranks, threads, cut, rebalance in kinds:
        words = ["--threads", str(threads), "--set", f"cut={cut}", "--set", f"rebalance={rebalance}"]
        same = run(on(ranks, *words), args.limit, folder) == alone
        print(f"{ranks} ranks, {threads} threads, {cut}, {rebalance}: {'same' if same else 'DIFFERENT'}", flush=True)
        worse += not same
    if args.messages:
        same = run(on(3, "--threads", "1"), args.limit, folder, BARCHAN_SHARED_MEMORY="0") == alone
        print(f"3 ranks by messages: {'same' if same else 'DIFFERENT'}", flush=True)
        worse += not same
    for (before, after), at in itertools.product(args.stop, args.at):
        words = ["--threads", "1", "--set", f"stop={at}"]
        same = run(on(before, *words), args.limit, folder, code=TERMINATED) + run(on(after, *words, "--resume"), args.limit, folder) == alone
        print(f"stopped at {at} on {before} ranks, gone on from by {after}: {'same' if same else 'DIFFERENT'}", flush=True)
        worse += not same
    return worse > 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("barchan")
    parser.add_argument("scene")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--messages", action="store_true", help="also as ranks of different machines")
    parser.add_argument("--stop", type=lambda text: [pair.split(":") for pair in text.split(",")], default=[])
    parser.add_argument("--at", type=lambda text: text.split(","), default=[])
    parser.add_argument("--mpirun", default="mpirun")
    parser.add_argument("--limit", type=float, default=600, help="[s] for one run")
    parser.add_argument("--set", action="append", default=[])
    args = parser.parse_args()
    args.barchan, args.scene = (str(pathlib.Path(path).resolve()) for path in (args.barchan, args.scene))
    rest = ["--quiet"] + [word for pair in args.set for word in ("--set", pair)]
    launch = [args.mpirun, "--oversubscribe", "--bind-to", "none", "-n"]

    def on(ranks, *words):  # 0: without mpirun
        return ([*launch, str(ranks)] if ranks else []) + [args.barchan, "run", args.scene, *rest, *words]

    with tempfile.TemporaryDirectory() as folder:
        return ways(args, on, folder)


if __name__ == "__main__":
    sys.exit(main())
