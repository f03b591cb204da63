#!/usr/bin/env python3
"""rank_ways.py -- runs a scene on one rank, and shared by several in the ways that must not matter: all print the same.

rank_ways.py BARCHAN SCENE [--all] [--set NAME=VALUE ...]: --all: 1 to 8 ranks, 1 and 2 threads, both cuts, balanced always and never.
"""
import argparse
import itertools
import subprocess
import sys


def run(command, limit):
    done = subprocess.run(command, capture_output=True, text=True, timeout=limit)
    lines = [line for line in done.stdout.splitlines() if line.startswith(("STEP", "END"))]
    if done.returncode or not lines:
        sys.exit(f"{' '.join(command)}\nended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return lines


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("barchan")
    parser.add_argument("scene")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--mpirun", default="mpirun")
    parser.add_argument("--limit", type=float, default=600, help="[s] for one run")
    parser.add_argument("--set", action="append", default=[])
    args = parser.parse_args()
    rest = ["--quiet"] + [word for pair in args.set for word in ("--set", pair)]
    alone = run([args.barchan, "run", args.scene, *rest, "--threads", "1"], args.limit)
    ways = [(2, 1, "rcb", "measured"), (3, 2, "slabs", "always")]
    if args.all:
        ways = list(itertools.product((1, 2, 3, 4, 6, 8), (1, 2), ("rcb", "slabs"), ("always", "never")))
    worse = 0
    for ranks, threads, cut, rebalance in ways:
        command = [args.mpirun, "--oversubscribe", "--bind-to", "none", "-n", str(ranks), args.barchan, "run", args.scene, *rest,
                   "--threads", str(threads), "--set", f"cut={cut}", "--set", f"rebalance={rebalance}"]
        same = run(command, args.limit) == alone
        print(f"{ranks} ranks, {threads} threads, {cut}, {rebalance}: {'same' if same else 'DIFFERENT'}", flush=True)
        worse += not same
    return worse > 0


if __name__ == "__main__":
    sys.exit(main())
