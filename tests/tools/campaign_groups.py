#!/usr/bin/env python3
"""campaign_groups.py -- runs tests/determinism/groups.lua alone and on groups of two ranks, and compares the tables.

campaign_groups.py BARCHAN MPIRUN FOLDER: on 5 ranks (two groups and the rank that hands out), on 3 (one group) and on 2 (one
group that the first rank belongs to).
"""
import csv
import pathlib
import re
import shutil
import subprocess
import sys

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "tests/determinism/groups.lua"


def run(words, folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    done = subprocess.run([*words, "--quiet"], cwd=folder, capture_output=True, text=True, timeout=120)
    if done.returncode or done.stdout != "1 done, 4 failed\n":
        sys.exit(f"{words}: code {done.returncode}\n{done.stdout}{done.stderr}")
    with open(folder / "groups/results.csv", newline="", encoding="utf-8") as f:
        # what one rank says alone comes with the name of that rank, and perhaps with where the others are
        return [[re.sub(r"^.*(groups.lua:\d+|folder '\S+'): (on|a disk of) the last rank.*$", r"\1: the last rank", cell) for cell in row[:-1]]
                for row in csv.reader(f)]


def main():
    program, mpirun, folder = sys.argv[1:]
    folder = pathlib.Path(folder)
    alone = run([program, "run", str(SCRIPT)], folder / "alone")
    for ranks in (5, 3, 2):
        there = folder / str(ranks)
        table = run([mpirun, "--oversubscribe", "--bind-to", "none", "-n", str(ranks), program, "run", str(SCRIPT), "--set", "ranks=2"], there)
        if table != alone:
            sys.exit(f"on {ranks} ranks:\n{table}\nand alone:\n{alone}")
        if (there / "groups/case-0001/log.txt").read_text() != "2 ranks\n":
            sys.exit("the log of a case is not what its first rank has printed")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
